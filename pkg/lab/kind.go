package lab

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// What a saved model says of the images that it reads: the names of its classes,
// in the order of its outputs, and how the images were prepared.
const (
	classesKey  = "classes" // a list in JSON
	preparedKey = "prepared"
)

// tellKind writes the kind of a set into the metadata of a model.
func tellKind(meta map[string]string, s *data.Set) error {
	b, err := json.Marshal(s.Classes)
	meta[classesKey], meta[preparedKey] = string(b), s.Prepared
	return err
}

// Kind is what a model reads, by itself and what its file says: a set without
// images. The classes of a file that does not name them are called by their
// numbers.
func Kind(m *nn.Model, meta map[string]string) (*data.Set, error) {
	out := m.Out()
	s := &data.Set{Name: "model", C: m.In.C, H: m.In.H, W: m.In.W, Classes: data.Numbered(out.Size()), Prepared: meta[preparedKey]}
	if text, ok := meta[classesKey]; ok {
		s.Classes = nil
		if err := json.Unmarshal([]byte(text), &s.Classes); err != nil {
			return nil, fmt.Errorf("lab: classes %.60q of the model: %w", text, err)
		}
	} else if name, _, _ := strings.Cut(meta["data"], ", "); m.In == nn.CHW(1, 28, 28) && (name == "MNIST" || name == "synthetic digits") {
		s.Prepared = "mnist" // a file from before files said so
	}
	if out != nn.Vec(len(s.Classes)) {
		return nil, fmt.Errorf("lab: a model with an output of %v for %d classes", out, len(s.Classes))
	}
	return s, s.Check()
}

// Reads loads the best weights of the run, and says which images they read: Kind.
func (r *Result) Reads() (*nn.Model, *data.Set, error) {
	m, err := r.Model()
	if err != nil {
		return nil, nil, err
	}
	meta, err := safetensors.Meta(filepath.Join(r.Dir, bestFile))
	if err != nil {
		return nil, nil, err
	}
	kind, err := Kind(m, meta)
	return m, kind, err
}

// BestRun is the run with the highest score on dev of all questions, on the
// lab's data.
func (l *Lab) BestRun() (*Result, error) {
	questions, err := folders(l.store, "")
	if err != nil {
		return nil, err
	}
	var best *Result
	for _, q := range questions {
		runs, _ := readRuns(q) // a damaged run is not the best
		for _, r := range runs {
			if r.DataSum == l.dataSum && r.Judged() && (best == nil || r.Best.Score > best.Best.Score) && r.fault() == "" {
				best = r
			}
		}
	}
	if best == nil {
		return nil, fmt.Errorf("lab: no run on %s has a model", l.Data.Name)
	}
	best.lab = l
	return best, nil
}

// reads reports why the lab's images are not of the kind that a model reads.
func (l *Lab) reads(m *nn.Model, meta map[string]string) error {
	kind, err := Kind(m, meta)
	if err != nil {
		return err
	}
	own := l.Train.First(0)
	own.Name = l.Data.Name
	if err := kind.Like(own); err != nil {
		return fmt.Errorf("a model of %w", err)
	}
	return nil
}
