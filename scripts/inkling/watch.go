package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"inkling/pkg/lab"
	"inkling/pkg/lab/curves"
	"inkling/pkg/nn/train"
)

const watchUsage = `watch [--question=Q] [--wait] [--json] [RUN…]
  RUN   a run as inkling runs lists it; without any, all that are in training, and those that begin meanwhile
shows runs that other processes train: their curves on a terminal, else a line for each evaluation, with --json
one for each event, as objects with run, name, question, kind (train, dev, best, end), epoch, step, planned_steps,
loss, score, objective, lr, gradnorm, seconds, at the end with status. It ends when they do; Ctrl-C ends it and no run.`

func watchCommand(args []string) (int, error) {
	var question string
	var wait, asJSON bool
	fs := newFlags()
	fs.StringVar(&question, "question", "", "look among the runs of this question only")
	fs.BoolVar(&wait, "wait", false, "wait for a run to begin if none is in training")
	fs.BoolVar(&asJSON, "json", false, "print the events as lines of JSON")
	refs, err := parseWords("watch", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(watchUsage, fs)
		return 0, nil
	case err != nil:
		return 0, err
	case wait && len(refs) > 0:
		return 0, fmt.Errorf("--wait and %.40q, want one of them: a run that is named is there", refs[0])
	}
	if q := lab.Questions(); question != "" && !slices.Contains(q, question) && !wait {
		return 0, fmt.Errorf("no runs of question %.40q%s%s", question, lab.DidYouMean(question, q), havingRuns())
	}
	ctx, stop := lab.UntilSignal(context.Background(), syscall.SIGPIPE)
	defer stop()
	w := &watch{question: question, all: len(refs) == 0, show: plainLines{os.Stdout}}
	switch {
	case asJSON:
		w.show = jsonLines{json.NewEncoder(os.Stdout)}
	case isTerminal(os.Stdout) && os.Getenv("TERM") != "dumb":
		w.show = &screen{out: os.Stdout, size: terminalSize}
	}
	if len(refs) > 0 {
		stored, damaged := lab.StoredRuns(question)
		for _, ref := range refs {
			r, err := lab.Find(stored, ref)
			if err != nil {
				return 0, errors.Join(err, damaged)
			}
			w.add(r)
		}
	}
	err = w.until(ctx, wait)
	var by lab.Stopped
	if errors.As(context.Cause(ctx), &by) {
		w.show.leave(w.runs)
		return by.ExitCode(), nil
	}
	return 0, err
}

// A watched run.
type watched struct {
	*lab.Result
	tail   *lab.Tail
	events lab.History
	heard  time.Time // when the last events came
	ended  bool
}

// A watch follows runs, and shows what is told of them.
type watch struct {
	question string
	all      bool // whatever is in training
	runs     []*watched
	show     shower
}

// A shower shows runs that are watched.
type shower interface {
	told(r *watched, events lab.History) // since the last time
	end(r *watched)                      // it has ended, and was told to its end
	frame(runs []*watched)               // all were looked at
	leave(runs []*watched)               // nobody watches any more
}

// lookEvery is how often histories are looked at.
const lookEvery = 500 * time.Millisecond

func (w *watch) add(r *lab.Result) {
	if !slices.ContainsFunc(w.runs, func(o *watched) bool { return o.Dir == r.Dir && !o.ended }) {
		w.runs = append(w.runs, &watched{Result: r, tail: r.Tail()})
	}
}

// until watches till all runs have ended, or ctx has.
func (w *watch) until(ctx context.Context, wait bool) error {
	var scanned time.Time
	scan := time.Duration(0) // how long it took
	for {
		found := false
		if w.all && time.Since(scanned) >= 50*scan { // 2 % of the time at most
			begin := time.Now()
			now, err := lab.TrainingNow(w.question)
			if err != nil && len(now) == 0 {
				return err
			}
			for _, r := range now {
				w.add(r)
			}
			scanned, scan, found = time.Now(), time.Since(begin), true
		}
		left := 0
		for _, r := range w.runs {
			if err := w.look(r); err != nil {
				return err
			}
			if !r.ended {
				left++
			}
		}
		w.show.frame(w.runs)
		switch {
		case left > 0:
		case len(w.runs) == 0 && wait:
		case len(w.runs) == 0:
			return errors.New("no run is in training: --wait waits for one; inkling runs lists all")
		case found || !w.all: // else one may have begun since the last scan
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookEvery):
		}
	}
}

// look tells what has come of a run.
func (w *watch) look(r *watched) error {
	if r.ended {
		return nil
	}
	training := r.InTraining() // asked first, so that what an ended run told last is not missed
	events, anew, err := r.tail.Next()
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	if anew { // it was continued: what the state did not know of is told again
		r.events = nil
	}
	if len(events) > 0 {
		r.events, r.heard = append(r.events, events...), time.Now()
		w.show.told(r, events)
	}
	if training {
		return nil
	}
	r.ended = true
	now, err := r.Again()
	if err != nil {
		return err
	}
	now.Stored = false // it ended just now
	r.Result = now
	w.show.end(r)
	return nil
}

// last is the last event of a kind.
func (r *watched) last(kind train.Kind) (e train.Event, ok bool) {
	for _, e := range slices.Backward(r.events) {
		if e.Kind == kind {
			return e, true
		}
	}
	return e, false
}

// step is how far the run is.
func (r *watched) step() int {
	if len(r.events) == 0 {
		return 0
	}
	return r.events[len(r.events)-1].Step
}

// left is the time to the end of the run at the speed of its last reports; not ok
// while that is not known.
func (r *watched) left() (d time.Duration, ok bool) {
	if r.Planned == 0 || len(r.events) == 0 {
		return 0, false
	}
	end := r.events[len(r.events)-1]
	begin := train.Event{} // a history begins with the run
	if n := len(r.events); n > 40 {
		begin = r.events[n-40]
	}
	steps, seconds := end.Step-begin.Step, end.Seconds-begin.Seconds
	if steps <= 0 || !(seconds > 0) {
		return 0, false
	}
	d = time.Duration(float64(r.Planned-end.Step) * seconds / float64(steps) * float64(time.Second))
	return max(d-time.Since(r.heard), 0), true
}

// words are what is known of a run that goes on, the most important first.
func (r *watched) words() (words []string) {
	step := fmt.Sprint("step ", r.step())
	if r.Planned > 0 {
		step = fmt.Sprintf("%3.0f %%  step %d of %d", 100*float64(r.step())/float64(r.Planned), r.step(), r.Planned)
	}
	words = append(words, step)
	if d, ok := r.left(); ok {
		words = append(words, "ETA "+d.Round(time.Second).String())
	}
	if e, ok := r.last(train.Dev); ok {
		words = append(words, fmt.Sprintf("dev %.2f %%", 100*e.Score))
	}
	if e, ok := r.last(train.Train); ok {
		words = append(words, fmt.Sprintf("loss %.4g", e.Loss))
	}
	return words
}

// plainLines tell a line for each evaluation.
type plainLines struct{ out io.Writer }

func (p plainLines) told(r *watched, events lab.History) {
	upTo := slices.Clone(r.events)
	before := len(upTo) - len(events)
	all := r.events
	for i, e := range events {
		if e.Kind == train.Dev {
			r.events = upTo[:before+i+1]
			fmt.Fprintf(p.out, "%s: %s\n", r.Name, strings.TrimSpace(strings.Join(r.words(), ", ")))
		}
	}
	r.events = all
}

func (p plainLines) end(r *watched)   { fmt.Fprintln(p.out, r.Result) }
func (p plainLines) frame([]*watched) {}
func (p plainLines) leave([]*watched) {}

// jsonLines tell an object for each event.
type jsonLines struct{ enc *json.Encoder }

func (j jsonLines) told(r *watched, events lab.History) {
	for _, e := range events {
		j.enc.Encode(curves.LineOf(r.Result, e))
	}
}

func (j jsonLines) end(r *watched) {
	line := curves.LineOf(r.Result, r.Best)
	line.Kind, line.Step, line.Seconds, line.Status = "end", r.Steps, &r.Seconds, string(r.Status)
	j.enc.Encode(line)
}

func (j jsonLines) frame([]*watched) {}
func (j jsonLines) leave([]*watched) {}
