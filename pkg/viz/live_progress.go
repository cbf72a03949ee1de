package viz

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Progress is a line that tells how far a long task is: share, rate, time left
// and what the caller adds. In a notebook it is redrawn in place and ends as one
// tidy line; on a terminal it overwrites itself; in a log it is a line now and
// then. Its methods may be called from several goroutines, as often as one likes.
type Progress struct {
	Unit string // what is counted, "steps"; may be empty

	label string
	out   io.Writer
	every time.Duration
	first time.Duration // before the first line of a log
	tty   bool
	now   func() time.Time

	mu       sync.Mutex
	id       string
	start    time.Time
	base     int // done without this line: a resumed run starts above zero
	skipped  bool
	done     int
	total    int
	drawn    time.Time
	began    bool
	finished bool
}

// NewProgress starts the clock. Nothing is shown before the first Update.
func NewProgress(label string) *Progress {
	p := &Progress{label: label, out: os.Stdout, now: time.Now}
	switch {
	case notebook != nil:
		p.every = 250 * time.Millisecond
	case isTerminal(os.Stdout):
		p.tty, p.every = true, 100*time.Millisecond
	default:
		p.every, p.first = 15*time.Second, 5*time.Second
	}
	p.start = p.now()
	return p
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// Skip tells that n of what Update counts as done was done before, or by others:
// it does not count for the speed, nor so for the time left.
func (p *Progress) Skip(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.base += n
	p.skipped = true
}

// Begin starts the clock anew: what was before was waiting, and counts neither as
// time nor for the speed.
func (p *Progress) Begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.start = p.now()
}

// Price tells what the work will cost before it begins: "35 runs: 31 stored, 4 to
// train, about 2 min". On a page and a terminal it gives way to the first Update.
func (p *Progress) Price(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.finished || p.began:
	case notebook != nil:
		var h htmlBuilder
		h.add(`<div style="margin:2px 0">`)
		h.addIf(`<b>%s</b> `, p.label)
		h.add(`<span>%s</span></div>`, oneLine(text))
		p.redraw(h.String())
	default:
		p.print(oneLine(text), !p.tty)
	}
}

// Update tells that done of total are finished; total 0 means unknown. Text is
// the state worth knowing now: "dev .9712, best .9731".
func (p *Progress) Update(done, total int, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.finished {
		return
	}
	now := p.now()
	if !p.began {
		p.began = true
		if !p.skipped {
			p.base = done
		}
		if !p.tty && notebook == nil {
			p.drawn = now.Add(p.first - p.every)
		}
	}
	p.done, p.total = done, total
	if now.Sub(p.drawn) < p.every {
		return
	}
	p.drawn = now
	if notebook != nil {
		p.redraw(p.running(now, text))
		return
	}
	p.print(p.plain(now, text), false)
}

// Finish leaves the last line: count, time, rate and text. Later calls of
// Update and Finish do nothing.
func (p *Progress) Finish(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.finished {
		return
	}
	p.finished = true
	s := p.summary(p.now(), text)
	if notebook != nil {
		p.redraw(p.ended(s))
		notebook.sync()
		return
	}
	if p.label != "" {
		s = p.label + ": " + s
	}
	p.print(s, true)
}

func (p *Progress) print(s string, last bool) {
	switch {
	case p.tty && !last:
		if r := []rune(s); len(r) > 79 { // a wrapped line could not be overwritten
			s = string(r[:78]) + "…"
		}
		fmt.Fprintf(p.out, "\r\x1b[K%s", s)
	case p.tty:
		fmt.Fprintf(p.out, "\r\x1b[K%s\n", s)
	default:
		fmt.Fprintln(p.out, s)
	}
}

func (p *Progress) redraw(html string) {
	if p.id == "" {
		p.id = notebook.freshID()
	}
	notebook.replace(p.id, output{html: html})
}

// share is -1 if the total is unknown.
func (p *Progress) share() float64 {
	if p.total <= 0 {
		return -1
	}
	return min(max(float64(p.done)/float64(p.total), 0), 1)
}

// rate is per second since the first update, of what was not skipped.
func (p *Progress) rate(now time.Time) float64 {
	if s := now.Sub(p.start).Seconds(); s > 0 && p.done > p.base {
		return float64(p.done-p.base) / s
	}
	return 0
}

// left is the time left, as text, empty while nothing is known.
func (p *Progress) left(now time.Time) string {
	r := p.rate(now)
	if r <= 0 || p.total <= 0 || now.Sub(p.start) < 300*time.Millisecond {
		return ""
	}
	return clock(time.Duration(float64(max(p.total-p.done, 0)) / r * float64(time.Second)))
}

func (p *Progress) plain(now time.Time, text string) string {
	var parts []string
	if s := p.share(); s >= 0 {
		parts = append(parts, fmt.Sprintf("%3.0f %%  %d/%d", 100*s, p.done, p.total))
	} else {
		parts = append(parts, fmt.Sprint(p.done))
	}
	if s := p.left(now); s != "" {
		parts = append(parts, "ETA "+s)
	}
	if r := p.rate(now); r > 0 {
		parts = append(parts, p.rateText(r))
	}
	if text != "" {
		parts = append(parts, text)
	}
	s := strings.Join(parts, "  ")
	if p.label != "" {
		s = p.label + "  " + s
	}
	return oneLine(s)
}

func (p *Progress) rateText(r float64) string {
	s := short(r)
	if r >= 100 {
		s = thousands(int(r + 0.5))
	}
	if p.Unit != "" {
		return s + " " + p.Unit + "/s"
	}
	return s + "/s"
}

func (p *Progress) summary(now time.Time, text string) string {
	var s string
	if p.began {
		n := thousands(p.done)
		if p.skipped && p.base > 0 {
			n = thousands(p.done - p.base)
		}
		if p.total > 0 && p.done < p.total {
			n += " of " + thousands(p.total)
		}
		if p.Unit != "" {
			n += " " + p.Unit
		}
		s = n + " in " + duration(now.Sub(p.start))
		if r := p.rate(now); r > 0 {
			s += " (" + p.rateText(r) + ")"
		}
		if p.skipped && p.base > 0 {
			s += ", " + thousands(p.base) + " before"
		}
	} else {
		s = duration(now.Sub(p.start))
	}
	if text != "" {
		s += ". " + text
	}
	return oneLine(s)
}

// running is the line while the work goes on. Its colours are those of the
// page: it lies on light and dark alike.
func (p *Progress) running(now time.Time, text string) string {
	var h htmlBuilder
	h.add(`<div style="display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center;font-variant-numeric:tabular-nums;margin:2px 0">`)
	h.addIf(`<b>%s</b>`, p.label)
	n := thousands(p.done)
	if s := p.share(); s >= 0 {
		percent := int(100 * s)
		h.add(`<span style="display:inline-block;width:180px;height:7px;border-radius:4px;background:rgba(128,128,128,.28)">`+
			`<span style="display:block;height:7px;border-radius:4px;width:%d%%;background:#2f81c7"></span></span><span>%d %%</span>`, percent, percent)
		n += " / " + thousands(p.total)
	}
	h.add(`<span>%s</span>`, n)
	h.addIf(`<span>%s left</span>`, p.left(now))
	if r := p.rate(now); r > 0 {
		h.add(`<span style="opacity:.75">%s</span>`, p.rateText(r))
	}
	h.addIf(`<span>%s</span>`, text)
	h.add(`</div>`)
	return h.String()
}

// ended is the line that stays.
func (p *Progress) ended(text string) string {
	var h htmlBuilder
	h.add(`<div style="font-variant-numeric:tabular-nums;margin:2px 0">`)
	h.addIf(`<b>%s</b>: `, p.label)
	h.add(`%s</div>`, text)
	return h.String()
}

// clock writes a time left: 0:07, 12:05, 1:02:33.
func clock(d time.Duration) string {
	s := int(d.Seconds() + 0.5)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// duration writes a time spent.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}
