package data

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"sync/atomic"
)

// Batch is what one training step works on. It is lent: its slices are valid
// until the next Batch of the same epoch is asked for.
type Batch struct {
	X      []float32 // len(Labels)×H×W pixels in [0,1]
	Labels []uint8
	Index  []int // of each image in Loader.Set
}

// Len returns the number of images in the Batch.
func (b Batch) Len() int { return len(b.Labels) }

// Loader cuts a Set into batches, epoch after epoch.
//
// Its fields may be changed between epochs, not during one. Once warm, a batch
// costs no allocation. Epochs of one Loader may overlap; each then has buffers
// of its own.
type Loader struct {
	Set      *Set
	Batch    int    // images per batch
	Seed     uint64 // of the order
	Shuffle  bool   // a fresh order every epoch, by (Seed, epoch); else that of the Set
	DropLast bool   // leave out a last batch shorter than Batch; it is kept otherwise

	idle atomic.Pointer[buffers]
}

type buffers struct {
	order  []int
	x      []float32
	labels []uint8
}

// toFloat holds v/255 for every byte v, rounded once.
var toFloat = func() (t [256]float32) {
	for v := range t {
		t[v] = float32(float64(v) / 255)
	}
	return t
}()

// Steps returns the number of batches in an epoch.
func (l *Loader) Steps() int {
	l.check()
	if l.DropLast {
		return l.Set.Len() / l.Batch
	}
	return (l.Set.Len() + l.Batch - 1) / l.Batch
}

// Epoch returns the batches of an epoch. Every image comes exactly once (with
// DropLast: at most once), and no Batch is empty. The order is a function of
// (Seed, epoch) and the size of the Set, whatever epochs were read before.
func (l *Loader) Epoch(epoch int) iter.Seq[Batch] {
	steps := l.Steps()
	return func(yield func(Batch) bool) {
		buf := l.idle.Swap(nil)
		if buf == nil {
			buf = new(buffers)
		}
		defer l.idle.Store(buf)

		n, size := l.Set.Len(), l.Set.H*l.Set.W
		buf.order = grow(buf.order, n)
		buf.labels = grow(buf.labels, min(n, l.Batch))
		buf.x = grow(buf.x, min(n, l.Batch)*size)
		l.arrange(buf.order, epoch)
		for step := range steps {
			index := buf.order[step*l.Batch : min(n, (step+1)*l.Batch)]
			b := Batch{X: buf.x[:len(index)*size], Labels: buf.labels[:len(index)], Index: index}
			for k, i := range index {
				b.Labels[k] = l.Set.Labels[i]
				floats(b.X[k*size:(k+1)*size], l.Set.pixels(i))
			}
			if !yield(b) {
				return
			}
		}
	}
}

// arrange fills order with the order of an epoch.
func (l *Loader) arrange(order []int, epoch int) {
	if !l.Shuffle {
		for i := range order {
			order[i] = i
		}
		return
	}
	var src rand.PCG
	reseed(&src, l.Seed, forOrder, epoch, 0)
	permute(order, rand.New(&src))
}

func (l *Loader) check() {
	if l.Set == nil {
		panic("data: loader: no Set")
	}
	if l.Batch < 1 {
		panic(fmt.Sprintf("data: loader: batch of %d images, at least 1", l.Batch))
	}
}

// floats converts bytes to [0,1]: dst[i] = src[i]/255.
func floats(dst []float32, src []uint8) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = toFloat[v]
	}
}

// grow returns s with length n, with new memory only when it is too small.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
