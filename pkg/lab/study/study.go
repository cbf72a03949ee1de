package study

import (
	"fmt"
	"slices"
	"strings"

	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

// A Variant is a change of a configuration that is compared with others.
type Variant struct {
	Name   string
	Change func(c *train.Config)
}

// Together is the variant that makes the changes of all the given ones, in
// order: of two that change the same thing the later one counts.
func Together(variants ...Variant) Variant {
	names := (&Study{Variants: variants}).Names()
	return Variant{strings.Join(names, " + "), func(c *train.Config) {
		for _, v := range variants {
			v.Change(c)
		}
	}}
}

// A Study is every variant at every size of the training set with every seed. Its
// runs are asked for by the name of a variant and a number of images.
type Study struct {
	Variants []Variant
	Sizes    []int

	runs [][]lab.Runs // [variant][size][seed]
	lab  *lab.Lab
}

// Vary trains variants of base: of the configuration that base gives for a
// number of training images and a seed, counted from 1. All runs are one
// Fit. A variant that changes nothing is the one to compare with.
func Vary(l *lab.Lab, base func(images, seed int) train.Config, sizes []int, seeds int, variants ...Variant) (*Study, error) {
	if len(sizes) == 0 || seeds < 1 || len(variants) == 0 {
		return nil, fmt.Errorf("study: study: %d variants, %d sizes and %d seeds, want at least 1 of each", len(variants), len(sizes), seeds)
	}
	s := &Study{Variants: variants, Sizes: sizes, lab: l}
	for i, name := range s.Names() {
		if slices.Index(s.Names(), name) < i {
			return nil, fmt.Errorf("study: study: two variants are called %q, want a name for each", name)
		}
	}
	var cfgs []train.Config
	for _, v := range variants {
		for _, n := range sizes {
			for seed := 1; seed <= seeds; seed++ {
				c := base(n, seed)
				v.Change(&c)
				c.Name = fmt.Sprintf("%s, %d images, seed %d", v.Name, n, seed)
				cfgs = append(cfgs, c)
			}
		}
	}
	runs, err := l.Fit(cfgs...)
	if err != nil {
		return nil, err
	}
	bySize := slices.Collect(slices.Chunk(runs, seeds))
	s.runs = slices.Collect(slices.Chunk(bySize, len(sizes)))
	return s, nil
}

// All are the runs in one list.
func (s *Study) All() lab.Runs {
	var all lab.Runs
	for _, bySize := range s.runs {
		all = append(all, slices.Concat(bySize...)...)
	}
	return all
}

// Of are the runs of a variant on so many images, one for each seed. What the
// study has not compared is a mistake of the caller's, and panics.
func (s *Study) Of(variant string, images int) lab.Runs {
	i := slices.Index(s.Names(), variant)
	if i < 0 {
		panic(fmt.Sprintf("study: no variant %q among %s", variant, strings.Join(s.Names(), ", ")))
	}
	return s.runs[i][s.size(images)]
}

// At are the runs on so many images, by variant.
func (s *Study) At(images int) []lab.Runs {
	size := s.size(images)
	var rows []lab.Runs
	for _, bySize := range s.runs {
		rows = append(rows, bySize[size])
	}
	return rows
}

func (s *Study) size(images int) int {
	i := slices.Index(s.Sizes, images)
	if i < 0 {
		panic(fmt.Sprintf("study: %d images, compared on %v", images, s.Sizes))
	}
	return i
}

// Names are those of the variants, for an axis or the rows of a table.
func (s *Study) Names() []string {
	var names []string
	for _, v := range s.Variants {
		names = append(names, v.Name)
	}
	return names
}

// SizeNames are the sizes with a unit behind each, such as "1000 images" with
// " images", for legends or the columns of a table.
func (s *Study) SizeNames(unit string) []string {
	var names []string
	for _, n := range s.Sizes {
		names = append(names, fmt.Sprint(n, unit))
	}
	return names
}

// Rows are those of a table: the name of a variant, then its dev error at each
// size in %, a Stat of the seeds.
func (s *Study) Rows() [][]any {
	var rows [][]any
	for k, name := range s.Names() {
		row := []any{name}
		for _, runs := range s.runs[k] {
			row = append(row, runs.DevError())
		}
		rows = append(rows, row)
	}
	return rows
}

// Errors are the dev errors on so many images in %, by variant and seed.
func (s *Study) Errors(images int) [][]float64 {
	var errors [][]float64
	for _, runs := range s.At(images) {
		errors = append(errors, runs.DevErrors())
	}
	return errors
}

// Gaps are by how many points the dev errors on so many images are above those on
// up to n of these images, by variant and seed; see Gaps.
func (s *Study) Gaps(images, n int) ([][]float64, error) {
	var gaps [][]float64
	for _, runs := range s.At(images) {
		of, err := Gaps(s.lab, runs, min(n, images))
		if err != nil {
			return nil, err
		}
		gaps = append(gaps, of)
	}
	return gaps, nil
}

// Change is by how many percent of itself the dev error of the first variant
// becomes larger with another one; see Paired.
func (s *Study) Change(variant string, images int) lab.Stat {
	none := s.Of(s.Variants[0].Name, images)
	change, before := Paired(none, s.Of(variant, images)), none.DevError().Mean
	change.Mean, change.SD = 100*change.Mean/before, 100*change.SD/before
	return change
}

// Changes are all of Change in percent, a row of sizes for each variant, and the
// largest standard error among them.
func (s *Study) Changes() (percent [][]float64, standardError float64) {
	for _, name := range s.Names() {
		var row []float64
		for _, images := range s.Sizes {
			change := s.Change(name, images)
			row, standardError = append(row, change.Mean), max(standardError, change.SD)
		}
		percent = append(percent, row)
	}
	return percent, standardError
}

// MeanChange is the Change by a variant in percent, as a mean over the sizes.
func (s *Study) MeanChange(variant string) (percent float64) {
	for _, images := range s.Sizes {
		percent += s.Change(variant, images).Mean / float64(len(s.Sizes))
	}
	return percent
}

// Best is the variant with the smallest mean dev error on so many images, the
// first of equals; "" if none has a score, see [BestRow].
func (s *Study) Best(images int) string {
	if i := BestRow(s.At(images)); i >= 0 {
		return s.Variants[i].Name
	}
	return ""
}

// Bests are the places of Best in a table with a row for each variant and a column
// for each size, which has one.
func (s *Study) Bests() (places [][2]int) {
	for i, images := range s.Sizes {
		if best := BestRow(s.At(images)); best >= 0 {
			places = append(places, [2]int{best, i})
		}
	}
	return places
}
