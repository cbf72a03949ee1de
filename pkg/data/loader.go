package data

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// Batch is what one training step works on. It is lent: its slices are valid
// until the next Batch of the same epoch is asked for.
type Batch struct {
	X      []float32 // len(Labels)×C×H×W pixels in [0,1]
	Labels []uint16
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
	Batch    int     // images per batch
	Seed     uint64  // of the order and of Augment
	Shuffle  bool    // a fresh order every epoch, by (Seed, epoch); else that of the Set
	DropLast bool    // leave out a last batch shorter than Batch; it is kept otherwise
	Augment  Augment // changes every image anew in every epoch; the zero value none

	idle atomic.Pointer[buffers]
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
// DropLast: at most once), and no Batch is empty. Order and changes are a
// function of (Seed, epoch), the Set and Augment, whatever epochs were read
// before and however many cores there are.
//
// With an Augment, the batches to come are made on other goroutines while the
// caller works on one; they end with the loop.
func (l *Loader) Epoch(epoch int) iter.Seq[Batch] {
	steps := l.Steps()
	return func(yield func(Batch) bool) {
		buf := l.idle.Swap(nil)
		if buf == nil {
			buf = new(buffers)
		}
		defer l.idle.Store(buf)
		buf.order = grow(buf.order, l.Set.Len())
		l.arrange(buf.order, epoch)
		if l.Augment.IsZero() {
			l.plain(buf, steps, yield)
		} else {
			l.ahead(buf, steps, epoch, yield)
		}
	}
}

// buffers are what an epoch works in, kept for the next one.
type buffers struct {
	order []int
	slot  slot   // of plain epochs
	crew  []hand // of augmented ones
}

// slot holds one batch.
type slot struct {
	x      []float32
	labels []uint16
}

// take fills the slot with what of a batch needs no change, and returns it.
func (s *slot) take(l *Loader, order []int, step int) Batch {
	size := l.Set.size()
	most := min(l.Set.Len(), l.Batch)
	s.x, s.labels = grow(s.x, most*size), grow(s.labels, most)
	index := order[step*l.Batch : min(len(order), (step+1)*l.Batch)]
	b := Batch{X: s.x[:len(index)*size], Labels: s.labels[:len(index)], Index: index}
	for k, i := range index {
		b.Labels[k] = l.Set.Labels[i]
	}
	return b
}

// plain yields batches as they are asked for: converting one costs less than
// telling another goroutine to.
func (l *Loader) plain(buf *buffers, steps int, yield func(Batch) bool) {
	size := l.Set.size()
	for step := range steps {
		b := buf.slot.take(l, buf.order, step)
		for k, i := range b.Index {
			floats(b.X[k*size:(k+1)*size], l.Set.pixels(i))
		}
		if !yield(b) {
			return
		}
	}
}

// hand is one goroutine's part in making batches ahead. Of a crew of n, hand k
// makes the steps k, k+n, k+2n …, in its two slots by turns, so that batches
// are ready in their order and each slot has one writer.
type hand struct {
	*changer
	slots [2]slot
	ready chan Batch    // holds one batch, while another is made
	again chan struct{} // one for each slot that the caller has done with
}

// ahead yields batches that a crew makes while the caller works.
func (l *Loader) ahead(buf *buffers, steps, epoch int, yield func(Batch) bool) {
	n := min(runtime.GOMAXPROCS(0), 4, steps)
	for len(buf.crew) < n {
		buf.crew = append(buf.crew, hand{})
	}
	crew := buf.crew[:n]
	augment, field := l.Augment, l.Augment.field()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	// The slots go back to buf: no one may be left who writes to them.
	defer wg.Wait()
	defer close(stop)
	for k := range crew {
		h := &crew[k]
		h.prepare(l.Set)
		wg.Go(func() {
			for step, turn := k, 0; step < steps; step, turn = step+n, 1-turn {
				select {
				case <-h.again:
				case <-stop:
					return
				}
				b := h.slots[turn].take(l, buf.order, step)
				size := l.Set.size()
				for j, i := range b.Index {
					h.change(b.X[j*size:(j+1)*size], l.Set, i, &augment, field, l.Seed, epoch)
				}
				h.ready <- b
			}
		})
	}
	for step := range steps {
		h := &crew[step%n]
		if !yield(<-h.ready) {
			return
		}
		h.again <- struct{}{}
	}
}

// prepare readies h for an epoch over s.
func (h *hand) prepare(s *Set) {
	if h.changer == nil || h.h != s.H || h.w != s.W {
		h.changer = newChanger(s.H, s.W)
	}
	h.ready = make(chan Batch, len(h.slots))
	h.again = make(chan struct{}, len(h.slots))
	for range h.slots {
		h.again <- struct{}{}
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
	if err := l.Augment.Check(); err != nil {
		panic(err.Error())
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
