package lab

import (
	"fmt"
	"math"
	"path/filepath"

	"inkling/pkg/data"
	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/internal/printable"
	"inkling/pkg/internal/source"
	"inkling/pkg/nn/metric"
	"inkling/pkg/nn/safetensors"
)

// saidFile holds beside a run what its best model says about dev: class and
// probability, 8 bytes an image.
const saidFile = "dev.safetensors"

// OnDev is what the best models of runs say about every image of the dev split,
// in its order. It is computed once and kept beside each run, for as long as the
// model and the split are the same; the OfLabel of a wrong answer is not kept, and
// NaN. Runs on other data than the lab's are refused.
func (l *Lab) OnDev(runs ...*Result) ([][]metric.Judged, error) {
	dev := ""
	var all [][]metric.Judged
	for _, r := range runs {
		if err := l.holds(r); err != nil {
			return nil, err
		}
		if dev == "" {
			dev = l.Dev.Fingerprint()
		}
		of := map[string]string{"dev": dev, "model": r.modelSum()}
		said := r.kept(of, l.Dev)
		if said == nil {
			m, err := r.Model()
			if err != nil {
				return nil, err
			}
			said = judged(metric.Judge(m, l.Dev))
			r.keep(of, said)
		}
		all = append(all, said)
	}
	return all, nil
}

// OnTest is what the best models of runs say about every image of the test set.
// Nothing of it is kept: it is for the end.
func (l *Lab) OnTest(runs ...*Result) ([][]metric.Judged, error) {
	if l.Data.Test == nil || l.Data.Test.Len() == 0 {
		return nil, fmt.Errorf("lab: %s has no test images", l.Data.Name)
	}
	var all [][]metric.Judged
	for _, r := range runs {
		if err := l.holds(r); err != nil {
			return nil, err
		}
		m, err := r.Model()
		if err != nil {
			return nil, err
		}
		all = append(all, judged(metric.Judge(m, l.Data.Test)))
	}
	return all, nil
}

// holds reports why r is not a run on the data and the split of l.
func (l *Lab) holds(r *Result) error {
	if store := filepath.Dir(filepath.Dir(r.Dir)); store != l.store {
		return fmt.Errorf("lab: %s was made on %s, the data here are %s: INKLING_DATA or --data says which to use, INKLING_QUICK=1 that they are -quick", r.Name, printable.Text(filepath.Base(store)), filepath.Base(l.store))
	}
	if r.DataSum != l.sum() || r.Split != l.Split {
		return fmt.Errorf("lab: %s was made on other images than %s has here, or on another split of them", r.Name, l.Data.Name)
	}
	return nil
}

func judged(p *metric.Predictions) []metric.Judged {
	said := make([]metric.Judged, len(p.Labels))
	for i := range said {
		said[i] = p.At(i)
		if !said[i].Right() {
			said[i].OfLabel = math.NaN()
		}
	}
	return said
}

// modelSum is a digest of the file of the run's best model, "" if it cannot be read.
func (r *Result) modelSum() string {
	b, err := atomicfile.ReadFile(filepath.Join(r.Dir, bestFile), safetensors.MaxFile)
	if err != nil {
		return ""
	}
	return source.Sum(string(b))
}

// kept is what saidFile holds, nil if it is not of that model and split.
func (r *Result) kept(of map[string]string, dev *data.Set) []metric.Judged {
	f, err := safetensors.Load(filepath.Join(r.Dir, saidFile))
	if err != nil || of["model"] == "" || f.Meta["model"] != of["model"] || f.Meta["dev"] != of["dev"] {
		return nil
	}
	class, probability := f.Tensor("class"), f.Tensor("probability")
	if class == nil || probability == nil || len(class.Data) != dev.Len() || len(probability.Data) != dev.Len() {
		return nil
	}
	said := make([]metric.Judged, dev.Len())
	for i, c := range class.Data {
		if c != float32(int(c)) || int(c) < metric.NoAnswer || int(c) >= len(dev.Classes) {
			return nil
		}
		j := metric.Judged{Index: i, Label: int(dev.Labels[i]), Predicted: int(c), Probability: float64(probability.Data[i]), OfLabel: math.NaN()}
		if j.Right() {
			j.OfLabel = j.Probability
		}
		said[i] = j
	}
	return said
}

// keep writes saidFile, unless the run is at work somewhere or has another model
// by now. A store that cannot be written costs the next caller time.
func (r *Result) keep(of map[string]string, said []metric.Judged) {
	release, err := r.lock()
	if err != nil {
		return
	}
	defer release()
	if of["model"] == "" || r.modelSum() != of["model"] {
		return
	}
	r.keepAs(of, said)
}

func (r *Result) keepAs(of map[string]string, said []metric.Judged) {
	class, probability := make([]float32, len(said)), make([]float32, len(said))
	for i, j := range said {
		class[i], probability[i] = float32(j.Predicted), float32(j.Probability)
	}
	f := safetensors.File{Meta: of, Tensors: []safetensors.Tensor{
		{Name: "class", Dims: []int{len(said)}, Data: class},
		{Name: "probability", Dims: []int{len(said)}, Data: probability},
	}}
	f.Save(filepath.Join(r.Dir, saidFile))
}
