//go:build !purego

package f32

// copyRows copies rows of 8·n8 values; the rows of dst and src lie dd and sd
// bytes apart. rows and n8 are at least 1.
//
//go:noescape
func copyRows(dst *float32, dd int, src *float32, sd, rows, n8 int)

// dealW deals rows of W·pieces values out to pieces of rows of W, size bytes
// apart; the rows of src lie sd bytes apart. All counts are at least 1.

//go:noescape
func deal6(dst *float32, size int, src *float32, sd, rows, pieces int)

//go:noescape
func deal16(dst *float32, size int, src *float32, sd, rows, pieces int)

// deal returns the one for a width, which is that of a panel or a tile's height.
func deal(width int) func(dst *float32, size int, src *float32, sd, rows, pieces int) {
	if width == 6 {
		return deal6
	}
	return deal16
}

// copyPlane copies rows of width values, at least 8; the rows of dst and src lie
// dd and sd bytes apart. rows is at least 1.
//
//go:noescape
func copyPlane(dst *float32, dd int, src *float32, sd, rows, width int)

// addPlane adds rows of width values to those of dst; the rows of dst and src lie
// dd and sd bytes apart. rows and width are at least 1.
//
//go:noescape
func addPlane(dst *float32, dd int, src *float32, sd, rows, width int)

// transpose8 writes the transpose of 8 rows and 8·blocks columns of src as
// 8·blocks rows of 8 values; the rows of dst and src lie dd and sd bytes apart.
// The flags are those of a tile, applied to dst: accumulate, add 8 values of
// bias to each row, ReLU. blocks is at least 1.
//
//go:noescape
func transpose8(dst *float32, dd int, src *float32, sd, blocks int, bias *float32, flags int)
