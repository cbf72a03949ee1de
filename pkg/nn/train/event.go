package train

import (
	"encoding/json"
	"math"
	"strconv"

	"inkling/pkg/internal/rawjson"
)

// Kind says what an Event tells.
type Kind string

const (
	Train Kind = "train" // mean over the steps since the last report, with those before it where they are few
	Dev   Kind = "dev"   // an evaluation of the whole dev split
	Best  Kind = "best"  // the evaluation just told is the best so far
)

// Known reports whether k is one of these.
func (k Kind) Known() bool { return k == Train || k == Dev || k == Best }

// Event is one thing that a run tells, flat so that it reads well as a line of
// JSON.
//
// Loss is one quantity wherever it is told, in training, on dev and by a test:
// the mean cross-entropy of the labels in nats, see [LossOf], whatever is
// optimised. It is what early choices and [optim.Adaptive] schedules look at.
// What is optimised has a name of its own, Objective: Config.Loss, with its
// smoothing if it has any, and the penalty.
type Event struct {
	Kind      Kind
	Epoch     int // counted from 0
	Step      int // steps done
	Loss      float64
	Score     float64 // accuracy, 0 to 1
	Objective float64 // Train: mean of what was minimised, over the same steps
	LR        float64 // Train: of the last step
	GradNorm  float64 // Train: of the last step, before clipping
	Previous  float64 // Best: the best score before
	Seconds   float64 // since the run began, over all its parts
}

// line is an Event as JSON, which has no word for what is not finite: null
// stands for it, and reads back as NaN.
type line struct {
	Kind      Kind   `json:"kind"`
	Epoch     int    `json:"epoch"`
	Step      int    `json:"step"`
	Loss      number `json:"loss"`
	Score     number `json:"score"`
	Objective number `json:"objective,omitempty"`
	LR        number `json:"lr,omitempty"`
	GradNorm  number `json:"gradnorm,omitempty"`
	Previous  number `json:"previous,omitempty"`
	Seconds   number `json:"seconds"`
}

type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if !finite(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

func (n *number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// MarshalJSON writes e as one line.
func (e Event) MarshalJSON() ([]byte, error) {
	return json.Marshal(line{e.Kind, e.Epoch, e.Step, number(e.Loss), number(e.Score), number(e.Objective), number(e.LR),
		number(e.GradNorm), number(e.Previous), number(e.Seconds)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Event) UnmarshalJSON(b []byte) error {
	if read, ok := readEvent(b); ok {
		*e = read
		return nil
	}
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return err
	}
	*e = Event{l.Kind, l.Epoch, l.Step, float64(l.Loss), float64(l.Score), float64(l.Objective), float64(l.LR),
		float64(l.GradNorm), float64(l.Previous), float64(l.Seconds)}
	return nil
}

// readEvent reads a plain line without the detours of package json: histories are long.
func readEvent(b []byte) (e Event, ok bool) {
	ok = rawjson.Fields(b, func(name string, value []byte) (ok bool) {
		number := func(to *float64) bool {
			if string(value) == "null" {
				*to = math.NaN()
				return true
			}
			v, err := strconv.ParseFloat(string(value), 64)
			*to = v
			return err == nil
		}
		whole := func(to *int) bool {
			v, err := strconv.Atoi(string(value))
			*to = v
			return err == nil
		}
		switch name {
		case "kind":
			var kind string
			kind, ok = rawjson.Text(value)
			e.Kind = Kind(kind)
			return ok
		case "epoch":
			return whole(&e.Epoch)
		case "step":
			return whole(&e.Step)
		case "loss":
			return number(&e.Loss)
		case "score":
			return number(&e.Score)
		case "objective":
			return number(&e.Objective)
		case "lr":
			return number(&e.LR)
		case "gradnorm":
			return number(&e.GradNorm)
		case "previous":
			return number(&e.Previous)
		case "seconds":
			return number(&e.Seconds)
		}
		return false
	})
	return e, ok
}
