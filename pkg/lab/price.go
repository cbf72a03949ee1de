package lab

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// A pricer is a Bar that says what training will cost before it begins;
// viz.Progress is one. What it shows gives way to what is happening.
type pricer interface{ Price(text string) }

// price is what the jobs come to before the first of them begins: "35 runs: 31 stored,
// 4 to train, about 2 min". The time is that of stored runs of the same layers and
// batch, by the step; where there is none like it nobody knows yet, and the bar tells
// as soon as it has seen some steps. "" if nothing is to be trained.
func (l *Lab) price(jobs []*job) string {
	var train []*job
	stored := 0
	for _, j := range jobs {
		switch {
		case j.twin != nil, l.ended(j):
			stored++
		default:
			train = append(train, j)
		}
	}
	if len(train) == 0 {
		return ""
	}
	text := ""
	if len(jobs) > 1 {
		text = fmt.Sprintf("%d runs: ", len(jobs))
		if stored > 0 {
			text += fmt.Sprintf("%d stored, ", stored)
		}
		text += fmt.Sprintf("%d to train", len(train))
	}
	seconds := l.seconds(train)
	switch {
	case seconds == 0:
		return text
	case text == "":
		return "to train: about " + roughly(seconds)
	}
	return text + ", about " + roughly(seconds)
}

// ended reports whether the store seems to have the run of j, at the cost of a look.
func (l *Lab) ended(j *job) bool {
	dirs, _ := folders(filepath.Join(l.store, l.Question), "-"+j.result.id())
	return slices.ContainsFunc(dirs, func(dir string) bool {
		r, err := readRecord(dir)
		return err == nil && r.Status != Interrupted
	})
}

// seconds estimates the training of jobs by the newest stored runs like them; 0 if
// there is none like one of them.
func (l *Lab) seconds(jobs []*job) (all float64) {
	runs, _ := readRuns(filepath.Join(l.store, l.Question))
	slices.SortFunc(runs, func(a, b *Result) int { return b.Started.Compare(a.Started) })
	for _, j := range jobs {
		i := slices.IndexFunc(runs, func(r *Result) bool {
			return r.Steps > 0 && r.Seconds > 0 && r.Kernels == j.result.Kernels && string(r.Layers) == string(j.result.Layers) && r.Hyper["batch"] == float64(j.Batch)
		})
		if i < 0 {
			return 0
		}
		// Runs that share the machine take as much longer as there are of them.
		r := runs[i]
		all += float64(j.steps()) * r.Seconds / float64(r.Steps) / float64(cmp.Or(r.SideBySide, 1))
	}
	return all
}

// roughly writes a time to one or two digits: "40 s", "2 min", "1 h 20 min".
func roughly(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%d s", max(int(d.Seconds()+0.5), 1))
	case d < 55*time.Second:
		return fmt.Sprintf("%d s", int(d.Seconds()/5+0.5)*5)
	case d < 90*time.Minute:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	}
	d = d.Round(10 * time.Minute)
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}
