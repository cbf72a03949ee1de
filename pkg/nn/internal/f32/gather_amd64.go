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

// gather computes len(rows) rows of 16 columns in tiles of the best heights.
func gather(base []float32, rows, cols []int32, b, c []float32, ldc int, bias []float32, flags int) {
	var pb *float32
	if bias != nil {
		pb = &bias[0]
	}
	k := len(cols)
	for len(rows) > 0 {
		height, count := tileHeight(len(rows)), 1
		if height == tileRows {
			count = max(1, (len(rows)-tileRows+1)/tileRows) // all of this height,
			count = min(count, 32)                          // but assembly cannot be preempted
		}
		pr, pc := &rows[0], &c[0]
		switch height {
		case 1:
			gather1(&base[0], pr, &cols[0], &b[0], pc, 4*ldc, k, count, pb, flags)
		case 2:
			gather2(&base[0], pr, &cols[0], &b[0], pc, 4*ldc, k, count, pb, flags)
		case 3:
			gather3(&base[0], pr, &cols[0], &b[0], pc, 4*ldc, k, count, pb, flags)
		case 4:
			gather4(&base[0], pr, &cols[0], &b[0], pc, 4*ldc, k, count, pb, flags)
		case 5:
			gather5(&base[0], pr, &cols[0], &b[0], pc, 4*ldc, k, count, pb, flags)
		default:
			gather6(&base[0], pr, &cols[0], &b[0], pc, 4*ldc, k, count, pb, flags)
		}
		rows = rows[height*count:]
		if len(rows) > 0 {
			c = c[height*count*ldc:]
		}
	}
}
