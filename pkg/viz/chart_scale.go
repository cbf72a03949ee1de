package viz

import (
	"math"
	"strconv"
	"strings"
)

// scale maps data to [0,1] along an axis. lo < hi, both finite, and both > 0 on
// a log scale: newScale sees to it.
type scale struct {
	lo, hi float64
	log    bool
}

// extent is the range of the finite values seen; none yet if lo > hi.
type extent struct{ lo, hi float64 }

func noExtent() extent { return extent{math.Inf(1), math.Inf(-1)} }

func (e *extent) add(v float64) {
	if !isFinite(v) {
		return
	}
	e.lo, e.hi = math.Min(e.lo, v), math.Max(e.hi, v)
}

func (e extent) empty() bool { return e.lo > e.hi }

// newScale makes room around e, so that marks at the rim are whole; an empty or
// single-valued extent becomes a range around it. Margin is the share of the
// range that is added on each side.
func newScale(e extent, log bool, margin float64) scale {
	if log && (e.empty() || e.lo <= 0) {
		e = extent{0.1, 10}
	}
	if e.empty() {
		e = extent{0, 1}
	}
	if log {
		a, b := math.Log10(e.lo), math.Log10(e.hi)
		if b-a < 1e-6 {
			a, b = a-0.5, b+0.5
		}
		m := margin * (b - a)
		// Within the range of float64, so that neither end becomes 0 or Inf.
		return scale{math.Pow(10, math.Max(a-m, -307)), math.Pow(10, math.Min(b+m, 308)), true}
	}
	span := e.hi - e.lo
	if span <= 1e-12*math.Max(math.Abs(e.lo), math.Abs(e.hi)) {
		half := 0.5
		if e.lo != 0 {
			half = math.Abs(e.lo) * 0.5
		}
		e.lo, e.hi = e.lo-half, e.hi+half
	} else if wide := span * margin; !math.IsInf(wide, 0) {
		e.lo, e.hi = e.lo-wide, e.hi+wide
	}
	return scale{math.Max(e.lo, -math.MaxFloat64), math.Min(e.hi, math.MaxFloat64), false}
}

func (s scale) norm(v float64) float64 {
	if s.log {
		return (math.Log(v) - math.Log(s.lo)) / (math.Log(s.hi) - math.Log(s.lo))
	}
	return (v/2 - s.lo/2) / s.half()
}

// half of the range: the whole of two finite ends can be infinite.
func (s scale) half() float64 { return s.hi/2 - s.lo/2 }

// shows reports whether v has a place on the scale.
func (s scale) shows(v float64) bool { return isFinite(v) && (!s.log || v > 0) }

type tick struct {
	at    float64
	label string // empty: a minor tick
}

// ticks returns about want labelled ticks within the scale.
func (s scale) ticks(want int) []tick {
	want = max(want, 2)
	if s.log {
		if t := s.logTicks(want); len(t) > 0 {
			return t
		}
	}
	// A step that suits the wish can leave an axis with one label; three is the
	// least that shows a scale.
	step := niceStep(s.half() / float64(want) * 2)
	at := s.multiples(step)
	for n := 2 * want; len(at) < min(want, 3) && n < 32*want; n *= 2 {
		step = niceStep(s.half() / float64(n) * 2)
		at = s.multiples(step)
	}
	return label(at, step)
}

// multiples returns those of step within the scale.
func (s scale) multiples(step float64) (at []float64) {
	slack := 1e-9 * step
	for k := math.Ceil(s.lo/step - 1e-9); len(at) < 50; k++ { // rounding could make it endless
		v := k * step
		if v-slack > s.hi || !isFinite(v) {
			break
		}
		if !s.log || v > 0 {
			at = append(at, v)
		}
	}
	return at
}

// logTicks labels the decades, every n-th if they are many; less than two
// decades get 2 and 5 as well. It returns none if even that gives fewer than
// two: then the axis is nearly linear.
func (s scale) logTicks(want int) []tick {
	a, b := math.Log10(s.lo), math.Log10(s.hi)
	for every := max(1, int(math.Ceil((b-a)/float64(want)))); every >= 1; every-- {
		if out, labels := s.decades(every, b-a < 2.2 && want >= 4); labels >= 2 {
			return out
		}
	}
	return nil
}

// decades returns the ticks of a log axis and the number of labels among them.
func (s scale) decades(every int, halves bool) (out []tick, labels int) {
	first, last := int(math.Floor(math.Log10(s.lo))), int(math.Ceil(math.Log10(s.hi)))
	for d := first; d <= last; d++ {
		for m := 1; m <= 9; m++ {
			v := float64(m) * math.Pow10(d)
			if v < s.lo*(1-1e-9) || v > s.hi*(1+1e-9) {
				continue
			}
			t := tick{at: v}
			if m == 1 && mod(d, every) == 0 || halves && (m == 2 || m == 5) {
				t.label = formatTick(v, -1)
				labels++
			}
			if t.label != "" || every == 1 {
				out = append(out, t)
			}
		}
	}
	return out, labels
}

func mod(a, n int) int { return ((a % n) + n) % n }

// niceStep is the smallest of 1, 2, 5 × 10^k that is at least v.
func niceStep(v float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*p >= v*(1-1e-9) {
			return m * p
		}
	}
	return 10 * p
}

// label writes all ticks of a linear axis with the same number of decimals.
func label(at []float64, step float64) []tick {
	big := 0.0
	for _, v := range at {
		big = math.Max(big, math.Abs(v))
	}
	exp, fine := int(math.Floor(math.Log10(big)+1e-9)), int(math.Floor(math.Log10(step)+1e-9))
	out := make([]tick, len(at))
	for i, v := range at {
		out[i].at = v
		switch {
		case math.Abs(v) < step/2:
			out[i].label = "0"
		case big >= 1e6 || step < 1e-4: // one exponent for all
			out[i].label = strconv.FormatFloat(v/math.Pow10(exp), 'f', min(max(0, exp-fine), 15), 64) + "e" + strconv.Itoa(exp)
		case big >= 1e4 && step >= 100:
			out[i].label = trimZeros(strconv.FormatFloat(v/1000, 'f', 1, 64)) + "k"
		default:
			out[i].label = strconv.FormatFloat(v, 'f', max(0, -fine), 64)
		}
		out[i].label = strings.ReplaceAll(out[i].label, "-", "−")
	}
	return out
}

// formatTick writes one value as shortly as it can be read.
func formatTick(v float64, prec int) string {
	a := math.Abs(v)
	if a != 0 && (a < 1e-3*(1-1e-9) || a >= 1e6*(1-1e-9)) {
		s := strconv.FormatFloat(v, 'e', prec, 64)
		mant, exp, _ := strings.Cut(s, "e")
		if m, err := strconv.ParseFloat(mant, 64); err == nil {
			mant = strconv.FormatFloat(math.Round(m*1000)/1000, 'f', -1, 64)
		}
		n, _ := strconv.Atoi(exp)
		return strings.ReplaceAll(mant+"e"+strconv.Itoa(n), "-", "−")
	}
	if a >= 1e4*(1-1e-9) {
		return trimZeros(strconv.FormatFloat(v/1000, 'f', 1, 64)) + "k"
	}
	return strings.ReplaceAll(trimZeros(strconv.FormatFloat(v, 'f', 6, 64)), "-", "−")
}

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// short writes v with about four significant digits, for labels in a figure.
func short(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 0):
		return strings.ReplaceAll(strconv.FormatFloat(v, 'f', -1, 64), "Inf", "∞")
	case a != 0 && (a < 1e-4 || a >= 1e6):
		return formatTick(v, 2)
	case v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a >= 1:
		return strconv.FormatFloat(v, 'f', 3, 64)
	case a < 1e-2:
		return trimZeros(strconv.FormatFloat(v, 'f', 6, 64))
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// shorts writes values that stand side by side: four significant digits of the
// smallest, all with the same number of decimals, none of which are all zero.
func shorts(values []float64) func(v float64) string {
	dec, used := 0, 0
	for _, v := range values {
		a := math.Abs(v)
		if !isFinite(v) || a == 0 {
			continue
		}
		if a < 1e-4 || a >= 1e9 {
			return short
		}
		d := min(6, max(0, 3-int(math.Floor(math.Log10(a)))))
		dec = max(dec, d)
		_, frac, _ := strings.Cut(trimZeros(strconv.FormatFloat(v, 'f', d, 64)), ".")
		used = max(used, len(frac))
	}
	dec = min(dec, used)
	return func(v float64) string {
		if !isFinite(v) {
			return short(v)
		}
		return strings.Replace(strconv.FormatFloat(v, 'f', dec, 64), "-", "−", 1)
	}
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
