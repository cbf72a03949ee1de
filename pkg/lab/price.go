package lab

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"inkling/pkg/internal/printable"
)

// A pricer is a Bar that says what training will cost before it begins;
// viz.Progress is one. What it shows gives way to what is happening.
type pricer interface{ Price(text string) }

// price is what the jobs come to before the first of them begins: "35 runs: 31 stored,
// 4 to train, about 2 min". The time is that of stored runs of the same layers,
// batch and images, by the step; where there is none like it nobody knows yet, and the bar tells
// as soon as it has seen some steps. "" if nothing is to be trained.
func (l *Lab) price(jobs []*job) string {
	var train []*job
	var left []int // steps of each
	stored := 0
	for _, j := range jobs {
		n := l.left(j)
		if j.twin != nil || n == 0 {
			stored++
			continue
		}
		train, left = append(train, j), append(left, n)
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
	about := l.about(train, left)
	switch {
	case about == 0:
		return text
	case text == "":
		return "to train: about " + printable.Roughly(about)
	}
	return text + ", about " + printable.Roughly(about)
}

// Recent are at most n runs of the question on this data, those that were begun or
// changed last, the newest first: of a store of many, a look at few. What cannot be read
// is left out.
func (l *Lab) Recent(n int) Runs {
	dirs, _ := folders(filepath.Join(l.store, l.Question), "")
	if len(dirs) > n {
		changed := map[string]time.Time{}
		for _, dir := range dirs {
			if info, err := os.Lstat(dir); err == nil {
				changed[dir] = info.ModTime()
			}
		}
		slices.SortFunc(dirs, func(a, b string) int { return changed[b].Compare(changed[a]) })
		dirs = dirs[:n]
	}
	runs, _ := readAll(dirs)
	for _, r := range runs {
		r.lab = l
	}
	slices.Reverse(runs)
	return runs
}

// left is how many steps of j are to be made, none where the store seems to have the
// run: it is looked at, no more.
func (l *Lab) left(j *job) int {
	left := j.steps()
	dirs, _ := folders(filepath.Join(l.store, l.Question), "-"+j.result.id())
	for _, dir := range dirs {
		r, err := readRecord(dir)
		switch {
		case err != nil:
		case j.over(r):
			return 0
		default:
			if _, err := os.Lstat(filepath.Join(dir, stateFile)); err == nil {
				left = min(left, j.steps()-r.Steps)
			}
		}
	}
	return left
}

// about estimates the time of so many steps of jobs by the newest stored runs like
// them; 0 if there is none like one of them.
func (l *Lab) about(jobs []*job, left []int) time.Duration {
	runs := l.Recent(500)
	seconds := 0.0
	for k, j := range jobs {
		i := slices.IndexFunc(runs, func(r *Result) bool {
			return r.Steps > 0 && r.Seconds > 0 && r.EpochSteps == j.EpochSteps && r.Kernels == j.result.Kernels && string(r.Layers) == string(j.result.Layers) && r.Hyper["batch"] == float64(j.Batch)
		})
		if i < 0 {
			return 0
		}
		// Runs that share the machine take as much longer as there are of them.
		r := runs[i]
		seconds += float64(left[k]) * r.Seconds / float64(r.Steps) / float64(cmp.Or(r.SideBySide, 1))
	}
	return time.Duration(seconds * float64(time.Second))
}
