package lab

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"inkling/pkg/internal/source"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/safetensors"
	"inkling/pkg/nn/train"
)

// manyRuns fills a run store with n runs of so many questions that nobody has
// trained: multilayer perceptrons and small CNNs with rates, widths, optimizers and
// seeds as searches have them, a history of 50 events each, and one model for all
// of a question, which is linked. They are Finished but for every fiftieth.
func manyRuns(t testing.TB, root string, n, questions int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	code := today()
	for i := range n {
		question := fmt.Sprint("q", i%questions+1)
		lr := math.Pow(10, -3+3*r.Float64())
		layers := []nn.Layer{nn.Linear{Out: 64 << r.IntN(4)}, nn.ReLU{}, nn.Linear{Out: 10}}
		if i%3 == 0 {
			layers = slices.Concat([]nn.Layer{nn.Conv2D{Filters: 4 << r.IntN(3), Kernel: 3}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2}}, layers)
		}
		cfg := train.Config{
			Layers: layers, Loss: nn.CrossEntropy{}, Optimizer: optim.SGD{Momentum: 0.9, Decay: float64(r.IntN(3)) * 1e-4}, Schedule: optim.Cosine{Base: math.Round(lr*1e4) / 1e4},
			Batch: 32 << r.IntN(3), Epochs: 1 + r.IntN(5), Seed: uint64(i),
		}
		encoded := must(nn.EncodeLayers(layers))
		run := &Result{Record: Record{
			Name: autoName(digit, cfg), Question: question, Status: Finished, Config: fmt.Sprintf("%#v", cfg), Data: "MNIST, 50000 for training, 10000 dev",
			DataSum: source.Sum("MNIST"), Split: Split{1, 10000}, Code: code, Kernels: nn.Kernels(), Weights: 25450, Layers: encoded, Input: digit,
			Seed: cfg.Seed, Epochs: cfg.Epochs, Started: time.Unix(1.8e9+int64(i), 0).UTC(), Seconds: 20 * r.Float64(), Parts: 1, Steps: 1000, Events: 50,
		}}
		plan := &train.Plan{Config: cfg}
		run.Hyper = must(settingsOf(plan, encoded))
		if i%50 == 49 {
			run.Status = Interrupted
		}
		for step := 1; step <= 25; step++ {
			e := train.Event{Kind: train.Train, Step: 40 * step, Loss: 2 / float64(step+r.IntN(3)), Score: 1 - r.Float64()/float64(step), LR: lr, GradNorm: r.Float64(), Seconds: float64(step)}
			run.History = append(run.History, e)
			e.Kind, e.LR, e.GradNorm = train.Dev, 0, 0
			run.History = append(run.History, e)
		}
		run.Best, run.Last = run.History.evaluations()
		run.Dir = filepath.Join(root, "mnist", question, slug(run.Name)+"-"+run.id())
		must(0, os.MkdirAll(run.Dir, 0o755))
		h := must(os.Create(filepath.Join(run.Dir, historyFile)))
		for _, e := range run.History {
			must(0, writeLine(h, e))
		}
		must(0, h.Close())
		must(0, run.writeRecord())
		must(0, os.WriteFile(filepath.Join(run.Dir, "lock"), nil, 0o644))
		best := filepath.Join(root, "mnist", question, bestFile)
		if i < questions {
			m := must(nn.New(1, digit, nn.Linear{Out: 32}, nn.ReLU{}, nn.Linear{Out: 10}))
			f := must(m.File(map[string]string{"question": question, "run": filepath.Base(run.Dir), "step": "1", "dev_accuracy": "1"}))
			must(0, f.Save(best))
			must(0, (&safetensors.File{Tensors: []safetensors.Tensor{{Name: "class", Dims: []int{10000}, Data: make([]float32, 10000)}}}).Save(filepath.Join(root, "mnist", question, saidFile)))
		}
		for _, name := range []string{bestFile, saidFile} {
			must(0, os.Link(filepath.Join(root, "mnist", question, name), filepath.Join(run.Dir, name)))
		}
	}
}

// BenchmarkManyRuns measures what a store of 10,000 runs costs; with INKLING_MANY it
// is made in that folder, where it stays for the command to be tried on.
//
//	TMPDIR=/dev/shm go test -run XXX -bench ManyRuns -benchtime 3x ./pkg/lab
func BenchmarkManyRuns(b *testing.B) {
	root := os.Getenv("INKLING_MANY")
	if root == "" {
		root = b.TempDir()
	}
	if _, err := os.Stat(filepath.Join(root, "mnist")); err != nil {
		manyRuns(b, root, 10000, 8)
	}
	b.Setenv("INKLING_RUNS", root)
	runs := must(StoredRuns(""))
	for _, c := range []struct {
		what string
		do   func()
	}{
		{"read", func() { must(StoredRuns("")) }},
		{"labels", func() { labelsByPlace(runs) }},
		{"find", func() { must(Find(runs, runs[4321].ID())) }},
		{"findname", func() { Find(runs, "nothing of the kind") }},
		{"seeds", func() { BySeeds(runs) }},
		{"list", func() {
			runs := must(StoredRuns(""))
			must(0, List(bufio.NewWriter(io.Discard), Summaries(runs, Labels(runs))))
		}},
		{"training", func() { must(TrainingNow("")) }},
	} {
		b.Run(c.what, func(b *testing.B) {
			before := processCPU()
			for b.Loop() {
				c.do()
			}
			b.ReportMetric(1e3*(processCPU()-before)/float64(b.N), "cpu-ms/op") // a machine that is shared tells no other time
		})
	}
}

// What is read flat is what package json reads.
func TestFlatSettings(t *testing.T) {
	for _, text := range []string{
		`{}`, ` { "lr" : 0.1 , "a.b":-1e-05,"hidden":"512,256", "named":true, "off":false } `, `{"batch":64}`, `{"l2":0, "sd":1E+3}`, `null`,
		`{"text":"with \"quotes\" and \u00e9"}`, `{"list":[1,2]}`, `{"nothing":null}`, `{"in":{"a":1}}`, `{"π":"ü"}`, `{"twice":1,"twice":2}`,
	} {
		var got Settings
		var want map[string]any
		err, wanted := json.Unmarshal([]byte(text), &got), json.Unmarshal([]byte(text), &want)
		if err != nil || wanted != nil || !reflect.DeepEqual(map[string]any(got), want) {
			t.Errorf("%s is read as %v (%v), want %v (%v)", text, got, err, want, wanted)
		}
	}
	for _, text := range []string{`[]`, `"a"`, `3`} {
		if err := json.Unmarshal([]byte(text), new(Settings)); err == nil {
			t.Errorf("%s is read as settings", text)
		}
	}
}
