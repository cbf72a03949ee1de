package data

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"inkling/pkg/internal/printable"
)

// A Finding is something to know of data before a network is trained on them.
type Finding struct {
	Kind     string  // a word for programs: "both parts", "two labels", …
	Warning  bool    // results would mislead, or training fail; else it is only to be known
	Text     string  // in a line
	N        int     // images that it is about, or classes
	Examples []Place // some of them
}

// A Place is an image of a data set.
type Place struct {
	Set   string
	Index int
}

func (p Place) String() string { return fmt.Sprintf("%s %d", p.Set, p.Index) }

// examples are at most so many of a Finding.
const examples = 6

// Findings judges data before anyone trains on them: images that are in both parts,
// the same image under two labels, images of one colour, or whose values end far below 255, ink that is dark on light
// or here so and there so, classes without images or with few, or in other
// proportions in the test part. None of it is an error: data may be so on purpose.
// Warnings come first.
func (d *Dataset) Findings() []Finding {
	var all []Finding
	add := func(f Finding) {
		if f.N > 0 {
			all = append(all, f)
		}
	}
	for _, f := range d.repeated() {
		add(f)
	}
	for _, s := range []*Set{d.Train, d.Test} {
		add(s.constant())
		add(s.faint())
	}
	add(d.ground())
	for _, f := range d.classes() {
		add(f)
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		switch {
		case a.Warning == b.Warning:
			return 0
		case a.Warning:
			return -1
		}
		return 1
	})
	return all
}

// repeated looks for the same image twice.
func (d *Dataset) repeated() []Finding {
	type key [16]byte
	type seen struct {
		set   *Set
		index int
	}
	both := Finding{Kind: "both parts", Warning: true}
	labels := Finding{Kind: "two labels", Warning: true}
	again := Finding{Kind: "repeated"}
	note := func(f *Finding, at ...Place) {
		if f.N++; len(f.Examples) < examples {
			f.Examples = append(f.Examples, at...)
		}
	}
	first := make(map[key]seen, d.Train.Len()+d.Test.Len())
	for _, s := range []*Set{d.Train, d.Test} {
		for i := range s.Len() {
			sum := sha256.Sum256(s.pixels(i))
			k := key(sum[:])
			was, ok := first[k]
			if !ok {
				first[k] = seen{s, i}
				continue
			}
			if !bytes.Equal(was.set.pixels(was.index), s.pixels(i)) {
				continue
			}
			here, there := Place{was.set.Name, was.index}, Place{s.Name, i}
			if was.set.Labels[was.index] != s.Labels[i] {
				note(&labels, here, there)
			}
			switch {
			case was.set == d.Train && s == d.Test:
				note(&both, here, there)
			case was.set.Labels[was.index] == s.Labels[i]:
				note(&again, here, there)
			}
		}
	}
	are := "are"
	if both.N == 1 {
		are = "is"
	}
	both.Text = fmt.Sprintf("%s of test %s in train too: what is read there says nothing of new images", printable.Count(both.N, "image"), are)
	labels.Text = fmt.Sprintf("%s seen before under another label: one of the two is wrong", printable.Count(labels.N, "image"))
	again.Text = fmt.Sprintf("%s seen before, with the same label in the same part", printable.Count(again.N, "image"))
	return []Finding{both, labels, again}
}

// constant looks for images of one value: nothing is on them.
func (s *Set) constant() Finding {
	f := Finding{Kind: "constant", Warning: true}
	for i := range s.Len() {
		p := s.pixels(i)
		if len(p) > 0 && bytes.Count(p, p[:1]) == len(p) {
			if f.N++; len(f.Examples) < examples {
				f.Examples = append(f.Examples, Place{s.Name, i})
			}
		}
	}
	f.Text = fmt.Sprintf("%s of %s %s one value everywhere: nothing is on it", printable.Count(f.N, "image"), s.Name, map[bool]string{true: "has", false: "have"}[f.N == 1])
	return f
}

// faint looks for values of 0 to 1, 16 or 63 that were taken for 0 to 255: nothing
// looks wrong but that a network learns slowly, and reads other pictures badly.
func (s *Set) faint() Finding {
	const most = 63 // of six bits
	top := uint8(0)
	for _, v := range s.Pixels {
		if top = max(top, v); top > most {
			return Finding{}
		}
	}
	if top == 0 { // which constant tells
		return Finding{}
	}
	return Finding{Kind: "faint", Warning: true, N: s.Len(),
		Text: fmt.Sprintf("no value of %s is above %d, where 255 is full; what is, the option max tells of CSV and .npz (PATH,max=16)", s.Name, top)}
}

// ground looks at the rim of grey images: whether they are ink on paper, or the
// other way round as those of MNIST are.
func (d *Dataset) ground() Finding {
	if d.Train.C != 1 {
		return Finding{}
	}
	var counts [2]int // of light ones, by part
	f := Finding{Kind: "light ground"}
	var dark []Place
	for k, s := range []*Set{d.Train, d.Test} {
		for i := range s.Len() {
			p, sum, n := s.pixels(i), 0, 0
			for j, v := range p {
				if x, y := j%s.W, j/s.W; x == 0 || y == 0 || x == s.W-1 || y == s.H-1 {
					sum += int(v)
					n++
				}
			}
			switch {
			case 2*sum <= 255*n:
				if len(dark) < examples {
					dark = append(dark, Place{s.Name, i})
				}
			default:
				counts[k]++
				if len(f.Examples) < examples {
					f.Examples = append(f.Examples, Place{s.Name, i})
				}
			}
		}
	}
	light, all := counts[0]+counts[1], d.Train.Len()+d.Test.Len()
	train := float64(counts[0]) / float64(max(d.Train.Len(), 1))
	test := float64(counts[1]) / float64(max(d.Test.Len(), 1))
	switch {
	case train > 0.95 && test < 0.05 || train < 0.05 && test > 0.95:
		f.Kind, f.Warning, f.N = "grounds", true, light
		f.Text = "the images of one part are dark on light, those of the other light on dark"
		f.Examples = append(f.Examples[:min(len(f.Examples), examples/2)], dark[:min(len(dark), examples/2)]...)
	case float64(light) > 0.95*float64(all):
		f.N = light
		f.Text = "the images are dark on light, those of MNIST light on dark; the option invert turns them (PATH,invert)"
	case float64(light) > 0.05*float64(all):
		f.Kind, f.N = "grounds", light
		f.Text = fmt.Sprintf("%.0f %% of the images have a light rim, the others a dark one", 100*float64(light)/float64(all))
		f.Examples = append(f.Examples[:min(len(f.Examples), examples/2)], dark[:min(len(dark), examples/2)]...)
	}
	return f
}

// few is the number of images of a class below which little can be learned of it.
const few = 20

// classes looks at how many images there are of each.
func (d *Dataset) classes() []Finding {
	train, test := d.Train.Counts(), d.Test.Counts()
	named := func(list []int) string {
		var names []string
		for _, c := range list {
			if len(names) == examples {
				names = append(names, "…")
				break
			}
			names = append(names, d.Train.Classes[c])
		}
		return strings.Join(names, ", ")
	}
	var absent, untested, untrained, scarce, shifted []int
	least, most := -1, 0
	for c, n := range train {
		// Shares that chance does not make: four standard deviations, and a third more or less.
		p, m := float64(n)/float64(max(d.Train.Len(), 1)), float64(d.Test.Len())
		far := float64(test[c]) - p*m
		switch {
		case n+test[c] == 0:
			absent = append(absent, c)
			continue
		case n == 0:
			untrained = append(untrained, c)
			continue
		case n < few:
			scarce = append(scarce, c)
		}
		if test[c] == 0 {
			untested = append(untested, c)
		} else if far*far > 16*p*m && far*far > p*m*p*m/9 {
			shifted = append(shifted, c)
		}
		if least < 0 || n < train[least] {
			least = c
		}
		if n > train[most] {
			most = c
		}
	}
	list := []Finding{
		{Kind: "untrained", Warning: true, N: len(untrained), Text: fmt.Sprintf("in test only, so that nobody can learn it: %s", named(untrained))},
		{Kind: "scarce", Warning: true, N: len(scarce), Text: fmt.Sprintf("fewer than %d images to train on: %s", few, named(scarce))},
		{Kind: "untested", Warning: true, N: len(untested), Text: fmt.Sprintf("no image in test: %s", named(untested))},
		{Kind: "proportions", N: len(shifted), Text: fmt.Sprintf("a share of test by a third larger or smaller than of train: %s", named(shifted))},
		{Kind: "no images", N: len(absent), Text: fmt.Sprintf("a name and no image: %s", named(absent))},
	}
	if least >= 0 && train[most] > 3*train[least] {
		list = append(list, Finding{Kind: "unbalanced", Warning: train[most] > 20*train[least], N: 2,
			Text: fmt.Sprintf("%d images of %s and %d of %s in train: always the most frequent class is right in %.1f %% of test",
				train[most], d.Train.Classes[most], train[least], d.Train.Classes[least], 100*d.Majority())})
	}
	return list
}
