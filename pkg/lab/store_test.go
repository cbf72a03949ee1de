package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/internal/memory"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// interruptAt makes a run and interrupts it after some steps.
func interruptAt(t *testing.T, l *Lab, cfg train.Config, step int) *Result {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l.Progress = func(string) Bar { return cutAfter(step, cancel) }
	defer func() { l.Progress = nil }()
	r := there(l.FitContext(ctx, cfg))[0]
	if r.Status != Interrupted {
		t.Fatalf("%s after %d steps, want it interrupted after %d", r.Status, r.Steps, step)
	}
	return r
}

// cutter is a bar that ends a context after some steps made now.
type cutter struct {
	step   int
	cancel func()
	before *int
}

func cutAfter(step int, cancel func()) cutter { return cutter{step, cancel, new(int)} }

func (c cutter) Finish(string) {}

func (c cutter) Skip(n int) { *c.before += n }

func (c cutter) Update(done, _ int, _ string) {
	if done-*c.before >= c.step {
		c.cancel()
	}
}

func TestStoreKnowsARun(t *testing.T) {
	root := t.TempDir()
	first := must(testLab(t, root).Fit(mlp()))[0]
	if first.Stored || first.Status != Finished {
		t.Fatalf("%+v", first.Record)
	}
	change := func(name string, stored bool, c func(*train.Config, *Lab)) {
		t.Run(name, func(t *testing.T) {
			l, cfg := testLab(t, root), mlp()
			c(&cfg, l)
			r := must(l.Fit(cfg))[0]
			if r.Stored != stored {
				t.Errorf("stored %v, want %v", r.Stored, stored)
			}
			if r.Name != cfg.Name {
				t.Errorf("name %q, want %q", r.Name, cfg.Name)
			}
			if stored {
				mustEqual(t, "history", r.History, first.History, nil, nil)
			} else if r.Dir == first.Dir {
				t.Error("a new run in the folder of the old one")
			}
		})
	}
	change("same", true, func(*train.Config, *Lab) {})
	change("name", true, func(c *train.Config, _ *Lab) { c.Name = "another name" })
	change("all training examples by number", true, func(c *train.Config, l *Lab) { c.TrainSize = l.Train.Len() })
	change("defaults written out", true, func(c *train.Config, _ *Lab) { c.Loss = nn.CrossEntropy{} })
	change("learning rate", false, func(c *train.Config, _ *Lab) { c.Schedule = optim.Constant(0.04) })
	change("schedule", false, func(c *train.Config, _ *Lab) { c.Schedule = optim.StepLR{Base: 0.05, Gamma: 1, Every: 1} })
	change("optimizer", false, func(c *train.Config, _ *Lab) { c.Optimizer = optim.SGD{Momentum: 0.8} })
	change("seed", false, func(c *train.Config, _ *Lab) { c.Seed++ })
	change("epochs", false, func(c *train.Config, _ *Lab) { c.Epochs++ })
	change("layers", false, func(c *train.Config, _ *Lab) { c.Layers = nn.MLP([]int{11}, nn.ReLU{}, 10, 0) })
	change("training examples", false, func(c *train.Config, _ *Lab) { c.TrainSize = 50 })
	change("dev score of another set", false, func(_ *train.Config, l *Lab) { l.dataSum = "other" })
	change("code", false, func(_ *train.Config, l *Lab) { l.Question = "other" })
}

func TestInterruptedRunContinues(t *testing.T) {
	want := must(testLab(t, t.TempDir()).Fit(cnn()))[0]
	root := t.TempDir()
	for _, step := range []int{1, 4, 9} { // steps made in this part
		r := interruptAt(t, testLab(t, root), cnn(), step)
		if _, err := os.Stat(filepath.Join(r.Dir, stateFile)); err != nil {
			t.Error(err)
		}
		if again := must(readRuns(filepath.Dir(r.Dir))); len(again) != 1 || again[0].Status != Interrupted {
			t.Errorf("the store tells of %+v", again)
		}
	}
	cfg := cnn()
	cfg.Name = "under another name"
	r := must(testLab(t, root).Fit(cfg))[0]
	if r.Stored || r.Status != Finished {
		t.Errorf("%+v", r.Record)
	}
	mustEqual(t, "history", r.History, want.History, nil, nil)
	got, model := must(r.Model()), must(want.Model())
	for i, p := range got.Params() {
		if fmt.Sprint(p.Data) != fmt.Sprint(model.Params()[i].Data) {
			t.Errorf("%s differs", p.Name)
		}
	}
	if runs := must(testLab(t, root).Runs()); len(runs) != 1 {
		t.Errorf("%d runs in the store, want one", len(runs))
	}
}

// Finished looks and trains nothing: at runs that have ended, one that was cut
// short, and some that were never begun.
func TestFinishedTrainsNothing(t *testing.T) {
	root := t.TempDir()
	second, third := mlp(), mlp()
	second.Seed, third.Seed = 2, 3
	want := must(testLab(t, root).Fit(mlp(), second))
	interruptAt(t, testLab(t, root), cnn(), 4)
	before := fmt.Sprint(folders(root, ""))
	got := must(testLab(t, root).Finished(mlp(), second, third, cnn()))
	if len(got) != 2 {
		t.Fatalf("got %v, want the two runs that have ended", got)
	}
	for i, r := range got {
		if r.Dir != want[i].Dir || r.Best != want[i].Best || r.Status != Finished {
			t.Errorf("seed %d: %v, want %v", i+1, r, want[i])
		}
		if _, err := r.Test(); err != nil {
			t.Error(err)
		}
	}
	if after := fmt.Sprint(folders(root, "")); after != before {
		t.Errorf("the store holds %s, held %s", after, before)
	}
	bad := mlp()
	bad.Batch = 0
	if _, err := testLab(t, root).Finished(bad); err == nil {
		t.Error("a mistake in the configuration is not told")
	}
}

// A lab on other digits keeps its runs apart, and judges on any set.
func TestLabOnOtherDigits(t *testing.T) {
	root := t.TempDir()
	l := testLab(t, root)
	l.SideBySide, l.Quiet = 2, true
	drawn := tiny(60)
	drawn.Name = "drawn digits"
	other := l.On(drawn)
	if other.Train.Len() != 50 || other.Dev.Len() != 10 || other.SideBySide != 2 || !other.Quiet || other.Question != l.Question {
		t.Errorf("%+v", other)
	}
	a, b := must(l.Fit(mlp()))[0], must(other.Fit(mlp()))[0]
	if b.Stored || filepath.Dir(filepath.Dir(a.Dir)) != filepath.Join(root, ofTiny) ||
		filepath.Dir(filepath.Dir(b.Dir)) != other.store || !strings.HasPrefix(filepath.Base(other.store), "drawn-digits-") {
		t.Errorf("runs in %s and %s", a.Dir, b.Dir)
	}
}

// No two data sets share a folder: by content where their names would be one, in
// any case and any script.
func TestNoTwoSetsShareAFolder(t *testing.T) {
	of := map[string]string{}
	folder := func(what, name string, quick bool, change func(d *data.Dataset)) string {
		d := tiny(30)
		d.Name = name
		if change != nil {
			change(d)
		}
		f := New("q", d, "", quick).folder()
		if strings.ContainsFunc(f, func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' }) {
			t.Errorf("%s: folder %q", what, f)
		}
		if other, ok := of[f]; ok {
			t.Errorf("%s and %s share %s", what, other, f)
		}
		of[f] = what
		return f
	}
	scans := folder("scans", "scans", false, nil)
	folder("quick", "scans", true, nil)
	folder("other pixels", "Scans", false, func(d *data.Dataset) { d.Train.Pixels[5]++ })
	folder("other test images", "scans", false, func(d *data.Dataset) { d.Test.Pixels[5]++ })
	folder("other classes", "SCANS", false, func(d *data.Dataset) {
		for _, s := range []*data.Set{d.Train, d.Test} {
			s.Classes = strings.Split("abcdefghij", "")
		}
	})
	folder("no test images", "scans", false, func(d *data.Dataset) { d.Test = nil })
	folder("names without a letter of ours", "数字", false, func(d *data.Dataset) { d.Train.Labels[0]++ })
	folder("a name that is taken", "MNIST", false, nil)
	folder("a name that is taken, quick", "MNIST", true, nil)
	folder("a name that looks like a quick one", "MNIST quick", false, nil)
	if again := New("q", tiny(30), "", false); scans[len("scans"):] != again.folder()[len("tiny-digits"):] {
		t.Error("the same images have another fingerprint")
	}
	if f := New("q", must(data.Open(t.Context(), "synthetic")), "", true).folder(); f != "synthetic-digits-quick" {
		t.Errorf("the library's own digits are in %s", f)
	}
}

// A run that somebody else finishes just before we lock it is not trained
// over.
func TestRunFinishedByAnotherMeanwhile(t *testing.T) {
	root := t.TempDir()
	cfg := mlp()
	cfg.Layers = nn.MLP([]int{4000}, nn.ReLU{}, 10, 0) // enough to ask for the machine's memory
	var first *Result
	machine := memory.Machine
	defer func() { memory.Machine = machine }()
	memory.Machine = func() (int64, int64, bool) { // asked between Fit's look into the store and its lock
		memory.Machine = machine
		first = must(testLab(t, root).Fit(cfg))[0]
		return machine()
	}
	second := must(testLab(t, root).Fit(cfg))[0]
	if first == nil || first.Stored || !second.Stored || second.Dir != first.Dir {
		t.Errorf("first %+v, second %+v: want the second to be the stored first", first, second)
	}
}

func TestLockWithinAProcess(t *testing.T) {
	root := t.TempDir()
	cfg := mlp()
	l := testLab(t, root)
	j := must(l.plan([]train.Config{cfg}))[0]
	dir := j.result.Dir
	release := must(j.result.lock())
	_, err := l.Fit(cfg)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("in use by process %d:", os.Getpid())) {
		t.Errorf("error %v, want that this process has it", err)
	}
	release()
	if r := must(l.Fit(cfg))[0]; r.Stored || r.Dir != dir {
		t.Errorf("%+v", r.Record)
	}
}

// Early stopping: the weights of the best evaluation are what a run gives, not
// those it ended with.
func TestEarlyStoppingRestoresTheBest(t *testing.T) {
	l := testLab(t, t.TempDir())
	cfg := mlp()
	cfg.Epochs, cfg.DevEvery, cfg.Patience = 40, 4, 6
	cfg.Schedule = optim.Joined{Parts: []optim.Schedule{optim.Constant(0.1), optim.Constant(20)}, Until: []int{40}}
	r := must(l.Fit(cfg))[0]
	if r.Status != Finished || r.Steps != r.Best.Step+4*6 || r.Steps >= 40*7 {
		t.Fatalf("%s after %d steps with the best at %d, want it ended six evaluations later", r.Status, r.Steps, r.Best.Step)
	}
	if r.Last.Step != r.Steps || r.Last.Score >= r.Best.Score {
		t.Fatalf("last %+v, best %+v: want a run that gets worse", r.Last, r.Best)
	}
	s := must(train.Evaluate(context.Background(), must(r.Model()), nn.CrossEntropy{}, train.InOrder(l.Dev)))
	if s.Accuracy != r.Best.Score || s.Loss != r.Best.Loss {
		t.Errorf("the run's model scores %v, want the best evaluation %+v", s, r.Best)
	}
}

func TestDivergedRunIsKept(t *testing.T) {
	l := testLab(t, t.TempDir())
	var log strings.Builder
	l.Log, l.Quiet = &log, true
	cfg := diverging()
	cfg.Schedule = optim.Joined{Parts: []optim.Schedule{optim.Constant(0.01), optim.Constant(1e6)}, Until: []int{6}}
	r := must(l.Fit(cfg))[0]
	if r.Status != Diverged || !strings.Contains(r.Error, "learning rate 1e+06") {
		t.Fatalf("%+v", r.Record)
	}
	// The model from before is there, whole and finite.
	m := must(r.Model())
	s := must(train.Evaluate(context.Background(), m, train.LossOf(m), train.InOrder(l.Dev)))
	if r.Best.Step < 5 || r.Best.Step > r.Steps || s.Loss != r.Best.Loss || s.Accuracy != r.Best.Score {
		t.Errorf("the saved model scores %v, the best evaluation was %+v", s, r.Best)
	}
	if _, err := os.Stat(filepath.Join(r.Dir, stateFile)); err == nil {
		t.Error("a state to continue from is left")
	}
	if again := must(l.Fit(cfg))[0]; !again.Stored || again.Status != Diverged || again.Error != r.Error {
		t.Errorf("%+v", again.Record)
	}
	if told := strings.Count(log.String(), r.Error); told != 1 {
		t.Errorf("a quiet lab tells of it %d times in two Fits: %s", told, log.String())
	}
}

// One that goes wrong before its first evaluation has no model, and says so.
func TestDivergedAtOnce(t *testing.T) {
	l := testLab(t, t.TempDir())
	cfg := diverging()
	cfg.DevEvery = 1000
	r := must(l.Fit(cfg))[0]
	if _, err := r.Model(); err == nil || !strings.Contains(err.Error(), "no saved model") {
		t.Errorf("error %v", err)
	}
	if _, err := r.Test(); err == nil || !strings.Contains(err.Error(), "no saved model") {
		t.Errorf("error %v", err)
	}
}

func TestDamagedStore(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"record cut", recordFile, `{"Name": "mlp", "Sta`, "run.json is damaged: unexpected end of JSON input"},
		{"record empty", recordFile, "", "run.json is damaged"},
		{"no status", recordFile, `{"Name": "mlp"}`, `status "", want finished`},
		{"history cut", historyFile, `{"kind":"train","epoch":0,"step":3,"loss":2`, "history.jsonl is damaged: 0 events"},
		{"history with a hole", historyFile, "\x00\x00\x00\n", "history.jsonl is damaged: 0 events"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			r := must(testLab(t, root).Fit(mlp()))[0]
			other := mlp()
			other.Seed = 2
			must(testLab(t, root).Fit(other))
			path := filepath.Join(r.Dir, c.file)
			must(0, os.WriteFile(path, []byte(c.text), 0o644))
			l := testLab(t, root)
			_, err := l.Fit(mlp())
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, c.want)
			}
			if got := string(must(os.ReadFile(path))); got != c.text {
				t.Errorf("the damaged file was written over: %q", got)
			}
			// The others can be used all the same.
			var log strings.Builder
			l.Log = &log
			if runs := must(l.Runs()); len(runs) != 1 || strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), c.want) {
				t.Errorf("%d runs, log %q", len(runs), log.String())
			}
			must(0, os.RemoveAll(r.Dir))
			if again := must(l.Fit(mlp()))[0]; again.Status != Finished || again.Stored {
				t.Errorf("%+v", again.Record)
			}
		})
	}
}

func TestDamagedState(t *testing.T) {
	root := t.TempDir()
	r := interruptAt(t, testLab(t, root), mlp(), 6)
	path := filepath.Join(r.Dir, stateFile)
	b := must(os.ReadFile(path))
	b[len(b)-5] ^= 1
	must(0, os.WriteFile(path, b, 0o644))
	_, err := testLab(t, root).Fit(mlp())
	if err == nil || !strings.Contains(err.Error(), "damaged: remove "+r.short()) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line that says what to do", err)
	}
}

func TestTestSetIsReadOnce(t *testing.T) {
	root := t.TempDir()
	l := testLab(t, root)
	r := must(l.Fit(mlp()))[0]
	want := must(r.Test())
	if s := must(train.Evaluate(context.Background(), must(r.Model()), nn.CrossEntropy{}, train.InOrder(l.Data.Test))); s != want {
		t.Errorf("score %v, want %v", want, s)
	}
	again := testLab(t, root)
	again.Data.Test = nil // would panic
	if s := must(must(again.Fit(mlp()))[0].Test()); s != want {
		t.Errorf("stored score %v, want %v", s, want)
	}
}

// The score of an old result must not undo what has happened to the run since.
func TestTestOfAnInterruptedRun(t *testing.T) {
	root := t.TempDir()
	early := interruptAt(t, testLab(t, root), mlp(), 8)
	must(testLab(t, root).Fit(mlp()))
	must(early.Test())
	if r := must(readResult(early.Dir)); r.Status != Finished || r.Record.Test != nil {
		t.Errorf("the finished run has become %+v", r.Record)
	}
}

func TestBestModelOfAQuestion(t *testing.T) {
	root := t.TempDir()
	l := testLab(t, root)
	if _, _, err := l.BestModel("test"); err == nil || !strings.Contains(err.Error(), "no saved model for test") {
		t.Errorf("error %v", err)
	}
	var best *Result
	for seed := range 4 {
		cfg := mlp()
		cfg.Seed = uint64(seed)
		if r := must(l.Fit(cfg))[0]; best == nil || r.Best.Score > best.Best.Score {
			best = r
		}
		m, meta, err := l.BestModel("test")
		if err != nil {
			t.Fatal(err)
		}
		if meta["run"] != filepath.Base(best.Dir) || m.Seed != must(best.Model()).Seed {
			t.Errorf("after seed %d the best is %s, want %s", seed, meta["run"], filepath.Base(best.Dir))
		}
	}
}

// A store that cannot be made is an error before anything is trained.
func TestStoreThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(0, os.WriteFile(file, nil, 0o644))
	_, err := testLab(t, filepath.Join(file, "runs")).Fit(mlp())
	if err == nil || !strings.Contains(err.Error(), "run store") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line", err)
	}
}

func TestStoredRuns(t *testing.T) {
	root := t.TempDir()
	t.Setenv("INKLING_RUNS", root)
	if all := must(StoredRuns("")); len(all) != 0 {
		t.Errorf("an empty store holds %v", all)
	}
	for _, q := range []string{"a", "b"} {
		l := testLab(t, root)
		l.Question = q
		must(l.Fit(mlp()))
	}
	if all := must(StoredRuns("")); len(all) != 2 {
		t.Errorf("%d runs, want 2", len(all))
	}
	if b := must(StoredRuns("b")); len(b) != 1 || b[0].Question != "b" {
		t.Errorf("runs of b: %v", b)
	}
}

// What a pointer points to identifies a run, not where that lies.
func TestConfigWithPointers(t *testing.T) {
	root := t.TempDir()
	for i, c := range []struct {
		momentum float64
		stored   bool
	}{{0.5, false}, {0.5, true}, {0.6, false}} {
		cfg := mlp()
		cfg.Optimizer = pointing{&optim.SGD{Momentum: c.momentum}}
		if r := must(testLab(t, root).Fit(cfg))[0]; r.Stored != c.stored || r.Code.Unknown != "" {
			t.Errorf("run %d: stored %v, want %v; code %+v", i, r.Stored, c.stored, r.Code)
		}
	}
}

type pointing struct{ *optim.SGD }

// A run's folder is told as one can go there, and without a folder of the
// machine's.
func TestShortRoot(t *testing.T) {
	home, root := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	for _, c := range []struct{ env, root, want string }{
		{root, root, "$INKLING_RUNS"},
		{root + "/", root, "$INKLING_RUNS"},
		{"elsewhere", root, "runs"},
		{"", filepath.Join(home, "cache", "inkling", "runs"), filepath.Join("~", "cache", "inkling", "runs")},
		{"", root, "runs"},
	} {
		t.Setenv("INKLING_RUNS", c.env)
		if got := shortRoot(c.root); runtime.GOOS == "linux" && got != c.want {
			t.Errorf("INKLING_RUNS=%s, store %s: %q, want %q", c.env, c.root, got, c.want)
		}
	}
}
