package f32

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"
)

// company makes this test binary a neighbour instead: a process that computes
// all the time ("busy") or half of it, in bursts ("bursty"), until its standard
// input is closed.
var company = flag.String("company", "", "be a busy or bursty neighbour of BenchmarkCompany")

func TestMain(m *testing.M) {
	flag.Parse()
	if *company != "" {
		go keepCompany(*company == "bursty")
		os.Stdin.Read(make([]byte, 1))
		return
	}
	os.Exit(m.Run())
}

func keepCompany(bursts bool) {
	for {
		for start := time.Now(); time.Since(start) < 400*time.Microsecond; {
		}
		if bursts {
			time.Sleep(400 * time.Microsecond)
		}
	}
}

// BenchmarkCompany times the products and the update of a training step of
// 784-512-256-10 alone, beside a process that is always busy and beside one
// that is now and then: on one core, on all, and on all without moving helpers. The three take turns, so that a machine whose
// speed drifts treats them alike.
func BenchmarkCompany(b *testing.B) {
	for _, mode := range []string{"alone", "busy", "bursty"} {
		for _, batch := range []int{64, 256} {
			b.Run(fmt.Sprintf("%s/batch%d", mode, batch), func(b *testing.B) {
				if mode != "alone" {
					defer neighbour(b, mode)()
				}
				s := newMLPStep(batch)
				variants := []struct {
					name  string
					procs int
					move  bool
				}{{"one", 1, true}, {"all", runtime.NumCPU(), true}, {"unmoved", runtime.NumCPU(), false}}
				times := make([][]float64, len(variants))
				defer func(procs int) { runtime.GOMAXPROCS(procs); moveHelpers = true }(runtime.GOMAXPROCS(0))
				for b.Loop() {
					for i, v := range variants {
						runtime.GOMAXPROCS(v.procs)
						moveHelpers = v.move
						s.run() // the helpers wake
						for range 30 {
							start := time.Now()
							s.run()
							times[i] = append(times[i], 1e3*time.Since(start).Seconds())
						}
					}
				}
				b.ReportMetric(0, "ns/op")
				for i, v := range variants {
					slices.Sort(times[i])
					sum := 0.0
					for _, t := range times[i] {
						sum += t
					}
					b.ReportMetric(times[i][len(times[i])/2], v.name+"-ms")
					b.ReportMetric(sum/float64(len(times[i])), v.name+"-mean")
					b.ReportMetric(times[i][0], v.name+"-best")
				}
			})
		}
	}
}

func neighbour(b *testing.B, mode string) (stop func()) {
	cmd := exec.Command(os.Args[0], "-company", mode)
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	return func() { in.Close(); cmd.Wait() }
}

// An mlpStep is the products and the update of a step; what it computes does
// not matter, its operands do: they are as large and lie as in a real one.
type mlpStep struct {
	batch         int
	w, g, v, a, d [3][]float32
	x             []float32
}

var mlpSizes = [4]int{784, 512, 256, 10}

func newMLPStep(batch int) *mlpStep {
	r := newRand(1)
	s := &mlpStep{batch: batch, x: random(r, batch*mlpSizes[0])}
	for l := range 3 {
		n := mlpSizes[l] * mlpSizes[l+1]
		s.w[l], s.g[l], s.v[l] = random(r, n), random(r, n), random(r, n)
		s.a[l], s.d[l] = random(r, batch*mlpSizes[l+1]), random(r, batch*mlpSizes[l+1])
	}
	return s
}

func (s *mlpStep) run() {
	x := s.x
	for l := range 3 {
		MatMulTB(s.a[l], x, s.w[l], s.batch, mlpSizes[l+1], mlpSizes[l], Epilogue{ReLU: true})
		x = s.a[l]
	}
	for l := 2; l >= 0; l-- {
		x := s.x
		if l > 0 {
			x = s.a[l-1]
			MatMul(s.d[l-1], s.d[l], s.w[l], s.batch, mlpSizes[l], mlpSizes[l+1], Epilogue{})
		}
		MatMulTA(s.g[l], s.d[l], x, mlpSizes[l+1], mlpSizes[l], s.batch, Epilogue{})
	}
	for l := range 3 {
		Momentum(s.w[l], s.g[l], s.v[l], 1e-9, 0.9, 0, 1e-4, false)
	}
}
