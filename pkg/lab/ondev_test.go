package lab

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"inkling/pkg/nn/metric"
	"inkling/pkg/nn/optim"
)

// What the best model says is computed once, kept beside the run, and made anew
// when the file or the model is another.
func TestOnDev(t *testing.T) {
	root := t.TempDir()
	l := testLab(t, root)
	r := must(l.Fit(mlp()))[0]
	want := metric.Judge(must(r.Model()), l.Dev)
	look := func(what string) {
		t.Helper()
		said := must(l.OnDev(r, r))
		if len(said) != 2 || len(said[0]) != l.Dev.Len() || len(said[0]) == 0 {
			t.Fatalf("%s: %d answers", what, len(said))
		}
		for i, j := range said[1] {
			w := want.At(i)
			if j.Index != i || j.Label != w.Label || j.Predicted != w.Predicted || j.Probability != w.Probability || j.Right() && j.OfLabel != w.OfLabel {
				t.Fatalf("%s: image %d: %+v, want %+v", what, i, j, w)
			}
		}
	}
	look("at first")
	path := filepath.Join(r.Dir, saidFile)
	first := must(os.ReadFile(path))
	look("kept")
	// It is read, not made again: other answers under the right names are believed.
	of := map[string]string{"dev": l.Dev.Fingerprint(), "model": r.modelSum()}
	other := must(l.OnDev(r))[0]
	for i := range other {
		other[i].Predicted = metric.NoAnswer
	}
	r.keep(of, other)
	if said := must(l.OnDev(r))[0]; said[0].Predicted != metric.NoAnswer || said[0].Right() {
		t.Errorf("what is kept is not read: %+v", said[0])
	}
	for what, change := range map[string]func(){
		"of another model": func() { r.keepAs(map[string]string{"dev": of["dev"], "model": "another"}, other) },
		"of another split": func() { r.keepAs(map[string]string{"dev": "another", "model": of["model"]}, other) },
		"of fewer images":  func() { r.keepAs(of, other[1:]) },
		"damaged":          func() { must(0, os.WriteFile(path, first[:len(first)-5], 0o644)) },
		"none":             func() { must(0, os.Remove(path)) },
		"a class too many": func() { other[3].Predicted = 10; r.keepAs(of, other) },
	} {
		change()
		look(what)
		if again := must(os.ReadFile(path)); !reflect.DeepEqual(again, first) {
			t.Errorf("%s: another file has been kept", what)
		}
	}
	// A run that is at work elsewhere gets no file of ours.
	must(0, os.Remove(path))
	release := must(r.lock())
	look("while it is locked")
	release()
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was written beside a run at work")
	}
	// Other data, another store.
	mustBeOneLine(t, fails(testLab(t, t.TempDir()).OnDev(r)))
	if err := fails(l.On(tiny(90)).OnDev(r)); err == nil || !strings.Contains(err.Error(), "was made on") {
		t.Errorf("on other data: %v", err)
	}
	test := must(l.OnTest(r))[0]
	if len(test) != l.Data.Test.Len() || test[0].Predicted != metric.Judge(must(r.Model()), l.Data.Test).At(0).Predicted {
		t.Error("on test: not what the model says")
	}
	l.Data.Test = nil
	mustBeOneLine(t, fails(l.OnTest(r)))
}

// Runs fall together that differ in nothing but their seeds; what differs between
// groups is told, and nothing else.
func TestBySeedsAndContrast(t *testing.T) {
	l := testLab(t, t.TempDir())
	wider, named := mlp(), mlp()
	wider.Layers, wider.Name = cnn().Layers, ""
	named.Batch, named.Name = 20, "twenty, seed 1"
	second, third := mlp(), named
	second.Seed, third.Seed, third.Name = 2, 2, "twenty, seed 2"
	runs := must(l.Fit(mlp(), wider, second, named, third))
	groups := BySeeds(append(runs, runs[0]))
	if len(groups) != 3 || len(groups[0]) != 2 || len(groups[1]) != 1 || len(groups[2]) != 2 || groups[0][1] != runs[2] {
		t.Fatalf("groups %v", groups)
	}
	names, values, labels := Contrast([]Runs{groups[0], groups[2]})
	if !reflect.DeepEqual(names, []string{"batch"}) || !reflect.DeepEqual(values, [][]string{{"16", "20"}}) || labels[1] != "twenty" {
		t.Errorf("%q %q %q", names, values, labels)
	}
	names, values, labels = Contrast(groups[:2])
	if len(names) == 0 || names[0] != "layers" || values[0][0] == values[0][1] || labels[0] == labels[1] {
		t.Errorf("%q %q %q", names, values, labels)
	}
	// How often dev is judged is told, and calls a side only where nothing else does.
	often, slow := mlp(), mlp()
	often.DevEvery, often.Schedule, often.Name = 7, optim.Constant(0.1), ""
	slow.DevEvery, slow.Name = 7, ""
	one := Runs{runs[0]}
	plain := *runs[0]
	plain.Named = false
	one[0] = &plain
	more := must(l.Fit(often, slow))
	if names, _, labels := Contrast([]Runs{one, more[:1]}); !reflect.DeepEqual(names, []string{"lr", "dev-every"}) || !reflect.DeepEqual(labels, []string{"lr 0.05", "lr 0.1"}) {
		t.Errorf("%q %q", names, labels)
	}
	if names, _, labels := Contrast([]Runs{one, more[1:]}); !reflect.DeepEqual(names, []string{"dev-every"}) || !reflect.DeepEqual(labels, []string{"dev-every 5", "dev-every 7"}) {
		t.Errorf("%q %q", names, labels)
	}
	// Other code is what differs if nothing else does.
	old := *runs[0]
	old.Code.Library, old.Dir = "0123456789abcdef", old.Dir+"x"
	groups = BySeeds([]*Result{runs[0], &old})
	if len(groups) != 2 {
		t.Fatal("runs of other code fall together")
	}
	names, values, labels = Contrast(groups)
	if !reflect.DeepEqual(names, []string{"code: library"}) || values[0][1] != "01234567" || labels[0] == labels[1] {
		t.Errorf("%q %q %q", names, values, labels)
	}
	for ref, want := range map[string]int{runs[3].ID(): 1, "twenty, seed 1": 2, "twenty": 2, filepath.Base(runs[4].Dir): 1} {
		if found, err := FindSeeds(runs, ref); err != nil || len(found) != want {
			t.Errorf("%q stands for %d runs, want %d: %v", ref, len(found), want, err)
		}
	}
	two := mlp()
	two.Name, two.Batch = "two", 25
	runs = append(runs, must(l.Fit(two))...)
	for _, ref := range []string{"", "nothing", "tw"} {
		if found, err := FindSeeds(runs, ref); err == nil {
			t.Errorf("%q stands for %d runs", ref, len(found))
		}
	}
}
