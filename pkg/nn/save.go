package nn

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"inkling/pkg/nn/safetensors"
)

// formatVersion is the version of the metadata that Save writes.
const formatVersion = "1"

// Save writes the model's parameters, states and architecture to a
// safetensors file, atomically, with meta beside them (what the model was
// trained on, its scores). The names format, version, architecture, input and
// seed are the model's own. A model with a weight that is not finite is not
// saved: what path holds stays.
func (m *Model) Save(path string, meta map[string]string) error {
	if err := m.CheckFinite(); err != nil {
		return fmt.Errorf("%s: not saved: %w", path, err)
	}
	f, err := m.File(meta)
	if err != nil {
		return err
	}
	return f.Save(path)
}

// File is what Save writes. The arrays are the model's own memory.
func (m *Model) File(meta map[string]string) (*safetensors.File, error) {
	arch, err := EncodeLayers(m.Layers)
	if err != nil {
		return nil, err
	}
	input, err := json.Marshal(m.In)
	if err != nil {
		return nil, err
	}
	f := &safetensors.File{Meta: map[string]string{}}
	maps.Copy(f.Meta, meta)
	f.Meta["format"], f.Meta["version"] = "inkling", formatVersion
	f.Meta["architecture"], f.Meta["input"] = string(arch), string(input)
	f.Meta["seed"] = strconv.FormatUint(m.Seed, 10)
	for _, p := range m.params {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: p.Name, Dims: p.Dims, Data: p.Data})
	}
	for _, s := range m.states {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: s.Name, Dims: []int{len(s.Data)}, Data: s.Data})
	}
	return f, nil
}

// Load builds the model that a file describes and fills it with the file's
// weights. It returns the file's metadata too.
func Load(path string) (*Model, map[string]string, error) {
	f, err := safetensors.Load(path)
	if err != nil {
		return nil, nil, err
	}
	m, err := FromFile(f)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, f.Meta, nil
}

// FromFile builds a model from a decoded file.
func FromFile(f *safetensors.File) (*Model, error) {
	if format := f.Meta["format"]; format != "inkling" {
		return nil, fmt.Errorf("nn: format %.40q, want inkling: not one of our files, or saved again without its metadata: the layers are to be given (inkling import --layers=…)", format)
	}
	if v := f.Meta["version"]; v != formatVersion {
		return nil, fmt.Errorf("nn: version %.40q of the format, this program reads %s", v, formatVersion)
	}
	layers, err := DecodeLayers([]byte(f.Meta["architecture"]))
	if err != nil {
		return nil, err
	}
	in, err := DecodeShape([]byte(f.Meta["input"]))
	if err != nil {
		return nil, err
	}
	seed, err := strconv.ParseUint(f.Meta["seed"], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("nn: seed: %w", err)
	}
	for name, dtype := range f.Converted { // what is small in the file may not be large here
		return nil, fmt.Errorf("nn: tensor %q is %s, want F32 in a file of ours: cast on purpose? inkling import --from=inkling takes it", name, dtype)
	}
	stored := 0
	for _, t := range f.Tensors {
		stored += len(t.Data)
	}
	draft, err := NewDraft(in, layers...)
	if err != nil {
		return nil, err
	}
	if draft.Weights <= stored { // else newModel refuses it
		if err := draft.CheckEvaluation(); err != nil {
			return nil, err
		}
	}
	m, err := newModel(seed, in, layers, stored, false)
	if err != nil {
		return nil, err
	}
	if err := m.Restore(f); err != nil {
		return nil, err
	}
	return m, nil
}

// DecodeShape reads the shape of an input as files of ours have it.
func DecodeShape(text []byte) (in Shape, err error) {
	if err := strictJSON(text, &in); err != nil {
		return in, fmt.Errorf("nn: input shape: %w", err)
	}
	return in, nil
}

// Restore fills the model with the weights of f, which must hold every
// parameter and state under its name and in its shape, all values finite, and no
// others. Arrays whose names begin with "optim/" or "ema/" are somebody else's. On
// error the model is as it was.
func (m *Model) Restore(f *safetensors.File) error {
	own, err := m.File(nil)
	if err != nil {
		return err
	}
	if wrong := safetensors.Differences(about(own.Tensors), about(f.Tensors)); wrong != "" {
		return fmt.Errorf("nn: the arrays do not fit: %s; %s", wrong, architectures(own, f))
	}
	for _, want := range own.Tensors {
		if err := checkFinite(want.Name, f.Tensor(want.Name).Data); err != nil {
			return err
		}
	}
	for _, dst := range own.Tensors {
		copy(dst.Data, f.Tensor(dst.Name).Data)
	}
	return nil
}

// architectures names that of the model and that of the file.
func architectures(model, file *safetensors.File) string {
	return fmt.Sprintf("the model is %.200s, the file holds %.200s", model.Meta["architecture"], file.Meta["architecture"])
}

// about is what a file says of tensors, those left out that belong to a run.
func about(tensors []safetensors.Tensor) (list []safetensors.Array) {
	for _, t := range tensors {
		if !strings.HasPrefix(t.Name, "optim/") && !strings.HasPrefix(t.Name, "ema/") {
			list = append(list, safetensors.Array{Name: t.Name, Dims: t.Dims})
		}
	}
	return list
}
