package parallel

import (
	"runtime"
	"slices"
	"sync"
	"testing"
)

// Every index is worked on once, by chunks that no number of cores changes, and a
// worker's own function by one goroutine at a time.
func TestEveryIndexOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(cores)
		for _, n := range []int{0, 1, 63, 64, 65, 1000} {
			times := make([]int, n)
			started := 0
			var mu sync.Mutex
			Each(n, 64, func() func(int) {
				mu.Lock()
				started++
				mu.Unlock()
				busy := false
				return func(i int) {
					if busy {
						t.Error("two goroutines share what start made for one")
					}
					busy = true
					times[i]++
					busy = false
				}
			})
			if slices.ContainsFunc(times, func(k int) bool { return k != 1 }) {
				t.Errorf("%d indices on %d cores: %v times", n, cores, times)
			}
			if most := min(cores, (n+63)/64); started > most {
				t.Errorf("%d indices on %d cores: %d workers, want at most %d", n, cores, started, most)
			}
			var begins []int
			Chunks(n, 64, func(from, to int) {
				mu.Lock()
				defer mu.Unlock()
				begins = append(begins, from)
				if to != min(from+64, n) {
					t.Errorf("a chunk from %d to %d of %d", from, to, n)
				}
			})
			slices.Sort(begins)
			for k, from := range begins {
				if from != 64*k {
					t.Errorf("%d indices: chunks begin at %v", n, begins)
					break
				}
			}
			if len(begins) != (n+63)/64 {
				t.Errorf("%d indices: %d chunks", n, len(begins))
			}
		}
	}
}
