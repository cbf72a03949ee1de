package f32

import "sync"

// A freeList keeps what was put back for the next get, so that a warm program
// allocates nothing. (sync.Pool would let the collector empty it.) It grows to
// the largest number ever in use at one time.
type freeList[T any] struct {
	mu   sync.Mutex
	free []*T
}

func (l *freeList[T]) get() *T {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.free)
	if n == 0 {
		return new(T)
	}
	x := l.free[n-1]
	l.free = l.free[:n-1]
	return x
}

func (l *freeList[T]) put(x *T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, x)
}

// A buffer is scratch memory that grows to the largest size asked for.
type buffer struct{ data []float32 }

// take returns n values, not cleared, whose first lies on a cache line.
func (b *buffer) take(n int) []float32 {
	if cap(b.data) < n {
		// Blocks above 32 KiB come from the runtime in whole pages.
		b.data = make([]float32, max(n, 128<<10))
	}
	return b.data[:n]
}

var buffers freeList[buffer]
