package f32

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// atProcs runs f with that many processors, and with helpers however crowded the
// machine is.
func atProcs(n int, f func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
	crew.mu.Lock()
	crew.crowded, crew.penalty = time.Time{}, 0
	crew.mu.Unlock()
	f()
}

type countJob struct{ hits []atomic.Int32 }

func (j *countJob) Do(chunk int) { j.hits[chunk].Add(1) }

func TestParallelRunsEachChunkOnce(t *testing.T) {
	for _, procs := range []int{1, 2, 4, 8, 3} {
		atProcs(procs, func() {
			for round := range 300 {
				chunks := round % 41
				j := &countJob{make([]atomic.Int32, chunks)}
				Parallel(chunks, j)
				for i := range j.hits {
					if n := j.hits[i].Load(); n != 1 {
						t.Fatalf("%d processors, round %d: chunk %d of %d ran %d times", procs, round, i, chunks, n)
					}
				}
				if round%100 == 0 {
					time.Sleep(2 * spinTime) // until the helpers are parked
				}
			}
		})
	}
}

// TestParallelByMany: several goroutines at once, and jobs that run jobs.
func TestParallelByMany(t *testing.T) {
	atProcs(4, func() {
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				for range 100 {
					j := &nestedJob{inner: countJob{make([]atomic.Int32, 8*5)}}
					Parallel(8, j)
					for i := range j.inner.hits {
						if n := j.inner.hits[i].Load(); n != 1 {
							t.Errorf("chunk %d ran %d times", i, n)
						}
					}
				}
			})
		}
		wg.Wait()
	})
}

type nestedJob struct{ inner countJob }

func (j *nestedJob) Do(chunk int) { Parallel(5, &part{j, chunk * 5}) }

type part struct {
	j    *nestedJob
	from int
}

func (p *part) Do(chunk int) { p.j.inner.Do(p.from + chunk) }

// TestCrowded: after a wait out of proportion, jobs do without helpers for some
// time, each time longer, and are as complete as ever.
func TestCrowded(t *testing.T) {
	atProcs(2, func() {
		for _, want := range []time.Duration{minCrowded, 2 * minCrowded, 4 * minCrowded} {
			crew.judge(time.Now().Add(-5*lateTime), time.Now().Add(-4*lateTime)) // one part work, four parts waiting
			if crew.penalty != want {
				t.Fatalf("penalty %v, want %v", crew.penalty, want)
			}
		}
		jobs := crew.state.Load() >> 32
		j := &countJob{make([]atomic.Int32, 10)}
		Parallel(10, j)
		for i := range j.hits {
			if n := j.hits[i].Load(); n != 1 {
				t.Errorf("chunk %d ran %d times", i, n)
			}
		}
		if crew.state.Load()>>32 != jobs {
			t.Error("the job went to the helpers")
		}
		before := crew.crowded
		crew.judge(time.Now().Add(-3*lateTime), time.Now().Add(-lateTime)) // a long job, a short wait
		if crew.crowded != before {
			t.Error("an ordinary wait counts as crowded")
		}
	})
}

// TestCompany: goroutines that are in Parallel side by side have a core each, and
// what cores are left they may have helpers for, and no more.
func TestCompany(t *testing.T) {
	for _, c := range []struct{ procs, callers, helpers int }{
		{2, 1, 1}, {2, 2, 0}, {2, 5, 0}, {4, 1, 3}, {4, 2, 2}, {4, 3, 1}, {4, 4, 0}, {3, 2, 1},
	} {
		atProcs(c.procs, func() {
			time.Sleep(2 * companyTime) // those before are forgotten
			var others, begun sync.WaitGroup
			end := make(chan struct{})
			for range c.callers - 1 {
				begun.Add(1)
				others.Go(func() { Parallel(1, &stayJob{&begun, end}) })
			}
			begun.Wait()
			jobs := crew.state.Load() >> 32
			j := &countJob{make([]atomic.Int32, 10)}
			Parallel(10, j)
			for i := range j.hits {
				if n := j.hits[i].Load(); n != 1 {
					t.Errorf("chunk %d ran %d times", i, n)
				}
			}
			asked := crew.state.Load()>>32 != jobs
			if asked != (c.helpers > 0) || asked && crew.limit != c.helpers {
				t.Errorf("%d cores, %d callers: helpers asked %v, limit %d, want %d helpers", c.procs, c.callers, asked, crew.limit, c.helpers)
			}
			close(end)
			others.Wait()
		})
	}
}

// stayJob is inside until end is closed.
type stayJob struct {
	begun *sync.WaitGroup
	end   chan struct{}
}

func (j *stayJob) Do(int) {
	j.begun.Done()
	<-j.end
}

// Who has just left still counts; who has long left does not.
func TestCompanyLately(t *testing.T) {
	w, now := &workers{}, born.Add(time.Hour)
	for _, c := range []struct {
		after  time.Duration
		inside int32
		want   int
	}{{0, 1, 1}, {0, 3, 3}, {companyTime / 2, 1, 3}, {companyTime / 2, 1, 1}, {0, 2, 2}, {-companyTime, 1, 2}, {0, 2, 2}, {10 * companyTime, 1, 1}} {
		now = now.Add(c.after)
		if got := w.callers(c.inside, now); got != c.want {
			t.Errorf("%d inside after %v: %d callers, want %d", c.inside, c.after, got, c.want)
		}
	}
}

type panicJob struct{ at int }

func (j *panicJob) Do(chunk int) {
	if chunk == j.at {
		panic(fmt.Sprint("chunk ", chunk))
	}
	time.Sleep(10 * time.Microsecond)
}

func TestParallelPanics(t *testing.T) {
	for _, procs := range []int{1, 2, 4} {
		atProcs(procs, func() {
			for at := range 20 {
				func() {
					defer func() {
						if got, want := recover(), fmt.Sprint("chunk ", at); got != want {
							t.Errorf("%d processors: recovered %v, want %v", procs, got, want)
						}
					}()
					Parallel(20, &panicJob{at})
				}()
			}
			j := &countJob{make([]atomic.Int32, 10)}
			Parallel(10, j) // the pool is as good as before
			for i := range j.hits {
				if j.hits[i].Load() != 1 {
					t.Errorf("after a panic, chunk %d ran %d times", i, j.hits[i].Load())
				}
			}
		})
	}
}

// TestIdleHelpersPark: some time after the last job nobody spins.
func TestIdleHelpersPark(t *testing.T) {
	atProcs(4, func() {
		Parallel(8, &countJob{make([]atomic.Int32, 8)})
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
			parked := 0
			for _, h := range crew.helpers {
				if h.parked.Load() {
					parked++
				}
			}
			if parked == len(crew.helpers) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d helpers are parked", parked, len(crew.helpers))
			}
		}
	})
}

// training is one pass over every kernel with a step's shapes, large enough for
// several chunks, that returns all results.
type training struct {
	x, w, dy, y, dx, dw, db, small []float32
	arg                            []int32
	sums                           []float64
}

// inputs are drawn once; no step writes to them.
var inputs = sync.OnceValue(func() [3][]float32 {
	r := newRand(11)
	return [3][]float32{random(r, 1<<18), random(r, 1<<18), random(r, 1<<18)}
})

func newTraining() *training {
	in := inputs()
	return &training{x: in[0], w: in[1], dy: in[2], y: make([]float32, 1<<18),
		dx: make([]float32, 1<<18), dw: make([]float32, 1<<18), db: make([]float32, 1<<12), small: make([]float32, 1<<12),
		arg: make([]int32, 1<<18), sums: make([]float64, 4)}
}

// A step is one kernel or some, and what they write.
type step struct {
	name string
	run  func()
	out  [][]float32
}

func (s *training) steps() []step {
	bias := s.w[:512]
	conv := Conv{N: 20, C: 8, H: 14, W: 14, F: 24, KH: 3, KW: 3, Stride: 1, Pad: 1}
	first := Conv{N: 20, C: 1, H: 28, W: 28, F: 16, KH: 3, KW: 3, Stride: 1}
	strided := Conv{N: 20, C: 8, H: 14, W: 14, F: 24, KH: 3, KW: 3, Stride: 2, Pad: 1}
	pool := Pool{N: 20, C: 16, H: 28, W: 28, K: 2, Stride: 2}
	overlapping := Pool{N: 20, C: 16, H: 28, W: 28, K: 3, Stride: 2, Pad: 1}
	y, db := [][]float32{s.y}, [][]float32{s.db, s.small}
	list := []step{
		{"MatMul", func() { MatMul(s.y, s.x, s.w, 64, 512, 256, Epilogue{}) }, y},
		{"MatMulTB", func() { MatMulTB(s.y, s.x, s.w, 64, 512, 500, Epilogue{Bias: bias, ReLU: true}) }, y},
		{"MatMulTA", func() { MatMulTA(s.y, s.x, s.w, 512, 500, 64, Epilogue{}) }, y},
		{"ColSums", func() { ColSums(s.db, s.x, 64, 512) }, db},
		{"BatchNorm", func() {
			BatchNormTrain(s.y, s.x, s.db, s.small, s.db[192:], bias, bias, 1e-5, 20, 16, 784, true)
			BatchNormBackward(s.dx, s.db[64:], s.db[128:], s.dy, s.x, s.db, s.db[192:], bias, bias, 20, 16, 784, true, false)
		}, [][]float32{s.y, s.dx, s.db, s.small}},
		{"BatchNorm of features", func() {
			BatchNormTrain(s.y, s.x, s.db, s.small, s.db[768:], bias, bias, 1e-5, 128, 256, 1, true)
			BatchNormBackward(s.dx, s.db[256:], s.db[512:], s.dy, s.x, s.db, s.db[768:], bias, bias, 128, 256, 1, true, false)
		}, [][]float32{s.y, s.dx, s.db, s.small}},
		{"MaxPool", func() { MaxPool(s.y, s.arg, s.x, pool); MaxPoolBackward(s.dx, s.dy, s.arg, pool) }, [][]float32{s.y, s.dx}},
		{"MaxPool overlapping", func() { MaxPool(s.y, s.arg, s.x, overlapping); MaxPoolBackward(s.dx, s.dy, s.arg, overlapping) }, [][]float32{s.y, s.dx}},
		{"AvgPool", func() { AvgPool(s.y, s.x, pool); AvgPoolBackward(s.dx, s.dy, pool) }, [][]float32{s.y, s.dx}},
		{"Softmax", func() { SoftmaxRows(s.y, s.x, 1000, 10) }, y},
		{"elementwise", func() { ReLU(s.y, s.x); ReLUGrad(s.dx, s.dy, s.y); AddScaled(s.dw, s.dx, 0.5) }, [][]float32{s.y, s.dx, s.dw}},
		{"reductions", func() {
			s.sums[0], s.sums[1], s.sums[2], s.sums[3] = Sum(s.x), Dot(s.x, s.w), SumSquares(s.w), MaxAbs(s.dy)
			for i, v := range s.sums {
				s.db[2*i], s.db[2*i+1] = float32(v), float32(v-float64(float32(v)))
			}
		}, db},
		{"Momentum", func() { Momentum(s.dw, s.dy, s.y, 0.1, 0.9, 0, 1e-4, false) }, [][]float32{s.dw, s.y}},
		{"Adam", func() {
			Adam(s.dw, s.dy, s.y, s.dx, AdamParams{LR: 0.1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Correction1: 0.1, Correction2: 0.001})
		}, [][]float32{s.dw, s.y, s.dx}},
	}
	for _, c := range []struct {
		name string
		Conv
	}{{"conv", conv}, {"first conv", first}, {"strided conv", strided}} {
		list = append(list, step{c.name, func() {
			ConvForward(s.y, s.x, s.w, bias, c.Conv, true)
			ConvBackwardData(s.dx, s.dy, s.w, c.Conv)
			ConvBackwardWeights(s.dw, s.db, s.dy, s.x, c.Conv)
		}, [][]float32{s.y, s.dx, s.dw, s.db}})
	}
	return list
}

// TestBitsDoNotDependOnProcessors is law 8.
func TestBitsDoNotDependOnProcessors(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for i := range newTraining().steps() {
			var name string
			var want [][]float32
			for _, procs := range []int{1, 2, 4, 8} {
				atProcs(procs, func() {
					k := newTraining().steps()[i] // the same inputs each time
					k.run()
					if want == nil {
						name, want = k.name, k.out
						return
					}
					for o := range want {
						for at, v := range want[o] {
							if !sameBits(k.out[o][at], v) {
								t.Fatalf("%s with %d processors: value %d of result %d is %v, with one %v", name, procs, at, o, k.out[o][at], v)
							}
						}
					}
				})
			}
		}
	})
}

// TestNoAllocations: once warm, no kernel allocates; gonum's products do.
func TestNoAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	runs := 10
	if testing.Short() {
		runs = 2
	}
	for _, impl := range implementations() {
		if impl == blas || testing.Short() && impl != kernels {
			continue
		}
		defer use(impl)()
		for _, procs := range []int{1, 2} {
			atProcs(procs, func() {
				for _, k := range newTraining().steps() {
					for range 5 {
						k.run()
					}
					if n := testing.AllocsPerRun(runs, k.run); n != 0 {
						t.Errorf("%v, %d processors: %s allocates %v times", impl, procs, k.name, n)
					}
				}
			})
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct{ env, want, note string }{
		{"generic", "generic Go", ""},
		{"blas", "gonum blas32", ""},
		{"nonsense", "", "; INKLING_KERNELS=nonsense is unknown (avx512, avx2, neon, blas or generic)"},
	} {
		impl, note := choose(c.env)
		if c.want != "" && impl.String() != c.want || note != c.note {
			t.Errorf("INKLING_KERNELS=%s gives %v%s", c.env, impl, note)
		}
	}
	atProcs(2, func() {
		if got, want := Describe(), fmt.Sprintf("%v, 2 workers%s", kernels, kernelsNote); got != want {
			t.Errorf("Describe() = %q, want %q", got, want)
		}
	})
}
