// Package f32 holds the float32 kernels of inkling: matrix products,
// convolutions, pooling, batch normalization, elementwise arithmetic,
// reductions, optimizer updates, and the one worker pool that they and the
// layers share.
//
// # The way of the data
//
// An exported function checks its arguments, cuts the work into chunks by shape
// alone, and gives them to [Parallel]. A chunk packs what it reads more than once
// into scratch memory that fits the caches, runs register tiles over it, and
// stores results where they belong, with bias and ReLU applied on the way.
//
//	MatMul…  → product → gemm (plan) → rowBand, panelBand → strip → tile1 … tile6, wide1 … narrow8; vectorBand
//	Conv…    → convolution → gather, columns, scatter  → gather1 … gatherNarrow8, strip
//	the rest → a job with an Op for one range          → …8, and …Generic for the last values
//
// Which chunk runs on which core is chance; that each value is summed by one
// chunk in one order, and that partial sums are added in the order of chunks, is
// not. So results are the same bits for every GOMAXPROCS. They differ in the last
// bits between implementations: assembly rounds a multiply-add once, plain Go
// twice. The compiler may fuse x*y + z (it does for arm64, and for amd64 with
// GOAMD64=v3), but not float32(x*y) + z: so plain Go says where it rounds, and
// gives the same bits wherever it runs. gonum's products do not; see [Bits].
//
// # Tiles
//
// In AVX2 a tile is six rows and 16 columns of the result: twelve of the sixteen
// vector registers. Each step loads one row of 16 values of B', broadcasts six values of
// A', and makes twelve multiply-adds; two of them can start in each cycle, and
// each takes four, so that eight sums are the least that keeps the units busy.
// Eight loads for twelve multiply-adds leave the load ports (two in each cycle)
// a third of their time. Rows that do not make up a six are shared out as tiles of
// three to five.
//
// In AVX-512 it is eight rows and 32 columns, or 16 columns where no more are left:
// 16 of the 32 registers, and ten loads for 16 multiply-adds. Masks keep a tile
// within the matrix, where AVX2 makes a whole tile beside it and copies. A value is
// the same sum in the same order, so the bits are AVX2's; avx512_amd64_test.go holds
// them to that, and whatever decides about an order of sums must not ask which of the
// two it is.
//
// In NEON it is six rows and 16 columns again, 24 of the 32 registers. Where the
// values of a row of A' lie side by side, four of them are loaded at once and each is
// taken from its lane: 96 multiply-adds for 14 loads. The sums are AVX2's here too, and
// so are the roundings of all other kernels: digest_test.go holds the three sets of
// assembly to the same bits.
//
// # Products
//
// Of A' and B', only B' must be packed, in panels as wide as a tile; A' is read in
// place if its rows are contiguous in k. Packing moves memory and a product of a
// batch of 64 uses each weight 64 times only, so what is packed is the batch: a
// forward product x·Wᵀ is computed as the transpose, W·xᵀ, of which W, the larger
// factor, is A' and never copied. For dx = dy·W it must be packed: every chunk does so
// for the panels it needs, right before it uses them. Keeping W packed from step to
// step would save that and nothing else, and cost every update of the weights; see
// BenchmarkPanels for its size.
//
// Sizes, for caches of 32 KiB and 512 KiB:
//
//   - a block of k is at most 512 deep: six rows of A' are 12 KiB and stay in the
//     first-level cache while panels of B' pass by;
//   - panels of B' that are used by one chunk at a time are at most 256 KiB: they
//     stay in the second-level cache, from which a tile reads 11 bytes in each cycle,
//     a third of what it gives;
//   - a chunk is at least a million multiplications (20 µs): taking it from the pool
//     costs well under one per cent.
//
// # Convolutions
//
// See conv_tiled.go: tiles that find their inputs through two tables of offsets, so
// that no matrix of columns is written. Few taps (columns_tiled.go) and input
// gradients full of border (scatter_tiled.go) are exceptions, chosen by shape.
//
// # Implementations
//
// Assembly needs amd64 with AVX2 and FMA, and uses AVX-512 (F, BW, DQ and VL) where
// there is some; on arm64 it needs NEON, which all have. Elsewhere, and with the build
// tag purego, products are gonum's. Files named …_tiled.go are what drives all tiles,
// and …_asm.go what the kernels of eight values at a time share (relu8, adam8, …).
// INKLING_KERNELS=avx512, avx2, neon, blas or generic chooses one; see
// [Describe]. Plain Go stays compiled everywhere and is what the tests hold the
// others against.
package f32
