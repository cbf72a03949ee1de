//go:build amd64 && !purego

package f32

// copyRows copies rows of 8·n8 values; the rows of dst and src lie dd and sd
// bytes apart. rows and n8 are at least 1.
//
//go:noescape
func copyRows(dst *float32, dd int, src *float32, sd, rows, n8 int)

// copyPlane copies rows of width values, at least 8; the rows of dst and src lie
// dd and sd bytes apart. rows is at least 1.
//
//go:noescape
func copyPlane(dst *float32, dd int, src *float32, sd, rows, width int)

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

// panel packs columns [j, j+16) of l = [l0, l0+k) to dst[l][16]; columns from n
// on are zero.
func (o *operand) panel(dst []float32, j, n, l0, k int) {
	n = min(n-j, tileCols)
	switch {
	case o.byK:
		o.panelByK(dst, j, n, l0, k)
	case n == tileCols:
		copyRows(&dst[0], 4*tileCols, &o.data[l0*o.stride+j], 4*o.stride, k, tileCols/8)
	default:
		for l := range k {
			d := dst[l*tileCols : (l+1)*tileCols]
			copy(d, o.data[(l0+l)*o.stride+j:][:n])
			clear(d[n:])
		}
	}
}

func (o *operand) panelByK(dst []float32, j, n, l0, k int) {
	wide, deep := n/8*8, k/8*8
	if deep > 0 {
		for c := 0; c < wide; c += 8 {
			transpose8(&dst[c], 4*tileCols, &o.data[(j+c)*o.stride+l0], 4*o.stride, deep/8, nil, 0)
		}
	}
	for c := range n {
		row := o.data[(j+c)*o.stride+l0:][:k]
		from := 0
		if c < wide {
			from = deep
		}
		for l := from; l < k; l++ {
			dst[l*tileCols+c] = row[l]
		}
	}
	for c := n; c < tileCols; c++ {
		for l := range k {
			dst[l*tileCols+c] = 0
		}
	}
}

// strip packs rows [i, i+n) of l = [l0, l0+k) of an operand that is not
// contiguous in k to dst[l][width], width being n rounded up to 8. What lies
// beyond n is not defined.
func (o *operand) strip(dst []float32, i, n, l0, k, width int) {
	if wide := n / 8; wide > 0 {
		copyRows(&dst[0], 4*width, &o.data[l0*o.stride+i], 4*o.stride, k, wide)
	}
	if done := n / 8 * 8; done < n {
		for l := range k {
			copy(dst[l*width+done:][:n-done], o.data[(l0+l)*o.stride+i+done:])
		}
	}
}
