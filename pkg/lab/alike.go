package lab

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"

	"inkling/pkg/internal/printable"
	"inkling/pkg/internal/source"
)

// BySeeds are the runs of each configuration: those that differ in nothing but
// their seeds fall together. The order is that of the first of each; a run that is
// there twice counts once.
func BySeeds(runs []*Result) []Runs {
	var groups []Runs
	at := map[string]int{}
	seen := map[string]bool{}
	among := &family{known: map[string]*Result{}, dirs: map[string]map[string]string{}}
	for _, r := range runs {
		among.known[r.ID()] = r
	}
	for _, r := range runs {
		if seen[r.Dir] && r.Dir != "" {
			continue
		}
		seen[r.Dir] = true
		key := among.butSeed(r, 0)
		if _, ok := at[key]; !ok {
			at[key] = len(groups)
			groups = append(groups, nil)
		}
		groups[at[key]] = append(groups[at[key]], r)
	}
	return groups
}

// family finds what runs go on from.
type family struct {
	known map[string]*Result           // by their ids
	dirs  map[string]map[string]string // folders by ids, of each question
}

// parent is what r goes on from, nil if that is gone.
func (f *family) parent(r *Result) *Result {
	id, question := r.Fork.Run, filepath.Dir(r.Dir)
	if p, ok := f.known[id]; ok {
		return p
	}
	if f.dirs[question] == nil {
		f.dirs[question] = map[string]string{}
		dirs, _ := folders(question, "")
		for _, dir := range dirs {
			f.dirs[question][(&Result{Dir: dir}).ID()] = dir
		}
	}
	var p *Result
	if dir, ok := f.dirs[question][id]; ok {
		p, _ = readResult(dir)
	}
	f.known[id] = p
	return p
}

// butSeed is all that decides what r comes to, but for its seed; of a fork, deep
// forks away from the one that is asked about, and for that of what it goes on from.
func (f *family) butSeed(r *Result, deep int) string {
	facts := r.facts()
	delete(facts, "seed")
	if r.Fork != nil && deep < deepest {
		if p := f.parent(r); p != nil {
			facts["fork"] = fmt.Sprintf("%s@%d", source.Sum(f.butSeed(p, deep+1)), r.Fork.Epoch)
		}
	}
	b, err := json.Marshal(facts)
	if err != nil || r.Hyper == nil { // an old record, which tells no seed from the rest
		b = []byte(r.Config)
	}
	code := r.Code
	code.Once = ""
	return fmt.Sprintf("%s\n%s\n%v\n%#v", b, r.DataSum, r.Split, code)
}

// Contrast says in what groups of runs differ, each made of runs of one
// configuration, and in nothing else: names of settings and, for each, the value of
// each group, "–" where it has none. Labels call the groups by it, or by the names
// that people gave; no two are the same.
func Contrast(groups []Runs) (names []string, values [][]string, labels []string) {
	var firsts []*Result
	for _, g := range groups {
		firsts = append(firsts, g[0])
	}
	nets := netTexts(firsts)
	keys := slices.DeleteFunc(settingsThatDiffer(firsts, true), func(k string) bool { return k == "seed" })
	for _, key := range keys {
		var row []string
		for i, r := range firsts {
			v, ok := r.facts()[key]
			switch {
			case !ok:
				row = append(row, "–")
			case key == "layers":
				row = append(row, nets[i])
			default:
				row = append(row, printable.Text(fmt.Sprint(v)))
			}
		}
		names, values = append(names, printable.Text(key)), append(values, row)
	}
	t := reflect.TypeFor[Code]()
	for f := range t.NumField() {
		name := t.Field(f).Name
		row := column(firsts, func(r *Result) string { return reflect.ValueOf(r.Code).Field(f).String() })
		if name == "Once" || name == "Unknown" || !slices.ContainsFunc(row, func(s string) bool { return s != "" }) {
			continue
		}
		for i, s := range row {
			row[i] = printable.Text(s)
			if len(row[i]) == 16 && strings.Trim(row[i], "0123456789abcdef") == "" { // a digest
				row[i] = row[i][:8]
			}
		}
		names, values = append(names, "code: "+strings.ToLower(name)), append(values, row)
	}
	// What follows from other settings, or decides little, makes a label only where
	// nothing else does.
	short := slices.DeleteFunc(settingsThatDiffer(firsts, false), func(k string) bool { return k == "seed" })
	called := make([]string, len(firsts))
	for i, r := range firsts {
		called[i] = r.say(short, nets[i])
	}
	alike := len(groupsOf(called)) > 0
	for i, r := range firsts {
		label := called[i]
		if alike {
			label = r.say(keys, nets[i])
		}
		if r.Named || label == "" {
			label = strings.TrimSuffix(r.Name, fmt.Sprintf(" seed %d", r.Seed))
			label = strings.TrimSuffix(label, ",")
		}
		labels = append(labels, label)
	}
	for _, alike := range groupsOf(labels) {
		for _, i := range alike {
			labels[i] += " (" + printable.Text(firsts[i].ID()) + ")"
		}
	}
	return names, values, labels
}

// FindSeeds is [Find] for who means all seeds, of several names: an id, its
// beginning or a folder stands for one run, a name or a label for all runs that
// differ from the one it names in nothing but their seeds.
func FindSeeds(runs []*Result, refs ...string) (Runs, error) {
	labels := sync.OnceValue(func() []string { return labelsByPlace(runs) })
	var all Runs
	for _, ref := range refs {
		found, err := seedsNamed(runs, labels, strings.TrimSpace(ref))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func seedsNamed(runs []*Result, labels func() []string, ref string) (Runs, error) {
	r, err := findAmong(runs, labels, ref)
	if err == nil && (strings.HasPrefix(r.ID(), ref) || filepath.Base(r.Dir) == filepath.Base(filepath.Clean(ref))) {
		return Runs{r}, nil
	}
	named := []*Result{r}
	if err != nil {
		named = nil
		for i, o := range runs {
			if ref != "" && (strings.HasPrefix(o.Name, ref) || strings.HasPrefix(labels()[i], ref)) {
				named = append(named, o)
			}
		}
	}
	if groups := BySeeds(named); len(groups) != 1 {
		return nil, err
	}
	for _, group := range BySeeds(runs) {
		if slices.Contains(group, named[0]) {
			return group, nil
		}
	}
	return nil, err
}
