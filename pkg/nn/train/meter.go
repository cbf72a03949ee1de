package train

import (
	"fmt"
	"sync"
	"time"
)

// Bar shows how far a long piece of work is; viz.Progress is one.
type Bar interface {
	Update(done, total int, text string)
	Finish(text string)
}

// Plotter is a Bar that draws the runs while they last; viz.NewTraining makes
// one. Point tells of a report ("train") or an evaluation ("dev") of a run after
// so many steps: its loss, and its score from 0 to 1.
type Plotter interface {
	Bar
	Point(run, split, metric string, step, value float64)
}

// meter is the one bar over all runs of a Fit. It counts the steps that are
// made, not those that the run store saves. A nil meter shows nothing.
type meter struct {
	mu          sync.Mutex
	bar         Bar
	done, total int
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
		m.total += j.steps
	}
	label := jobs[0].cfg.Name
	if len(jobs) > 1 {
		label = fmt.Sprintf("%d runs", len(jobs))
	}
	m.bar = l.Progress(label)
	return m
}

// step counts n more steps.
func (m *meter) step(n int) { m.change(n, 0) }

// skip takes away n steps that will not be made now.
func (m *meter) skip(n int) { m.change(0, -n) }

func (m *meter) change(done, total int) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += done
	m.total += total
	if now := time.Now(); m.done > 0 && now.Sub(m.shown) >= meterEvery {
		m.shown = now
		m.bar.Update(m.done, m.total, m.text())
	}
}

// tell passes on what happened in a run, to a bar that draws it.
func (m *meter) tell(run string, e Event) {
	if m == nil || e.Kind == Best {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p, ok := m.bar.(Plotter); ok {
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
	m.best = max(m.best, best)
}

func (m *meter) text() string { return fmt.Sprintf("best dev %.2f %%", 100*m.best) }

// finish leaves the last line, if there was anything to show.
func (m *meter) finish() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bar != nil && m.done > 0 {
		m.bar.Update(m.done, m.total, m.text())
		m.bar.Finish(m.text())
	}
	m.bar = discard{}
	m.done = 0
}

type discard struct{}

func (discard) Update(int, int, string) {}
func (discard) Finish(string)           {}
