package data

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// each does work on 0 … n-1 on all cores. Every goroutine gets its own function
// from start, with buffers that only it uses.
func each(n int, start func() func(i int)) {
	const chunk = 64
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+chunk-1)/chunk) {
		wg.Go(func() {
			work := start()
			for {
				begin := int(next.Add(chunk)) - chunk
				if begin >= n {
					return
				}
				for i := begin; i < min(n, begin+chunk); i++ {
					work(i)
				}
			}
		})
	}
	wg.Wait()
}
