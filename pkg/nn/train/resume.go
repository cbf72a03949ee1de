package train

import (
	"encoding/json"
	"fmt"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// progressKey is the metadata entry that holds a run's progress as JSON, in
// which float64 values survive exactly.
const progressKey = "progress"

// File is all that is needed to continue the run bit for bit: weights, the
// running mean of the weights, the optimizer's arrays and the progress, in one
// file, so that one rename makes them consistent. The arrays are t's own.
func (t *Trainer) File() (*safetensors.File, error) {
	where, err := json.Marshal(t.progress)
	if err != nil {
		return nil, err
	}
	f, err := t.model.File(map[string]string{progressKey: string(where)})
	if err != nil {
		return nil, err
	}
	for _, s := range t.extra() {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: s.Name, Dims: []int{len(s.Data)}, Data: s.Data})
	}
	return f, nil
}

// extra are the arrays of a run that are not the model's.
func (t *Trainer) extra() []nn.State {
	var all []nn.State
	for _, s := range t.stepper.State() {
		all = append(all, nn.State{Name: "optim/" + s.Name, Data: s.Data})
	}
	if t.average != nil {
		for _, p := range t.average.Params() {
			all = append(all, nn.State{Name: "ema/" + p.Name, Data: p.Data})
		}
		for _, s := range t.average.States() {
			all = append(all, nn.State{Name: "ema/" + s.Name, Data: s.Data})
		}
	}
	return all
}

// Restore makes t stand where the run saved in f stood.
func (t *Trainer) Restore(f *safetensors.File) error {
	var p progress
	if err := json.Unmarshal([]byte(f.Meta[progressKey]), &p); err != nil {
		return fmt.Errorf("train: the file holds weights but no state of a run: %w", err)
	}
	if err := t.model.Restore(f); err != nil {
		return err
	}
	for _, s := range t.extra() {
		saved := f.Tensor(s.Name)
		if saved == nil || len(saved.Data) != len(s.Data) {
			return fmt.Errorf("train: no array %q of %d values in the file: of another optimizer?", s.Name, len(s.Data))
		}
		copy(s.Data, saved.Data)
	}
	t.progress = p
	return nil
}
