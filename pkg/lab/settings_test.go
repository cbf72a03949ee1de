package lab

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// Two values of every flag of `inkling train`, and what else must be given for
// the flag to have an effect.
var flagValues = map[string]struct{ with, a, b, labelA, labelB string }{
	"hidden":     {"", "32,16", "32", "784-32-16-10", "784-32-10"},
	"activation": {"", "relu", "tanh", "relu", "tanh"},
	"dropout":    {"", "0", "0.3", "no dropout", "dropout 0.3"},
	"optimizer":  {"", "sgd", "adam", "sgd", "adam"},
	"lr":         {"", "0.1", "0.3", "lr 0.1", "lr 0.3"},
	"momentum":   {"", "0", "0.9", "no momentum", "momentum 0.9"},
	"decay":      {"", "0.001", "0.01", "decay 0.001", "decay 0.01"},
	"schedule":   {"", "constant", "cosine", "constant", "cosine"},
	"milestones": {"--schedule=multistep --gamma=0.5", "5", "5,10", "milestones 5", "milestones 5,10"},
	"gamma":      {"--schedule=multistep --milestones=5", "0.5", "0.3", "gamma 0.5", "gamma 0.3"},
	"warmup":     {"", "0", "5", "no warmup", "warmup 5"},
	"smoothing":  {"", "0", "0.1", "no smoothing", "smoothing 0.1"},
	"batch":      {"", "20", "10", "batch 20", "batch 10"},
	"epochs":     {"--schedule=cosine", "1", "4", "1 epoch", "4 epochs"},
	"seed":       {"", "1", "2", "seed 1", "seed 2"},
	"size":       {"", "0", "50", "all images", "50 images"},
	"patience":   {"", "0", "3", "no patience", "patience 3"},
	"ema":        {"", "0", "0.9", "no ema", "ema 0.9"},
	"name":       {"", "mine", "yours", "mine", "yours"},
	"shift":      {"", "0", "2", "no shift", "shift 2"},
	"rotate":     {"", "0", "10", "no rotate", "rotate 10"},
	"scale":      {"", "0.1", "0.2", "scale 0.1", "scale 0.2"},
	"shear":      {"", "0", "10", "no shear", "shear 10"},
	"alpha":      {"--sigma=4", "8", "9", "alpha 8", "alpha 9"},
	"sigma":      {"--alpha=8", "4", "5", "sigma 4", "sigma 5"},
	"thick":      {"", "0", "1", "no thick", "thick 1"},
	"erase":      {"", "0", "5", "no erase", "erase 5"},
	"noise":      {"", "0", "0.1", "no noise", "noise 0.1"},
	"keep":       {"--shift=1", "0", "0.5", "no keep", "keep 0.5"},
	"layers": {"", `[{"conv2d":{"filters":4,"kernel":5}},{"linear":{"out":10}}]`, `[{"conv2d":{"filters":4,"kernel":3}},{"linear":{"out":10}}]`,
		"conv2d kernel 5", "conv2d kernel 3"},
}

// flagged is the run that a line of flags asks for, not begun.
func flagged(t *testing.T, l *Lab, line ...string) *Result {
	t.Helper()
	h := goodHyper()
	var a data.Augment
	layers := ""
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	h.Register(fs)
	a.Register(fs)
	fs.StringVar(&layers, "layers", "", "")
	if _, err := Line("", fs).Parse(line); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	c, err := h.Config(l)
	if layers != "" {
		c, err = h.With(l, must(nn.DecodeLayers([]byte(layers)))...)
	}
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	c.Augment = a
	return must(l.plan([]train.Config{c}))[0].result
}

// Two runs that differ in any one flag have two labels, which say that flag.
func TestEveryFlagTellsRunsApart(t *testing.T) {
	l := testLab(t, t.TempDir())
	fs := cellFlags()
	for name := range flagValues {
		if fs.Lookup(name) == nil && name != "layers" {
			t.Errorf("no flag --%s", name)
		}
	}
	fs.VisitAll(func(f *flag.Flag) {
		if _, ok := flagValues[f.Name]; !ok && !slices.Contains([]string{"fast", "wait", "head", "dust", "fork"}, f.Name) {
			t.Errorf("--%s is not tried", f.Name)
		}
	})
	var all Runs
	for name, v := range flagValues {
		with := strings.Fields(v.with)
		a := flagged(t, l, append(with, "--"+name+"="+v.a)...)
		b := flagged(t, l, append(with, "--"+name+"="+v.b)...)
		if got := labelsOf(Runs{a, b}); got[0] != v.labelA || got[1] != v.labelB {
			t.Errorf("--%s: labels %q, want %q and %q", name, got, v.labelA, v.labelB)
		}
		if a.LabelAmong(Runs{b, a}) != v.labelA {
			t.Errorf("--%s: %q among two", name, a.LabelAmong(Runs{b, a}))
		}
		if name != "name" && a.Label() != a.Name {
			t.Errorf("--%s: %q alone", name, a.Label())
		}
		all = append(all, a, b)
	}
	// All together: one label for each run, however many there are.
	at := map[string]string{}
	for i, label := range labelsOf(all) {
		if other, ok := at[label]; ok && other != all[i].id() {
			t.Errorf("two runs are called %q", label)
		}
		at[label] = all[i].id()
	}
}

// Of changes made one at a time each label says its own.
func TestLabelsOfChangesOneAtATime(t *testing.T) {
	l := testLab(t, t.TempDir())
	var runs Runs
	for _, line := range []string{"", "--lr=0.3", "--activation=tanh --schedule=cosine", "--seed=2", "--ema=0.9"} {
		runs = append(runs, flagged(t, l, strings.Fields(line)...))
	}
	want := []string{"relu, lr 0.1, constant, no ema, seed 3", "lr 0.3", "tanh, cosine", "seed 2", "ema 0.9"}
	if got := labelsOf(runs); !slices.Equal(got, want) {
		t.Errorf("labels %q, want %q", got, want)
	}
	if got := labelsOf(Runs{runs[0], runs[1], runs[3]}); !slices.Equal(got, []string{"lr 0.1, seed 3", "lr 0.3", "seed 2"}) {
		t.Errorf("labels %q", got)
	}
}

func TestSettingsOfTypedConfigurations(t *testing.T) {
	l := testLab(t, t.TempDir())
	for _, c := range []struct {
		change func(*train.Config)
		want   string // parts of the JSON
	}{
		{func(*train.Config) {}, `"hidden":"12" "activation":"relu" "dropout":0 "optimizer":"sgd" "lr":0.05 "momentum":0.9 "schedule":"constant" "batch":16 "epochs":3 "seed":1 "loss":"crossentropy"`},
		{func(c *train.Config) { c.Optimizer = optim.AdamW{Beta1: 0.8, Decay: 0.01} }, `"optimizer":"adamw" "optimizer.beta1":0.8 "decay":0.01`},
		{func(c *train.Config) { c.Optimizer = optim.SGD{Momentum: 0.5, Nesterov: true} }, `"optimizer":"nesterov" "momentum":0.5`},
		{func(c *train.Config) { c.Schedule = optim.Cosine{Base: 0.2, Steps: 21} }, `"schedule":"cosine" "lr":0.2`},
		{func(c *train.Config) {
			c.Schedule = optim.Warmup{Steps: 5, Then: optim.OneCycle{Max: 0.2, Steps: 16, Rise: 0.4}}
		}, `"schedule":"onecycle" "lr":0.2 "warmup":5 "schedule.rise":0.4`},
		{func(c *train.Config) {
			c.Schedule = optim.MultiStepLR{Base: 0.2, Gamma: 0.5, Milestones: []int{3, 7}}
		}, `"schedule":"multistep" "milestones":"3,7" "gamma":0.5`},
		{func(c *train.Config) { c.Schedule = optim.GeometricLR{From: 0.2, To: 0.2 * 0.9 * 0.9 * 0.9} }, `"schedule":"exponential" "lr":0.2 "gamma":0.9`},
		{func(c *train.Config) { c.Schedule = ownSchedule{Base: 0.3, Depth: 2} }, `"schedule":"lab.ownSchedule" "lr":0.3 "schedule.depth":2`},
		{func(c *train.Config) { c.Loss = nn.MSE{} }, `"loss":"mse"`},
		{func(c *train.Config) { c.Augment = data.Augment{Shift: 2}; c.MaxNorm = 3 }, `"shift":2 "max-norm":3 "rotate":0`},
		{func(c *train.Config) { c.Layers = cnn().Layers }, `"batch":16`},
	} {
		cfg := mlp()
		c.change(&cfg)
		r := must(l.plan([]train.Config{cfg}))[0].result
		got := string(must(json.Marshal(r.Hyper)))
		for _, part := range strings.Fields(c.want) {
			if !strings.Contains(got, part) {
				t.Errorf("%s is not in %s", part, got)
			}
		}
		if strings.Contains(got, "schedule.steps") || strings.Contains(got, "nesterov\":") {
			t.Errorf("more than wanted in %s", got)
		}
	}
}

type ownSchedule struct {
	Base  float64
	Depth int
}

func (s ownSchedule) LR(int) float64 { return s.Base }

// What is stored tells runs apart as what was planned does, in any program that
// reads JSON; a record without settings keeps its name.
func TestStoredSettingsAndNames(t *testing.T) {
	l := testLab(t, t.TempDir())
	a, b := mlp(), mlp()
	a.Name, b.Name = "", ""
	b.Schedule = optim.Constant(0.02)
	must(l.Fit(a, b))
	runs := must(l.Runs())
	if got := labelsOf(runs); got[0] != "lr 0.05" && got[1] != "lr 0.05" || got[0] == got[1] {
		t.Errorf("labels %q", got)
	}
	var record struct {
		Name  string
		Hyper map[string]any
	}
	must(0, json.Unmarshal(must(os.ReadFile(filepath.Join(runs[0].Dir, recordFile))), &record))
	if record.Hyper["optimizer"] != "sgd" || record.Hyper["batch"] != 16.0 || record.Name != "784-12-10 sgd lr "+fmt.Sprint(record.Hyper["lr"])+" momentum 0.9 seed 1" {
		t.Errorf("record %+v", record)
	}

	// A name renames at once, in what is shown and in the store, and stays.
	a.Name = "mine"
	if r := must(l.Fit(a))[0]; !r.Stored || r.Label() != "mine" || !strings.HasPrefix(r.String(), "mine on tiny digits: dev") {
		t.Errorf("%v, stored %v, label %q", r, r.Stored, r.Label())
	}
	a.Name = ""
	if r := must(l.Fit(a))[0]; r.Label() != "mine" || !strings.HasPrefix(r.String(), "mine on tiny digits: dev") {
		t.Errorf("%v, label %q", r, r.Label())
	}
	if runs = must(l.Runs()); !slices.Contains(labelsOf(runs), "mine") || runs[1].Name != "mine" {
		t.Errorf("labels %q, the run asked for last is %s", labelsOf(runs), runs[1].Name)
	}
	b.Name = "mine" // twice the same name
	must(l.Fit(b))
	runs = must(l.Runs())
	if got := labelsOf(runs); !slices.Contains(got, "mine, lr 0.05") || !slices.Contains(got, "mine, lr 0.02") {
		t.Errorf("labels %q", got)
	}

	// A record of before.
	runs[0].Hyper, runs[0].Name = nil, "as it was"
	runs[0].Code = Code{Older: "abc"}
	must(0, runs[0].writeRecord())
	if got := labelsOf(must(l.Runs())); !slices.Contains(got, "as it was, older code") {
		t.Errorf("labels %q", got)
	}
}

// Where all settings agree, code and kernels tell.
func TestLabelsOfCode(t *testing.T) {
	l := testLab(t, t.TempDir())
	one := must(l.plan([]train.Config{mlp()}))[0].result
	other := func(change func(*Code)) *Result {
		r := *one
		r.Code = today()
		r.Started = r.Started.Add(-3e9)
		change(&r.Code)
		return &r
	}
	for _, c := range []struct {
		change func(*Code)
		a, b   string
	}{
		{func(c *Code) { c.Library = "old" }, "mlp", "mlp, older code"},
		{func(c *Code) { c.Kernels = "generic" }, "mlp, " + today().Kernels + " kernels", "mlp, generic kernels"},
		{func(c *Code) { c.Own = "x" }, "mlp of ", "mlp of "},
	} {
		r := other(c.change)
		got := labelsOf(Runs{one, r})
		if !strings.HasPrefix(got[0], c.a) || !strings.HasPrefix(got[1], c.b) || got[0] == got[1] {
			t.Errorf("labels %q, want %q and %q", got, c.a, c.b)
		}
	}
}

// Of layers in the same place, a label tells the fields that differ.
func TestLayersAreToldByWhatDiffers(t *testing.T) {
	l := testLab(t, t.TempDir())
	const he, xavier, plain = `{"linear":{"init":{"scheme":"he"},"out":8}}`, `{"linear":{"init":{"scheme":"xavier"},"out":8}}`, `{"linear":{"out":8}}`
	const wide, gelu = `{"linear":{"out":9}}`, `{"gelu":{}}`
	for _, c := range []struct{ a, b, labelA, labelB string }{
		{he, xavier, "linear init he", "linear init xavier"},
		{he, plain, "linear init he", "linear init default"},
		{wide, plain, "784-9-10", "784-8-10"},
		{he, wide, "784-8-10", "784-9-10"},
		{gelu, `{"tanh":{}}`, "gelu", "tanh"},
	} {
		of := func(first string) *Result {
			return flagged(t, l, `--layers=[`+first+`,{"relu":{}},{"linear":{"out":10}}]`)
		}
		if got := labelsOf([]*Result{of(c.a), of(c.b)}); !strings.HasSuffix(got[0], c.labelA) || !strings.HasSuffix(got[1], c.labelB) {
			t.Errorf("%q, want %q and %q", got, c.labelA, c.labelB)
		}
	}
}
