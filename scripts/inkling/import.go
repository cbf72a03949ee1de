package main

import (
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"inkling/pkg/nn"
	"inkling/pkg/nn/onnx"
)

func importCommand(args []string) (int, error) {
	fs := newFlags()
	input := fs.String("input", "", "shape of one example as planes, rows, columns, as 1,28,28, for a network of vectors")
	rest, err := parseWords("import", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help("import [--input=1,28,28] MODEL.onnx OUT.safetensors", fs)
		return 0, nil
	case err != nil:
		return 0, err
	case len(rest) != 2 || filepath.Ext(rest[0]) != ".onnx" || filepath.Ext(rest[1]) != ".safetensors":
		return 0, fmt.Errorf("import of %.120q, want MODEL.onnx and OUT.safetensors", strings.Join(rest, " "))
	}
	m, meta, err := onnx.Load(rest[0])
	if err != nil {
		return 0, err
	}
	if *input != "" {
		if m, err = shaped(m, *input); err != nil {
			return 0, fmt.Errorf("--input %.40q: %w", *input, err)
		}
	}
	if err := m.Save(rest[1], meta); err != nil {
		return 0, err
	}
	fmt.Printf("%s\n%v", rest[1], m)
	return 0, nil
}

// shaped is a model of vectors as one of images with as many values.
func shaped(m *nn.Model, text string) (*nn.Model, error) {
	var in nn.Shape
	if n, err := fmt.Sscanf(text, "%d,%d,%d", &in.C, &in.H, &in.W); n != 3 || err != nil || fmt.Sprintf("%d,%d,%d", in.C, in.H, in.W) != text {
		return nil, errors.New("want three numbers, as 1,28,28")
	}
	if !m.In.IsVec() || in.C < 1 || in.H < 1 || in.W < 1 || in.C > m.In.C || in.H > m.In.C || in.W > m.In.C || in.Size() != m.In.C {
		return nil, fmt.Errorf("the network takes %v", m.In)
	}
	layers := m.Layers
	if _, ok := layers[0].(nn.Linear); !ok { // which takes images as they are
		layers = append([]nn.Layer{nn.Flatten{}}, layers...)
	}
	n, err := nn.New(m.Seed, in, layers...)
	if err != nil {
		return nil, err
	}
	n.CopyFrom(m)
	return n, nil
}
