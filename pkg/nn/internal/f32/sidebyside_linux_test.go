package f32

import (
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BenchmarkSideBySide times training steps of 784-512-256-10 that as many goroutines
// make as there are cores, each its own: without helpers, and as if each were alone.
// The two take turns. "cpu" is processor time, which other programs hardly disturb.
func BenchmarkSideBySide(b *testing.B) {
	for _, batch := range []int{32, 64, 256} {
		b.Run(fmt.Sprint("batch", batch), func(b *testing.B) {
			steps := make([]*mlpStep, runtime.GOMAXPROCS(0))
			for i := range steps {
				steps[i] = newMLPStep(batch)
			}
			variants := []struct {
				name string
				mind bool
			}{{"without", true}, {"with", false}}
			const many = 200
			wall, cpu := make([]float64, len(variants)), make([]float64, len(variants))
			defer func() { mindCompany = true }()
			for b.Loop() {
				for i, v := range variants {
					mindCompany = v.mind
					start, spent := time.Now(), cpuTime()
					var wg sync.WaitGroup
					for _, s := range steps {
						wg.Go(func() {
							for range many {
								s.run()
							}
						})
					}
					wg.Wait()
					wall[i] += 1e3 * time.Since(start).Seconds()
					cpu[i] += 1e3 * (cpuTime() - spent).Seconds()
				}
			}
			b.ReportMetric(0, "ns/op")
			for i, v := range variants {
				n := float64(b.N * many * len(steps))
				b.ReportMetric(wall[i]/n, v.name+"-ms/step")
				b.ReportMetric(cpu[i]/n, v.name+"-cpu-ms/step")
			}
		})
	}
}

// cpuTime is the processor time of this process.
func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
