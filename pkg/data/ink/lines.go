package ink

import "slices"

// ruled takes the lines of ruled or squared paper away, as far as they reach low:
// they run straight from rim to rim and are thin, and no sign does that. Where a
// stroke crosses a line, or lies on it, its ink stays.
func (p plane) ruled(low float32) {
	q := p.turned() // before a line of the other kind has cut it into pieces
	p.across(low)
	q.across(low)
	for i, v := range q.turned().v {
		p.v[i] = min(p.v[i], v)
	}
}

// slack is how many pixels a line may lie beside the straight one.
const slack = 2

// across takes away the lines that run more or less along the rows.
func (p plane) across(low float32) {
	// How many pixels near a row are ink, up to each column.
	near := p.turned().extreme(2*slack+1, 1).turned()
	sums := make([][]int32, p.h)
	for y := range sums {
		sums[y] = make([]int32, p.w+1)
		for x, v := range near.row(y) {
			sums[y][x+1] = sums[y][x]
			if v >= low {
				sums[y][x+1]++
			}
		}
	}
	// covered is the share of the columns that the line from (0, y) on has inside the
	// picture where it is ink, if these are enough to tell.
	covered := func(y, fall, enough int) float64 {
		steps := max(fall, -fall) + 1
		var n, inside int
		for i := range steps {
			if j := y + i*sign(fall); j >= 0 && j < p.h {
				from, to := i*p.w/steps, (i+1)*p.w/steps
				n += int(sums[j][to] - sums[j][from])
				inside += to - from
			}
		}
		if inside < enough {
			return 0
		}
		return float64(n) / float64(inside)
	}
	// A line may fall or rise by one part in eight, 7°: in steps of a pixel. What has
	// a line all across has others beside it, which a corner cuts off.
	was := plane{p.w, p.h, slices.Clone(p.v)}
	for fall := -p.w / 8; fall <= p.w/8; fall++ {
		lined := false
		for y := range p.h {
			lined = lined || covered(y, fall, p.w) >= 0.9
		}
		for y := -p.w / 8; lined && y < p.h+p.w/8; y++ {
			if covered(y, fall, slack) >= 0.9 {
				p.erase(was, low, func(x int) int { return y + x*(max(fall, -fall)+1)/p.w*sign(fall) })
			}
		}
	}
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

// erase clears the ink along a line where it was about as thick as the line is,
// before any was taken away.
func (p plane) erase(was plane, low float32, line func(x int) int) {
	type run struct{ x, from, to int }
	var runs []run
	var thick []int
	for x := range p.w {
		y := line(x)
		for i := range 2*slack + 1 { // y, y-1, y+1, y-2 …
			if y += i * (1 - 2*(i%2)); y >= 0 && y < p.h && was.v[y*p.w+x] >= low {
				break
			}
		}
		if y < 0 || y >= p.h || was.v[y*p.w+x] < low {
			continue
		}
		r := run{x, y, y + 1}
		for r.from > 0 && was.v[(r.from-1)*p.w+x] >= low {
			r.from--
		}
		for r.to < p.h && was.v[r.to*p.w+x] >= low {
			r.to++
		}
		runs = append(runs, r)
		thick = append(thick, r.to-r.from)
	}
	if len(runs) == 0 {
		return
	}
	slices.Sort(thick)
	usual := thick[len(thick)/4] // the rest may lie on a stroke
	if usual > p.h/20+1 {
		return // no line, but a stripe
	}
	for _, r := range runs {
		if r.to-r.from > usual+max(usual/2, 1) {
			continue
		}
		for y := max(0, r.from-1); y < min(p.h, r.to+1); y++ {
			p.v[y*p.w+r.x] = 0
		}
	}
}
