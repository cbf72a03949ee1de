package lab

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"inkling/pkg/internal/printable"
	"inkling/pkg/nn/safetensors"
)

// called gives a stored run the name by which want asks for it, in the store as
// well: a name that a person gave wins over one that follows from the settings.
func (r *Result) called(want *Result) error {
	if !want.Named || want.Name == r.Name {
		return nil
	}
	err := r.Rename(want.Name)
	if errors.Is(err, errLocked) || errors.Is(err, fs.ErrPermission) {
		r.Name, r.Named, err = want.Name, true, nil // shown so, this time
	}
	return err
}

// longestName is the longest name of a run, in characters: more fits no legend.
const longestName = 200

// nameable says whether a run may have a name: what is not seen tells no run from
// another, and forges one.
func nameable(name string) bool {
	return printable.Text(name) == name && utf8.RuneCountInString(name) <= longestName && !strings.ContainsFunc(name, blank)
}

// blank says whether a character that counts as printable shows nothing.
func blank(c rune) bool {
	return unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c) || unicode.Is(unicode.Variation_Selector, c) || c == '\u2800' || unicode.IsSpace(c) && c != ' '
}

func badName(name string) error {
	return fmt.Errorf("lab: name %.80q of %d characters, want one line of printable text, at most %d characters, none of them invisible", name, utf8.RuneCountInString(name), longestName)
}

// Rename gives the run another name in the store. Its folder keeps the old one.
// A run in training is refused.
func (r *Result) Rename(name string) error {
	if name = strings.TrimSpace(name); name == "" || !nameable(name) {
		return badName(name)
	}
	release, err := r.lock()
	if err != nil {
		return err
	}
	defer release()
	now, err := readResult(r.Dir) // another process may have continued it
	if err != nil {
		return err
	}
	now.Name, now.Named = name, true
	if err := now.writeRecord(); err != nil {
		return err
	}
	r.Name, r.Named, r.label = name, true, ""
	return nil
}

// Remove deletes the run from the store and returns how many bytes that frees.
// If the question's best model is its, the best of the other runs takes that
// place. A run in training is refused.
func (r *Result) Remove() (freed int64, err error) {
	if freed, err = r.remove(); err != nil {
		return freed, err
	}
	return freed, replaceBest(filepath.Dir(r.Dir), func(run string) bool { return run == filepath.Base(r.Dir) })
}

// RemoveAll is Remove of many runs: what one of them refuses, done and its error
// say, and the others go.
func RemoveAll(runs []*Result, done func(r *Result, freed int64, err error)) error {
	gone := map[string]map[string]bool{} // runs, by question
	for _, r := range runs {
		freed, err := r.remove()
		done(r, freed, err)
		if err != nil {
			continue
		}
		question := filepath.Dir(r.Dir)
		if gone[question] == nil {
			gone[question] = map[string]bool{}
		}
		gone[question][filepath.Base(r.Dir)] = true
	}
	var errs []error
	for question, runs := range gone {
		errs = append(errs, replaceBest(question, func(run string) bool { return runs[run] }))
	}
	return errors.Join(errs...)
}

func (r *Result) remove() (freed int64, err error) {
	if _, err := os.Stat(r.Dir); err != nil {
		return 0, fmt.Errorf("lab: run store: %w", err)
	}
	release, err := r.lock()
	if err != nil {
		return 0, err
	}
	defer release()
	freed = r.Size()
	// Gone at once for everybody else, however long the rest takes.
	gone := filepath.Join(filepath.Dir(r.Dir), fmt.Sprintf(".removed-%d-%s", os.Getpid(), filepath.Base(r.Dir)))
	if err := os.Rename(r.Dir, gone); err != nil {
		return 0, fmt.Errorf("lab: run store: %w", err)
	}
	if err := os.RemoveAll(gone); err != nil {
		return 0, fmt.Errorf("lab: run store: %w", err)
	}
	r.removeBorders()
	return freed, nil
}

// replaceBest makes the best model of a question that of the best run that is
// left, if it was one of a run that is gone.
func replaceBest(question string, gone func(run string) bool) error {
	path := filepath.Join(question, bestFile)
	meta, err := safetensors.Meta(path)
	if err != nil || !gone(meta["run"]) {
		return nil
	}
	release, err := lock(filepath.Join(question, bestFile+".lock"), wait)
	if err != nil {
		return err
	}
	defer release()
	runs, _ := readRuns(question)
	slices.SortStableFunc(runs, func(a, b *Result) int { return cmp.Compare(b.Best.Score, a.Best.Score) }) // the best first
	for _, other := range runs {
		if other.Best.Step > 0 && !other.Old() && other.fault() == "" {
			return other.copyBest(path)
		}
	}
	return os.Remove(path)
}

// Size is how many bytes the run's folder holds.
func (r *Result) Size() int64 { return sizeOf(r.Dir) }

func sizeOf(dir string) (bytes int64) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			bytes += sizeOf(filepath.Join(dir, e.Name()))
		} else if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
		}
	}
	return bytes
}

// size is Size of a run that was listed, as it was then.
func (r *Result) size() int64 {
	if r.held > 0 {
		return r.held
	}
	return r.Size()
}

// ID is the part of the run's folder that identifies it.
func (r *Result) ID() string {
	base := filepath.Base(r.Dir)
	return base[strings.LastIndex(base, "-")+1:]
}

// Where is the part of the run store that holds the run: "mnist/q1".
func (r *Result) Where() string {
	dir := filepath.Dir(r.Dir)
	return printable.Text(filepath.Base(filepath.Dir(dir)) + "/" + filepath.Base(dir))
}

// Find is the one run of several that ref names: by its name, its label, its
// folder, or how its id begins. The error lists the candidates if there is not
// exactly one.
func Find(runs []*Result, ref string) (*Result, error) {
	return findAmong(runs, sync.OnceValue(func() []string { return labelsByPlace(runs) }), ref)
}

// findAmong is Find with the labels of runs, which are looked at if need be: they
// take a while where runs are many.
func findAmong(runs []*Result, labels func() []string, ref string) (*Result, error) {
	ref = strings.TrimSpace(ref)
	if ref == "" {
		return nil, fmt.Errorf("lab: run %q, want a name or the beginning of an id", ref)
	}
	base := filepath.Base(filepath.Clean(ref))
	for _, match := range []func(i int, r *Result) bool{
		func(_ int, r *Result) bool { return r.ID() == ref || filepath.Base(r.Dir) == base },
		func(i int, r *Result) bool { return r.Name == ref || labels()[i] == ref },
		func(_ int, r *Result) bool { return len(ref) >= 2 && strings.HasPrefix(r.ID(), ref) },
		func(i int, r *Result) bool {
			return strings.HasPrefix(r.Name, ref) || strings.HasPrefix(labels()[i], ref)
		},
	} {
		var found []*Result
		for i, r := range runs {
			if match(i, r) {
				found = append(found, r)
			}
		}
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			var list []string
			for _, r := range found[:min(len(found), 6)] {
				list = append(list, r.ID()+" ("+r.Where()+", "+labels()[slices.Index(runs, r)]+")")
			}
			if n := len(found) - len(list); n > 0 {
				list = append(list, fmt.Sprintf("%d more", n))
			}
			return nil, fmt.Errorf("lab: %d runs are meant by %.60q, want one id of: %s", len(found), ref, strings.Join(list, "; "))
		}
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("lab: no run %.60q: there are none", ref)
	}
	var known []string
	for i, r := range runs {
		known = append(known, r.Name, labels()[i], r.ID())
	}
	return nil, fmt.Errorf("lab: no run %.60q among %d%s", ref, len(runs), DidYouMean(ref, known))
}

// Rename gives a run of the question another name; see [Find] for what names it.
func (l *Lab) Rename(ref, name string) error {
	r, err := l.find(ref)
	if err == nil {
		err = r.Rename(name)
	}
	return err
}

// Remove deletes runs of the question from the store, and says in the log what
// that frees; see [Find] for what names a run. Nothing is removed if one of them
// is not found.
func (l *Lab) Remove(refs ...string) error {
	all, err := l.Runs()
	if err != nil {
		return err
	}
	var runs []*Result
	for _, ref := range refs {
		r, err := l.find(ref)
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	for _, r := range runs {
		freed, err := r.Remove()
		if err != nil {
			return err
		}
		fmt.Fprintf(l.Log, "removed %s, %s%s\n", r.Name, Bytes(freed), r.Forks(all))
	}
	return nil
}

func (l *Lab) find(ref string) (*Result, error) {
	runs, err := l.Runs()
	if err != nil {
		return nil, err
	}
	return Find(runs, ref)
}

// Bytes is a number of bytes for people: "304 MB".
func Bytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1e6:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.3g MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.3g GB", float64(n)/1e9)
}

// Describe writes all that the store knows of a run, for people.
func (r *Result) Describe(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name string, format string, args ...any) {
		fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row("name", "%s", r.Name)
	row("id", "%s", printable.Text(r.ID()))
	row("in", "%s", r.Where())
	row("status", "%s", r.State())
	if r.Error != "" {
		row("error", "%s", r.Error)
	}
	if r.Fork != nil {
		row("fork of", "%s", printable.Text(r.Fork.String()))
	}
	if r.Continued != nil {
		row("continued", "from %s, which changes no bit", printable.Text(r.Continued.String()))
	}
	if r.Ended != "" {
		row("ended early", "%s", r.Ended)
	}
	row("data", "%s", r.Data)
	steps, seconds, best := r.Steps, r.Seconds, r.Best
	if r.killed() || r.InTraining() {
		steps, seconds, best = r.reached()
	}
	if best.Step > 0 {
		row("dev", "%.2f %% at iteration %d of %d", 100*best.Score, best.Step, steps)
	}
	if r.Record.Test != nil {
		row("test", "%.2f %%", 100*r.Record.Test.Accuracy)
	}
	row("weights", "%d", r.Weights)
	row("started", "%s, %.1f s of training", r.Started.Local().Format("2006-01-02 15:04:05"), seconds)
	code := "today's"
	if r.Old() {
		code = "older: it is neither shown as stored nor continued"
	}
	row("code", "%s; kernels %s", code, printable.Text(r.Code.Kernels))
	row("size", "%s", Bytes(r.Size()))
	for _, name := range slices.SortedFunc(maps.Keys(r.Hyper), settingRank) {
		row("  "+printable.Text(name), "%s", printable.Text(fmt.Sprint(r.Hyper[name])))
	}
	row("layers", "%s", printable.Text(compact(r.Layers)))
	return w.Flush()
}

// sweepSuperseded frees the states of runs that were interrupted under older
// code, or under code that cannot be told, where the same configuration has been
// made anew by now: nothing can continue from them. What there is of such a run's curve and model stays.
func (l *Lab) sweepSuperseded(results []*Result) {
	results = slices.DeleteFunc(slices.Clone(results), func(r *Result) bool { return r.Stored || r.Status != Finished })
	if len(results) == 0 {
		return
	}
	dirs, _ := folders(filepath.Dir(results[0].Dir), "")
	for _, dir := range dirs {
		path := filepath.Join(dir, stateFile)
		info, err := os.Lstat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		other, err := readResult(dir)
		if err != nil || other.Status != Interrupted || !other.Old() && other.Code.Once == "" || !slices.ContainsFunc(results, other.sameBut) {
			continue
		}
		release, err := other.lock()
		if err != nil {
			continue // at work somewhere
		}
		if os.Remove(path) == nil {
			fmt.Fprintf(l.Log, "freed %s: the state of %s, which nothing can continue from: the run has been made anew\n", Bytes(info.Size()), other.short())
		}
		release()
	}
}

// sameBut reports whether o is the same run but for its code.
func (r *Result) sameBut(o *Result) bool {
	return r.Config == o.Config && r.Data == o.Data && r.DataSum == o.DataSum && r.Split == o.Split
}
