package train

import (
	"sync"

	"inkling/pkg/data"
)

// drawSeed is the seed of all subsets: runs of one size train on the same
// images, whatever their own seeds, so that seeds compare, and a larger size
// holds the images of a smaller one.
const drawSeed = 1

// subsets keeps the subsets of a lab's training split, which many runs share.
type subsets struct {
	mu sync.Mutex
	by map[subsetKey]*data.Set
}

type subsetKey struct {
	of *data.Set
	n  int
}

// subset is n images of s, drawn with the classes in proportion ([data.Set.Draw]);
// 0 stands for all.
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
		d.by[key] = s.Draw(n, drawSeed)
	}
	return d.by[key]
}
