package lab

import (
	"sync"

	"inkling/pkg/data"
	"inkling/pkg/nn/train"
)

// subsets keeps the subsets of a lab's training split, which many runs share.
type subsets struct {
	mu sync.Mutex
	by map[subsetKey]*data.Set
}

type subsetKey struct {
	of *data.Set
	n  int
}

// subset is Subset, drawn once.
func (d *subsets) subset(s *data.Set, n int) *data.Set {
	if n == 0 || n >= s.Len() {
		return s
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.by == nil {
		d.by = map[subsetKey]*data.Set{}
	}
	key := subsetKey{s, n}
	if d.by[key] == nil {
		d.by[key] = train.Subset(s, n)
	}
	return d.by[key]
}

// Subset are the images of the training split that a run with the TrainSize n
// sees; 0 stands for all.
func (l *Lab) Subset(n int) *data.Set { return l.drawn.subset(l.Train, n) }
