//go:build amd64 && !purego

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
func deal8(dst *float32, size int, src *float32, sd, rows, pieces int)

//go:noescape
func deal16(dst *float32, size int, src *float32, sd, rows, pieces int)

//go:noescape
func deal32(dst *float32, size int, src *float32, sd, rows, pieces int)

// deal returns the one for a width, which is that of a panel or a tile's height.
func deal(width int) func(dst *float32, size int, src *float32, sd, rows, pieces int) {
	switch width {
	case 6:
		return deal6
	case 8:
		return deal8
	case 16:
		return deal16
	}
	return deal32
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

// transpose sets dst[j·dd+i] = src[i·sd+j] for i < rows and j < cols.
func transpose(dst []float32, dd int, src []float32, sd, rows, cols int) {
	wide := 0
	if rows >= 8 && cols >= 8 {
		wide = cols / 8 * 8
		for i := 0; i < rows; i += 8 {
			i := min(i, rows-8) // the last eight overlap the others
			transpose8(&dst[i], 4*dd, &src[i*sd], 4*sd, cols/8, nil, 0)
		}
	}
	for j := wide; j < cols; j++ {
		d := dst[j*dd:][:rows]
		for i := range d {
			d[i] = src[i*sd+j]
		}
	}
}

// An operand is one factor of a product, A' of rows×k or B' of k×columns, as it
// lies in memory. Its index runs over rows or columns.
type operand struct {
	data   []float32
	stride int  // between neighbours in the direction that is not contiguous
	byK    bool // contiguous in k: value (i, l) is data[i·stride+l], otherwise data[l·stride+i]
}

// panels packs columns [j0, j1) of n, j0 being the first of a panel, for
// l = [l0, l0+k), to dst[panel][l][column]; columns from n on are zero.
func (o *operand) panels(dst []float32, j0, j1, n, l0, k int) {
	j := j0
	if !o.byK {
		width := panelCols()
		if whole := (min(j1, n) - j0) / width; whole > 0 {
			deal(width)(&dst[0], 4*width*k, &o.data[l0*o.stride+j0], 4*o.stride, k, whole)
			j += whole * width
		}
	}
	for j < j1 {
		width := panelWidth(j, j1)
		o.panel(dst[(j-j0)*k:], j, width, n, l0, k)
		j += width
	}
}

// panel packs columns [j, j+width) of n in the same way.
func (o *operand) panel(dst []float32, j, width, n, l0, k int) {
	n = min(n-j, width)
	if o.byK {
		o.panelByK(dst, j, width, n, l0, k)
		return
	}
	for l := range k {
		d := dst[l*width : (l+1)*width]
		copy(d, o.data[(l0+l)*o.stride+j:][:max(n, 0)])
		clear(d[max(n, 0):])
	}
}

func (o *operand) panelByK(dst []float32, j, width, n, l0, k int) {
	wide, deep := n/8*8, k/8*8
	if deep > 0 {
		for c := 0; c < wide; c += 8 {
			transpose8(&dst[c], 4*width, &o.data[(j+c)*o.stride+l0], 4*o.stride, deep/8, nil, 0)
		}
	}
	for c := range n {
		row := o.data[(j+c)*o.stride+l0:][:k]
		from := 0
		if c < wide {
			from = deep
		}
		for l := from; l < k; l++ {
			dst[l*width+c] = row[l]
		}
	}
	for c := n; c < width; c++ {
		for l := range k {
			dst[l*width+c] = 0
		}
	}
}

// tiles packs rows [i0, i1) of an operand that is not contiguous in k, for
// l = [l0, l0+k), tile by tile as strip.run takes them: the tile of n rows from
// row i on lies at dst[(i-i0)·k], as [l][n]. Only tiles that begin in [from, to)
// are written.
func (o *operand) tiles(dst []float32, i0, i1, from, to, l0, k int) {
	most := tileRows()
	for i := i0; i < i1 && i < to; {
		n, count := tileHeight(i1-i, most), 1
		if n == most {
			count = max(1, (i1-i-most+1)/most) // all of this height
		}
		if i < from {
			i += n
			continue
		}
		d, s := dst[(i-i0)*k:], o.data[l0*o.stride+i:]
		if n == most {
			count = min(count, (to-i+most-1)/most)
			deal(most)(&d[0], 4*most*k, &s[0], 4*o.stride, k, count)
		} else {
			for l := range k {
				copy(d[l*n:(l+1)*n], s[l*o.stride:])
			}
		}
		i += n * count
	}
}
