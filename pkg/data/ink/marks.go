package ink

import "image"

// A mark is what hangs together of the ink.
type mark struct {
	id   int
	box  image.Rectangle
	mass float64
	rim  int // pixels at the rim of the picture
}

// size is the longer side of its box.
func (m mark) size() int { return max(m.box.Dx(), m.box.Dy()) }

// marks are the connected parts of what is at least low, those that reach high
// somewhere, with the number of each pixel's mark, 0 for none.
func marks(ink plane, low, high float32) (list []mark, of []int32) {
	of = make([]int32, len(ink.v))
	var stack []int
	n := int32(0)
	for start, v := range ink.v {
		if of[start] != 0 || v < high {
			continue
		}
		n++
		m := mark{id: int(n), box: image.Rectangle{Min: image.Pt(ink.w, ink.h)}}
		of[start] = n
		stack = append(stack[:0], start)
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := i%ink.w, i/ink.w
			m.mass += float64(ink.v[i])
			m.box.Min.X, m.box.Max.X = min(m.box.Min.X, x), max(m.box.Max.X, x+1)
			m.box.Min.Y, m.box.Max.Y = min(m.box.Min.Y, y), max(m.box.Max.Y, y+1)
			if x == 0 || y == 0 || x == ink.w-1 || y == ink.h-1 {
				m.rim++
			}
			for yy := max(0, y-1); yy <= min(ink.h-1, y+1); yy++ {
				for xx := max(0, x-1); xx <= min(ink.w-1, x+1); xx++ {
					if j := yy*ink.w + xx; of[j] == 0 && ink.v[j] >= low {
						of[j] = n
						stack = append(stack, j)
					}
				}
			}
		}
		list = append(list, m)
	}
	return list, of
}

// signs puts together the marks that belong to one sign, such as both strokes of a 5:
// those that lie above each other with a small gap, or beside each other with
// hardly any.
func signs(list []mark) [][]mark {
	group := make([]int, len(list))
	for i := range group {
		group[i] = i
	}
	root := func(i int) int {
		for group[i] != i {
			i = group[i]
		}
		return i
	}
	for i, a := range list {
		for j, b := range list[:i] {
			size := float64(max(a.size(), b.size()))
			dx := float64(max(a.box.Min.X, b.box.Min.X) - min(a.box.Max.X, b.box.Max.X))
			dy := float64(max(a.box.Min.Y, b.box.Min.Y) - min(a.box.Max.Y, b.box.Max.Y))
			if dx < beside*size && dy < above*size {
				group[root(i)] = root(j)
			}
		}
	}
	byRoot := map[int]int{}
	var all [][]mark
	for i, m := range list {
		r := root(i)
		at, ok := byRoot[r]
		if !ok {
			at = len(all)
			byRoot[r] = at
			all = append(all, nil)
		}
		all[at] = append(all[at], m)
	}
	return all
}

const (
	beside = 0.1
	above  = 0.3
)
