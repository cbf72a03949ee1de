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

// A Study is every variant at every size of the training set with every seed.
type Study struct {
	Variants []Variant
	Sizes    []int
	Runs     [][]lab.Runs // [variant][size][seed]

	lab *lab.Lab
}

// Vary trains variants of base: of the configuration that base gives for a
// number of training images and a seed, counted from 1. All runs are one
// Fit. A variant that changes nothing is the one to compare with.
func Vary(l *lab.Lab, base func(images, seed int) train.Config, sizes []int, seeds int, variants ...Variant) (*Study, error) {
	if len(sizes) == 0 || seeds < 1 || len(variants) == 0 {
		return nil, fmt.Errorf("study: study: %d variants, %d sizes and %d seeds, want at least 1 of each", len(variants), len(sizes), seeds)
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
	return &Study{variants, sizes, slices.Collect(slices.Chunk(bySize, len(sizes))), l}, nil
}

// All are the runs in one list.
func (s *Study) All() lab.Runs {
	var all lab.Runs
	for _, bySize := range s.Runs {
		all = append(all, slices.Concat(bySize...)...)
	}
	return all
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
		for _, errors := range s.Of(k, lab.Runs.DevErrors) {
			row = append(row, lab.StatOf(errors))
		}
		rows = append(rows, row)
	}
	return rows
}

// At is a measure of the runs at one size, by variant: DevErrors is one.
func (s *Study) At(size int, measure func(runs lab.Runs) []float64) [][]float64 {
	var values [][]float64
	for _, bySize := range s.Runs {
		values = append(values, measure(bySize[size]))
	}
	return values
}

// Of is a measure of the runs of one variant, by size.
func (s *Study) Of(variant int, measure func(runs lab.Runs) []float64) [][]float64 {
	var values [][]float64
	for _, runs := range s.Runs[variant] {
		values = append(values, measure(runs))
	}
	return values
}

// Errors are the dev errors at one size in %, by variant and seed.
func (s *Study) Errors(size int) [][]float64 { return s.At(size, lab.Runs.DevErrors) }

// Gaps are by how many points the dev errors at one size are above those on up
// to n of the training images, by variant and seed; see Gaps.
func (s *Study) Gaps(size, n int) ([][]float64, error) {
	gaps := make([][]float64, len(s.Runs))
	for k, bySize := range s.Runs {
		var err error
		if gaps[k], err = Gaps(s.lab, bySize[size], min(n, s.Sizes[size])); err != nil {
			return nil, err
		}
	}
	return gaps, nil
}

// Change is by how many percent of itself the dev error of the first variant
// becomes larger with another one, and the standard error of that; see Paired.
func (s *Study) Change(variant, size int) (percent, standardError float64) {
	before, _ := lab.MeanStd(s.Runs[0][size].DevErrors())
	mean, se := Paired(s.Runs[0][size], s.Runs[variant][size])
	return 100 * mean / before, 100 * se / before
}

// Changes are all of Change in percent, a row of sizes for each variant, and the
// largest standard error among them.
func (s *Study) Changes() (percent [][]float64, standardError float64) {
	percent = make([][]float64, len(s.Runs))
	for k := range s.Runs {
		for i := range s.Sizes {
			p, se := s.Change(k, i)
			percent[k], standardError = append(percent[k], p), max(standardError, se)
		}
	}
	return percent, standardError
}

// MeanChange is the Change by a variant in percent, as a mean over the sizes.
func (s *Study) MeanChange(variant int) (percent float64) {
	for i := range s.Sizes {
		change, _ := s.Change(variant, i)
		percent += change / float64(len(s.Sizes))
	}
	return percent
}

// Best is the variant with the smallest mean dev error at a size, the first of
// equals; -1 if none has a score, see [BestRow].
func (s *Study) Best(size int) int {
	var rows []lab.Runs
	for _, bySize := range s.Runs {
		rows = append(rows, bySize[size])
	}
	return BestRow(rows)
}

// Bests are the pairs of Best and its size, for all sizes that have one.
func (s *Study) Bests() (pairs [][2]int) {
	for i := range s.Sizes {
		if best := s.Best(i); best >= 0 {
			pairs = append(pairs, [2]int{best, i})
		}
	}
	return pairs
}
