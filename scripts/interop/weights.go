package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
	"inkling/pkg/nn/weights"
)

// readWeights loads the weights that a peer has written into layers of ours.
func readWeights(dir string) (rows []row, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.told"))
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		stem := strings.TrimSuffix(path, ".told")
		r := row{direction: "weights read", name: filepath.Base(stem)}
		m, err := loadTold(stem)
		if err == nil {
			r.difference, err = compare(m, stem+".pair")
		}
		if err != nil {
			r.wrong = err.Error()
		}
		rows = append(rows, judged(r))
	}
	return rows, nil
}

// loadTold loads stem.safetensors or stem.npz as stem.told says.
func loadTold(stem string) (*nn.Model, error) {
	told, err := safetensors.Meta(stem + ".told")
	if err != nil {
		return nil, err
	}
	layers, err := nn.DecodeLayers([]byte(told["layers"]))
	if err != nil {
		return nil, err
	}
	var in nn.Shape
	if _, err := fmt.Sscanf(told["input"], "%d,%d,%d", &in.C, &in.H, &in.W); err != nil {
		return nil, fmt.Errorf("input %q: %w", told["input"], err)
	}
	framework, ok := weights.Frameworks()[told["from"]]
	if !ok {
		return nil, fmt.Errorf("from %q", told["from"])
	}
	file := stem + ".safetensors"
	if _, err := os.Stat(file); err != nil {
		file = stem + ".npz"
	}
	m, _, err := weights.From{Framework: framework}.Load(file, in, layers...)
	return m, err
}
