package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"inkling/pkg/nn"
	"inkling/pkg/nn/weights"
)

// told is what a peer says of a file of weights beside it.
type told struct {
	From   string
	Input  [3]int
	Layers json.RawMessage
}

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
	text, err := os.ReadFile(stem + ".told")
	if err != nil {
		return nil, err
	}
	var t told
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, err
	}
	layers, err := nn.DecodeLayers(t.Layers)
	if err != nil {
		return nil, err
	}
	framework, ok := weights.Frameworks()[t.From]
	if !ok {
		return nil, fmt.Errorf("from %q", t.From)
	}
	file := stem + ".safetensors"
	if _, err := os.Stat(file); err != nil {
		file = stem + ".npz"
	}
	m, _, err := weights.From{Framework: framework}.Load(file, nn.CHW(t.Input[0], t.Input[1], t.Input[2]), layers...)
	return m, err
}
