package curves

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

// Line is an event of a run, for programs, which may rely on the names in its JSON.
// What is no number, or was not told, is null or left out.
type Line struct {
	Run       string   `json:"run"`
	Name      string   `json:"name"`
	Question  string   `json:"question"`
	Kind      string   `json:"kind"` // train, dev or best
	Epoch     int      `json:"epoch"`
	Step      int      `json:"step"`
	Planned   int      `json:"planned_steps"` // of the whole run, 0 if it is not known
	Loss      *float64 `json:"loss"`
	Score     *float64 `json:"score"`               // accuracy, 0 to 1
	Objective *float64 `json:"objective,omitempty"` // of training alone, as the next two
	LR        *float64 `json:"lr,omitempty"`
	GradNorm  *float64 `json:"gradnorm,omitempty"`
	Seconds   *float64 `json:"seconds"`
	Status    string   `json:"status,omitempty"` // where the end of the run is told
}

// LineOf is an event of r.
func LineOf(r *lab.Result, e train.Event) Line {
	line := Line{
		Run: r.ID(), Name: r.Name, Question: r.Question, Kind: string(e.Kind), Epoch: e.Epoch, Step: e.Step, Planned: r.Planned,
		Loss: lab.Finite(e.Loss), Score: lab.Finite(e.Score), Seconds: lab.Finite(e.Seconds),
	}
	if e.Kind == train.Train {
		line.Objective, line.LR, line.GradNorm = lab.Finite(e.Objective), lab.Finite(e.LR), lab.Finite(e.GradNorm)
	}
	return line
}

// events are those of r, all of them.
func events(r *lab.Result) (lab.History, error) {
	all := r.AllEvents()
	if len(all) < r.Events {
		return nil, fmt.Errorf("curves: the history of %s (%s) has %d events that can be read, its record tells of %d", r.Name, r.ID(), len(all), r.Events)
	}
	return all, nil
}

// JSON writes the events of runs as lines of JSON.
func JSON(w io.Writer, runs ...*lab.Result) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	for _, r := range runs {
		all, err := events(r)
		if err != nil {
			return errors.Join(err, out.Flush())
		}
		for _, e := range all {
			if err := enc.Encode(LineOf(r, e)); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// CSV writes the events of runs as a table with a head.
func CSV(w io.Writer, runs ...*lab.Result) error {
	out := csv.NewWriter(w)
	out.Write([]string{"run", "name", "question", "kind", "epoch", "step", "loss", "score", "objective", "lr", "gradnorm", "seconds"})
	number := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	}
	for _, r := range runs {
		all, err := events(r)
		if err != nil {
			return err
		}
		for _, e := range all {
			l := LineOf(r, e)
			out.Write([]string{
				l.Run, l.Name, l.Question, l.Kind, strconv.Itoa(l.Epoch), strconv.Itoa(l.Step),
				number(l.Loss), number(l.Score), number(l.Objective), number(l.LR), number(l.GradNorm), number(l.Seconds),
			})
		}
	}
	out.Flush()
	return out.Error()
}

// Save writes a file with JSON or CSV.
func Save(path string, write func(w io.Writer, runs ...*lab.Result) error, runs ...*lab.Result) error {
	return atomicfile.Write(path, func(w io.Writer) error { return write(w, runs...) })
}
