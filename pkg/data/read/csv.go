package read

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// CSV has an image in each row: its label first or last, and its pixels, with or
// without a first row of names. A folder has a file with train in its name, and
// perhaps one with test:
//
//	train.csv, test.csv               digit competitions; a test.csv without labels is left aside
//	mnist_train.csv, mnist_test.csv   as from Joseph Redmon's site
//	emnist-letters-train.csv          with emnist-letters-mapping.txt
//
// Between the numbers stand commas, semicolons or tabs. Pixels are 0 to 255, or, if
// no file has a larger one, 0 to 1; option max=16 says that 16 stands for 255. Rows
// that are no square are given a shape: shape=20x30, shape=3x32x32.
var _ = Register(Format{
	Name:    "CSV",
	Looks:   "CSV with an image and its label in a row (train.csv, and test.csv if there is one)",
	Options: []string{"split=NAME", "label=first|last", "shape=HxW", "max=N", "transpose=yes|no"},
	Find:    findCSV,
})

const (
	maxLine = 16 << 20 // bytes of a row
	maxWord = 100      // bytes of a label
)

func isCSV(name string) bool {
	plain := strings.TrimSuffix(strings.ToLower(name), ".gz")
	return strings.HasSuffix(plain, ".csv") || strings.HasSuffix(plain, ".tsv")
}

func findCSV(p *Place) (*Plan, error) {
	sets := map[string]map[string]File{}
	var some, all []string
	for _, f := range p.Files {
		l := parse(f.Name)
		if !isCSV(f.Name) || strings.HasSuffix(strings.ToLower(f.Name), "_classmap.csv") {
			continue
		}
		all = append(all, f.Name)
		if p.single {
			l.part = "train"
		}
		if l.part == "" {
			continue
		}
		if sets[l.set] == nil {
			sets[l.set] = map[string]File{}
		}
		if old, twice := sets[l.set][l.part]; twice && f.Name != old.Name+".gz" {
			return nil, fmt.Errorf("%s: two files of %s images, want one: %s, %s", p.path, words(l.part), old.Name, f.Name)
		} else if !twice {
			sets[l.set][l.part] = f
		}
		if l.part == "train" && !slices.Contains(some, l.set) {
			some = append(some, l.set)
		}
	}
	switch {
	case len(all) == 0:
		return nil, nil
	case len(some) == 0 && len(p.Dirs) > 0:
		return nil, nil // a table that belongs to what lies in the folders
	case len(some) == 0 && len(all) == 1:
		f, _ := p.file(all[0])
		sets[""], some = map[string]File{"train": f}, []string{""}
	case len(some) == 0:
		return nil, fmt.Errorf("%s: %d CSV files, none with train in its name; name one of them: %.200s", p.path, len(all), strings.Join(all, ", "))
	}
	set, short, err := choose(p, "split", some)
	if err != nil {
		return nil, err
	}
	r := &csvReader{p: p, open: p.openTable, files: sets[set]}
	if r.shape, err = p.options.dims("shape", 2, 3); err != nil {
		return nil, fmt.Errorf("%s: %w", p.path, err)
	}
	if r.most, err = p.options.number("max", 0, 1e-6, 1e9); err != nil {
		return nil, fmt.Errorf("%s: %w", p.path, err)
	}
	plan := &Plan{Label: short, Slow: true}
	for _, part := range parts {
		if f, ok := r.files[part]; ok {
			plan.Files = append(plan.Files, f)
		}
	}
	turned := p.turned(strings.HasPrefix(set, "emnist"), plan)
	names, named := beside(p, set, plan)
	plan.Read = func(ctx context.Context) (*Raw, error) {
		raw, err := r.read(ctx)
		if err != nil {
			return nil, err
		}
		if turned {
			raw.transpose()
		}
		if named {
			if raw.Names != nil {
				return nil, fmt.Errorf("%s: the labels are names already", raw.Train.At)
			}
			raw.Names, err = names()
		}
		return raw, err
	}
	return plan, nil
}
