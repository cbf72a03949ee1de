//go:build (amd64 || arm64) && !purego

package f32

// A gatherTile is one of these.
type gatherTile func(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

var gathers = [...]gatherTile{1: gather1, gather2, gather3, gather4, gather5, gather6}

// gather computes len(rows) rows of a panel of the given width in tiles of the
// best heights.
func gather(base []float32, rows, cols []int32, b []float32, width int, c []float32, ldc int, bias []float32, flags int) {
	of := gatherTiles(width)
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
