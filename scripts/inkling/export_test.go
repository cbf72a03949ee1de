package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/onnx"
)

// A saved model goes out in every form with a card beside it, and what went out as
// ONNX comes in again as a model that the other commands take.
func TestExportImport(t *testing.T) {
	w := newWorld(t)
	m := must(nn.New(3, nn.CHW(1, 28, 28), nn.Linear{Out: 16}, nn.GELU{}, nn.Dropout{P: 0.5}, nn.Linear{Out: 10}))
	must(0, m.Save(filepath.Join(w.dir, "best.safetensors"), map[string]string{"name": "small", "data": "drawn", "classes": `["a","b","c","d","e","f","g","h","i","j"]`, "prepared": "mnist", "dev_accuracy": "0.5"}))
	for _, c := range []struct {
		args  string
		files []string
	}{
		{"best.safetensors net.onnx", []string{"net.onnx", "net.md"}},
		{". --go=net.go --package=letters --licence=CC0", []string{"net.go", "net.md"}},
		{"best.safetensors net.onnx --go=net.go", []string{"net.onnx", "net.md", "net.go", "net.md"}},
		{". --go=net.go --package=letters --licence=CC0 --onnx=net.onnx", []string{"net.onnx", "net.md", "net.go", "net.md"}},
		{"best.safetensors --safetensors=copy.safetensors", []string{"copy.safetensors", "copy.md"}},
		{"best.safetensors --json=doc.json --pytorch=twin.py", []string{"doc.json", "doc.md", "twin.py", "twin.safetensors", "twin.md"}},
	} {
		code, stdout, stderr := w.run(append([]string{"export"}, strings.Fields(c.args)...))
		if code != 0 || stderr != "" || strings.TrimSpace(stdout) != strings.Join(c.files, "\n") {
			t.Errorf("export %s: code %d, stdout %q, stderr %q, want %q", c.args, code, stdout, stderr, c.files)
		}
	}
	for file, want := range map[string]string{"copy.md": "| dev accuracy | 50.00 % |", "net.md": "| classes | a, b, c, d, e, f, g, h, i, j |", "net.go": "package letters", "./net.md": "- net.onnx\n- net.go\n", "doc.json": `"classes": ["a",`, "twin.py": `"0.linear.W": "m0_linear.weight"`} {
		if text := must(os.ReadFile(filepath.Join(w.dir, file))); !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %q", file, want)
		}
	}
	_, meta, err := onnx.Load(filepath.Join(w.dir, "net.onnx"))
	if err != nil || meta["prepared"] != "mnist" || !strings.HasPrefix(meta["classes"], `["a"`) {
		t.Errorf("the ONNX file says %v (%v)", meta, err)
	}
	if code, stdout, stderr := w.run([]string{"import", "net.onnx", "back.safetensors"}); code != 0 || stderr != "" || !strings.Contains(stdout, "1.gelu") {
		t.Errorf("import: code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	back, meta := mustLoad(filepath.Join(w.dir, "back.safetensors"))
	if meta["name"] != "small" || back.Seed != 3 || back.In != m.In {
		t.Errorf("came back as %v with seed %d and %v", back.In, back.Seed, meta)
	}

	// A network of vectors becomes one of images, also where its first layer tells
	// places apart from channels.
	v := must(nn.New(1, nn.Vec(784), nn.BatchNorm{}, nn.Linear{Out: 10}))
	must(0, onnx.Save(filepath.Join(w.dir, "vectors.onnx"), v, nil))
	if code, _, stderr := w.run([]string{"import", "--input=1,28,28", "vectors.onnx", "images.safetensors"}); code != 0 || stderr != "" {
		t.Errorf("import: code %d, stderr %q", code, stderr)
	}
	if back, _ := mustLoad(filepath.Join(w.dir, "images.safetensors")); back.In != m.In || nn.Outline(back.Layers) != "10" || len(back.Layers) != 3 {
		t.Errorf("came in as %v: %v", back.In, back.Layers)
	}

	// Of a network that others trained no seed is known, and none is told.
	foreign := must(nn.New(0, nn.Vec(4), nn.Linear{Out: 3}))
	must(0, onnx.Save(filepath.Join(w.dir, "foreign.onnx"), foreign, nil))
	for _, args := range []string{"import foreign.onnx foreign.safetensors", "export --go=foreign.go foreign.safetensors"} {
		if code, _, stderr := w.run(strings.Fields(args)); code != 0 || stderr != "" {
			t.Errorf("%s: code %d, stderr %q", args, code, stderr)
		}
	}
	for _, file := range []string{"foreign.md", "foreign.go"} {
		text := string(must(os.ReadFile(filepath.Join(w.dir, file))))
		if strings.Contains(strings.ToLower(text), "seed") || !strings.Contains(strings.ToLower(text), "imported from") {
			t.Errorf("%s tells of a seed, or not that it was imported", file)
		}
	}

	// Classes are those of outputs, whatever comes in.
	flowers := must(nn.New(1, nn.Vec(4), nn.Linear{Out: 3}))
	must(0, onnx.Save(filepath.Join(w.dir, "flowers.onnx"), flowers, map[string]string{"classes": `["setosa","versicolor","virginica"]`}))
	for _, args := range []string{"import flowers.onnx flowers.safetensors", "export --json=flowers.json flowers.safetensors again.onnx", "import --classes=a,b,c flowers.onnx abc.safetensors"} {
		if code, _, stderr := w.run(strings.Fields(args)); code != 0 || stderr != "" {
			t.Errorf("%s: code %d, stderr %q", args, code, stderr)
		}
	}
	if text := must(os.ReadFile(filepath.Join(w.dir, "flowers.md"))); !strings.Contains(string(text), "| classes | setosa, versicolor, virginica |") {
		t.Errorf("the card of flowers says %s", text)
	}

	for _, c := range []struct {
		args string
		want []string
	}{
		{"export --pytorch=a.py --safetensors=./a.safetensors best.safetensors", []string{"--safetensors", "--pytorch", "want another name"}},
		{"export --pytorch=best.py best.safetensors", []string{`its weights in "best.safetensors", which is the model itself`}},
		{"import --from=inkling best.safetensors best.safetensors", []string{"onto itself"}},
		{"export", []string{"nothing to export"}},
		{"export best.safetensors", []string{"nowhere to export to", "inkling export best.safetensors MODEL.onnx"}},
		{"export best.safetensors a.onnx b.onnx", []string{`unexpected argument "a.onnx"`}},
		{"export --go=x.py best.safetensors", []string{`--go "x.py"`, ".go"}},
		{"export --go=x.go --package=a-b best.safetensors", []string{`package "a-b"`}},
		{"export --go=no/such/x.go best.safetensors", []string{"no such file"}},
		{"export q1 x.onnx", []string{`"q1" is neither a file nor a question`}},
		{"export net.onnx x.onnx", []string{"looks like an ONNX model"}},
		{"import best.safetensors x.onnx", []string{"want MODEL.onnx or FILE, and OUT.safetensors"}},
		{"import gone.onnx x.safetensors", []string{"no such file"}},
		{"import --input=28,28 vectors.onnx x.safetensors", []string{`--input "28,28"`, "as 1,28,28"}},
		{"import --input=1,28,29 vectors.onnx x.safetensors", []string{"the network takes 784"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			w := *w
			w.t = t
			w.refuses(strings.Fields(c.args), nil, c.want...)
		})
	}
}

func mustLoad(path string) (*nn.Model, map[string]string) {
	m, meta, err := nn.Load(path)
	if err != nil {
		panic(err)
	}
	return m, meta
}
