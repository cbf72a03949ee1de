package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// What --dask, --seeds and --print cannot mean is told before any data are read.
func TestBadDask(t *testing.T) {
	for args, want := range map[string]string{
		"--dask=here":                     `--dask "here", want tcp://HOST:PORT`,
		"--dask=local:0":                  "local:N",
		"--dask=local:1000":               "at most 999",
		"--dask=tcp://host":               "tcp://HOST:PORT",
		"--dask=tcp://a b:1":              "tcp://HOST:PORT",
		"--dask=http://host:8786":         "tcp://HOST:PORT",
		"--dask=local:2|--print":          "--print and --dask",
		"--seeds=0":                       "seeds 0, want 1 to",
		"--seeds=-1":                      "seeds -1, want 1 to",
		"--seeds=3|--lr=0|--dask=local:2": "lr 0, want",
	} {
		newWorld(t).refuses(append([]string{"train"}, strings.Split(args, "|")...), nil, want)
	}
	// It is told where there are no sources to build from.
	w := newWorld(t)
	w.refuses([]string{"train", "--dask=local:2"}, nil, "want it inside the folder of inkling's sources")
}

// --print makes nothing and says what would make each run, wherever it is typed.
func TestPrint(t *testing.T) {
	w := newWorld(t)
	code, out, stderr := w.run(append(small, "--seeds=2", "--print", "--name=it's so; no"), "INKLING_RUNS=a place")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 2 || stderr != "" {
		t.Fatalf("code %d, %q, %q", code, out, stderr)
	}
	if list := w.files(); len(list) != 1 {
		t.Errorf("files %q", list)
	}
	for i, line := range lines {
		for range 2 { // the second time it is stored
			elsewhere(t, line)
		}
		runs := must(filepath.Glob(filepath.Join(w.dir, "a place", "*", "*", "*", "run.json")))
		if len(runs) != i+1 {
			t.Errorf("%d runs after %d lines", len(runs), i+1)
		}
	}
}

// elsewhere gives a line to a shell in a folder, and with an environment, that have
// nothing to do with where it was printed.
func elsewhere(t *testing.T, line string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir, cmd.Env = t.TempDir(), []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "XDG_CACHE_HOME=" + os.Getenv("XDG_CACHE_HOME")}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

// What a search prints says all that it was told, and on which data: by --data or by
// INKLING_DATA, each relative to this folder.
func TestPrintSearch(t *testing.T) {
	w := newWorld(t)
	table := "label,pixel0,pixel1,pixel2,pixel3\n"
	for i := range 900 {
		table += fmt.Sprintf("%d,%d,%d,%d,%d\n", i%3, i%3*100, i%7*30, i%5*40, 200-i%3*100)
	}
	must(0, os.WriteFile(filepath.Join(w.dir, "my few.csv"), []byte(table), 0o644))
	words := []string{"search", "--hidden=none", "--epochs=1", "--size=500", "--batch=50", "--lr=0.1,0.2", "--print", "--name=two words"}
	for _, c := range []struct{ word, env string }{{"--data=my few.csv", "INKLING_DATA=auto"}, {"--question=other", "INKLING_DATA=./my few.csv"}} {
		code, out, stderr := w.run(append(slices.Clone(words), c.word), c.env)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if code != 0 || len(lines) != 2 || stderr != "" {
			t.Fatalf("%v: code %d, %q, %q", c, code, out, stderr)
		}
		for _, line := range lines {
			elsewhere(t, line)
		}
	}
	code, out, stderr := w.run([]string{"runs", "--json", "--name=two words"})
	var runs []lab.Summary
	if err := json.Unmarshal([]byte(out), &runs); err != nil || code != 0 || len(runs) != 4 {
		t.Fatalf("code %d, %v, %d runs, %q", code, err, len(runs), stderr)
	}
	for _, r := range runs {
		if !strings.HasPrefix(r.Data, "my-few") || r.Data != runs[0].Data || r.Name != "two words" {
			t.Errorf("%+v", r)
		}
	}
}

// The words of a run with several seeds are those that make it alone.
func TestSeeds(t *testing.T) {
	w := newWorld(t)
	code, out, stderr := w.run(append(small, "--seeds=3"))
	if code != 0 || strings.Count(out, "dev ") < 3 {
		t.Fatalf("code %d, %q, %q", code, out, stderr)
	}
	if code, out, stderr := w.run(append(small, "--seed=3")); code != 0 || !strings.Contains(out, ", stored ") {
		t.Errorf("seed 3 alone: code %d, %q, %q", code, out, stderr)
	}
}

// errands are what another machine asks for: a run comes back as a parcel that
// enters the store; what cannot be is told in a line.
func TestWork(t *testing.T) {
	dir := t.TempDir()
	digits := &data.Dataset{Name: "few", Source: "drawn for a test", Train: data.Synthetic("train", 1, 0, 600)}
	home := lab.New("q", digits, filepath.Join(dir, "home"), false)
	home.Log = t.Output()
	cfg := train.Config{Layers: nn.MLP([]int{8}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{}, Schedule: optim.Constant(0.1), Batch: 50, Epochs: 2, Seed: 1}
	words := []string{"--hidden=8", "--momentum=0", "--decay=0", "--schedule=constant", "--lr=0.1", "--batch=50", "--epochs=2"}
	run := must(home.Away(lab.Part{Config: cfg}))[0]
	if r, err := run.Take(); r != nil || err != nil {
		t.Fatal(r, err)
	}
	defer run.GiveUp()
	images := filepath.Join(dir, "images")
	must(home.WriteImages(images))
	good := errand{Order: run.Order(), Words: words, Images: images, Store: filepath.Join(dir, "there"), Out: filepath.Join(dir, "parcel")}
	work := func(input []byte) (code int, stderr string) {
		cmd := exec.Command(program, "work")
		cmd.Dir = dir
		var said bytes.Buffer
		cmd.Stderr = &said
		in := must(cmd.StdinPipe())
		must(0, cmd.Start())
		in.Write(input)
		defer in.Close()
		if !json.Valid(input) {
			in.Close()
		}
		cmd.Wait()
		return cmd.ProcessState.ExitCode(), said.String()
	}
	for name, c := range map[string]struct {
		code   int
		change func(e *errand)
	}{
		`unknown flag`:          {2, func(e *errand) { e.Words = []string{"--nonsense=1"} }},
		`lr 0`:                  {2, func(e *errand) { e.Words = []string{"--lr=0"} }},
		`another configuration`: {2, func(e *errand) { e.Words = words[1:] }},
		`, want "x"`:            {3, func(e *errand) { e.Order.Code.Kernels = "x" }},
		`other images`:          {2, func(e *errand) { e.Order.DataSum = "x" }},
		`no such file`:          {2, func(e *errand) { e.Images = filepath.Join(dir, "none") }},
		`does not begin`:        {2, func(e *errand) { e.Images = program }},
		`want absolute paths`:   {2, func(e *errand) { e.Out = "parcel" }},
		`ends in -`:             {2, func(e *errand) { e.Order.Folder = "../x" }},
	} {
		e := good
		c.change(&e)
		code, stderr := work(must(json.Marshal(e)))
		if code != c.code || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, name) {
			t.Errorf("%s: code %d, %q", name, code, stderr)
		}
		if _, err := os.Lstat(good.Out); err == nil {
			t.Fatalf("%s: a parcel", name)
		}
	}
	for _, input := range []string{"", "{", "[]", "\x00"} {
		if code, stderr := work([]byte(input)); code != 2 || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: code %d, %q", input, code, stderr)
		}
	}
	if code, stderr := work(must(json.Marshal(good))); code != 0 || stderr != "" {
		t.Fatalf("code %d, %q", code, stderr)
	}
	if r := must(run.Enter(good.Out)); r.Status != lab.Finished {
		t.Error(r)
	}
	if r := must(home.Fit(cfg))[0]; !r.Stored {
		t.Error("made again")
	}
}
