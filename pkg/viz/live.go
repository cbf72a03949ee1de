package viz

import (
	"bytes"
	"fmt"
	"image/png"
	"slices"
	"sync"
	"time"
)

// Live shows a run while it lasts: a progress line, and in a notebook its curves
// beneath, redrawn in place. Showing takes less than 1 % of the time since NewLive
// and happens at most four times a second. Finish leaves the figure and one
// summary line; if the run is interrupted, Finish shows what there is.
//
//	live := viz.NewLive("784-600-10",
//		viz.Curves{Title: "Loss", X: "iteration", Y: "cross-entropy", LogY: true,
//			Series: []viz.Series{{Name: "train", Dashed: true}, {Name: "dev", Best: viz.Min}}},
//		viz.Curves{Title: "Accuracy", X: "iteration", Y: "accuracy"})
//	defer live.Finish("interrupted") // does nothing after the Finish below
//	…	live.Add("Loss", "train", step, loss)
//	…	live.Update(step, steps, "dev .9712, best .9731")
//	live.Finish("best dev .9731 in epoch 4")
//
// Series that are already in the Curves, such as earlier runs, stay in view.
// The methods may be called from several goroutines.
type Live struct {
	progress *Progress

	mu       sync.Mutex
	title    string
	panes    []Curves
	id       string
	start    time.Time
	now      func() time.Time
	drawn    time.Time
	spent    time.Duration // on the line and on drawing so far
	cost     time.Duration // of the latest frame
	points   int           // added so far
	shown    int           // points in the latest frame
	finished bool
}

// The limits of the live view.
const (
	liveShare    = 0.008 // of 0.01: a frame may cost more than the one before
	liveInterval = 250 * time.Millisecond
	// firstFrame is what a frame is assumed to cost before one has been timed.
	firstFrame = 15 * time.Millisecond
)

// NewLive starts the clock. Title names the run; panes are drawn side by side.
func NewLive(title string, panes ...Curves) *Live {
	l := &Live{title: title, progress: NewProgress(title), panes: slices.Clone(panes), now: time.Now, cost: firstFrame}
	for i := range l.panes {
		// The caller's series must not grow when ours do.
		l.panes[i].Series = slices.Clone(l.panes[i].Series)
		for j, s := range l.panes[i].Series {
			s.X, s.Y = slices.Clone(s.xs()), slices.Clone(s.Y)
			l.panes[i].Series[j] = s
		}
	}
	l.start = l.now()
	return l
}

// NewTraining is a Live view of loss and accuracy of whatever runs it is told
// of, in the look of Training: with a lab.Lab l,
//
//	l.Progress = func(label string) lab.Bar { return viz.NewTraining(label) }
func NewTraining(title string) *Live {
	l := NewLive(title, lossPane(), scorePane())
	l.progress.Unit = "steps"
	return l
}

// Point appends a point to a curve of a run: split is "train" or "dev", metric
// "loss" or "score". It is for a view that NewTraining made.
func (l *Live) Point(run, split, metric string, step, value float64) {
	pane, best := lossPane().Title, Min
	switch metric {
	case "loss":
	case "score":
		pane, best = scorePane().Title, Max
	default:
		panic(fmt.Sprintf("viz: live: metric %q, want loss or score", metric))
	}
	l.add(pane, curve(run, split, best), step, value)
}

// Add appends a point to a series of the pane with that title; a series that is
// not there yet is created. An unknown pane is a caller's bug.
func (l *Live) Add(pane, series string, x, y float64) { l.add(pane, Series{Name: series}, x, y) }

// add appends to the series of that name and group.
func (l *Live) add(pane string, series Series, x, y float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.finished {
		return
	}
	i := slices.IndexFunc(l.panes, func(c Curves) bool { return c.Title == pane })
	if i < 0 {
		panic(fmt.Sprintf("viz: live: pane %q, want one of %s", pane, l.paneTitles()))
	}
	p := &l.panes[i]
	// From the end: an earlier run may use the same name.
	j := len(p.Series) - 1
	for ; j >= 0 && (p.Series[j].Name != series.Name || p.Series[j].Group != series.Group); j-- {
	}
	if j < 0 {
		p.Series = append(p.Series, series)
		j = len(p.Series) - 1
	}
	s := &p.Series[j]
	s.X, s.Y = append(s.X, x), append(s.Y, y)
	l.points++
}

func (l *Live) paneTitles() string {
	var t []string
	for _, p := range l.panes {
		t = append(t, p.Title)
	}
	return fmt.Sprintf("%q", t)
}

// Skip tells that n of what Update counts as done was done before; see
// Progress.Skip.
func (l *Live) Skip(n int) { l.progress.Skip(n) }

// Begin starts the clock anew; see Progress.Begin.
func (l *Live) Begin() { l.progress.Begin() }

// Price tells what the run will cost before it begins; see Progress.Price.
func (l *Live) Price(text string) { l.progress.Price(text) }

// Update moves the progress line and, when it is due, redraws the curves.
func (l *Live) Update(done, total int, text string) {
	before := l.now()
	l.progress.Update(done, total, text)
	if notebook == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.spent += now.Sub(before)
	if l.finished || l.points == l.shown || now.Sub(l.drawn) < liveInterval ||
		float64(l.spent+l.cost) > liveShare*float64(now.Sub(l.start)) {
		return
	}
	l.frame()
	l.cost = l.now().Sub(now)
	l.spent += l.cost
	l.drawn, l.shown = l.now(), l.points
}

// frame draws at one device pixel per CSS pixel: it is gone in a moment.
func (l *Live) frame() {
	if l.id == "" {
		l.id = notebook.freshID()
	}
	f := l.figure()
	lay := f.layout()
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(&b, rasterAt(lay, 1)); err != nil {
		return // writing to memory
	}
	o := picture(b.Bytes(), lay, f.Alt())
	o.png = nil // no reader keeps this frame
	notebook.replace(l.id, o)
}

func (l *Live) figure() Figure {
	f := Panels{Title: l.title}
	for _, p := range l.panes {
		f.Figures = append(f.Figures, p)
	}
	return f
}

// Finish draws the final figure and leaves the summary line. Outside a notebook
// the figure is written as by Show. Later calls do nothing.
func (l *Live) Finish(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.finished {
		return
	}
	l.finished = true
	l.progress.Finish(text)
	if l.points == 0 {
		return
	}
	f := l.figure()
	if notebook == nil || l.id == "" {
		Show(f)
		return
	}
	o, err := inline(f)
	if err == nil {
		notebook.replace(l.id, o)
	}
	notebook.sync()
}
