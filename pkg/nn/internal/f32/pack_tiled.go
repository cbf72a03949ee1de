//go:build (amd64 || arm64) && !purego

package f32

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
