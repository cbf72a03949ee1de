package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/onnx"
)

// Weights alone, named as PyTorch names them, come in as a model that the other
// commands take; what does not fit is told in a line.
func TestImportWeights(t *testing.T) {
	w := newWorld(t)
	m := must(nn.New(3, nn.CHW(1, 28, 28), nn.Linear{Out: 16}, nn.ReLU{}, nn.Linear{Out: 3}))
	f := must(m.File(nil))
	f.Meta = nil
	must(0, f.Save(filepath.Join(w.dir, "nameless.safetensors")))
	for i, name := range []string{"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"} {
		f.Tensors[i].Name = name
	}
	must(0, f.Save(filepath.Join(w.dir, "torch.safetensors")))
	must(0, os.WriteFile(filepath.Join(w.dir, "model.h5"), []byte("\x89HDF\r\n\x1a\n\x00\x00\x00"), 0o600))
	const layers = "--layers=linear:out=16,relu,linear:out=3"
	for _, args := range []string{
		"--from=pytorch " + layers + " --classes=a,b,c --prepared=mnist torch.safetensors out.safetensors",
		`--from=pytorch --layers=[{"linear":{"out":16}},{"relu":{}},{"linear":{"out":3}}] --map=0.linear=fc1,2.linear.W=fc2.weight,2.linear.b=fc2.bias --classes=a,b,c --prepared=mnist torch.safetensors out.safetensors`,
		"--from=inkling " + layers + " --classes=a,b,c --prepared=mnist nameless.safetensors out.safetensors",
	} {
		code, stdout, stderr := w.run(append([]string{"import"}, strings.Fields(args)...))
		if code != 0 || stderr != "" || !strings.Contains(stdout, "0.linear.W  [16 784]") {
			t.Errorf("import %s: code %d, stdout %q, stderr %q", args, code, stdout, stderr)
			continue
		}
		back, meta := mustLoad(filepath.Join(w.dir, "out.safetensors"))
		if meta["classes"] != `["a","b","c"]` || meta["prepared"] != "mnist" || meta["imported from"] == "" {
			t.Errorf("%s: metadata %v", args, meta)
		}
		for i, p := range m.Params() {
			if got := back.Params()[i]; got.Name != p.Name || got.Data[0] != p.Data[0] || got.Data[p.Len()-1] != p.Data[p.Len()-1] {
				t.Errorf("%s: other weights in %s", args, p.Name)
			}
		}
	}
	must(0, onnx.Save(filepath.Join(w.dir, "classes.onnx"), m, map[string]string{"classes": "cat, dog, bird"}))
	must(0, onnx.Save(filepath.Join(w.dir, "two.onnx"), m, map[string]string{"classes": `["a","b"]`}))
	if code, _, stderr := w.run([]string{"import", "--classes=a,b,c", "classes.onnx", "out.safetensors"}); code != 0 {
		t.Errorf("classes said anew: %s", stderr)
	}
	for _, c := range []struct {
		args string
		want []string
	}{
		{"import torch.safetensors out.safetensors", []string{`--from ""`, "keras"}},
		{"import --from=kears torch.safetensors out.safetensors", []string{"did you mean keras?"}},
		{"import --from=pytorch torch.safetensors out.safetensors", []string{"--layers: want the layers"}},
		{"import --from=inkling nameless.safetensors out.safetensors", []string{"names no layers", "to be given"}},
		{"import --from=pytorch --layers=linear torch.safetensors out.safetensors", []string{"Out 0, want"}},
		{"import --from=pytorch --layers=linear:out torch.safetensors out.safetensors", []string{"want field=value"}},
		{"import --from=pytorch --layers=linear:out=3:out=4 torch.safetensors out.safetensors", []string{"each once"}},
		{"import --from=pytorch --layers=lineer:out=3 torch.safetensors out.safetensors", []string{`unknown kind "lineer"`}},
		{"import --from=keras " + layers + " torch.safetensors out.safetensors", []string{`"fc1.weight" has shape [16 784], 0.linear.W wants [784 16]`, "as pytorch lays it out"}},
		{"import --from=pytorch " + layers + " --map=0.linear torch.safetensors out.safetensors", []string{"want OURS=THEIRS"}},
		{"import --from=pytorch " + layers + " --classes=a,b torch.safetensors out.safetensors", []string{"--classes", "for 2 classes"}},
		{"import --from=pytorch " + layers + " --input=1,28 torch.safetensors out.safetensors", []string{`--input "1,28"`}},
		{"import --from=keras " + layers + " model.h5 out.safetensors", []string{"looks like an HDF5 file (Keras)", "model.get_weights()"}},
		{"import --from=keras x.onnx out.safetensors", []string{"--from with an ONNX file"}},
		{"import classes.onnx out.safetensors", []string{"the file's own metadata", `"cat, dog, bird"`, "as --classes="}},
		{"import two.onnx out.safetensors", []string{"an output of 3 for 2 classes", "as --classes="}},
		{"test nameless.safetensors", []string{"saved again without its metadata", "inkling import"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			w := *w
			w.t = t
			w.refuses(strings.Fields(c.args), nil, c.want...)
		})
	}
}
