package f32

// A Peak is what rates are a share of: a loop of multiply-adds of one instruction
// set whose sums do not wait for each other, on all workers.
type Peak struct {
	Name string // "AVX2", "AVX-512", "NEON"
	fma  func(n int)
	flop int // for each n
}

// Peaks are those of the instruction sets that this machine has and that kernels
// use.
func Peaks() []Peak { return peaks }

const (
	peakChunks = 64
	peakRounds = 1 << 14 // some 30 µs
)

// FLOP is the number of floating-point operations that Run makes.
func (p Peak) FLOP() float64 { return peakChunks * peakRounds * float64(p.flop) }

// Run makes them.
func (p Peak) Run() { Parallel(peakChunks, &p) }

// Do is for Parallel.
func (p *Peak) Do(int) { p.fma(peakRounds) }
