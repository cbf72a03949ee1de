//go:build amd64 && !purego

package f32

// gatherR computes tiles of R rows and 16 columns, one below the other:
//
//	C[i,j] = relu([C[i,j] +] Σ_l A[i,l]·B[l,j] + bias[j])
//
// A[i,l] lies rows[i]+cols[l] bytes after base, the rows of B, of 16 values,
// follow each other, and those of C lie ldc bytes apart. k and tiles are at
// least 1.

//go:noescape
func gather1(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gather2(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gather3(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gather4(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gather5(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gather6(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

// A gatherTile is one of these.
type gatherTile func(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

var gathers = [...]gatherTile{1: gather1, gather2, gather3, gather4, gather5, gather6}

// gather computes len(rows) rows of a panel of the given width in tiles of the
// best heights.
func gather(base []float32, rows, cols []int32, b []float32, width int, c []float32, ldc int, bias []float32, flags int) {
	of := gathers[:]
	if kernels == avx512 && width > colUnit {
		of = wideGathers[:]
	} else if kernels == avx512 && !slowNarrow {
		of = narrowGathers[:]
	}
	most := len(of) - 1
	for len(rows) > 0 {
		height, count := tileHeight(len(rows), most), 1
		if height == most {
			count = max(1, (len(rows)-most+1)/most) // all of this height,
			count = min(count, 32)                  // but assembly cannot be preempted
		}
		of[height](&base[0], &rows[0], &cols[0], &b[0], &c[0], 4*ldc, len(cols), count, first(bias), flags)
		rows = rows[height*count:]
		if len(rows) > 0 {
			c = c[height*count*ldc:]
		}
	}
}
