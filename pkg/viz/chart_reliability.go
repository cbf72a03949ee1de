package viz

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Reliability draws how often a network is right when it says how sure it is:
// accuracy by confidence, with 95 % intervals (Wilson 1927), and the number of
// predictions in each bin. A calibrated network lies on the diagonal.
type Reliability struct {
	Title      string
	Confidence []float64 // the probability of the predicted class, one per image
	Right      []bool    // whether that class was the true one
	Bins       int       // of equal width in [0,1]; 0: 15
	Note       string
}

type reliabilityBin struct {
	n         int
	conf, acc float64 // means
}

func (f Reliability) bins() (bins []reliabilityBin, ece float64, bad int) {
	if len(f.Confidence) != len(f.Right) {
		panic(fmt.Sprintf("viz: reliability: %d confidences, %d outcomes", len(f.Confidence), len(f.Right)))
	}
	k := f.Bins
	if k <= 0 {
		k = 15
	}
	bins = make([]reliabilityBin, k)
	total := 0
	for i, c := range f.Confidence {
		if !(c >= 0 && c <= 1) {
			bad++
			continue
		}
		b := &bins[min(int(c*float64(k)), k-1)]
		b.n++
		b.conf += c
		if f.Right[i] {
			b.acc++
		}
		total++
	}
	for i := range bins {
		b := &bins[i]
		if b.n > 0 {
			b.conf /= float64(b.n)
			b.acc /= float64(b.n)
			ece += math.Abs(b.conf-b.acc) * float64(b.n) / float64(total)
		}
	}
	return bins, ece, bad
}

// ECE is the expected calibration error (Naeini et al. 2015): the mean distance
// between confidence and accuracy over the bins, weighted by their sizes.
func (f Reliability) ECE() float64 {
	_, e, _ := f.bins()
	return e
}

// Alt implements Figure.
func (f Reliability) Alt() string {
	s := "Reliability diagram"
	if f.Title != "" {
		s += ": " + f.Title
	}
	if len(f.Confidence) == 0 {
		return s + ". No data."
	}
	return s + fmt.Sprintf(". Accuracy against confidence for %s, expected calibration error %.4f.",
		count(len(f.Confidence), "prediction", "predictions"), f.ECE())
}

func (f Reliability) name() string { return f.Title }

func (f Reliability) layout() layout {
	bins, ece, bad := f.bins()
	const w, h = 470, 400
	top := newChart("", w, h)
	top.x = axis{scale: scale{0, 1, false}, ticks: []tick{}} // those of counts below
	top.y = axis{label: "accuracy", scale: scale{0, 1, false}}
	counts := newChart("", w, 170)
	counts.x = axis{label: "confidence", scale: scale{0, 1, false}}
	e := noExtent()
	var sizes []float64
	for _, b := range bins {
		if b.n > 0 {
			e.add(float64(b.n))
		}
		sizes = append(sizes, float64(b.n))
	}
	counts.y = axis{label: "predictions", scale: newScale(extent{0.7, math.Max(e.hi, 10)}, true, 0.04)}
	width := 1 / float64(len(bins))
	if e.empty() {
		top.nodata, counts.nodata = "no data", "no data"
		counts.y.scale = scale{0.7, 10, true}
	}
	top.marks = append(top.marks, func(p plane) {
		if e.empty() {
			return
		}
		for i, b := range bins {
			if b.n > 0 {
				q, r := p.at((float64(i)+0.06)*width, 0), p.at((float64(i)+0.94)*width, b.acc)
				fillRect(p.Canvas, rect(q.X, q.Y, r.X, r.Y), tint(cycleColor(0), 0.45))
			}
		}
		p.StrokeLine2(draw.LineStyle{Color: soft, Width: 1.2, Dashes: dashes[1]}, p.Min.X, p.Min.Y, p.Max.X, p.Max.Y)
		for _, b := range bins {
			if b.n > 0 {
				f.drawMean(p, b)
			}
		}
	})
	counts.marks = append(counts.marks, func(p plane) {
		for i, n := range sizes {
			if n > 0 {
				a, b := p.at((float64(i)+0.06)*width, p.y.lo), p.at((float64(i)+0.94)*width, n)
				fillRect(p.Canvas, rect(a.X, a.Y, b.X, b.Y), tint(cycleColor(6), 0.6))
			}
		}
	})
	if !e.empty() {
		counts.note("Expected calibration error %.4f over %d bins.", ece, len(bins))
		counts.note("Bars: 95 %% intervals. Dashed: perfectly calibrated.") // under several, once for all
	}
	if bad > 0 {
		counts.warn("Not drawn: %s not a probability.", count(bad, "confidence that is", "confidences that are"))
	}
	counts.note("%s", f.Note)
	return Panels{Title: f.Title, Columns: 1, Figures: []Figure{ready{top}, ready{counts}}}.layout()
}

func (f Reliability) drawMean(p plane, b reliabilityBin) {
	lo, hi := wilson(b.acc, float64(b.n))
	p.errorBar(b.conf, lo, hi, ink, false)
	p.DrawGlyphNoClip(draw.GlyphStyle{Color: cycleColor(0), Radius: vg.Length(3.6), Shape: draw.CircleGlyph{}}, p.at(b.conf, b.acc))
}

// wilson is the 95 % interval of a share of n trials.
func wilson(share, n float64) (lo, hi float64) {
	const z = 1.959964
	mid := (share + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	return math.Max(0, mid-half), math.Min(1, mid+half)
}

// ready is a figure whose layout is done already.
type ready struct{ l layout }

func (ready) Alt() string      { return "" }
func (ready) name() string     { return "" }
func (r ready) layout() layout { return r.l }
