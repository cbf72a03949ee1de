package lab

import (
	"fmt"
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

// forkable are the configurations that forks are tried with.
func forkable() []train.Config {
	adam, patient, once, quiet := mlp(), mlp(), mlp(), mlp()
	adam.Name, adam.Optimizer, adam.Schedule = "adam", optim.Adam{Beta1: 0.8}, optim.Cosine{Base: 0.01}
	patient.Name, patient.Patience, patient.Epochs, patient.Schedule = "patience", 4, 6, optim.Warmup{Steps: 3, Then: optim.Joined{Parts: []optim.Schedule{optim.Constant(0.3), optim.OneCycle{Max: 0.2}}, Until: []int{9}}}
	once.Name, once.DevEvery, once.Optimizer = "judged once", train.AtEnd, optim.SGD{Momentum: 0.9, HeavyBall: true}
	quiet.Name, quiet.DevEvery, quiet.Loss, quiet.TrainSize = "four times", 0, nn.CrossEntropy{Smoothing: 0.1}, 60
	quiet.Augment = data.Augment{Noise: 0.1}
	copies := quiet
	copies.Name, copies.Copies, copies.Epochs = "copies", 1, 2
	return []train.Config{mlp(), cnn(), adam, patient, once, quiet, copies}
}

func mustBeOneRun(t *testing.T, what string, got, want *Result) {
	t.Helper()
	if len(got.History) != len(want.History) || got.Status != want.Status || got.Steps != want.Steps || got.Ended != want.Ended {
		t.Errorf("%s: %s with %d events after %d steps, want %s with %d after %d", what, got.Status, len(got.History), got.Steps, want.Status, len(want.History), want.Steps)
		return
	}
	for i, e := range got.History {
		w := want.History[i]
		if e.Seconds, w.Seconds = 0, 0; e != w {
			t.Errorf("%s: event %d is %+v, want %+v", what, i, e, w)
			return
		}
	}
	a, b := must(got.Model()), must(want.Model())
	for i, p := range a.Params() {
		if !slices.Equal(p.Data, b.Params()[i].Data) {
			t.Errorf("%s: other weights in %s", what, p.Name)
			return
		}
	}
}

// A fork with nothing changed ends in the bits of its parent: after any epoch, its
// state there kept or not, in another process, and interrupted before or after it.
func TestForkOfARunWithNothingChanged(t *testing.T) {
	for _, cfg := range forkable() {
		root := t.TempDir()
		parent := must(testLab(t, root).Fit(cfg))[0]
		for epoch := 1; epoch < cfg.Epochs && epoch <= parent.ended(); epoch++ {
			c := cfg
			c.Name, c.Fork = "", parent.At(epoch)
			for _, cut := range []int{0, c.Fork.Step - 2, c.Fork.Step + 2, c.Fork.Step} {
				l := testLab(t, root)
				name := fmt.Sprintf("%s after %d, cut at %d", cfg.Name, epoch, cut)
				for _, b := range l.borders() {
					b.remove()
				}
				cutOff := cut > 0 && cut < parent.Steps-1
				if cutOff {
					interruptAt(t, l, c, cut)
				}
				l = testLab(t, root)
				r := must(l.Fit(c))[0]
				mustBeOneRun(t, name, r, parent)
				if r.Stored || r.Fork == nil || r.Fork.Run != parent.ID() || r.Fork.Epoch != epoch || r.Dir == parent.Dir || (r.Parts > 1) != cutOff {
					t.Fatalf("%s: %+v", name, r.Record)
				}
				if again := must(testLab(t, root).Fit(c))[0]; !again.Stored || again.Dir != r.Dir {
					t.Errorf("%s: made again", name)
				}
				fst(r.Remove())
			}
			// From what the last one has kept.
			var log strings.Builder
			l := testLab(t, root)
			for _, b := range l.borders() {
				b.remove()
			}
			one := c
			one.Name, one.ClipNorm = "one", 0.1
			must(l.Fit(one))
			l.Log = &log
			r := must(l.Fit(c))[0]
			if !strings.Contains(log.String(), "goes on from "+parent.Fork.String()+parent.Name) || !strings.Contains(log.String(), "its state there is kept") {
				t.Errorf("%s: not from the state that is kept:\n%s", cfg.Name, log.String())
			}
			mustBeOneRun(t, cfg.Name+" from what is kept", r, parent)
			if r.Parts != 1 {
				t.Errorf("%s: in %d parts", cfg.Name, r.Parts)
			}
		}
	}
}

// refit is a lab in another process on the same store.
func refit(t *testing.T, root string) (*Lab, *strings.Builder) {
	l := testLab(t, root)
	log := &strings.Builder{}
	l.Log = log
	return l, log
}

// Other values act from the fork on; the record tells the origin, and curves begin
// where the parent was.
func TestForkWithOtherValuesOfARun(t *testing.T) {
	root := t.TempDir()
	cfg := mlp()
	cfg.Epochs, cfg.Name = 4, ""
	parent := must(testLab(t, root).Fit(cfg))[0]
	l, log := refit(t, root)
	parents := must(l.Runs())
	c := must(l.ConfigOf(parents[0]))
	c.Fork, c.Schedule, c.Epochs = parents[0].At(2), optim.Constant(0.01), 5
	r := must(l.Fit(c))[0]
	for i, e := range r.History {
		if e.Step <= 14 && (e.Loss != parent.History[i].Loss || e.Kind != parent.History[i].Kind) {
			t.Errorf("event %d is %+v, the parent's %+v", i, e, parent.History[i])
		}
		if e.Kind == train.Train && (e.LR == 0.01) != (e.Step > 14) {
			t.Errorf("learning rate %v at step %d", e.LR, e.Step)
		}
	}
	if r.Steps != 35 || r.Epochs != 5 || r.Hyper["fork"] != parent.ID()+"@2" || r.Hyper["lr"] != 0.01 {
		t.Errorf("%+v", r.Record)
	}
	if want := "these 14 steps are made again"; !strings.Contains(log.String(), want) || strings.Count(log.String(), "goes on from") != 1 {
		t.Errorf("no %q once in\n%s", want, log.String())
	}
	x, y := r.Points("dev", "loss")
	px, py := parent.Points("dev", "loss")
	if x[0] != 10 || px[1] != 10 || y[0] != py[1] || x[1] != 15 || y[1] == py[2] {
		t.Errorf("a curve of %v, the parent's %v", x, px)
	}
	if label := r.LabelAmong([]*Result{parent, r}); label != "lr 0.01, 5 epochs, after epoch 2 of "+parent.ID()[:6] {
		t.Errorf("label %q", label)
	}
	other := c
	other.ClipNorm = 0.5
	if labels := labelsOf([]*Result{parent, r, must(l.Fit(other))[0]}); labels[1] != "after epoch 2 of "+parent.ID()[:6] || labels[2] != "clip-norm 0.5, "+labels[1] {
		t.Errorf("labels %q", labels)
	}
	if names, values, _ := Contrast([]Runs{{parent}, {r}}); !slices.Contains(names, "fork") || fmt.Sprint(values[slices.Index(names, "fork")]) != "[– "+parent.ID()+"@2]" {
		t.Errorf("%q %q", names, values)
	}
	var told strings.Builder
	must(0, r.Describe(&told))
	if !strings.Contains(told.String(), "fork of") || !strings.Contains(told.String(), parent.ID()) {
		t.Errorf("no origin in\n%s", told.String())
	}
	// A fork of the fork. Its bar counts all steps.
	bar := &lastTold{}
	l.Progress = func(string) Bar { return bar }
	c.Fork, c.Batch, c.Epochs = r.At(4), 30, 6
	grandchild := must(l.Fit(c))[0]
	if steps := must(l.plan([]train.Config{c}))[0].Steps(); grandchild.Steps != 14+2*7+2*4 || steps != grandchild.Steps || grandchild.History[0].Loss != parent.History[0].Loss {
		t.Errorf("%+v", grandchild.Record)
	}
	if l.Progress = nil; bar.done != grandchild.Steps || bar.total != grandchild.Steps {
		t.Errorf("a bar at %d of %d", bar.done, bar.total)
	}
	for _, b := range l.borders() {
		b.remove()
	}
	must(grandchild.Remove())
	l, _ = refit(t, root)
	mustBeOneRun(t, "of a fork, from its grandparent on", must(l.Fit(c))[0], grandchildCopy(t, c))

	// The parent is removed: what was made is there, what would be made needs it.
	l, log = refit(t, root)
	must(0, l.Remove(parent.ID()))
	if !strings.Contains(log.String(), "; what it was stays in 2 forks of it") {
		t.Errorf("removed with\n%s", log.String())
	}
	c = must(l.ConfigOf(r))
	if s := must(l.Fit(c))[0]; !s.Stored || len(s.History) != len(r.History) {
		t.Errorf("%+v", s.Record)
	}
	must(0, r.Describe(&told))
	c.ClipNorm = 1
	if _, err := l.Fit(c); err == nil || !strings.Contains(err.Error(), "goes on from the run "+parent.ID()+", which the store does not hold") {
		t.Errorf("error %v", err)
	}
}

// grandchildCopy makes the chain of forks that c ends, in a store of its own.
func grandchildCopy(t *testing.T, c train.Config) *Result {
	l := testLab(t, t.TempDir())
	cfg := mlp()
	cfg.Epochs, cfg.Name = 4, ""
	cfg.Fork = must(l.Fit(cfg))[0].At(2)
	cfg.Schedule, cfg.Epochs = optim.Constant(0.01), 5
	must(l.Fit(cfg))
	return must(l.Fit(c))[0]
}

// A run with more epochs goes on from the end of the same run with fewer, where that
// gives its bits, and says in a line why it does not, where it would not.
func TestMoreEpochs(t *testing.T) {
	change := func(name string, f func(c *train.Config)) train.Config {
		c := mlp()
		c.Name = name
		f(&c)
		return c
	}
	noClean := cnn()
	noClean.Name, noClean.Clean = "all of it", 0
	for _, c := range []struct {
		cfg train.Config
		why string // "" if it is continued
	}{
		{mlp(), ""}, {noClean, ""},
		{change("steps", func(c *train.Config) { c.Schedule = optim.StepLR{Base: 0.1, Gamma: 0.5, Every: 5} }), ""},
		{change("the last report is not on the grid", func(c *train.Config) { c.LogEvery, c.DevEvery = 4, 6 }), ""},
		{change("patience", func(c *train.Config) { c.Patience = 9 }), ""},
		{change("cosine", func(c *train.Config) { c.Schedule = optim.Cosine{Base: 0.1} }), "its learning rates go by the length of the run"},
		{change("warm-up", func(c *train.Config) { c.Schedule = optim.Warmup{Steps: 3, Then: optim.OneCycle{Max: 0.1}} }), "its learning rates go by the length of the run"},
		{cnn(), "its last 1 epoch are trained without augmentation"},
	} {
		root := t.TempDir()
		long := c.cfg
		long.Epochs, long.Name = 5, "the longer one"
		want := must(testLab(t, t.TempDir()).Fit(long))[0]
		short := must(testLab(t, root).Fit(c.cfg))[0]
		l, log := refit(t, root)
		if c.why == "" {
			interruptAt(t, l, long, 3)
			l, _ = refit(t, root)
		}
		r := must(l.Fit(long))[0]
		mustBeOneRun(t, c.cfg.Name, r, want)
		said := "continued from the end of " + c.cfg.Name + " (" + short.ID() + ") after 3 epochs"
		if c.why != "" {
			said = "trained from the start: " + c.cfg.Name + " (" + short.ID() + ") after 3 epochs is stored, but " + c.why + "; a fork of it goes on from there: --fork=" + short.ID() + "@3"
		}
		if strings.Count(log.String(), said) != 1 {
			t.Errorf("no %q once in\n%s", said, log.String())
		}
		if (r.Continued != nil) != (c.why == "") || r.Fork != nil || r.Hyper["fork"] != nil || r.Dir[strings.LastIndex(r.Dir, "-"):] != want.Dir[strings.LastIndex(want.Dir, "-"):] {
			t.Errorf("%s: %+v", c.cfg.Name, r.Record)
		}
		if r.Continued != nil && (r.Continued.Run != short.ID() || r.Continued.Epoch != 3) {
			t.Errorf("%s: %+v", c.cfg.Name, r.Continued)
		}
	}
}

// A run that stopped at the last step of an epoch has no state after it: a fork that
// would go on from there is refused, and is not the end of that run once more.
func TestForkOfOneThatStopped(t *testing.T) {
	patient := mlp()
	patient.Schedule, patient.Epochs, patient.DevEvery, patient.Patience = optim.Constant(1e-12), 9, train.PerEpoch(1), 2
	stopped := mlp()
	stopped.Epochs, stopped.Each = 9, train.CallbackFunc(func(m train.Moment) error {
		if m.Kind == train.Step && m.Step == 21 {
			return train.Stop
		}
		return nil
	})
	for name, cfg := range map[string]train.Config{"patience": patient, "Each": stopped} {
		l := testLab(t, t.TempDir())
		parent := must(l.Fit(cfg))[0]
		if parent.Ended == "" || parent.Steps != 3*parent.EpochSteps {
			t.Fatalf("%s: stopped %q after %d steps of %d", name, parent.Ended, parent.Steps, parent.EpochSteps)
		}
		cfg.Patience, cfg.Each, cfg.Fork = 0, nil, parent.At(3)
		if _, err := l.Fit(cfg); err == nil || !strings.Contains(err.Error(), "after epoch 3, want 1 to 2, the epochs of it that have ended") {
			t.Errorf("%s: %v", name, err)
		}
		cfg.Fork = parent.At(2)
		if r := must(l.Fit(cfg))[0]; r.Status != Finished || r.Ended != "" || r.Steps != 9*r.EpochSteps {
			t.Errorf("%s: %s, %q, %d steps", name, r.Status, r.Ended, r.Steps)
		}
	}
}

// Few ends are kept, and of runs made alone.
func TestKeptEndsAreFew(t *testing.T) {
	root := t.TempDir()
	l := testLab(t, root)
	cfgs := make([]train.Config, mostBorders+2)
	for i := range cfgs {
		cfgs[i] = mlp()
		cfgs[i].Epochs, cfgs[i].Seed = 1, uint64(i+1)
	}
	must(l.Fit(cfgs...))
	if n := len(l.borders()); n != 0 {
		t.Errorf("%d ends kept of runs made together", n)
	}
	for i, c := range cfgs {
		c.ClipNorm = 1
		r := must(l.Fit(c))[0]
		if b := l.borders(); len(b) != min(i+1, mostBorders) || b[0].id != r.ID() {
			t.Errorf("after %d: %v", i+1, b)
		}
	}
	// A folder of somebody else's in their place is neither written nor emptied.
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	oldest := l.borders()[mostBorders-1]
	must(0, os.Rename(oldest.dir, elsewhere))
	must(0, os.Symlink(elsewhere, filepath.Join(l.store, bordersDir)))
	extra := cfgs[0]
	extra.ClipNorm = 2
	must(l.Fit(extra))
	must(0, l.Remove(oldest.id))
	if n := len(l.borders()); n != 0 {
		t.Errorf("%d ends in a linked folder", n)
	}
	if files := must(os.ReadDir(elsewhere)); len(files) != 3*mostBorders {
		t.Errorf("%d files in the linked folder", len(files))
	}
	must(0, os.Remove(filepath.Join(l.store, bordersDir)))
	must(0, os.Rename(elsewhere, filepath.Join(l.store, bordersDir)))
	newest := l.borders()[0]
	must(0, l.Remove(newest.id))
	if slices.Contains(l.borders(), newest) {
		t.Error("the end of a run that is removed stays")
	}
	// One that is damaged, or another's, is as good as none.
	c := cfgs[mostBorders]
	c.ClipNorm, c.Epochs = 1, 2
	b := l.borders()[0]
	b.epoch = 0 // that of another seed, under its name
	for _, other := range l.borders()[1:] {
		if b.epoch == 0 {
			b = l.borders()[0]
			for _, paths := range [][2]string{{other.state(), b.state()}, {other.best(), b.best()}, {other.history(), b.history()}} {
				must(0, copyFile(paths[1], paths[0]))
			}
		}
	}
	if r := must(l.Fit(c))[0]; r.Continued != nil || r.Status != Finished {
		t.Errorf("%+v", r.Record)
	}
	c.Epochs = 3
	for _, b := range l.borders()[1:] {
		b.remove()
	}
	b = l.borders()[0]
	state := must(os.ReadFile(b.state()))
	state[len(state)-1] ^= 1
	must(0, os.WriteFile(b.state(), state, 0o644))
	if r := must(l.Fit(c))[0]; r.Continued != nil || r.Status != Finished {
		t.Errorf("%+v", r.Record)
	}
}

// What cannot be forked is told in one line, before anything is written.
func TestForkErrors(t *testing.T) {
	root := t.TempDir()
	cfg := mlp()
	parent := must(testLab(t, root).Fit(cfg))[0]
	half := cfg
	half.Seed = 2
	interrupted := interruptAt(t, testLab(t, root), half, 10)
	early := cfg
	early.Patience, early.Epochs, early.Schedule = 1, 9, optim.Constant(1e-6)
	stopped := must(testLab(t, root).Fit(early))[0]
	other := testLab(t, root)
	other.Question = "other"
	for _, c := range []struct {
		what   string
		change func(c *train.Config)
		want   string
	}{
		{"epoch 0", func(c *train.Config) { c.Fork = parent.At(0) }, "fork after epoch 0 and step 0"},
		{"the end, without more", func(c *train.Config) { c.Fork = parent.At(3) }, "epochs 3, want more than 3"},
		{"beyond the end", func(c *train.Config) { c.Fork, c.Epochs = parent.At(4), 9 }, "fork of mlp (" + parent.ID() + ") after epoch 4, want 1 to 3"},
		{"beyond what there is", func(c *train.Config) { c.Fork = interrupted.At(2) }, "after epoch 2, want 1 to 1"},
		{"beyond an early stop", func(c *train.Config) { c.Fork, c.Epochs = stopped.At(8), 9 }, "want 1 to 1"},
		{"no such run", func(c *train.Config) { c.Fork = train.Fork{Run: "0123456789abcdef", Epoch: 1, Step: 7} }, "the run 0123456789ab, which the store does not hold"},
		{"another width", func(c *train.Config) { c.Fork, c.Layers = parent.At(1), nn.MLP([]int{13}, nn.ReLU{}, 10, 0) }, "a fork keeps the weights of its layers, all else may change: array 1 is linear.W of 10192 values"},
	} {
		l := testLab(t, root)
		changed := cfg
		c.change(&changed)
		before := len(must(l.Runs()))
		_, err := l.Fit(changed)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", c.what, err, c.want)
		}
		if after := len(must(l.Runs())); after != before {
			t.Errorf("%s: %d runs, before %d", c.what, after, before)
		}
	}
	// Followed, it would begin at the start.
	followed := cfg
	followed.Fork = parent.At(1)
	if err := testLab(t, root).Follow(t.Context(), followed, nil); err == nil || !strings.Contains(err.Error(), "goes on from another") {
		t.Errorf("followed: error %v", err)
	}
	// Several side by side, from one parent and from one end.
	side := testLab(t, root)
	side.SideBySide = 4
	var many []train.Config
	for seed := range 6 {
		c := cfg
		c.Name, c.Seed, c.Fork = "side", uint64(seed), parent.At(1+seed%2)
		many = append(many, c)
		c.Fork, c.Epochs = train.Fork{}, 4
		many = append(many, c)
	}
	for _, r := range must(side.Fit(many...)) {
		if r.Status != Finished {
			t.Errorf("%+v", r.Record)
		}
	}
	// From another question, and up to where an interrupted run came.
	changed := half
	changed.Fork = interrupted.At(1)
	if r := must(other.Fit(changed))[0]; r.Status != Finished || r.Fork.Run != interrupted.ID() || r.Question != "other" {
		t.Errorf("%+v", r.Record)
	}
}

// lastTold is a bar that keeps the last it was told.
type lastTold struct{ done, total int }

func (c *lastTold) Update(done, total int, _ string) { c.done, c.total = done, total }
func (c *lastTold) Finish(string)                    {}

// A fork with other layers of the same weights, or on other images of the same set,
// interrupted before it begins or not, from a state that is kept or not. What the old
// layers were judged by is not its own.
func TestForkWithOtherLayersOrImages(t *testing.T) {
	root := t.TempDir()
	cfg := mlp()
	cfg.Layers = nn.MLP([]int{12}, nn.ReLU{}, 10, 0.1)
	parent := must(testLab(t, root).Fit(cfg))[0]
	for _, c := range []struct {
		name   string
		change func(*train.Config)
		first  int // step of the first event
	}{
		{"dropout", func(c *train.Config) { c.Layers = nn.MLP([]int{12}, nn.ReLU{}, 10, 0.5) }, 9},
		{"no dropout", func(c *train.Config) { c.Layers = nn.MLP([]int{12}, nn.ReLU{}, 10, 0) }, 9},
		{"activation", func(c *train.Config) { c.Layers = nn.MLP([]int{12}, nn.Tanh{}, 10, 0.1) }, 9},
		{"size", func(c *train.Config) { c.TrainSize = 50 }, 3},
	} {
		fork := cfg
		fork.Name, fork.Fork = c.name, parent.At(1)
		c.change(&fork)
		var first *Result
		for _, cut := range []int{0, 4, 8, -1} {
			l := testLab(t, root)
			if cut >= 0 {
				for _, b := range l.borders() {
					b.remove()
				}
			}
			if cut > 0 {
				interruptAt(t, l, fork, cut)
			}
			r := must(testLab(t, root).Fit(fork))[0]
			if first == nil {
				first = r
			} else {
				mustBeOneRun(t, fmt.Sprint(c.name, " cut at ", cut), r, first)
			}
			if r.History[0].Step != c.first || r.Best.Step < r.History[0].Step || r.Fork.Step != 7 {
				t.Errorf("%s: begins with %+v, best %+v", c.name, r.History[0], r.Best)
			}
			if cut != -1 {
				kept := *first
				kept.Dir = t.TempDir()
				must(0, copyFile(filepath.Join(kept.Dir, bestFile), filepath.Join(r.Dir, bestFile)))
				first = &kept
				must(r.Remove())
			}
		}
	}
}

// Forks of one configuration with several seeds are one configuration.
func TestForksBySeeds(t *testing.T) {
	l := testLab(t, t.TempDir())
	var parents, forks []train.Config
	for seed := range 3 {
		c := mlp()
		c.Name, c.Seed = "", uint64(seed)
		parents = append(parents, c)
	}
	made := must(l.Fit(parents...))
	for i, c := range parents {
		c.Fork, c.Schedule = made[i].At(1), optim.Constant(0.01)
		forks = append(forks, c)
	}
	late := parents[0]
	late.Fork, late.Schedule = made[0].At(2), optim.Constant(0.01)
	branches := must(l.Fit(append(forks, late)...))
	if groups := BySeeds(branches); len(groups) != 2 || len(groups[0]) != 3 { // what they go on from is in the store
		t.Errorf("%d groups of forks", len(groups))
	}
	for i, r := range branches[:3] { // a circle, as nobody made one
		r.Fork.Run = branches[(i+1)%3].ID()
	}
	if groups := BySeeds(branches[:3]); len(groups) == 0 {
		t.Error("no groups in a circle")
	}
	for i, r := range branches[:3] {
		r.Fork.Run = made[i].ID()
	}
	if groups := BySeeds(append(made, branches...)); len(groups) != 3 || len(groups[0]) != 3 || len(groups[1]) != 3 {
		t.Errorf("%d groups of three parents, their forks after an epoch, and one after two", len(groups))
	}
}

// What a program cannot know again is no parent.
func TestForkOfUnknownCode(t *testing.T) {
	l := testLab(t, t.TempDir())
	c := mlp()
	least := 2.0
	c.Each = train.CallbackFunc(func(m train.Moment) error {
		if m.Score > least {
			return train.Stop
		}
		return nil
	})
	c.Fork = must(l.Fit(c))[0].At(1)
	if _, err := l.Fit(c); err == nil || !strings.Contains(err.Error(), "keeps least of its surroundings") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}
