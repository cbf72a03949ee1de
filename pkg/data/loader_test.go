package data

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

// numbered returns n images of 3×2 that carry their index: in the first two
// pixels, with a label that follows from it.
func numbered(n int) *Set {
	s := &Set{Name: "numbered", C: 1, Classes: digits, H: 3, W: 2, Pixels: make([]uint8, 6*n), Labels: make([]uint16, n)}
	for i := range n {
		p := s.pixels(i)
		p[0], p[1], p[5] = uint8(i>>8), uint8(i), 255
		s.Labels[i] = uint16(i * 7 % ten)
	}
	return s
}

// number reads the index back from an image, and checks that it is whole.
func number(t *testing.T, x []float32) int {
	t.Helper()
	i := int(x[0]*255+0.5)<<8 + int(x[1]*255+0.5)
	if want := []float32{x[0], x[1], 0, 0, 0, 1}; !slices.Equal(x, want) {
		t.Fatalf("image %d is %v, want %v", i, x, want)
	}
	return i
}

func TestLoaderCoversTheSetOnce(t *testing.T) {
	for _, n := range []int{1, 5, 64, 100, 1000} {
		for _, batch := range []int{1, 7, 50, 64, 1000, 5000} {
			for _, shuffle := range []bool{false, true} {
				for _, drop := range []bool{false, true} {
					l := &Loader{Set: numbered(n), Batch: batch, Seed: 3, Shuffle: shuffle, DropLast: drop}
					name := fmt.Sprintf("n=%d batch=%d shuffle=%v drop=%v", n, batch, shuffle, drop)
					checkEpoch(t, name, l, 4)
				}
			}
		}
	}
}

func checkEpoch(t *testing.T, name string, l *Loader, epoch int) {
	t.Helper()
	seen := make([]bool, l.Set.Len())
	var steps, images int
	for b := range l.Epoch(epoch) {
		steps++
		images += b.Len()
		size := l.Set.H * l.Set.W
		if b.Len() == 0 || b.Len() > l.Batch || len(b.Index) != b.Len() || len(b.X) != b.Len()*size {
			t.Fatalf("%s: batch %d holds %d labels, %d indices, %d values", name, steps, len(b.Labels), len(b.Index), len(b.X))
		}
		if b.Len() < l.Batch && (l.DropLast || steps != l.Steps()) {
			t.Errorf("%s: batch %d of %d holds %d", name, steps, l.Steps(), b.Len())
		}
		for k, i := range b.Index {
			if got := number(t, b.X[k*size:(k+1)*size]); got != i {
				t.Fatalf("%s: index %d came with image %d", name, i, got)
			}
			if b.Labels[k] != uint16(i*7%ten) {
				t.Fatalf("%s: image %d came with label %d", name, i, b.Labels[k])
			}
			if seen[i] {
				t.Fatalf("%s: image %d came twice", name, i)
			}
			seen[i] = true
		}
	}
	want := l.Set.Len()
	if l.DropLast {
		want -= want % l.Batch
	}
	if images != want || steps != l.Steps() {
		t.Errorf("%s: %d images in %d batches, want %d in %d", name, images, steps, want, l.Steps())
	}
}

func order(l *Loader, epoch int) (index []int) {
	for b := range l.Epoch(epoch) {
		index = append(index, b.Index...)
	}
	return index
}

func TestLoaderOrder(t *testing.T) {
	s := numbered(500)
	l := &Loader{Set: s, Batch: 32, Seed: 1, Shuffle: true}
	first := order(l, 7)
	order(l, 8)
	if !slices.Equal(first, order(l, 7)) {
		t.Error("an epoch differs when it is read again")
	}
	if other := (&Loader{Set: s, Batch: 99, Seed: 1, Shuffle: true}); !slices.Equal(first, order(other, 7)) {
		t.Error("the order depends on the size of a batch")
	}
	if slices.Equal(first, order(l, 8)) {
		t.Error("two epochs have one order")
	}
	l.Seed = 2
	if slices.Equal(first, order(l, 7)) {
		t.Error("two seeds have one order")
	}
	l.Shuffle = false
	if !slices.IsSorted(order(l, 7)) {
		t.Error("without Shuffle the order is not that of the Set")
	}
}

// Runs are stored and resumed by seed: a changed order would break them.
func TestLoaderOrderIsPinned(t *testing.T) {
	l := &Loader{Set: numbered(10), Batch: 10, Seed: 1, Shuffle: true}
	got := [][]int{order(l, 0), order(l, 1)}
	want := [][]int{{7, 5, 6, 8, 1, 3, 9, 4, 2, 0}, {6, 2, 0, 1, 4, 9, 7, 3, 8, 5}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("order of epochs 0 and 1: %v, want %v", got, want)
	}
	_, _, dev := Partition(numbered(20), 1, 5)
	if want := []int{2, 3, 4, 6, 11}; !slices.Equal(dev, want) {
		t.Errorf("validation images %v, want %v", dev, want)
	}
}

func TestLoaderEpochsOverlap(t *testing.T) {
	l := &Loader{Set: numbered(40), Batch: 4, Shuffle: true}
	outer, inner := order(l, 0), order(l, 1)
	var got []int
	for b := range l.Epoch(0) {
		if !slices.Equal(order(l, 1), inner) {
			t.Fatal("an inner epoch is disturbed by an outer one")
		}
		for k := range b.Len() {
			got = append(got, number(t, b.X[k*6:(k+1)*6]))
		}
	}
	if !slices.Equal(got, outer) {
		t.Error("an outer epoch is disturbed by inner ones")
	}
}

func TestLoaderStopsEarly(t *testing.T) {
	l := &Loader{Set: numbered(40), Batch: 4}
	before := runtime.NumGoroutine()
	for range 100 {
		for range l.Epoch(0) {
			break
		}
	}
	if after := runtime.NumGoroutine(); after > before+1 {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
	checkEpoch(t, "after breaks", l, 0)
}

func TestLoaderPanics(t *testing.T) {
	for want, l := range map[string]*Loader{
		"data: loader: no Set":                        {Batch: 1},
		"data: loader: batch of 0 images, at least 1": {Set: numbered(1)},
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("panic %v, want %s", got, want)
				}
			}()
			l.Epoch(0)
		}()
	}
}

// A warm batch allocates nothing: an epoch of many costs what one of few does.
func TestLoaderAllocations(t *testing.T) {
	count := func(batch int) float64 {
		l := &Loader{Set: numbered(1000), Batch: batch, Shuffle: true}
		return testing.AllocsPerRun(10, func() {
			for range l.Epoch(1) {
			}
		})
	}
	few, many := count(500), count(2)
	if many > few {
		t.Errorf("an epoch of 500 batches allocates %v times, one of 2 batches %v times", many, few)
	}
}

func TestPartition(t *testing.T) {
	s := numbered(1000)
	train, dev, index := Partition(numbered(1000), 5, 200)
	if train.Len() != 800 || dev.Len() != 200 || len(index) != 200 || !slices.IsSorted(index) {
		t.Fatalf("%d and %d images, %d indices", train.Len(), dev.Len(), len(index))
	}
	seen := make([]int, s.Len())
	for _, part := range []*Set{train, dev} {
		for b := range (&Loader{Set: part, Batch: 100}).Epoch(0) {
			for k := range b.Len() {
				i := number(t, b.X[k*6:(k+1)*6])
				if b.Labels[k] != s.Labels[i] {
					t.Fatalf("image %d has label %d, had %d", i, b.Labels[k], s.Labels[i])
				}
				seen[i]++
				if held := slices.Contains(index, i); held != (part == dev) {
					t.Fatalf("image %d is in %s, in devIndex: %v", i, part.Name, held)
				}
			}
		}
	}
	for i, n := range seen {
		if n != 1 {
			t.Fatalf("image %d is in %d parts", i, n)
		}
	}
	if _, _, again := Partition(numbered(1000), 5, 200); !slices.Equal(index, again) {
		t.Error("one seed, two splits")
	}
	if _, _, other := Partition(numbered(1000), 6, 200); slices.Equal(index, other) {
		t.Error("two seeds, one split")
	}
	for _, n := range []int{0, 1000} {
		if train, dev, _ := Partition(numbered(1000), 1, n); train.Len() != 1000-n || dev.Len() != n {
			t.Errorf("dev %d: %d and %d images", n, train.Len(), dev.Len())
		}
	}
}

func BenchmarkLoaderEpoch(b *testing.B) {
	l := &Loader{Set: Synthetic("bench", 1, 0, 10000), Batch: 64, Shuffle: true}
	for b.Loop() {
		for range l.Epoch(0) {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*l.Steps()), "ns/batch")
}
