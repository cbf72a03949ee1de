package lab

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"inkling/pkg/internal/printable"
	"inkling/pkg/nn/train"
)

// Summary is a run as lists tell of it. Its JSON is for programs, which may rely on
// the names in it.
type Summary struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Named    bool            `json:"named"` // by a person
	Label    string          `json:"label"` // what it differs in from the other runs of its question
	Question string          `json:"question"`
	Data     string          `json:"data"`   // the part of the run store for its data
	Status   string          `json:"status"` // finished, interrupted, diverged, or training
	Error    string          `json:"error,omitempty"`
	Old      bool            `json:"old"` // of other code than this program's
	Started  time.Time       `json:"started"`
	Seconds  float64         `json:"seconds"`
	CPU      float64         `json:"cpu_seconds"`
	Seed     uint64          `json:"seed"`
	Epochs   int             `json:"epochs"`
	Steps    int             `json:"steps"`
	Planned  int             `json:"planned_steps"` // of the whole run; 0 in old records
	Dev      *float64        `json:"dev_accuracy"`  // 0 to 1, null without an evaluation
	DevStep  int             `json:"dev_step"`
	Test     *float64        `json:"test_accuracy"` // null until it was asked for
	Weights  int             `json:"weights"`
	Bytes    int64           `json:"bytes"`
	Folder   string          `json:"folder"`
	Settings Settings        `json:"settings"`
	Layers   json.RawMessage `json:"layers"`
}

// Labels tell runs of one question and data apart by what differs among them.
func Labels(runs []*Result) []string { return labelsByPlace(runs) }

// Summaries are those of runs, with their labels.
func Summaries(runs []*Result, labels []string) []Summary {
	list := make([]Summary, len(runs))
	for i, r := range runs {
		place, _, _ := strings.Cut(r.Where(), "/")
		list[i] = Summary{
			ID: printable.Text(r.ID()), Name: r.Name, Named: r.Named, Label: labels[i], Question: r.Question, Data: place, Status: r.State(), Error: r.Error, Old: r.Old(),
			Started: r.Started, Seconds: r.Seconds, CPU: r.CPU, Seed: r.Seed, Epochs: r.Epochs, Steps: r.Steps, Planned: r.Planned, DevStep: r.Best.Step,
			Weights: r.Weights, Bytes: r.size(), Folder: filepath.ToSlash(r.Dir), Settings: r.Hyper, Layers: r.Layers,
		}
		best := r.Best
		if r.killed() || list[i].Status == "training" { // its record is written at its end
			list[i].Steps, list[i].Seconds, best = r.reached()
			list[i].DevStep = best.Step
		}
		if best.Step > 0 {
			list[i].Dev = Finite(best.Score)
		}
		if r.Record.Test != nil {
			list[i].Test = Finite(r.Record.Test.Accuracy)
		}
	}
	return list
}

// killed reports whether the record tells of the beginning of training alone, or of that
// of its continuation, which knows the step and not the time.
func (r *Result) killed() bool { return r.Status == Interrupted && (r.Steps == 0 || r.Seconds == 0) }

// reached is how far the run is by its record and its history, of which that of a run
// in training, or of one that was killed, is the later.
func (r *Result) reached() (steps int, seconds float64, best train.Event) {
	steps, seconds, best = r.Steps, r.Seconds, r.Best
	for _, e := range r.AllEvents() {
		steps, seconds = max(steps, e.Step), max(seconds, e.Seconds)
		if e.Kind == train.Best {
			best = e
		}
	}
	return steps, seconds, best
}

// Finite is a value for JSON, which has no other numbers, or nil.
func Finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// State is the status of the run, or "training" while a process makes it.
func (r *Result) State() string {
	if r.InTraining() {
		return "training"
	}
	return string(r.Status)
}

// List writes a table of runs.
func List(out io.Writer, runs []Summary) error {
	whole := bufio.NewWriter(out) // package tabwriter writes every cell by itself
	w := tabwriter.NewWriter(whole, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "id\tquestion\tdata\trun\tstatus\tdev %\tat\tsteps\tseconds\ttest %\tweights\tsize\tstarted")
	percent := func(v *float64) string {
		if v == nil {
			return ""
		}
		return fmt.Sprintf("%.2f", 100**v)
	}
	for _, r := range runs {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%.1f\t%s\t%d\t%s\t%s\n",
			r.ID, r.Question, r.Data, r.Label, r.Status, percent(r.Dev), r.DevStep, r.Steps,
			r.Seconds, percent(r.Test), r.Weights, Bytes(r.Bytes), r.Started.Local().Format("2006-01-02 15:04"))
	}
	return cmp.Or(w.Flush(), whole.Flush())
}

// OfOlderCode says how many of runs no run can use any more, and what they hold; ""
// if there are none.
func OfOlderCode(runs []Summary) string {
	n, held := 0, int64(0)
	for _, r := range runs {
		if r.Old {
			n, held = n+1, held+r.Bytes
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s of older code, %s: inkling runs rm --old removes them", printable.Count(n, "run"), Bytes(held))
}
