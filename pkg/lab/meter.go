package lab

import (
	"fmt"
	"sync"
	"time"

	"inkling/pkg/nn/train"
)

// Bar shows how far a long piece of work is; viz.Progress is one. One that has
//
//	Point(run, split, metric string, step, value float64)
//
// draws the runs while they last, as viz.NewTraining does, and one that has
// Skip(n int) is told how many of the steps were there already, and one that has
//
//	Begin()
//
// when the first run that is to be trained has its turn, and one that has
// Price(text string) what training will cost before it begins.
type Bar interface {
	Update(done, total int, text string)
	Finish(text string)
}

// plotter is a Bar that draws the runs while they last; viz.NewTraining makes
// one. Point tells of a report ("train") or an evaluation ("dev") of a run after
// so many steps: its loss, and its score from 0 to 1.
type plotter interface {
	Bar
	Point(run, split, metric string, step, value float64)
}

// A skipper is a Bar that can tell work done before from its own: Skip says that
// n of what Update counts as done was there already, so that a continued run
// stands where it stands and the time left follows from the speed of now.
// viz.Progress is one.
type skipper interface {
	Skip(n int)
}

// A beginner is a Bar with a clock that Begin starts anew: while another program
// trains, this one waits. viz.Progress is one.
type beginner interface {
	Begin()
}

// meter is the one bar over all runs of a Fit. It counts the steps of whole runs,
// those that the run store saves among them. A nil meter shows nothing.
type meter struct {
	mu          sync.Mutex
	bar         Bar
	done, total int
	made        bool // a step was made now
	judged      bool // there is a score
	best        float64
	shown       time.Time
}

// meterEvery keeps the cost of a bar away from the steps. Only tests change it.
var meterEvery = 50 * time.Millisecond

func (l *Lab) newMeter(jobs []*job) *meter {
	if l.Progress == nil || len(jobs) == 0 {
		return nil
	}
	m := &meter{}
	for _, j := range jobs {
		m.total += j.steps()
	}
	label := jobs[0].Name
	if len(jobs) > 1 {
		label = fmt.Sprintf("%d runs", len(jobs))
	}
	m.bar = l.Progress(label)
	if p, ok := m.bar.(pricer); ok {
		if text := l.price(jobs); text != "" {
			p.Price(text)
		}
	}
	return m
}

// begin tells that training begins.
func (m *meter) begin() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b, ok := m.bar.(beginner); ok {
		b.Begin()
	}
}

// step counts n steps made now.
func (m *meter) step(n int) {
	if m == nil || n == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
	m.made = true
	if now := time.Now(); now.Sub(m.shown) >= meterEvery {
		m.shown = now
		m.bar.Update(m.done, m.total, m.text())
	}
}

// found counts n steps of a run that the store has, with its best score if there
// is one.
func (m *meter) found(n int, best train.Event) {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.done += n
	if s, ok := m.bar.(skipper); ok {
		s.Skip(n)
	}
	m.mu.Unlock()
	if best.Step > 0 {
		m.score(best.Score)
	}
}

// have counts a run that has ended before.
func (m *meter) have(j *job, s *Result) {
	if m == nil || s == nil {
		return
	}
	m.found(s.Steps, s.Best)
	m.drop(j.steps() - s.Steps)
}

// drop takes away n steps that will never be made: of a run that ended early.
func (m *meter) drop(n int) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total -= n
}

// tell passes on what happened in a run, to a bar that draws it.
func (m *meter) tell(run string, e train.Event) {
	if m == nil || e.Kind == train.Best {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p, ok := m.bar.(plotter); ok {
		p.Point(run, string(e.Kind), "loss", float64(e.Step), e.Loss)
		p.Point(run, string(e.Kind), "score", float64(e.Step), e.Score)
	}
}

// score tells of a best score.
func (m *meter) score(best float64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.judged || best > m.best {
		m.judged, m.best = true, best
	}
}

// text is nothing before there is a score: none is not 0 %.
func (m *meter) text() string {
	if !m.judged {
		return ""
	}
	return fmt.Sprintf("best dev %.2f %%", 100*m.best)
}

// finish leaves the last line, if there was anything to show.
func (m *meter) finish() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bar != nil && m.made {
		m.bar.Update(m.done, m.total, m.text())
		m.bar.Finish(m.text())
	}
	m.bar, m.made = discard{}, false
}

type discard struct{}

func (discard) Update(int, int, string) {}

func (discard) Finish(string) {}
