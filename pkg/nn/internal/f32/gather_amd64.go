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
