package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

const runsUsage = `runs [--question=Q] [--name=PATTERN] [--since=7d] [--data=WHAT] [--limit=N] [--json] [QUESTION]
       go run ./scripts/inkling runs show [--json] RUN         all that the store knows of a run
       go run ./scripts/inkling runs rename RUN NAME           give a run a name, for lists and legends
       go run ./scripts/inkling runs rm RUN…                   remove runs
       go run ./scripts/inkling runs rm --old                  remove the runs of older code
       go run ./scripts/inkling runs prune --older=30d --larger=10MB …   remove what nobody needs: shown first, done with --yes
  RUN   the id of a run or its beginning, or its name; several that fit are listed
runs that are in training are left alone. The list is of the newest first, each with what it differs in from the
others of its question; that of --json is an array of objects with id, name, named, label, question, data, status,
error, old, started, seconds, cpu_seconds, seed, epochs, steps, planned_steps, dev_accuracy, dev_step, test_accuracy,
weights, bytes, folder, settings, layers: accuracies are from 0 to 1, or null where there is none`

// runsFlags are what the actions of runs are told.
type runsFlags struct {
	fs                           *flag.FlagSet
	question, name, since, data  string
	older, larger                string
	limit                        int
	old, named, yes, dry, asJSON bool
}

var runsActions = []string{"list", "show", "rename", "rm", "prune"}

// newRunsFlags has the flags of one action: what is set and has no effect is a mistake.
func newRunsFlags(action string) *runsFlags {
	f := &runsFlags{fs: newFlags()}
	f.fs.StringVar(&f.question, "question", "", "look among the runs of this question only")
	switch action {
	case "list", "prune":
		f.fs.StringVar(&f.name, "name", "", "runs whose name, or label in the list, holds this or fits this pattern: 'lr 0.*'")
		f.fs.StringVar(&f.data, "data", "", "runs on these data: a name as the list has it, or what --data of other commands takes")
		f.fs.BoolVar(&f.asJSON, "json", false, "print an array of objects, for programs")
	case "show":
		f.fs.BoolVar(&f.asJSON, "json", false, "print an object, for programs")
	}
	switch action {
	case "list":
		f.fs.StringVar(&f.since, "since", "", "runs begun since then: an age as 12h, 7d or 2w, or a day as 2006-01-31")
		f.fs.IntVar(&f.limit, "limit", 0, "list so many, 0 for all")
	case "rm":
		f.fs.BoolVar(&f.old, "old", false, "every run of older code than this program's")
	case "prune":
		f.fs.StringVar(&f.older, "older", "", "runs begun before then: an age as 12h, 30d or 8w, or a day as 2006-01-31")
		f.fs.StringVar(&f.larger, "larger", "", "runs that hold more than this: 500kB, 10MB, 1GB")
		f.fs.BoolVar(&f.old, "old", false, "runs of older code than this program's")
		f.fs.BoolVar(&f.named, "named", false, "runs that a person gave a name as well, which are kept else")
		f.fs.BoolVar(&f.dry, "dry-run", false, "show what would be removed, as is done without --yes")
		f.fs.BoolVar(&f.yes, "yes", false, "remove them")
	}
	return f
}

func runsCommand(args []string) (int, error) {
	debug.SetGCPercent(1000) // records of many runs, kept to the end, which is near
	action := "list"
	if i := slices.IndexFunc(args, func(a string) bool { return slices.Contains(runsActions[1:], a) }); i >= 0 {
		action, args = args[i], slices.Delete(slices.Clone(args), i, i+1)
	}
	f := newRunsFlags(action)
	start := "runs"
	if action != "list" {
		start += " " + action
	}
	rest, err := parseWords(start, f.fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(runsUsage, f.fs)
		return 0, nil
	case err != nil:
		return 0, ofOtherAction(err, action)
	}
	if action == "list" || action == "prune" {
		if action == "prune" && len(rest) > 0 {
			return 0, fmt.Errorf("runs prune takes flags alone, not %.40q: --question=%s for the runs of a question, --name for those of a name", rest[0], shellWord(rest[0]))
		}
		if len(rest) > 0 && rest[0] == "list" && !slices.Contains(lab.Questions(), "list") {
			rest = rest[1:]
		}
		if len(rest) > 1 {
			return 0, fmt.Errorf("%d questions, want one or none; actions are show, rename, rm and prune%s", len(rest), lab.DidYouMean(rest[0], runsActions[1:]))
		}
		if len(rest) == 1 && f.question != "" && f.question != rest[0] {
			return 0, fmt.Errorf("--question=%s and %.40q, want one of them", shellWord(f.question), rest[0])
		}
		if len(rest) == 1 {
			f.question = rest[0]
		}
	}
	if f.question != "" {
		if q := lab.Questions(); !slices.Contains(q, f.question) {
			return 0, fmt.Errorf("no runs of question %.40q%s%s", f.question, lab.DidYouMean(f.question, slices.Concat(q, runsActions[1:])), havingRuns())
		}
	}
	// The runs that can be read are shown beside the error on those that cannot.
	runs, damaged := lab.StoredRuns(f.question)
	if len(runs) == 0 && damaged != nil && !f.asJSON {
		return 0, damaged // not an empty store
	}
	switch action {
	case "show":
		return 0, errors.Join(showRun(runs, rest, f.asJSON), damaged)
	case "rename":
		if err := renameRun(runs, rest); err != nil {
			return 0, errors.Join(err, damaged)
		}
		return 0, nil
	case "rm":
		if err := removeRuns(runs, rest, f.old); err != nil {
			return 0, errors.Join(err, damaged)
		}
		return 0, nil
	case "prune":
		return 0, errors.Join(f.prune(runs), damaged)
	}
	return 0, errors.Join(f.list(runs), damaged)
}

// ofOtherAction says of a flag that is unknown here whose it is.
func ofOtherAction(err error, action string) error {
	name, ok := strings.CutPrefix(err.Error(), "unknown flag --")
	if !ok {
		return err
	}
	name, _, _ = strings.Cut(name, ",")
	name, _, _ = strings.Cut(name, ";")
	for _, other := range runsActions {
		if other != action && newRunsFlags(other).fs.Lookup(name) != nil {
			if other == "list" {
				return fmt.Errorf("--%s is for the list of runs", name)
			}
			return fmt.Errorf("--%s is for runs %s", name, other)
		}
	}
	return err
}

// list prints the runs that the flags ask for.
func (f *runsFlags) list(all []*lab.Result) error {
	runs, labels, err := f.chosen(all)
	if err != nil {
		return err
	}
	if f.limit < 0 {
		return fmt.Errorf("--limit %d, want 0 for all, or more", f.limit)
	}
	list := lab.Summaries(runs, labels)
	shown := list
	if f.limit > 0 {
		shown = list[:min(f.limit, len(list))]
	}
	switch {
	case f.asJSON:
		return printJSON(shown)
	case len(all) == 0:
		fmt.Println("the run store is empty")
		return nil
	case len(list) == 0:
		fmt.Printf("none of %s is such a run\n", count(len(all), "run"))
		return nil
	}
	if err := lab.List(os.Stdout, shown); err != nil {
		return err
	}
	if n := len(list) - len(shown); n > 0 {
		fmt.Printf("and %d more\n", n)
	}
	if old := lab.OfOlderCode(list); old != "" {
		fmt.Println(old)
	}
	return nil
}

// chosen are those of all that the filters let through, and their labels among all,
// newest first.
func (f *runsFlags) chosen(all []*lab.Result) (runs []*lab.Result, labels []string, err error) {
	fits := func(*lab.Result) bool { return true }
	add := func(more func(*lab.Result) bool) {
		before := fits
		fits = func(r *lab.Result) bool { return before(r) && more(r) }
	}
	if f.since != "" {
		from, err := moment(f.since)
		if err != nil {
			return nil, nil, fmt.Errorf("--since %.40q, %w", f.since, err)
		}
		add(func(r *lab.Result) bool { return !r.Started.Before(from) })
	}
	if f.older != "" {
		until, err := moment(f.older)
		if err != nil {
			return nil, nil, fmt.Errorf("--older %.40q, %w", f.older, err)
		}
		add(func(r *lab.Result) bool { return r.Started.Before(until) })
	}
	if f.data != "" {
		place, err := placeOf(f.data, all)
		if err != nil {
			return nil, nil, err
		}
		add(func(r *lab.Result) bool { return strings.HasPrefix(r.Where(), place+"/") })
	}
	if f.old {
		add((*lab.Result).Old)
	}
	if f.larger != "" {
		most, err := bytesOf(f.larger)
		if err != nil {
			return nil, nil, fmt.Errorf("--larger %.40q, %w", f.larger, err)
		}
		add(func(r *lab.Result) bool { return r.Size() > most })
	}
	if _, err := path.Match(f.name, ""); err != nil {
		return nil, nil, fmt.Errorf("--name %.40q, want a part of a name or a pattern with *, ? or […]", f.name)
	}
	for i, label := range lab.Labels(all) {
		if r := all[i]; named(f.name, r.Name, label) && fits(r) {
			runs, labels = append(runs, r), append(labels, label)
		}
	}
	order := make([]int, len(runs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return runs[b].Started.Compare(runs[a].Started) })
	byAge, theirs := make([]*lab.Result, len(runs)), make([]string, len(runs))
	for i, k := range order {
		byAge[i], theirs[i] = runs[k], labels[k]
	}
	return byAge, theirs, nil
}

// named reports whether one of names holds a text, or fits a pattern.
func named(pattern string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		fits, _ := path.Match(pattern, strings.ReplaceAll(name, "/", "\x00"))
		return fits || strings.Contains(name, pattern)
	})
}

// placeOf is the part of the run store for data: as the list calls it, or as --data
// of other commands does.
func placeOf(data string, runs []*lab.Result) (string, error) {
	var places []string
	for _, r := range runs {
		if place, _, _ := strings.Cut(r.Where(), "/"); !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	if slices.Contains(places, data) {
		return data, nil
	}
	l, err := lab.Open(context.Background(), "command", data)
	if err != nil {
		slices.Sort(places)
		return "", fmt.Errorf("--data=%.60s: no runs are on data of that name%s, there are runs on %s; and as data to open: %s",
			data, lab.DidYouMean(data, places), cmp.Or(strings.Join(places, ", "), "none"), lab.OneLine(err))
	}
	return l.Place(), nil
}

// moment is a day, or a time so long ago.
func moment(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	for unit, hours := range map[string]float64{"d": 24, "w": 7 * 24} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			if d, err := time.ParseDuration(n + "h"); err == nil && d >= 0 {
				return time.Now().Add(-time.Duration(hours * float64(d))), nil
			}
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return time.Now().Add(-d), nil
	}
	return time.Time{}, errors.New("want an age as 12h, 7d or 2w, or a day as 2006-01-31")
}

// bytesOf is "10MB" in bytes.
func bytesOf(text string) (int64, error) {
	for _, unit := range []struct {
		name  string
		bytes float64
	}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"b", 1}, {"", 1}} {
		if n, ok := strings.CutSuffix(strings.ToLower(strings.ReplaceAll(text, " ", "")), unit.name); ok {
			var v float64
			if err := json.Unmarshal([]byte(n), &v); err != nil || v < 0 || v*unit.bytes > 1<<62 {
				break
			}
			return int64(v * unit.bytes), nil
		}
	}
	return 0, errors.New("want a size as 500kB, 10MB or 1GB")
}

// prune shows what it would remove, and with --yes removes it.
func (f *runsFlags) prune(all []*lab.Result) error {
	switch {
	case f.yes && f.dry:
		return errors.New("--yes and --dry-run, want one of them")
	case f.older == "" && f.larger == "" && !f.old && f.question == "" && f.name == "" && f.data == "":
		return errors.New("nothing says which runs to remove, want --older=30d, --larger=10MB, --old, --question, --name or --data: all that are given must hold")
	}
	runs, labels, err := f.chosen(all)
	if err != nil {
		return err
	}
	var leave []*lab.Result
	var theirs []string
	kept, busy := 0, 0
	for i, r := range runs {
		switch {
		case r.InTraining():
			busy++
		case r.Named && !f.named:
			kept++
		default:
			leave, theirs = append(leave, r), append(theirs, labels[i])
		}
	}
	list := lab.Summaries(leave, theirs)
	var bytes int64
	for _, s := range list {
		bytes += s.Bytes
	}
	var said []string
	if kept > 0 {
		said = append(said, fmt.Sprintf("%s with a name of its own kept: --named removes such as well", count(kept, "run")))
	}
	if busy > 0 {
		said = append(said, count(busy, "run")+" in training left alone")
	}
	if !f.yes {
		if f.asJSON {
			return printJSON(list)
		}
		if len(list) > 0 {
			if err := lab.List(os.Stdout, list); err != nil {
				return err
			}
			said = append([]string{fmt.Sprintf("%s of %d would be removed, and free %s: --yes does it", count(len(list), "run"), len(all), lab.Bytes(bytes))}, said...)
		} else {
			said = append([]string{fmt.Sprintf("nothing to remove among %s", count(len(all), "run"))}, said...)
		}
		fmt.Println(strings.Join(said, "\n"))
		return nil
	}
	gone := []lab.Summary{}
	var freed int64
	var failed []string
	at := map[*lab.Result]int{}
	for i, r := range leave {
		at[r] = i
	}
	err = lab.RemoveAll(leave, func(r *lab.Result, n int64, err error) {
		if err != nil {
			failed = append(failed, lab.OneLine(err))
			return
		}
		freed += n
		gone = append(gone, list[at[r]])
	})
	if err != nil {
		failed = append(failed, lab.OneLine(err))
	}
	if f.asJSON {
		if err := printJSON(gone); err != nil {
			return err
		}
	} else {
		fmt.Println(strings.Join(append([]string{fmt.Sprintf("removed %s of %d, freed %s", count(len(gone), "run"), len(all), lab.Bytes(freed))}, said...), "\n"))
	}
	if failed != nil {
		return errors.New(strings.Join(failed, "; "))
	}
	return nil
}

// shown is a run as runs show --json tells of it.
type shown struct {
	lab.Summary
	On         string      `json:"trained_on"`
	DataSum    string      `json:"data_sha256"`
	Split      lab.Split   `json:"split"`
	Kernels    string      `json:"kernels"`
	Code       lab.Code    `json:"code"`
	Parts      int         `json:"parts"`
	SideBySide int         `json:"side_by_side"`
	Best       train.Event `json:"best"`
	Last       train.Event `json:"last"`
	Config     string      `json:"config"`
}

func showRun(runs []*lab.Result, refs []string, asJSON bool) error {
	if len(refs) != 1 {
		return fmt.Errorf("runs show takes one run, not %d", len(refs))
	}
	r, err := lab.Find(runs, refs[0])
	if err != nil {
		return err
	}
	if !asJSON {
		return r.Describe(os.Stdout)
	}
	label := lab.Labels(runs)[slices.Index(runs, r)]
	return printJSON(shown{
		lab.Summaries([]*lab.Result{r}, []string{label})[0], r.Record.Data, r.DataSum, r.Split, r.Kernels, r.Code, r.Parts, r.SideBySide, r.Best, r.Last, r.Config,
	})
}

func renameRun(runs []*lab.Result, args []string) error {
	if len(args) == 1 {
		return fmt.Errorf("no new name for %.40q, want one that is not empty: runs rename RUN NAME", args[0])
	}
	if len(args) != 2 {
		return fmt.Errorf("runs rename takes a run and its new name, not %d words; a name with spaces stands in quotes", len(args))
	}
	r, err := lab.Find(runs, args[0])
	if err != nil {
		return err
	}
	before := r.Name
	if err := r.Rename(args[1]); err != nil {
		return err
	}
	fmt.Printf("%s (%s) is now called %s\n", before, r.ID(), r.Name)
	return nil
}

// removeRuns removes the runs that are named, or those of older code. Nothing is
// removed if one of them is not found.
func removeRuns(runs []*lab.Result, refs []string, old bool) error {
	var list []*lab.Result
	switch {
	case old && len(refs) > 0:
		return fmt.Errorf("--old and %.40q, want one of them", refs[0])
	case old:
		for _, r := range runs {
			if r.Old() {
				list = append(list, r)
			}
		}
		if len(list) == 0 {
			fmt.Println("no runs of older code")
			return nil
		}
	case len(refs) == 0:
		return errors.New("nothing to remove, want RUN or --old: inkling runs lists the runs")
	}
	for _, ref := range refs {
		r, err := lab.Find(runs, ref)
		if err != nil {
			return err
		}
		if !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	var freed int64
	var failed []string
	err := lab.RemoveAll(list, func(r *lab.Result, n int64, err error) {
		if err != nil {
			failed = append(failed, lab.OneLine(err))
			return
		}
		fmt.Printf("removed %s (%s, %s), %s%s\n", r.Name, r.ID(), r.Where(), lab.Bytes(n), r.Forks(runs))
		freed += n
	})
	if err != nil {
		failed = append(failed, lab.OneLine(err))
	}
	if len(list) > 1 {
		fmt.Println("freed", lab.Bytes(freed), "in all")
	}
	if failed != nil {
		return errors.New(strings.Join(failed, "; "))
	}
	return nil
}
