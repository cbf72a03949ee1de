package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// networks have every operator that layers of the library say they are.
var networks = []struct {
	in     nn.Shape
	layers []nn.Layer
}{
	{nn.CHW(1, 6, 5), []nn.Layer{nn.Linear{Out: 8}, nn.ReLU{}, nn.Dropout{P: 0.5}, nn.Linear{Out: 4, NoBias: true}}},
	{nn.CHW(2, 9, 8), []nn.Layer{nn.Conv2D{Filters: 4, Kernel: 3, Padding: 1, NoBias: true}, nn.BatchNorm{Eps: 0.01}, nn.GELU{}, nn.MaxPool2D{Kernel: 3, Stride: 2, Padding: 1},
		nn.Conv2D{Filters: 5, Kernel: 2, Stride: 2}, nn.LeakyReLU{Slope: 0.3}, nn.AvgPool2D{Kernel: 2, Stride: 1, Padding: 1}, nn.Flatten{}, nn.Linear{Out: 4}, nn.Softmax{}}},
	{nn.CHW(3, 6, 6), []nn.Layer{nn.Bottleneck{Mid: 2, Out: 4, Stride: 2}, nn.SiLU{}, nn.Residual{Body: []nn.Layer{nn.Tanh{}}, Shortcut: []nn.Layer{nn.Logistic{}}}, nn.GlobalAvgPool{}, nn.Linear{Out: 3}}},
	{nn.Vec(4), []nn.Layer{nn.Conv2D{Filters: 3, Kernel: 1}, nn.BatchNorm{}, nn.Softmax{}}},
	{nn.CHW(1, 28, 28), []nn.Layer{nn.Linear{Out: 1500}, nn.ReLU{}, nn.Linear{Out: 10}}}, // its weights lie beside
	{nn.Vec(3), []nn.Layer{nn.Dropout{P: 0.5}}},
}

// trained is a network whose biases and running statistics are all at work.
func trained(t *testing.T, in nn.Shape, layers []nn.Layer) Subject {
	t.Helper()
	m, err := nn.New(1, in, layers...)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range m.Params() {
		for i := range p.Data {
			if len(p.Dims) == 1 {
				p.Data[i] += float32(0.2 * rng.NormFloat64())
			}
		}
	}
	for range 10 {
		m.Forward(noise(rng, 8, in), nn.Pass{Train: true})
	}
	return Subject{Model: m, Meta: map[string]string{"data": "noise\nand */ more", "dev_accuracy": "0.99"}}
}

func noise(rng *rand.Rand, n int, s nn.Shape) *nn.Tensor {
	x := nn.NewTensor(n, s)
	for i := range x.Data {
		x.Data[i] = float32(rng.NormFloat64())
	}
	return x
}

// The Go files are compiled and asked, and give what the models give.
func TestGo(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("go.mod", "module exported\n\ngo 1.21\n")
	var imports, calls strings.Builder
	var inputs, want [][]float32
	for i, c := range networks {
		s := trained(t, c.in, c.layers)
		for j := range s.Model.Out().Size() {
			s.Classes = append(s.Classes, fmt.Sprintf("class \"%d\"", j))
		}
		name := fmt.Sprint("net", i)
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		files, err := s.Go(filepath.Join(dir, name, "net.go"), name)
		if err != nil {
			t.Fatal(err)
		}
		if beside := len(files) == 2; beside != (4*s.Model.Weights() > maxInside) {
			t.Errorf("%v: files %q", c.layers, files)
		}
		x := noise(rand.New(rand.NewPCG(5, 6)), 1, c.in)
		inputs, want = append(inputs, x.Data), append(want, slices.Clone(s.Model.Forward(x, nn.Pass{}).Data))
		fmt.Fprintf(&imports, "\t\"exported/%s\"\n", name)
		fmt.Fprintf(&calls, "\tout = append(out, %s.Evaluate(in[%d]))\n\tif class, p := %s.Classify(make([]byte, len(in[%d]))); p <= 0 || class >= len(%s.Classes) || len(%s.Classes) != %s.Outputs { panic(\"no class\") }\n", name, i, name, i, name, name, name)
	}
	put("main.go", "package main\n\nimport (\n\t\"encoding/json\"\n\t\"os\"\n"+imports.String()+")\n\nfunc main() {\n\tvar in, out [][]float32\n\tif err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {\n\t\tpanic(err)\n\t}\n"+
		calls.String()+"\tjson.NewEncoder(os.Stdout).Encode(out)\n}\n")
	in, err := json.Marshal(inputs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", ".")
	cmd.Dir, cmd.Stdin, cmd.Env = dir, bytes.NewReader(in), append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off",
		"GOARCH=") // this program may run under an emulator, that one need not
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	var got [][]float32
	if err := json.Unmarshal(out, &got); err != nil || len(got) != len(want) {
		t.Fatalf("%v: %s", err, out)
	}
	for i := range want {
		if len(got[i]) != len(want[i]) {
			t.Fatalf("network %d gives %d values, want %d", i, len(got[i]), len(want[i]))
		}
		for j, v := range want[i] {
			if d := math.Abs(float64(v - got[i][j])); !(d <= 1e-5) {
				t.Errorf("network %d: output %d is %v, want %v", i, j, got[i][j], v)
			}
		}
	}
	vet := exec.Command("go", "vet", "./...")
	vet.Dir, vet.Env = dir, cmd.Env
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("go vet: %s", out)
	}
}

// The JSON document holds every weight to the bit, and nodes in order.
func TestJSON(t *testing.T) {
	for _, c := range networks {
		s := trained(t, c.in, c.layers)
		path := filepath.Join(t.TempDir(), "net.json")
		if err := s.JSON(path); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Format        string
			Input, Output struct {
				Name  string
				Shape []int
			}
			Nodes []struct {
				Op, Name, Output string
				Inputs, Arrays   []string
				Shape            []int
			}
			Arrays map[string]struct {
				Shape  []int
				Values []float32
			}
		}
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatalf("%v: %v", c.layers, err)
		}
		f, err := s.Model.File(nil)
		if err != nil {
			t.Fatal(err)
		}
		if doc.Format != "inkling graph" || len(doc.Arrays) != len(f.Tensors) {
			t.Errorf("format %q, %d arrays, want %d", doc.Format, len(doc.Arrays), len(f.Tensors))
		}
		for _, want := range f.Tensors {
			if got := doc.Arrays[want.Name]; !slices.Equal(got.Shape, want.Dims) || !slices.Equal(got.Values, want.Data) {
				t.Errorf("%s differs", want.Name)
			}
		}
		there := []string{doc.Input.Name}
		for _, n := range doc.Nodes {
			for _, in := range n.Inputs {
				if !slices.Contains(there, in) {
					t.Errorf("%s takes %s, which nothing before it gives", n.Name, in)
				}
			}
			there = append(there, n.Output)
		}
		if there[len(there)-1] != doc.Output.Name {
			t.Errorf("the last node gives %s, want %s", there[len(there)-1], doc.Output.Name)
		}
	}
}

// The program names all weights of the file beside it; ./scripts/test interop runs it.
func TestPyTorch(t *testing.T) {
	for _, c := range networks {
		s := trained(t, c.in, c.layers)
		s.Classes = nil
		files, err := s.PyTorch(filepath.Join(t.TempDir(), "net.py"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		f, err := safetensors.Load(files[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range f.Tensors {
			if !strings.Contains(string(b), fmt.Sprintf("%q: \"m", want.Name)) {
				t.Errorf("%v: the program does not load %s", c.layers, want.Name)
			}
		}
		if python, err := exec.LookPath("python3"); err == nil {
			if out, err := exec.Command(python, "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", files[0]).CombinedOutput(); err != nil {
				t.Errorf("%v: no Python: %s", c.layers, out)
			}
		}
	}
}

// A card says all that is known, and a file cannot forge a line of it.
func TestCard(t *testing.T) {
	s := trained(t, networks[1].in, networks[1].layers)
	s.Prepared, s.Classes = "mnist", []string{"a|b", "<c>", "d", "e"}
	s.Meta["own"] = "x\n## Licence\n\nstolen"
	path := filepath.Join(t.TempDir(), "card.md")
	if err := s.Card(path, Card{Title: "digits", Licence: "CC0", Scores: []Score{{"test accuracy", "98 %"}}, Files: []string{"some/where/net.go"}}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# digits\n", "| classes | a\\|b, &lt;c>, d, e |\n", "centre of mass in the middle |\n", "| data | noise\\nand */ more |\n", "| dev accuracy | 99.00 % |\n",
		"| test accuracy | 98 % |\n", "| seed of the initial weights | 1 |\n", "| own | x\\n## Licence\\n\\nstolen |\n", "## Licence\n\nCC0\n", "- net.go\n", "0.conv2d"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %q in:\n%s", want, b)
		}
	}
	if n := strings.Count(string(b), "\n## Licence\n"); n != 1 {
		t.Errorf("%d headings Licence:\n%s", n, b)
	}
}

// plusser is a layer with an operator that no program has.
type plusser struct{}

func (plusser) Build(in nn.Shape, rng *rand.Rand) (nn.Module, nn.Shape, error) {
	return nn.Tanh{}.Build(in, rng)
}

func (plusser) Symbolic(g *nn.Graph, _ nn.Module) error {
	g.Add(nn.Node{Op: "Softplus"})
	return nil
}

var _ = nn.Register(plusser{})

// What cannot be written is one line, and leaves no file.
func TestRefused(t *testing.T) {
	own := trained(t, nn.Vec(3), []nn.Layer{plusser{}})
	plain := trained(t, nn.Vec(3), []nn.Layer{nn.Tanh{}})
	few := plain
	few.Classes = []string{"a"}
	dir := t.TempDir()
	path := func(ending string) string { return filepath.Join(dir, "net"+ending) }
	for want, f := range map[string]func() error{
		`0.plusser: no Go for the operator "Softplus"; known: Add, `:    func() error { _, err := own.Go(path(".go"), "net"); return err },
		`0.plusser: no module of PyTorch for the operator "Softplus"; `: func() error { _, err := own.PyTorch(path(".py")); return err },
		`package "my net", want a name of a Go package`:                 func() error { _, err := plain.Go(path(".go"), "my net"); return err },
		`package "func", want`:    func() error { _, err := plain.Go(path(".go"), "func"); return err },
		`1 classes for 3 outputs`: func() error { return few.JSON(path(".json")) },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}
