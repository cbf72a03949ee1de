package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/onnx"
	"inkling/pkg/nn/weights"
)

func importCommand(args []string) (int, error) {
	fs := newFlags()
	input := fs.String("input", "", "shape of one example as planes, rows, columns; else 1,28,28, or what an ONNX file says")
	layers := fs.String("layers", "", "layers that the weights belong to, as conv2d:filters=8:kernel=3,relu,linear:out=10, or in JSON")
	from := fs.String("from", "", "who wrote the weights: "+strings.Join(frameworks(), ", "))
	names := fs.String("map", "", "whose weights are whose, where it is not plain: 0.linear=encoder.fc,2.linear=head")
	ignore := fs.String("ignore", "", "arrays that are left in the file, by their names or the beginnings of these: ema,step")
	classes := fs.String("classes", "", "names of the classes, in the order of the outputs: cat,dog")
	prepared := fs.String("prepared", "", "how the images were made that it was trained on: mnist")
	rest, err := parseWords("import", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help("import [--input=1,28,28] MODEL.onnx OUT.safetensors\n"+
			"       import --from=pytorch --layers=… FILE OUT.safetensors\n"+
			"  FILE  weights alone: .safetensors, or an .npz of numpy\n"+
			"Batch normalization of Keras has batchnorm:eps=0.001; a layer without a bias has no_bias=true.", fs)
		return 0, nil
	case err != nil:
		return 0, err
	case len(rest) != 2 || filepath.Ext(rest[1]) != ".safetensors":
		return 0, fmt.Errorf("import of %.120q, want MODEL.onnx or FILE, and OUT.safetensors", strings.Join(rest, " "))
	case sameFile(rest[0], rest[1]):
		return 0, fmt.Errorf("import of %.60q onto itself, want another name for what comes of it", rest[0])
	}
	var m *nn.Model
	meta, text := map[string]string{}, ""
	if filepath.Ext(rest[0]) == ".onnx" {
		for name, value := range map[string]string{"layers": *layers, "from": *from, "map": *names, "ignore": *ignore} {
			if value != "" {
				return 0, fmt.Errorf("--%s with an ONNX file, which says it all", name)
			}
		}
		if m, meta, err = onnx.Load(rest[0]); err == nil && *input != "" {
			if m, err = shaped(m, *input); err != nil {
				err = fmt.Errorf("--input %.40q: %w", *input, err)
			}
		}
		if err == nil && m.Seed == 0 { // files of ours say theirs
			meta["imported from"] = "onnx"
		}
	} else {
		var told weights.Report
		if m, told, err = importWeights(rest[0], *from, *layers, *input, *names, *ignore); err == nil {
			text = told.String()
			meta["imported from"], meta["name"] = *from, strings.TrimSuffix(filepath.Base(rest[0]), filepath.Ext(rest[0]))
		}
	}
	if err != nil {
		return 0, err
	}
	if err := describe(meta, m, *classes, *prepared); err != nil {
		return 0, err
	}
	if err := m.Save(rest[1], meta); err != nil {
		return 0, err
	}
	fmt.Printf("%s%s\n%v", text, rest[1], m)
	return 0, nil
}

func frameworks() []string { return slices.Sorted(maps.Keys(weights.Frameworks())) }

// importWeights reads weights alone.
func importWeights(path, from, layers, input, names, ignore string) (m *nn.Model, told weights.Report, err error) {
	framework, ok := weights.Frameworks()[from]
	if !ok {
		return nil, told, fmt.Errorf("--from %.40q%s, want who wrote %s: %s", from, lab.DidYouMean(from, frameworks()), path, strings.Join(frameworks(), ", "))
	}
	f := weights.From{Framework: framework, Ignore: list(ignore)}
	for _, pair := range list(names) {
		ours, theirs, ok := strings.Cut(pair, "=")
		if _, twice := f.Names[ours]; !ok || twice {
			return nil, told, fmt.Errorf("--map: %.60q, want OURS=THEIRS, each of ours once: 0.linear=encoder.fc", pair)
		}
		if f.Names == nil {
			f.Names = map[string]string{}
		}
		f.Names[ours] = theirs
	}
	var all []nn.Layer
	switch {
	case layers != "":
		if all, err = parseLayers(layers); err != nil {
			return nil, told, fmt.Errorf("--layers: %w", err)
		}
	case framework != weights.Inkling:
		return nil, told, errors.New("--layers: want the layers that the weights belong to, as --layers=linear:out=128,relu,linear:out=10")
	}
	in := nn.CHW(1, 28, 28)
	if input != "" {
		if in, err = parseShape(input); err != nil {
			return nil, told, fmt.Errorf("--input %.40q: %w", input, err)
		}
	}
	return f.Load(path, in, all...)
}

func list(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(s string) bool { return s == "" })
}

// describe says of a model what its file did not.
func describe(meta map[string]string, m *nn.Model, classes, prepared string) error {
	if classes != "" {
		b, err := json.Marshal(strings.Split(classes, ","))
		if err != nil {
			return err
		}
		meta["classes"] = string(b)
		if _, err := classesOf(m, meta); err != nil {
			return fmt.Errorf("--classes: %w", err)
		}
	} else if _, ok := meta["classes"]; ok {
		if _, err := classesOf(m, meta); err != nil {
			return fmt.Errorf("the file's own metadata: %w; want the names of the classes as --classes=cat,dog", err)
		}
	}
	if prepared != "" {
		meta["prepared"] = prepared
	}
	return nil
}

// classesOf are the names in the metadata of a model, one for each output.
func classesOf(m *nn.Model, meta map[string]string) (names []string, err error) {
	if err := json.Unmarshal([]byte(meta["classes"]), &names); err != nil {
		return nil, fmt.Errorf("classes %.60q, want a list of names in JSON", meta["classes"])
	}
	if m.Out() != nn.Vec(len(names)) {
		return nil, fmt.Errorf("a model with an output of %v for %d classes", m.Out(), len(names))
	}
	return names, (&data.Set{Name: "model", C: 1, H: 1, W: 1, Classes: names}).Check()
}

func parseShape(text string) (in nn.Shape, err error) {
	if n, err := fmt.Sscanf(text, "%d,%d,%d", &in.C, &in.H, &in.W); n != 3 || err != nil || fmt.Sprintf("%d,%d,%d", in.C, in.H, in.W) != text {
		return in, errors.New("want three numbers, as 1,28,28")
	}
	return in, nil
}

// shaped is a model of vectors as one of images with as many values.
func shaped(m *nn.Model, text string) (*nn.Model, error) {
	in, err := parseShape(text)
	if err != nil {
		return nil, err
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
