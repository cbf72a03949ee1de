package train

import (
	"encoding/json"
	"math"
)

// Kind says what an Event tells.
type Kind string

const (
	Train Kind = "train" // mean over the steps since the last report
	Dev   Kind = "dev"   // an evaluation of the whole dev split
	Best  Kind = "best"  // the evaluation just told is the best so far
)

// Event is one thing that a run tells, flat so that it reads well as a line of
// JSON.
type Event struct {
	Kind     Kind    `json:"kind"`
	Epoch    int     `json:"epoch"` // counted from 0
	Step     int     `json:"step"`  // steps done
	Loss     float64 `json:"loss"`
	Score    float64 `json:"score"`              // accuracy, 0 to 1
	LR       float64 `json:"lr,omitempty"`       // of the last step
	GradNorm float64 `json:"gradnorm,omitempty"` // of the last step
	Previous float64 `json:"previous,omitempty"` // Best: the best score before
	Seconds  float64 `json:"seconds"`            // since the run began, over all its parts
}

// MarshalJSON writes a number that JSON cannot hold as null.
func (e Event) MarshalJSON() ([]byte, error) {
	type plain Event
	for _, v := range []*float64{&e.Loss, &e.Score, &e.LR, &e.GradNorm, &e.Previous, &e.Seconds} {
		if math.IsNaN(*v) || math.IsInf(*v, 0) {
			return json.Marshal(struct {
				plain
				Loss any `json:"loss"`
			}{plain(e.finite()), nil})
		}
	}
	return json.Marshal(plain(e))
}

// finite returns e with what is not finite set to 0.
func (e Event) finite() Event {
	for _, v := range []*float64{&e.Loss, &e.Score, &e.LR, &e.GradNorm, &e.Previous, &e.Seconds} {
		if math.IsNaN(*v) || math.IsInf(*v, 0) {
			*v = 0
		}
	}
	return e
}

// History is the events of a run in order.
type History []Event

// Of returns the events of one kind.
func (h History) Of(k Kind) History {
	var out History
	for _, e := range h {
		if e.Kind == k {
			out = append(out, e)
		}
	}
	return out
}

// Steps, Losses and Scores are columns of a history, ready for a plot.
func (h History) Steps() []float64  { return h.column(func(e Event) float64 { return float64(e.Step) }) }
func (h History) Losses() []float64 { return h.column(func(e Event) float64 { return e.Loss }) }
func (h History) Scores() []float64 { return h.column(func(e Event) float64 { return e.Score }) }
func (h History) LRs() []float64    { return h.column(func(e Event) float64 { return e.LR }) }
func (h History) GradNorms() []float64 {
	return h.column(func(e Event) float64 { return e.GradNorm })
}

func (h History) column(f func(Event) float64) []float64 {
	col := make([]float64, len(h))
	for i, e := range h {
		col[i] = f(e)
	}
	return col
}

// Best is the index of the evaluation with the highest score in a history of
// one kind, the first of equals; -1 if the history is empty.
func (h History) Best() int {
	return Argmax(h.Scores())
}

// Argmax returns the index of the largest value, the first of equals; -1 if
// there is none.
func Argmax(v []float64) int {
	best := -1
	for i, x := range v {
		if best < 0 || x > v[best] {
			best = i
		}
	}
	return best
}

// MeanStd returns the mean of v and its sample standard deviation, 0 for fewer
// than two values: how results of several seeds are told.
func MeanStd(v []float64) (mean, std float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	if len(v) < 2 {
		return mean, 0
	}
	for _, x := range v {
		std += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(std / float64(len(v)-1))
}
