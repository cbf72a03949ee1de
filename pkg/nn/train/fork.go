package train

import (
	"encoding/json"
	"fmt"
	"strings"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// A Fork is where a run begins that goes on from another run with other values:
// Config.Fork. It has that run's weights, the state of its optimizer, its steps and
// all that was told of it up to the end of an epoch; from there on everything is as
// the Config says. Epochs counts the epochs before the fork too, and so do the steps
// that schedules and chance go by: a fork with nothing changed ends in the bits of
// the run that it goes on from.
type Fork struct {
	Run   string // the key of that run, whole
	Epoch int    // it goes on after so many epochs
	Step  int    // which end with this step
}

// check reports a fork that cannot be of a run of so many epochs.
func (f Fork) check(epochs int) error {
	switch {
	case f == Fork{}:
		return nil
	case f.Run == "" || f.Epoch < 1 || f.Step < f.Epoch || f.Step > maxSteps:
		return fmt.Errorf("train: fork after epoch %d and step %d of run %.12q: these cannot be", f.Epoch, f.Step, f.Run)
	case epochs <= f.Epoch:
		return fmt.Errorf("train: epochs %d, want more than %d: the fork begins after so many, which count", epochs, f.Epoch)
	}
	return nil
}

// Branch makes t, before its first step, go on from f: the state of another run at
// the end of an epoch, as Border saves it. That run may have been of another
// configuration, but for the weights of its layers. fresh says that its optimizer
// keeps other arrays than t's, or is another: t's begins as at a first step. Where
// layers differ in more than their weights, what was told of the old ones is not told
// of t: it has no evaluation and no best, and Told is 0.
func (t *Trainer) Branch(f *safetensors.File) (fresh bool, err error) {
	p, err := progressOf(f)
	if err != nil {
		return false, err
	}
	if err := p.check(maxEpochs); err != nil {
		return false, fmt.Errorf("train: the progress of the run: %w", err)
	}
	if len(p.Due)+len(p.Owed) > 0 || p.Border != p.Epoch+1 {
		return false, fmt.Errorf("train: a state within epoch %d, want one at the end of an epoch", p.Epoch)
	}
	if at := t.cfg.Fork; at != (Fork{}) && (at.Epoch != p.Border || at.Step != p.Step) {
		return false, fmt.Errorf("train: a state after epoch %d and step %d, want epoch %d and step %d", p.Border, p.Step, at.Epoch, at.Step)
	}
	own, err := t.model.File(nil)
	if err != nil {
		return false, err
	}
	theirs := inGroups(f.Tensors)
	mine := inGroups(own.Tensors)
	if wrong := unlike(mine[""], theirs[""]); wrong != "" {
		return false, otherWeights(wrong)
	}
	for _, x := range f.Tensors {
		for i, v := range x.Data {
			if !finite(float64(v)) {
				return false, fmt.Errorf("train: value %d of %q in the state is %v, want finite numbers", i, x.Name, v)
			}
		}
	}
	fill(mine[""], theirs[""])
	for _, s := range t.extra() {
		x := safetensors.Tensor{Name: s.Name, Dims: []int{len(s.Data)}, Data: s.Data}
		group, _, _ := strings.Cut(s.Name, "/")
		mine[group] = append(mine[group], x)
	}
	if unlike(mine["ema"], theirs["ema"]) == "" {
		fill(mine["ema"], theirs["ema"])
	} else if t.average != nil { // there was no mean
		t.average.CopyFrom(t.model)
	}
	if fresh = f.Meta[optimizerKey] != t.optimizer() || unlike(mine["optim"], theirs["optim"]) != ""; !fresh {
		fill(mine["optim"], theirs["optim"])
	} else {
		p.Fresh = p.Step
	}
	if f.Meta[objectiveKey] != t.objective() { // a mean over both would be of neither
		p.window, p.Before = window{}, window{}
	}
	if f.Meta["architecture"] != own.Meta["architecture"] {
		p.Told, p.BestScore, p.Stale, p.DevAt = 0, -1, 0, 0
	}
	p.Epoch, p.EpochAt, p.Stopped = p.Border, p.Step, ""
	t.Progress, t.gradNorm = p, p.Norm
	return fresh, nil
}

func otherWeights(wrong string) error {
	return fmt.Errorf("train: a fork keeps the weights of its layers, all else may change: %s", wrong)
}

// CheckFork reports a run that cannot go on from one of from, since it has other
// weights.
func (p *Plan) CheckFork(from *Plan) error {
	var arrays [2][]safetensors.Tensor
	for i, of := range []*Plan{p, from} {
		m, err := nn.Blank(of.draft.In(), of.Layers...)
		if err != nil {
			return err
		}
		f, err := m.File(nil)
		if err != nil {
			return err
		}
		arrays[i] = f.Tensors
	}
	if wrong := unlike(arrays[0], arrays[1]); wrong != "" {
		return otherWeights(wrong)
	}
	return nil
}

// maxEpochs is more than a Config allows.
const maxEpochs = 1 << 21

// progressOf is where the run of a state stands.
func progressOf(f *safetensors.File) (p Progress, err error) {
	where, err := whole(f)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal([]byte(where), &p); err != nil {
		return p, fmt.Errorf("train: the progress of the run: %w", err)
	}
	return p, nil
}

// inGroups are the arrays of a state by what they are: "" of the model, "ema" and
// "optim", each in the order of the layers.
func inGroups(tensors []safetensors.Tensor) map[string][]safetensors.Tensor {
	groups := map[string][]safetensors.Tensor{}
	for _, x := range tensors {
		group, _, of := strings.Cut(x.Name, "/")
		if !of {
			group = ""
		}
		groups[group] = append(groups[group], x)
	}
	return groups
}

// unlike says in what arrays differ, in their places among the layers apart: a layer
// without weights between them, such as dropout, is no difference.
func unlike(mine, theirs []safetensors.Tensor) string {
	for i := range max(len(mine), len(theirs)) {
		name := func(list []safetensors.Tensor) string {
			if i >= len(list) {
				return "nothing"
			}
			return fmt.Sprintf("%s of %v values", placeless(list[i].Name), len(list[i].Data))
		}
		a, b := name(mine), name(theirs)
		if a == b && fmt.Sprint(mine[i].Dims) != fmt.Sprint(theirs[i].Dims) {
			a, b = fmt.Sprint(a, " in ", mine[i].Dims), fmt.Sprint(b, " in ", theirs[i].Dims)
		}
		if a != b {
			return fmt.Sprintf("array %d is %s, in the run that it goes on from %s", i+1, a, b)
		}
	}
	return ""
}

// placeless is the name of an array without the numbers of its layers.
func placeless(name string) string {
	var parts []string
	for _, part := range strings.FieldsFunc(name, func(c rune) bool { return c == '.' || c == '/' }) {
		if strings.Trim(part, "0123456789") != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ".")
}

func fill(dst, src []safetensors.Tensor) {
	for i := range dst {
		copy(dst[i].Data, src[i].Data)
	}
}
