package main

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Two configurations with three seeds each are compared by their labels; one run of
// each by its id; what is kept makes the second time the same.
func TestCompare(t *testing.T) {
	w := newWorld(t)
	for _, more := range [][]string{{"--lr=0.1"}, {"--lr=0.1", "--seed=2"}, {"--lr=0.1", "--seed=3"}, {"--lr=1e-5"}, {"--lr=1e-5", "--seed=2"}, {"--lr=1e-5", "--seed=3"}} {
		if code, _, stderr := w.run(append(slices.Clone(small), more...)); code != 0 {
			t.Fatal(stderr)
		}
	}
	code, out, stderr := w.run([]string{"compare", "lr 1e-05", "lr 0.1", "--figure=fig.png"})
	if code != 0 || stderr != "" {
		t.Fatalf("code %d, stderr %q", code, stderr)
	}
	for _, want := range []string{
		`^“lr 0.1” helps against “lr 1e-05”: dev error \d\d\.\d\d → \d+\.\d\d %, -\d+\.\d\d ± \d+\.\d\d points \(paired t test over 3 seeds and 1000 images: p `,
		`(?m)^lr  +1e-05 +0.1$`, `(?m)^seeds  +1, 2, 3 +1, 2, 3$`, `(?m)^dev error %`, `(?m)^weights +7,850 +7,850$`, `(?m)^FLOPs an image +[\d,]+`, `(?m)^processor seconds +`, `(?m)^lr 0.1 +2 `, `McNemar's p`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	for _, never := range []string{"momentum", "batch", "optimizer", "test set"} {
		if strings.Contains(out, never) {
			t.Errorf("%q does not differ, and is in\n%s", never, out)
		}
	}
	f, err := os.Open(filepath.Join(w.dir, "fig.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if m, err := png.Decode(f); err != nil || m.Bounds().Dy() < 500 {
		t.Errorf("the figure: %v", err)
	}
	if _, again, _ := w.run([]string{"compare", "lr 1e-05", "lr 0.1"}); again != out {
		t.Errorf("again:\n%s\nat first:\n%s", again, out)
	}
	var v struct {
		On       string
		Settings map[string][]string
		Sides    []struct {
			Runs []string
		}
		Changes []struct {
			Verdict, Sentence string
			Pairs             []struct{ Won, Lost int }
		}
	}
	code, out, stderr = w.run([]string{"compare", "--json", "--test", "lr 0.1", "lr 1e-05"})
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != 0 {
		t.Fatalf("%v, code %d, stderr %q", err, code, stderr)
	}
	if v.On != "test" || len(v.Settings) != 1 || len(v.Sides) != 2 || len(v.Sides[1].Runs) != 3 || v.Changes[0].Verdict != "hurts" || len(v.Changes[0].Pairs) != 3 {
		t.Errorf("%+v", v)
	}
	a, b := v.Sides[0].Runs[0], v.Sides[1].Runs[0]
	if code, out, stderr := w.run([]string{"compare", "--test", a[:6], b}); code != 0 ||
		strings.Count(out, "On the test set, which has been read now") != 1 || !strings.Contains(out, "With seed 1 “lr 1e-05” is worse than “lr 0.1”") || !strings.Contains(out, "One seed does not cover") {
		t.Errorf("code %d, stderr %q, one seed:\n%s", code, stderr, out)
	}
	w.refuses([]string{"compare", a}, nil, "1 run to compare, want two")
	w.refuses([]string{"compare", a, "nothing"}, nil, `no run "nothing"`)
	w.refuses([]string{"compare", a, v.Sides[0].Runs[1]}, nil, "2 runs of one configuration")
	w.refuses([]string{"compare", a, b, "--figure=x.jpg"}, nil, `--figure "x.jpg", want a name that ends in .png`)
	w.refuses([]string{"compare", a, b, "--question=comand"}, nil, "did you mean command?")
	w.refuses([]string{"compare", a, b, "--data=synthetic"}, []string{"INKLING_QUICK="}, "was made on ")
}
