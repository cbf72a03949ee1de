package lab

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// ownProgram trains with a loss, an optimizer and a schedule of its own, each
// alone, and one that a library type wraps. Words in brackets are exchanged.
const ownProgram = `package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/lab"
	"inkling/pkg/nn/train"

	"mine/helper"
)

type plain struct{ params []*nn.Param }

// Descent is gradient descent.
type Descent struct{}

func (Descent) New(params []*nn.Param) (optim.Stepper, error) { return plain{params}, nil }
func (p plain) Step(step int, lr float64) {
	for _, q := range p.params {
		for i, g := range q.Grad {
			q.Data[i] -= float32([STEP] * lr) * g
		}
	}
}
func (plain) State() []nn.State { return nil }

type Loss struct{ nn.CrossEntropy }

func (l Loss) Eval(dy, y *nn.Tensor, labels []uint16) float64 {
	loss := l.CrossEntropy.Eval(dy, y, labels)
	if dy != nil {
		for i, v := range dy.Data {
			dy.Data[i] = float32(helper.Scale(float64(v)))
		}
	}
	return helper.Scale(loss)
}

type Falling struct{ Base float64 }

func (f *Falling) LR(step int) float64 { return f.Base * fall(step) }
func fall(step int) float64 { return [FALL] / float64(1+step) }

func main() {
	lab, err := lab.Open(context.Background(), "own")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	lab.Quiet = true
	base := train.Config{Layers: nn.MLP([]int{8}, nn.ReLU{}, 10, 0), Schedule: optim.Constant(0.1), Batch: 100, Epochs: 1, TrainSize: 500}
	with := func(name string, change func(c *train.Config)) train.Config {
		c := base
		c.Name = name
		change(&c)
		return c
	}
	begin := time.Now()
	results, err := lab.Fit(
		base,
		with("optimizer", func(c *train.Config) { c.Optimizer = Descent{} }),
		with("loss", func(c *train.Config) { c.Loss = Loss{} }),
		with("schedule", func(c *train.Config) { c.Schedule = &Falling{0.1} }),
		with("wrapped", func(c *train.Config) { c.Schedule = optim.Warmup{Steps: 2, Then: &Falling{0.2}} }),
		[MORE]
	)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, r := range results {
		fmt.Printf("%s|%v|%x|%s\n", r.Name, r.Stored, told(r.Train()), filepath.Base(r.Dir))
	}
	fmt.Println("took", time.Since(begin))
}

// told is the loss that was optimised, and how far that came.
func told(h lab.History) []float64 { return append(h.Losses(), h.GradNorms()...) }
`

const ownHelper = `package helper

// Scale is what a loss is multiplied by.
func Scale(x float64) float64 { return [SCALE] * x }
`

// ownRun is a line of what the program tells.
type ownRun struct {
	stored    bool
	loss, dir string
}

func TestOwnCodeInAProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	dir, store, cache := t.TempDir(), t.TempDir(), t.TempDir()
	repository := must(filepath.Abs("../.."))
	env := append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off", "INKLING_RUNS="+store, "INKLING_DATA=synthetic", "INKLING_QUICK=1", "INKLING_KERNELS=",
		"GOCACHE="+goEnv(t, "GOCACHE"), "GOMODCACHE="+goEnv(t, "GOMODCACHE"), "XDG_CACHE_HOME="+cache)
	write := func(values ...string) {
		more := strings.NewReplacer(append(values, "[STEP]", "1", "[FALL]", "1", "[SCALE]", "1", "[MORE]", "")...)
		for name, text := range map[string]string{
			"go.mod":           "module mine\n\ngo 1.26.0\n\nrequire inkling v0.0.0\n\nreplace inkling => " + strconv.Quote(repository) + "\n",
			"main.go":          more.Replace(ownProgram),
			"helper/helper.go": more.Replace(ownHelper),
		} {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		sums := must(os.ReadFile(filepath.Join(repository, "go.sum")))
		if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tell := func(command ...string) (map[string]ownRun, string) {
		t.Helper()
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir, cmd.Env = dir, env
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s%s", command, err, out, stderr.Bytes())
		}
		all := map[string]ownRun{}
		var said strings.Builder
		for line := range strings.Lines(string(out)) {
			if p := strings.Split(strings.TrimSpace(line), "|"); len(p) == 4 {
				all[p[0]] = ownRun{stored: p[1] == "true", loss: p[2], dir: p[3]}
			} else {
				said.WriteString(line)
			}
		}
		return all, said.String()
	}
	goRun := func(values ...string) (map[string]ownRun, string) {
		t.Helper()
		write(values...)
		return tell("go", "run", ".")
	}

	first, said := goRun()
	if len(first) != 5 || strings.Contains(said, "anew") {
		t.Fatalf("%v\n%s", first, said)
	}
	for name, r := range first {
		if r.stored {
			t.Errorf("%s is stored in an empty store", name)
		}
	}
	again, said := goRun()
	t.Log(said)
	for name, r := range again {
		if want := first[name]; !r.stored || r.loss != want.loss || r.dir != want.dir {
			t.Errorf("%s: %+v, want %+v stored", name, r, want)
		}
	}
	for _, c := range []struct {
		what, by string
		changes  []string
	}{
		{"[STEP]", "0", []string{"optimizer"}},
		{"[SCALE]", "2", []string{"loss"}},
		{"[FALL]", "3", []string{"schedule", "wrapped"}},
	} {
		for name, r := range fst(goRun(c.what, c.by)) {
			changed := fmt.Sprint(c.changes)
			if strings.Contains(changed, name) == r.stored || r.stored == (r.loss != first[name].loss) {
				t.Errorf("%s %s: %s: %+v, first %+v; want %s made anew", c.what, c.by, name, r, first[name], changed)
			}
		}
		for name, r := range fst(goRun()) {
			if !r.stored || r.loss != first[name].loss {
				t.Errorf("%s back: %s: %+v, want %+v stored", c.what, name, r, first[name])
			}
		}
	}

	more := `with("closure", func(c *train.Config) { b := base.Batch; c.Loss = Fn{func(x float64) float64 { return x * float64(b) }} }),
		with("closure", func(c *train.Config) { b := base.Epochs; c.Loss = Fn{func(x float64) float64 { return x * float64(b) }} }),`
	fn := "1 / float64(1+step) }\n\ntype Fn struct{ F func(float64) float64 }\n\nfunc (f Fn) Eval(dy, y *nn.Tensor, labels []uint16) float64 { return f.F(nn.CrossEntropy{}.Eval(dy, y, labels)) }\n\nfunc unused(step int) float64 { return 1"
	for range 2 {
		all, said := goRun("[MORE]", more, "[FALL]", fn)
		if r := all["closure"]; r.stored || strings.Count(said, "run made anew: ") != 2 || !strings.Contains(said, "keeps b of its surroundings") {
			t.Errorf("%+v, want it made anew with a reason\n%s", r, said)
		}
		if runs := must(filepath.Glob(filepath.Join(store, "*", "own", "closure-*"))); len(runs) != 2 {
			t.Errorf("%d runs that can never be met again, want the last two", len(runs))
		}
		if r := all["optimizer"]; !r.stored {
			t.Errorf("%+v: a run of known code is made anew beside one of unknown code", r)
		}
	}
}

func fst[A, B any](a A, _ B) A { return a }

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
