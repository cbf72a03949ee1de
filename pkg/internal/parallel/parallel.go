// Package parallel does many independent pieces of work on all cores. Which core
// does which is left open, so a piece may depend on its index alone.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Each does work on 0 … n-1, chunk of them at a time. Every goroutine gets its own
// function from start, with buffers that only it uses.
func Each(n, chunk int, start func() func(i int)) {
	chunks(n, chunk, func() func(from, to int) {
		work := start()
		return func(from, to int) {
			for i := from; i < to; i++ {
				work(i)
			}
		}
	})
}

// Chunks calls work for chunks [from,to) of at most size that cover [0,n). The
// chunks depend on n and size alone, so what work writes per index is the same on
// any number of cores.
func Chunks(n, size int, work func(from, to int)) {
	chunks(n, size, func() func(from, to int) { return work })
}

func chunks(n, size int, start func() func(from, to int)) {
	count := (n + size - 1) / size
	var next atomic.Int64
	take := func() {
		work := start()
		for {
			k := int(next.Add(1)) - 1
			if k >= count {
				return
			}
			work(k*size, min((k+1)*size, n))
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), count) - 1 {
		wg.Go(take)
	}
	if count > 0 {
		take()
	}
	wg.Wait()
}
