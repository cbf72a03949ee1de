package search

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/lab"
)

var base = lab.Hyper{
	Hidden: "8", Activation: "relu", Optimizer: "sgd", LR: 0.1, Momentum: 0.9, Decay: 1e-4,
	Schedule: "cosine", Batch: 16, Epochs: 2, Seed: 4,
}

// read gives words to a new space, as a command or the line of a cell does.
func read(line string) (*Space, error) {
	s := &Space{Hyper: base}
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	s.Register(fs)
	_, err := lab.Line("inkling search", fs).Parse(strings.Fields(line))
	return s, err
}

// Runs of several seeds are each called by their own, and by nothing that a person
// said: lists and prune go by that.
func TestSpaceNamesSeeds(t *testing.T) {
	l := testLab(t, t.TempDir())
	s := must(read("--lr=0.1,0.2 --seeds=2 --confirm=2"))
	found := must(must(s.Search(l)).RunContext(t.Context(), l))
	runs := must(l.Runs())
	if len(runs) != 6 || found.Confirmed == nil {
		t.Fatalf("%d runs", len(runs))
	}
	for _, r := range runs {
		if r.Named || !strings.HasSuffix(r.Name, fmt.Sprint("seed ", r.Seed)) {
			t.Errorf("seed %d is called %q, by a person: %v", r.Seed, r.Name, r.Named)
		}
	}
}

// Flags with several values are dimensions, those with one are fixed; a point sets
// the flags, and what has no effect beside them is not part of it.
func TestSpace(t *testing.T) {
	s := must(read("--lr 0.1,0.2 --optimizer=sgd,adam --momentum=0.5,0.9 --hidden=16/8,8/none --batch=8 --activation=tanh,relu --method=grid --seeds 2"))
	search, err := s.Search(nil)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, d := range search.Dims {
		words = append(words, d.String())
	}
	if got := strings.Join(words, " "); got != "--lr=0.1,0.2 --optimizer=sgd,adam --momentum=0.5,0.9 --hidden=16/8,8/none --activation=tanh,relu" || search.Seeds != 2 || search.Method != Grid {
		t.Errorf("%s, %d seeds, %s", got, search.Seeds, search.Method)
	}
	p := &points{s: &search, seen: map[string]bool{}}
	n := map[string]int{}
	for at := p.next(); at != nil; at = p.next() {
		n["all"]++
		c := must(search.Build(at))
		text := fmt.Sprint(c.Optimizer, len(c.Layers), c.Batch, c.Seed, c.Epochs)
		if at.Text("optimizer") == "adam" && at.Text("momentum") != "" || at.Text("hidden") == "none" && at.Text("activation") != "" {
			t.Errorf("%v has what has no effect", at)
		}
		if c.Batch != 8 || c.Seed != 4 || c.Epochs != 2 {
			t.Errorf("%v is %s", at, text)
		}
		words := search.Words(at)
		for _, v := range at {
			if v.Text != "" && !slices.Contains(words, "--"+v.Name+"="+v.Text) {
				t.Errorf("%v in words: %q", at, words)
			}
		}
		// The words make the same run again, whatever the defaults.
		again := &Space{Hyper: lab.Hyper{Hidden: "99", Activation: "gelu", Optimizer: "lion", LR: 1, Schedule: "constant", Batch: 1, Epochs: 9, Seed: 4, Momentum: 0.3, Decay: 0.1}}
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		again.Register(fs)
		if _, err := lab.Line("", fs).Parse(words); err != nil {
			t.Fatalf("%v in words: %v", at, err)
		}
		if d := must(again.config(nil, nil)); fmt.Sprint(d.Layers, d.Optimizer, d.Schedule, d.Batch, d.Epochs) != fmt.Sprint(c.Layers, c.Optimizer, c.Schedule, c.Batch, c.Epochs) {
			t.Errorf("%v in words is %v %v, want %v %v", at, d.Layers, d.Optimizer, c.Layers, c.Optimizer)
		}
	}
	// (sgd × 2 momenta + adam) × (2 networks × 2 activations + none) × 2 rates
	if n["all"] != 3*5*2 {
		t.Errorf("%d points, want 30", n["all"])
	}
}

// Layers are values like others; beside them the flags of an MLP have no effect.
func TestSpaceOfLayers(t *testing.T) {
	s := must(read(`--layers=[{"linear":{"out":10}}]/[{"linear":{"out":6}},{"relu":{}},{"linear":{"out":10}}] --activation=relu,tanh --shift=0,1`))
	search := must(s.Search(nil))
	p := &points{s: &search, seen: map[string]bool{}}
	n := 0
	for at := p.next(); at != nil; at = p.next() {
		c := must(search.Build(at))
		if want := 1 + 2*(n/2); len(c.Layers) != want || at.Text("activation") != "" || c.Augment.Shift != float64(n%2) {
			t.Errorf("%v: %d layers, shift %v", at, len(c.Layers), c.Augment.Shift)
		}
		n++
	}
	if n != 4 {
		t.Errorf("%d points, want 4", n)
	}
}

// A search over what a fork does otherwise: all else is the run's it goes on from,
// and the words say nothing of it.
func TestSpaceOfForks(t *testing.T) {
	l := testLab(t, t.TempDir())
	parent := must(l.Fit(mlp(0.1, 6, 3)))[0]
	s := must(read("--fork=" + parent.ID() + "@2 --lr=0.01,0.02 --decay=0,0.001"))
	search := must(s.Search(l))
	found := must(search.RunContext(t.Context(), l))
	if len(found.Trials) != 4 || found.Made != 4 {
		t.Fatalf("%d trials, %d made", len(found.Trials), found.Made)
	}
	for _, trial := range found.Trials {
		if r := trial.Runs[0]; r.Steps != parent.Steps || r.Weights != parent.Weights {
			t.Errorf("%v: %d steps and %d weights, want %d and %d", trial.Point, r.Steps, r.Weights, parent.Steps, parent.Weights)
		}
	}
	want := fmt.Sprint([]string{"--decay=" + found.Trials[0].Text("decay"), "--fork=" + parent.ID() + "@2", "--lr=" + found.Trials[0].Text("lr")})
	if got := fmt.Sprint(search.Words(found.Trials[0].Point)); got != want {
		t.Errorf("words %s, want %s", got, want)
	}
}

// Every mistake is one line that says what was given and what is allowed.
func TestSpaceMistakes(t *testing.T) {
	for line, want := range map[string]string{
		"--lr=0.1":                    "nothing varies",
		"--lr=0.1..":                  `--lr "0.1..": "" is not a number; want --lr=0.1, several values`,
		"--lr=1..0.1:log":             `--lr "1..0.1:log": from 1 to 0.1, want a range that rises`,
		"--lr=0..1:log":               "above 0",
		"--lr=0.1..1:loh":             "want log, lin, int or how many values",
		"--lr=0.1,abc":                `"abc" is not a number`,
		"--lr=0.1,-1":                 "lr -1, want",
		"--optimizer=sgd,adma":        "unknown optimizer",
		"--optimizer=sgd..adam":       "no range of words",
		"--batch=16,64.5":             "not a whole number",
		"--batch=0,16":                "batch 0, want 1",
		"--hidden=16/x":               `hidden "x"`,
		"--seed=1,2":                  "--seeds=3 makes three runs",
		"--lr=0.1,0.2 --budget=ten":   "want 30runs, 60epochs or a time",
		"--lr=0.1,0.2 --method=bayes": `--method "bayes", want grid, random, halving`,
		"--lr=0.1,0.2 --methd=grid":   "did you mean --method?",
		"--lr=0.1,0.2 --seeds=0":      "seeds 0, want at least 1",
		"--lr=0.1..0.2 --method=grid": "--lr=0.1..0.2:5 is 5 of them",
		"--lr=0.1..0.2 --eta=1":       "eta 1, want 2",
		"--lrr=0.1,0.2":               "did you mean --lr?",
		"--lr=0.1, 0.2":               "write: inkling search --lr=0.1,0.2",
		"--lr=0.1,0.2 --shift=0,99":   "shift",
		"--lr=1e-3..1:log:30 --momentum=0..0.9:30 --decay=0,1e-3": "30 × 30 × 2 = 1800",
		"--lr=0.1,0.2 --runs=30":                                  "--runs is written --budget",
	} {
		s, err := read(line)
		if err == nil {
			_, err = s.Search(nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", line, err, want)
		}
	}
}

// In a cell whose notebook has lab.Flags, single values set those as before; several
// are refused there until a search has asked for them.
func TestFlagsOfACell(t *testing.T) {
	old := flag.CommandLine
	defer func() { flag.CommandLine = old }()
	flag.CommandLine = flag.NewFlagSet("cell", flag.ContinueOnError)
	hyper := lab.Flags(base)
	space := Flags(Space{Hyper: lab.Hyper{Hidden: "12", Activation: "tanh", Optimizer: "sgd", LR: 0.5, Schedule: "constant", Batch: 10, Epochs: 1, Seed: 1}})
	if err := flag.CommandLine.Parse([]string{"--lr=0.02,0.03", "--batch=20", "--budget=7"}); err != nil {
		t.Fatal(err)
	}
	if hyper.Batch != 20 || hyper.LR != 0.1 || space.Hyper.Batch != 20 || space.Budget.Runs != 7 {
		t.Errorf("%+v and %+v", hyper, space)
	}
	if _, err := hyper.Config(nil); err == nil || !strings.Contains(err.Error(), "--lr=0.02,0.03: several values are for a search") {
		t.Errorf("a run with several rates: %v", err)
	}
	search := must(space.Search(nil))
	c := must(search.Build(Point{{"lr", "0.03"}}))
	if fmt.Sprint(c.Schedule) != "0.03" || c.Batch != 20 || c.Epochs != 1 {
		t.Errorf("%+v", c)
	}
	// The other way round, a cell that has no flags yet.
	flag.CommandLine = flag.NewFlagSet("cell", flag.ContinueOnError)
	space = Flags(Space{Hyper: base})
	if err := flag.CommandLine.Parse([]string{"--lr=0.02..0.03", "--decay=0"}); err != nil || len(space.dims) != 1 || space.Hyper.Decay != 0 {
		t.Errorf("%+v, %v", space, err)
	}
}
