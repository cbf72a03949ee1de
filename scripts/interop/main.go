// Command interop exchanges networks with other frameworks, through files, and
// compares what both make of the same inputs: go run ./scripts/interop PYTHON. Each
// file peers/with_NAME.py is one framework.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/export"
	"inkling/pkg/nn/onnx"
	"inkling/pkg/nn/safetensors"
)

// tolerance is the largest difference of an output that is only rounding.
const tolerance = 1e-5

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("want one argument, a Python that has the packages of scripts/interop/requirements.txt")
	}
	dir, err := os.MkdirTemp("", "inkling-interop")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeOurs(filepath.Join(dir, "ours")); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join("scripts", "interop", "peers", "with_*.py"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no peers in scripts/interop/peers: run in the project's folder (%v)", err)
	}
	var rows []row
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".py")
		theirs := filepath.Join(dir, "theirs")
		if err := os.MkdirAll(theirs, 0o755); err != nil {
			return err
		}
		list, err := ask(args[0], name, dir)
		if err == nil {
			var more []row
			more, err = readTheirs(theirs)
			list = append(list, more...)
		}
		if err == nil {
			var more []row
			more, err = readWeights(theirs)
			list = append(list, more...)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for i := range list {
			list[i].peer = strings.ReplaceAll(strings.TrimPrefix(name, "with_"), "_", "-")
		}
		rows = append(rows, list...)
		if err := os.RemoveAll(theirs); err != nil {
			return err
		}
	}
	return tell(rows)
}

// A row is one network that went one way.
type row struct {
	peer, direction, name string
	difference            float64
	wrong                 string
}

// writeOurs writes every network in every form, each with a batch and its outputs.
func writeOurs(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, n := range networks {
		m, err := n.build(1)
		if err != nil {
			return err
		}
		s := export.Subject{Model: m, Meta: map[string]string{"data": "noise"}}
		if m.Out().IsVec() {
			s.Classes = data.Numbered(m.Out().C)
		}
		names, err := json.Marshal(s.Classes)
		if err != nil {
			return err
		}
		s.Meta["classes"] = string(names)
		path := filepath.Join(dir, n.name)
		if err := onnx.Save(path+".onnx", m, s.Meta); err != nil {
			return err
		}
		if err := s.JSON(path + ".json"); err != nil {
			return err
		}
		if _, err := s.PyTorch(path + ".py"); err != nil {
			return err
		}
		if err := writePair(dir, n.name, m, noise(rand.New(rand.NewPCG(1, 1)), 100, n.in)); err != nil {
			return err
		}
	}
	return nil
}

// ask runs a peer: it reads ours and says how far it is from us, and writes its own.
func ask(python, name, dir string) (rows []row, err error) {
	cmd := exec.Command(python, filepath.Join("scripts", "interop", "peers", "peer.py"), name, dir)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, stderr.Bytes())
	}
	for line := range strings.Lines(stdout.String()) {
		if !strings.HasPrefix(line, "{") {
			continue // a framework that talks
		}
		var said struct {
			Case       string
			Difference float64
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			return nil, fmt.Errorf("said %q: %w", line, err)
		}
		rows = append(rows, judged(row{direction: "reads ours", name: said.Case, difference: said.Difference}))
	}
	return rows, nil
}

// readTheirs reads what a peer has written.
func readTheirs(dir string) (rows []row, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.onnx"))
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".onnx")
		m, _, err := onnx.Load(path)
		if name, ok := strings.CutPrefix(name, "refused-"); ok {
			r := row{direction: "refused by us", name: name}
			if err == nil {
				r.wrong = fmt.Sprintf("read as %s", nn.Outline(m.Layers))
			} else if strings.Contains(err.Error(), "\n") {
				r.wrong = fmt.Sprintf("refused in more than a line: %q", err)
			}
			rows = append(rows, r)
			continue
		}
		r := row{direction: "read by us", name: name}
		if err != nil {
			r.wrong = err.Error()
		} else if r.difference, err = compare(m, strings.TrimSuffix(path, ".onnx")+".pair"); err != nil {
			r.wrong = err.Error()
		}
		rows = append(rows, judged(r))
	}
	return rows, nil
}

// compare is how far the outputs of m are from those in a file.
func compare(m *nn.Model, path string) (float64, error) {
	pair, err := safetensors.Load(path)
	if err != nil {
		return 0, err
	}
	x, y := pair.Tensor("x"), pair.Tensor("y")
	if x == nil || y == nil || len(x.Dims) < 2 || len(x.Data) != x.Dims[0]*m.In.Size() {
		return 0, fmt.Errorf("a batch that does not fit %v", m.In)
	}
	out := m.Forward(&nn.Tensor{N: x.Dims[0], Shape: m.In, Data: x.Data}, nn.Pass{})
	if len(out.Data) != len(y.Data) {
		return 0, fmt.Errorf("outputs of %v, want %v", out.Shape, y.Dims[1:])
	}
	d := 0.0
	for i, v := range y.Data {
		d = max(d, math.Abs(float64(v)-float64(out.Data[i])))
	}
	return d, nil
}

func judged(r row) row {
	if r.wrong == "" && !(r.difference <= tolerance) {
		r.wrong = fmt.Sprintf("outputs differ by %.3g, want at most %g", r.difference, tolerance)
	}
	return r
}

// tell prints the table, and what is wrong.
func tell(rows []row) error {
	type key struct{ peer, direction string }
	var keys []key
	count, largest := map[key]int{}, map[key]float64{}
	var wrong []string
	for _, r := range rows {
		k := key{r.peer, r.direction}
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
		count[k]++
		largest[k] = max(largest[k], r.difference)
		if r.wrong != "" {
			wrong = append(wrong, fmt.Sprintf("%s, %s, %s: %s", r.peer, r.direction, r.name, r.wrong))
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "framework\tdirection\tnetworks\tlargest difference")
	for _, k := range keys {
		d := "–"
		if k.direction != "refused by us" {
			d = fmt.Sprintf("%.1e", largest[k])
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", k.peer, k.direction, count[k], d)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d of %d networks:\n%s", len(wrong), len(rows), strings.Join(wrong, "\n"))
	}
	return nil
}
