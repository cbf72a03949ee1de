package main

import (
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/data"
)

// From a trained network to answers about pictures in files.
func TestPredict(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		f := must(os.Create(filepath.Join(w.dir, fmt.Sprintf("scan%d.png", i))))
		must(0, png.Encode(f, data.Synthetic("digits", 3, 0, 3).Scatter(i, 1)))
		must(0, f.Close())
	}
	must(0, os.WriteFile(filepath.Join(w.dir, "bad.jpg"), []byte("\xff\xd8\xff"), 0o644))
	w.refuses([]string{"predict", "scan0.png"}, nil, "no run on", "go run ./scripts/inkling train", "--model", "the run store is empty")

	if code, _, stderr := w.run(small); code != 0 {
		t.Fatal(stderr)
	}
	code, stdout, stderr := w.run([]string{"predict", "scan0.png", "scan1.png", "--figure=figures/seen.png"})
	if code != 0 || stderr != "" || !strings.Contains(stdout, "prepared as those of MNIST were") ||
		strings.Count(stdout, "\nscan") != 2 || !strings.Contains(stdout, "probability") {
		t.Errorf("code %d, stderr %q, stdout:\n%s", code, stderr, stdout)
	}
	if info, err := os.Stat(filepath.Join(w.dir, "figures", "seen.png")); err != nil || info.Size() < 1000 {
		t.Errorf("the figure: %v", err)
	}
	// A bad file is told, and the others are answered.
	code, stdout, stderr = w.run([]string{"predict", "--json", "."})
	if code != 2 || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "inkling: bad.jpg: a JPEG that is cut short") {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines of JSON:\n%s", len(lines), stdout)
	}
	for i, line := range lines {
		var a struct {
			File, Error   string
			First         *struct{ Class string }
			Probabilities []float64
		}
		if err := json.Unmarshal([]byte(line), &a); err != nil || (a.Error != "") != (i == 0) || (a.First != nil) != (i > 0) || i > 0 && len(a.Probabilities) != 10 {
			t.Errorf("line %d: %v, %s", i, err, line)
		}
	}
	// Files are called what they are called, also with signs that a %% line is tidied of.
	scan := must(os.ReadFile(filepath.Join(w.dir, "scan0.png")))
	for _, name := range []string{"Screenshot at 3.15\u202fPM.png", "\U0001f468\u200d\U0001f469.png", "ｆｕｌｌ.png", " a --b.png", "e\u00a0.png", "'tis.png", "a=\"b.png"} {
		path := filepath.Join(w.dir, name)
		must(0, os.WriteFile(path, scan, 0o644))
		if code, stdout, stderr := w.run([]string{"predict", "--json", name, "scan1.png"}); code != 0 || strings.Count(stdout, "\n") != 2 {
			t.Errorf("%q: code %d, stderr %q", name, code, stderr)
		}
		must(0, os.Remove(path))
	}
	// The same model by its run and by its file.
	run := must(filepath.Glob(filepath.Join(w.store, "*", "command", "*")))
	_, want, _ := w.run([]string{"predict", "scan2.png"})
	table := func(s string) string { return s[strings.Index(s, "picture "):] }
	for _, model := range []string{"--run=784-10", "--model=" + run[0], "--model=" + filepath.Join(run[0], "best.safetensors")} {
		code, got, stderr := w.run([]string{"predict", model, "scan2.png"})
		if code != 0 || table(got) != table(want) {
			t.Errorf("%s: code %d, stderr %q, stdout\n%s", model, code, stderr, got)
		}
	}
	code, stdout, _ = w.run([]string{"test", "--scatter=50", "command"})
	if code != 0 || !strings.Contains(stdout, "the first 50 scattered and prepared anew: accuracy") {
		t.Errorf("code %d, %s", code, stdout)
	}
	for args, want := range map[string]string{
		"predict":                         "nothing to read",
		"predict --run=zzz scan0.png":     "zzz",
		"predict --model=a.st --run=b x":  "want one of them",
		"predict --model=absent/m x.png":  "no such file",
		"predict --figure=a.txt scan.png": "ends in .png, .svg or .pdf",
		"predict --data=mnist --run=7 x":  "no effect",
		"predict runs":                    "no PNG, JPEG or GIF file in this folder",
		"test --scatter=-1 command":       "--scatter -1, want 0 to",
	} {
		w.refuses(strings.Fields(args), nil, want)
	}
}
