package viz

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// page is a notebook's output area as the browser would show it.
type page struct {
	outputs []string // their HTML
	whole   []output
	ids     map[string]int
	updates int
	synced  bool // whether all was delivered at the end
	next    int
}

func (p *page) display(o output) {
	p.outputs, p.whole = append(p.outputs, o.html), append(p.whole, o)
	p.synced = false
}

func (p *page) replace(id string, o output) {
	p.updates++
	if k, ok := p.ids[id]; ok {
		p.outputs[k], p.whole[k] = o.html, o
		p.synced = false
		return
	}
	p.ids[id] = len(p.outputs)
	p.display(o)
}

func (p *page) freshID() string { p.next++; return fmt.Sprint("id", p.next) }
func (p *page) sync()           { p.synced = true }

// inPage runs the test as if in a notebook.
func inPage(t *testing.T) *page {
	p := &page{ids: map[string]int{}}
	old := notebook
	notebook = p
	t.Cleanup(func() { notebook = old })
	return p
}

const hostile = `</td><script>alert("x")</script><img src=x onerror=alert(1)> & 'q' "q"`

// markup finds the tags of a piece of HTML.
var markup = regexp.MustCompile(`<\s*/?\s*([a-zA-Z!][a-zA-Z0-9]*)`)

// TestHostileText puts markup into every text of every output.
func TestHostileText(t *testing.T) {
	p := inPage(t)
	s := []Series{{Name: hostile, Group: hostile, Y: []float64{1, 2}, Best: Max}}
	Show(Curves{Title: hostile, X: hostile, Y: hostile, Series: s, Note: hostile},
		Images{Title: hostile, Tiles: []Tile{{Caption: hostile}}},
		Table{Title: hostile, Columns: []string{hostile, "b"}, Rows: [][]any{{hostile, fmt.Errorf("%s", hostile)}}, Formats: []string{hostile}, Note: hostile},
		Text(hostile))
	bar := NewProgress(hostile)
	bar.Unit = hostile
	bar.Update(1, 2, hostile)
	bar.Finish(hostile)
	bar = NewProgress(hostile)
	bar.Update(1, 2, hostile)
	live := NewLive(hostile, Curves{Title: hostile})
	live.Add(hostile, hostile, 1, 1)
	live.Update(1, 2, hostile)
	live.Finish(hostile)
	ours := map[string]bool{"img": true, "div": true, "table": true, "thead": true, "tbody": true, "tr": true, "th": true, "td": true, "span": true, "b": true}
	for _, html := range p.outputs {
		for _, m := range markup.FindAllStringSubmatch(html, -1) {
			if !ours[strings.ToLower(m[1])] {
				t.Errorf("tag <%s> in %.300s", m[1], html)
			}
		}
		if strings.Count(html, "<img") > 1 || strings.Contains(html, "<img src=x") {
			t.Errorf("an image of the text's own: %.300s", html)
		}
		if strings.Contains(html, "%!") {
			t.Errorf("a verb without its value: %.300s", html)
		}
	}
	if n := len(p.outputs); n != 8 {
		t.Errorf("%d outputs, want 8: four figures, two lines, a live line and its figure", n)
	}
}

func TestShowInNotebook(t *testing.T) {
	p := inPage(t)
	Show(Curves{Title: "Loss", Series: []Series{{Y: []float64{3, 2, 1}, Best: Min}}}, Text("between"), Table{Columns: []string{"a"}})
	if len(p.outputs) != 3 || !p.synced {
		t.Fatalf("%d outputs, synced %v, want 3 in order and synced", len(p.outputs), p.synced)
	}
	for i, want := range []string{`<img src="data:image/png;base64,`, "between", "<table"} {
		if !strings.Contains(p.outputs[i], want) {
			t.Errorf("output %d is %.100q, want %s", i, p.outputs[i], want)
		}
	}
	for _, want := range []string{`width="640" height="380"`, `alt="Line chart: Loss. Series 1: best 1 at 3, last 1."`, "height:auto"} {
		if !strings.Contains(p.outputs[0], want) {
			t.Errorf("no %s in %.60s…%s", want, p.outputs[0], p.outputs[0][max(0, len(p.outputs[0])-300):])
		}
	}
}

// A figure goes out as HTML and as the same PNG with its size and its text, so that
// exports which know no HTML have it; of a live view only the last state does.
func TestPictureBundle(t *testing.T) {
	p := inPage(t)
	f := Curves{Title: "Loss", Series: []Series{{Y: []float64{3, 2, 1}}}}
	live := NewLive("run", f)
	clock := newTicker()
	live.now, live.start, live.progress.now = clock.now, clock.t, clock.now
	live.Add("Loss", "train", 1, 1)
	clock.advance(time.Minute)
	live.Update(1, 2, "")
	at := p.ids[live.id]
	if live.id == "" || p.whole[at].png != nil || p.whole[at].html == "" {
		t.Errorf("frame %q with a PNG of %d bytes: want HTML alone", live.id, len(p.whole[at].png))
	}
	live.Finish("done")
	Show(f, Text("words"))
	for _, o := range []output{p.whole[at], p.whole[len(p.whole)-2]} {
		d := bundle("id", o)
		encoded, _ := d.Data[protocol.MIMEImagePNG].(string)
		if !strings.Contains(o.html, `src="data:image/png;base64,`+encoded+`"`) || len(encoded) < 1000 {
			t.Errorf("the PNG of %d characters is not that of the HTML", len(encoded))
		}
		var sent bytes.Buffer
		if err := gob.NewEncoder(&sent).Encode(d); err != nil {
			t.Fatal(err)
		}
		var got protocol.DisplayData
		if err := gob.NewDecoder(&sent).Decode(&got); err != nil {
			t.Fatal(err)
		}
		meta, _ := got.Metadata["image/png"].(map[string]any)
		if meta["width"] != o.width || meta["height"] != o.height || meta["alt"] != o.alt || o.alt == "" || o.width == 0 {
			t.Errorf("metadata %v, want %d×%d and %q", got.Metadata, o.width, o.height, o.alt)
		}
	}
	if d := bundle("", p.whole[len(p.whole)-1]); len(d.Data) != 1 || d.Metadata != nil {
		t.Errorf("a text is sent as %v with %v, want HTML alone", d.Data, d.Metadata)
	}
}

func TestShowOutside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "figs")
	t.Setenv("INKLING_FIGURES", dir)
	out := captureStdout(t, func() {
		f := Curves{Title: "../../Loss/of \x00 a «run»", Series: []Series{{Y: []float64{1}}}}
		Show(f, f, Text("some words"), Table{Columns: []string{"a"}, Rows: [][]any{{1}}}, Heat{})
	})
	want := []string{"loss-of-a-run.png", "loss-of-a-run-2.png", "figure.png"}
	for _, name := range want {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err != nil || !strings.Contains(out, "figure: "+path+"\n") {
			t.Errorf("%s: %v, not written or not named in %q", name, err, out)
		}
	}
	if !strings.Contains(out, "some words\na\n─\n1\n") {
		t.Errorf("text and table in %q", out)
	}
	if all, _ := filepath.Glob(filepath.Join(dir, "..", "*")); len(all) != 1 {
		t.Errorf("files outside the folder: %q", all)
	}
}

func captureStdout(t *testing.T, f func()) string {
	path := filepath.Join(t.TempDir(), "stdout")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdout
	os.Stdout = file
	defer func() { os.Stdout = old }()
	f()
	file.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// ticker is a clock that a test moves.
type ticker struct{ t time.Time }

func newTicker() *ticker                  { return &ticker{time.Unix(1e9, 0)} }
func (c *ticker) now() time.Time          { return c.t }
func (c *ticker) advance(d time.Duration) { c.t = c.t.Add(d) }

func TestProgressInNotebook(t *testing.T) {
	p, clock := inPage(t), newTicker()
	bar := NewProgress("train")
	bar.Unit, bar.now, bar.start = "steps", clock.now, clock.t
	if len(p.outputs) != 0 {
		t.Error("an output before the first update")
	}
	for i := range 1000 { // 10 s
		bar.Update(i, 1000, "dev .97")
		clock.advance(10 * time.Millisecond)
	}
	if p.updates < 30 || p.updates > 41 {
		t.Errorf("%d updates in 10 s, want about 40, at most 4 a second", p.updates)
	}
	for _, want := range []string{"97 %", "0:00 left", "100 steps/s", "dev .97", "/ 1000"} {
		if !strings.Contains(p.outputs[0], want) {
			t.Errorf("no %q in %s", want, p.outputs[0])
		}
	}
	bar.Update(1000, 1000, "")
	bar.Finish("best .98")
	bar.Finish("again")
	bar.Update(1, 2, "late")
	if len(p.outputs) != 1 || !p.synced {
		t.Fatalf("%d outputs, synced %v, want one line", len(p.outputs), p.synced)
	}
	if s := p.outputs[0]; !strings.Contains(s, "<b>train</b>: 1000 steps in 10.0 s (100 steps/s). best .98</div>") {
		t.Errorf("last line %s", s)
	}
	second := NewProgress("again")
	second.Update(1, 2, "")
	if len(p.outputs) != 2 {
		t.Error("a second line took the place of the first")
	}
}

// A long log is folded behind its last line, a short one is not, and nothing of
// either is lost.
func TestLogInNotebook(t *testing.T) {
	p := inPage(t)
	log := NewLog()
	for i := range 100 {
		fmt.Fprintf(log, "line %d <b>\n", i)
		if i == 0 {
			fmt.Fprintln(log, "note: odd")
		}
	}
	if len(p.outputs) != 0 {
		t.Error("shown before it was flushed")
	}
	log.Flush()
	log.Flush()
	if len(p.outputs) != 1 || !p.synced {
		t.Fatalf("%d outputs, want 1", len(p.outputs))
	}
	s := p.outputs[0]
	for _, want := range []string{`<details style="margin:2px 0"><summary>line 99 &lt;b&gt; <span style="opacity:.75">(log of 101 lines)</span></summary>`, "line 0 &lt;b&gt;\nnote: odd\nline 1 &lt;b&gt;\n", `pre-wrap">note: odd</pre><details`, "line 99 &lt;b&gt;</pre></details>"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in %s", want, s)
		}
	}
	fmt.Fprintln(log, "stored")
	log.Flush()
	if s := p.outputs[1]; strings.Contains(s, "details") || !strings.Contains(s, ">stored</pre>") {
		t.Errorf("a short log: %s", s)
	}
}

func TestLogOutsideANotebook(t *testing.T) {
	out := captureStdout(t, func() {
		log := NewLog()
		fmt.Fprint(log, "as it comes\n")
		log.Flush()
	})
	if out != "as it comes\n" {
		t.Errorf("printed %q", out)
	}
}

// What was done before counts for the share, not for the speed.
func TestProgressAfterAnInterrupt(t *testing.T) {
	p, clock := inPage(t), newTicker()
	bar := NewProgress("train")
	bar.Unit, bar.now, bar.start = "steps", clock.now, clock.t
	bar.Skip(700)
	for i := range 100 { // 10 s
		clock.advance(100 * time.Millisecond)
		bar.Update(701+i, 7820, "")
	}
	for _, want := range []string{"10 %", "800 / 7820", "11:42 left", ">10 steps/s"} {
		if !strings.Contains(p.outputs[0], want) {
			t.Errorf("no %q in %s", want, p.outputs[0])
		}
	}
	// A stored run among several comes in the middle.
	bar.Skip(7000)
	clock.advance(time.Second)
	bar.Update(7810, 7820, "")
	if s := p.outputs[0]; !strings.Contains(s, "0:01 left") || !strings.Contains(s, ">10 steps/s") {
		t.Errorf("after a stored run: %s", s)
	}
	bar.Finish("ok")
	if s := p.outputs[0]; !strings.Contains(s, "110 of 7820 steps in 11.0 s (10 steps/s), 7700 before. ok") {
		t.Errorf("last line %s", s)
	}
}

// Waiting for another program is no time of the work.
func TestProgressAfterWaiting(t *testing.T) {
	p, clock := inPage(t), newTicker()
	bar := NewProgress("train")
	bar.Unit, bar.now, bar.start = "steps", clock.now, clock.t
	clock.advance(40 * time.Second)
	bar.Begin()
	bar.Update(0, 100, "")
	for i := range 100 { // 10 s
		clock.advance(100 * time.Millisecond)
		bar.Update(1+i, 100, "")
	}
	bar.Finish("ok")
	if s := p.outputs[0]; !strings.Contains(s, "in 10.0 s (10 steps/s)") {
		t.Errorf("last line %s", s)
	}
}

func TestProgressInLog(t *testing.T) {
	clock := newTicker()
	out := captureStdout(t, func() {
		bar := NewProgress("train")
		bar.now, bar.start = clock.now, clock.t
		for i := range 6000 { // 60 s
			bar.Update(i, 6000, "dev\n.97")
			clock.advance(10 * time.Millisecond)
		}
		bar.Finish("")
		quick := NewProgress("quick")
		quick.Update(1, 3, "")
		quick.Finish("done")
	})
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if n := len(lines); n < 5 || n > 7 {
		t.Fatalf("%d lines in 60 s, want one each 15 s and a last one:\n%s", n, out)
	}
	if strings.ContainsAny(out, "\r\x1b") {
		t.Errorf("control characters in a log: %q", out)
	}
	if want := "train    8 %  500/6000  ETA 0:55  100/s  dev .97"; lines[0] != want {
		t.Errorf("first line %q, want %q", lines[0], want)
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "quick: 1 of 3 in ") || !strings.HasSuffix(last, ". done") {
		t.Errorf("last line %q", last)
	}
}

// TestProgressOnTerminal replays the bytes as a terminal would.
func TestProgressOnTerminal(t *testing.T) {
	var b strings.Builder
	clock := newTicker()
	bar := &Progress{label: "train", out: &b, tty: true, every: 100 * time.Millisecond, now: clock.now, start: clock.t}
	for i := range 100 {
		bar.Update(i, 100, strings.Repeat("long ", 40))
		clock.advance(50 * time.Millisecond)
	}
	bar.Finish("ok")
	screen := ""
	for _, line := range strings.Split(b.String(), "\n") {
		shown := ""
		for _, s := range strings.Split(line, "\r") {
			if rest, ok := strings.CutPrefix(s, "\x1b[K"); ok {
				shown = rest
			}
			if n := len([]rune(shown)); n > 79 && !strings.Contains(shown, "ok") {
				t.Errorf("a line of %d columns wraps", n)
			}
		}
		screen += shown + "\n"
	}
	if want := "train: 99 of 100 in 5.0 s (19.80/s). ok\n\n"; screen != want {
		t.Errorf("screen shows %q, want %q", screen, want)
	}
}

func TestProgressKnowsLittle(t *testing.T) {
	p := inPage(t)
	bar := NewProgress("")
	bar.Update(3, 0, "") // total unknown
	if strings.Contains(p.outputs[0], "%") && strings.Contains(p.outputs[0], "<span>%") {
		t.Errorf("a share of an unknown total: %s", p.outputs[0])
	}
	bar.Update(-5, 2, "")
	bar.Update(9, 2, "")
	NewProgress("never updated").Finish("nothing to do")
	if !strings.Contains(p.outputs[1], "nothing to do") {
		t.Errorf("outputs %q", p.outputs)
	}
	for _, s := range p.outputs {
		if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
			t.Errorf("output %s", s)
		}
	}
}

// TestLive checks that frames are few, that the end is one line and one figure,
// and that the caller's series stay his own.
func TestLive(t *testing.T) {
	p, clock := inPage(t), newTicker()
	early := make([]float64, 3, 100)
	mine := []Series{{Name: "earlier run", Y: early}, {Name: "dev", Dashed: true}}
	l := NewLive("run", Curves{Title: "Loss", Series: mine})
	l.progress.now, l.progress.start = clock.now, clock.t
	l.now, l.start = clock.now, clock.t
	for i := range 200 {
		l.Add("Loss", "dev", float64(i), 1/float64(i+1))
		l.Add("Loss", "earlier run", float64(i), 1)
		l.Update(i, 200, "")
		clock.advance(100 * time.Millisecond)
	}
	frames := p.updates
	l.Finish("best .5")
	l.Finish("again")
	l.Add("Loss", "dev", 0, 0)
	if len(p.outputs) != 2 || !p.synced {
		t.Fatalf("%d outputs, synced %v, want a line and a figure", len(p.outputs), p.synced)
	}
	if frames > 2*4*20 {
		t.Errorf("%d updates in 20 s", frames)
	}
	if !strings.Contains(p.outputs[0], "best .5") || !strings.Contains(p.outputs[1], "<img") {
		t.Errorf("outputs %.100q %.100q", p.outputs[0], p.outputs[1])
	}
	if len(mine[0].Y) != 3 || early[:4][3] != 0 || mine[1].Y != nil {
		t.Error("Add wrote into the caller's series")
	}
}

// TestNewTraining: runs of equal names of curves stay apart, and end as
// Training would draw them.
func TestNewTraining(t *testing.T) {
	p := inPage(t)
	l := NewTraining("two runs")
	for i := range 5 {
		for _, run := range []string{"a", "b"} {
			l.Point(run, "train", "loss", float64(i), 1)
			l.Point(run, "dev", "loss", float64(i), 2)
			l.Point(run, "dev", "score", float64(i), float64(i)/10)
		}
	}
	var got []string
	for _, pane := range l.panes {
		for _, s := range pane.Series {
			got = append(got, fmt.Sprint(pane.Title, " ", s.Group, " ", s.Name, " ", len(s.Y), " ", s.Dashed, " ", s.Best))
		}
	}
	want := "loss a train 5 true 0, loss a dev 5 false 1, loss b train 5 true 0, loss b dev 5 false 1, accuracy a dev 5 false 2, accuracy b dev 5 false 2"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("curves %s\nwant %s", s, want)
	}
	l.Update(5, 10, "best dev 40 %")
	l.Finish("best dev 40 %")
	if len(p.outputs) != 2 || !strings.Contains(p.outputs[0], "5 of 10 steps") || !strings.Contains(p.outputs[1], "a dev: best 2 at 0") {
		t.Errorf("outputs %.120q", p.outputs)
	}
}

// TestLiveCountsTheLine: where the line itself takes the whole budget, there is
// no frame.
func TestLiveCountsTheLine(t *testing.T) {
	inPage(t)
	c := newTicker()
	l := NewTraining("run")
	l.start = c.t
	l.progress.finished = true
	l.now = func() time.Time { c.advance(100 * time.Microsecond); return c.t } // what a call costs
	for i := range 6000 {                                                      // 60 s
		l.Point("run", "train", "loss", float64(i), 1)
		l.Update(i, 6000, "")
		c.advance(9 * time.Millisecond)
	}
	if l.id != "" {
		t.Error("a frame was drawn although the line took 1 % of the time")
	}
}

// TestLiveBudget makes frames expensive: they must then be rare.
func TestLiveBudget(t *testing.T) {
	p := inPage(t)
	c := newTicker()
	l := NewLive("run", Curves{Title: "Loss"})
	l.start = c.t
	l.progress.finished = true // only the figure counts here
	l.now = c.now
	for i := range 6000 { // 60 s
		l.Add("Loss", "dev", float64(i), 1)
		before := p.updates
		l.Update(i, 6000, "")
		if p.updates > before {
			l.mu.Lock()
			l.cost = 50 * time.Millisecond
			l.spent += l.cost
			l.mu.Unlock()
		}
		c.advance(10 * time.Millisecond)
	}
	if p.updates < 3 || p.updates > 12 {
		t.Errorf("%d frames of 50 ms in 60 s, want at most 1 %% of the time: 12", p.updates)
	}
}

func TestLiveOutside(t *testing.T) {
	t.Setenv("INKLING_FIGURES", t.TempDir())
	out := captureStdout(t, func() {
		l := NewLive("a run", Curves{Title: "Loss"})
		l.Add("Loss", "train", 1, 1)
		l.Update(1, 2, "")
		l.Finish("done")
		NewLive("nothing", Curves{Title: "Loss"}).Finish("stopped")
	})
	if !strings.Contains(out, "a run: 1 of 2 in") || !strings.Contains(out, "figure: ") || strings.Count(out, "figure: ") != 1 {
		t.Errorf("printed %q", out)
	}
}
