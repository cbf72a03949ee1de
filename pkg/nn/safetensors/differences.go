package safetensors

import (
	"fmt"
	"slices"
	"strings"

	"inkling/pkg/internal/nearest"
)

// Differences says in one line which arrays that are wanted a file does not have,
// or has in another shape, and which others it has; "" if there is nothing to say.
// A missing one comes with the nearest name, a misshaped one with what would make
// it fit.
func Differences(want, have []Array) string {
	find := func(list []Array, name string) (Array, bool) {
		i := slices.IndexFunc(list, func(a Array) bool { return a.Name == name })
		if i < 0 {
			return Array{}, false
		}
		return list[i], true
	}
	var missing, misshaped, unexpected, names []string
	for _, h := range have {
		if _, ok := find(want, h.Name); !ok {
			unexpected = append(unexpected, fmt.Sprintf("%.80q %v", h.Name, h.Dims))
			names = append(names, h.Name)
		}
	}
	for _, w := range want {
		h, ok := find(have, w.Name)
		switch {
		case !ok:
			text := fmt.Sprintf("%q %v", w.Name, w.Dims)
			if near, ok := find(have, nearest.Near(w.Name, names)); ok {
				text += fmt.Sprintf(" (nearest: %.80q %v)", near.Name, near.Dims)
			}
			missing = append(missing, text)
		case !slices.Equal(w.Dims, h.Dims):
			misshaped = append(misshaped, fmt.Sprintf("%q has shape %v, want %v%s", w.Name, h.Dims, w.Dims, Remedy(w.Dims, h.Dims)))
		}
	}
	var all []string
	for _, part := range []struct {
		what string
		list []string
	}{{"missing ", missing}, {"", misshaped}, {"unexpected ", unexpected}} {
		if len(part.list) > 0 {
			all = append(all, part.what+some(part.list, ", "))
		}
	}
	return strings.Join(all, "; ")
}

// some is the beginning of a list.
func some(list []string, separator string) string {
	const most = 3
	if n := len(list) - most; n > 1 {
		list = append(slices.Clone(list[:most]), fmt.Sprintf("%d more", n))
	}
	return strings.Join(list, separator)
}

// Remedy says what would make an array fit that has the values but not the shape,
// as ": transposed it fits"; "" if nothing would.
func Remedy(want, have []int) string {
	product := func(dims []int) int {
		n := 1
		for _, d := range dims {
			n *= d
		}
		return n
	}
	sorted := func(dims []int) []int {
		dims = slices.Clone(dims)
		slices.Sort(dims)
		return dims
	}
	switch {
	case len(want) == 2 && len(have) == 2 && want[0] == have[1] && want[1] == have[0]:
		return ": transposed it would fit"
	case len(want) == len(have) && slices.Equal(sorted(want), sorted(have)):
		return ": with its dimensions in another order it would fit"
	case product(want) == product(have):
		return ": it has as many values"
	}
	return ""
}
