package weights

import (
	"slices"
	"strings"
)

// An axis of an array in a file: so many indices, each so many values further in
// the memory of ours.
type axis struct{ size, stride int }

// lay says how the values of an array in a file go to a matrix of rows×columns of
// ours: letters are the file's axes, the slowest first, O the rows, all others the
// columns, whose sizes are given in our order, slowest first. The O comes first or
// last.
func lay(letters, ours string, sizes map[byte]int) (lead bool, columns []axis, n int) {
	n = 1
	stride := map[byte]int{}
	for i := len(ours) - 1; i >= 0; i-- {
		stride[ours[i]] = n
		n *= sizes[ours[i]]
	}
	lead = letters[0] == 'O'
	for _, letter := range []byte(strings.Replace(letters, "O", "", 1)) {
		columns = append(columns, axis{sizes[letter], stride[letter]})
	}
	return lead, columns, n
}

// straight reports whether the columns of a file stand as ours do.
func straight(columns []axis) bool {
	next := 1
	for _, a := range slices.Backward(columns) {
		if a.size > 1 && a.stride != next {
			return false
		}
		next *= a.size
	}
	return true
}

// odometer counts through the columns of a file, and is where each stands in ours.
type odometer struct {
	columns []axis
	index   []int
	at      int
}

func (o *odometer) next() {
	for i, a := range slices.Backward(o.columns) {
		o.index[i]++
		o.at += a.stride
		if o.index[i] < a.size {
			return
		}
		o.at -= a.size * a.stride
		o.index[i] = 0
	}
}

// values gives the numbers of an array one after the other.
type values interface{ Read(dst []float32) error }

const (
	block     = 1 << 18 // values that are held while they are turned
	blockRows = 64      // so that what is written next to each other fills a line of the cache
)

// fill reads rows×n values into dst, a matrix of ours. lead: the file has row after
// row; else it has column after column, each of all rows.
func fill(dst []float32, from values, rows, n int, lead bool, columns []axis) error {
	if len(dst) == 0 {
		return nil
	}
	in := odometer{columns: columns, index: make([]int, len(columns))}
	switch {
	case straight(columns) && (lead || rows == 1 || n == 1):
		return from.Read(dst)
	case lead:
		buf := make([]float32, min(n, block))
		for r := range rows {
			row := dst[r*n : (r+1)*n]
			for done := 0; done < n; {
				part := buf[:min(len(buf), n-done)]
				if err := from.Read(part); err != nil {
					return err
				}
				for _, v := range part {
					row[in.at] = v
					in.next()
				}
				done += len(part)
			}
		}
		return nil
	}
	at := make([]int, min(blockRows, max(1, block/rows), n))
	buf := make([]float32, min(len(at)*rows, block))
	for done := 0; done < n; {
		at = at[:min(len(at), n-done)]
		for i := range at {
			at[i] = in.at
			in.next()
		}
		for first := 0; first < rows; { // all rows at once, unless one column alone is longer than buf
			part := min(rows-first, len(buf)/len(at))
			if err := from.Read(buf[:len(at)*part]); err != nil {
				return err
			}
			for r := range part {
				row := dst[(first+r)*n : (first+r+1)*n]
				for i, to := range at {
					row[to] = buf[i*part+r]
				}
			}
			first += part
		}
		done += len(at)
	}
	return nil
}
