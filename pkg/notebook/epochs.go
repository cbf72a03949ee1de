package notebook

import (
	"fmt"
	"math"
	"strings"

	"inkling/pkg/embed"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/inspect"
	"inkling/pkg/nn/metric"
	"inkling/pkg/nn/train"
	"inkling/pkg/viz"
)

// What Epochs shows of a network, at most.
const mostKernels, mostPoints = 25, 500

// An Epoch is what the network of a run was at a moment of its training, on all dev
// images. Before the training Trained is 0.
type Epoch struct {
	Trained float64 // epochs
	Step    int
	Error   float64 // in %
	Loss    float64
}

// Epochs shows how the network of a run came to be, as a slider from before its training to
// its end: the kernels of its first layer, which dev images it reads as what, and some of
// these on the two principal axes of what the layer before the last makes of them at the
// end. The run must have kept its weights on the way:
//
//	cfg.Each = lab.Snapshots{}
//	runs := notebook.Must(l.Fit(cfg))
//	notebook.Epochs(l, runs[0])
func Epochs(l *lab.Lab, run *lab.Result) []Epoch {
	kept := Must(run.Snapshots())
	if len(kept) == 0 {
		stop(fmt.Errorf("epochs: %s has not come far enough to keep any weights", run.Name))
	}
	images, labels := train.First(l.Dev, min(mostPoints, l.Dev.Len()))
	figure := viz.Epochs{
		Title: fmt.Sprintf("%s, %s, seed %d", l.Data.Name, run.Name, run.Seed), Labels: labels, Names: l.Dev.Classes,
		Confused: "all dev images",
	}
	var epochs []Epoch
	var inside [][]float32
	dim := 0
	for _, s := range kept {
		judged := metric.Judge(s.Model, l.Dev)
		e := Epoch{s.Epochs, s.Step, 100 * (1 - judged.Accuracy()), judged.NLL()}
		moment := viz.Moment{Tick: e.tick(), Told: e.String(), Counts: judged.Confusion()}
		figure.Kernels, figure.H, figure.W, moment.Kernels = firstLayer(s.Model)
		p := Must(inspect.New(s.Model))
		if layer := p.Penultimate(); layer >= 0 {
			outputs := p.Activations(images, layer)
			inside, dim = append(inside, outputs.Data), outputs.Shape.Size()
		}
		figure.Moments, epochs = append(figure.Moments, moment), append(epochs, e)
	}
	if len(inside) > 0 {
		points, explained, err := embed.Planes(inside[len(inside)-1], dim, inside...)
		if err != nil { // a network that has diverged
			fmt.Println(lab.OneLine(err))
		}
		for i := range points {
			figure.Moments[i].Points = points[i]
		}
		figure.Points = axes(len(labels), explained)
	}
	figure.Note = "Times are in epochs. Scales and axes are the same at all of them; the colours of errors go by the logarithm of their number."
	viz.Show(figure)
	return epochs
}

func (e Epoch) String() string {
	at := fmt.Sprintf("after %s of an epoch, %d steps", e.tick(), e.Step)
	switch {
	case e.Step == 0:
		at = "before training"
	case e.Trained >= 1:
		at = fmt.Sprintf("after %s epochs, %d steps", e.tick(), e.Step)
	}
	at = strings.Replace(at, "after 1 epochs", "after 1 epoch", 1)
	at = strings.Replace(at, " 1 steps", " 1 step", 1)
	loss := fmt.Sprintf("%.3f", e.Loss)
	if e.Loss >= 1e4 { // about to diverge
		loss = fmt.Sprintf("%.3g", e.Loss)
	}
	return fmt.Sprintf("%s: dev error %.2f %%, loss %s", at, e.Error, loss)
}

// tick is when e was, in epochs: of the first one the part, 1/2 to 1/32, that its step is
// for; else as many as there were, which are no whole ones where the run ended between.
func (e Epoch) tick() string {
	t := fmt.Sprintf("%.4g", e.Trained)
	if e.Step == 0 || e.Trained >= 1 {
		return t
	}
	epoch := int(math.Round(float64(e.Step) / e.Trained))
	off := math.Inf(1)
	for k := 1; k <= 5; k++ { // in short epochs a step is for several: the nearest
		if d := math.Abs(float64(k) + math.Log2(e.Trained)); max(1, epoch>>k) == e.Step && d < off {
			t, off = fmt.Sprint("1/", 1<<k), d
		}
	}
	return t
}

// axes says what points in the plane are.
func axes(points int, explained []float64) string {
	if len(explained) == 1 {
		return fmt.Sprint(points, " dev images by the one value of the layer before the last")
	}
	s := fmt.Sprint(points, " dev images by the layer before the last, on its two principal axes at the end")
	if len(explained) > 1 {
		s += fmt.Sprintf(" (%.0f %% and %.0f %% of the variance then)", 100*explained[0], 100*explained[1])
	}
	return s
}

// firstLayer are the kernels of the first layer that has weights, or the pictures of its
// units, the first of many, and what they are.
func firstLayer(m *nn.Model) (what string, h, w int, maps [][]float32) {
	for _, p := range m.Params() {
		switch dims := p.Dims; {
		case len(dims) == 4:
			what, h, w = "kernels", dims[2], dims[3]
		case len(dims) == 2 && dims[1] == m.In.Size():
			what, h, w = "units", m.In.H, m.In.W
		default:
			continue
		}
		for _, values := range inspect.Maps(p) {
			for at := 0; at+h*w <= len(values); at += h * w { // a unit sees all channels
				maps = append(maps, values[at:at+h*w])
			}
		}
		of := len(maps)
		if of > mostKernels {
			return fmt.Sprintf("%d of %d %s of %s", mostKernels, of, what, p.Name), h, w, maps[:mostKernels]
		}
		if of == 1 {
			return fmt.Sprintf("the one %s of %s", strings.TrimSuffix(what, "s"), p.Name), h, w, maps
		}
		return fmt.Sprintf("the %d %s of %s", of, what, p.Name), h, w, maps
	}
	return "", 0, 0, nil
}
