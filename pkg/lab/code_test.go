package lab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func TestCodeOfOlderRecords(t *testing.T) {
	var r Record
	if err := json.Unmarshal([]byte(`{"Name":"a","Code":"0123 4567 avx2"}`), &r); err != nil {
		t.Fatal(err)
	}
	if want := (Code{Older: "0123 4567 avx2"}); r.Code != want {
		t.Errorf("%+v, want %+v", r.Code, want)
	}
	for _, c := range []Code{r.Code, today(), {Library: "l", Own: "o", Unknown: "u", Once: "1"}} {
		var back Code
		if err := json.Unmarshal(must(json.Marshal(c)), &back); err != nil || back != c {
			t.Errorf("%+v comes back as %+v, %v", c, back, err)
		}
		if c.Older != "" && c == today() {
			t.Error("older code is today's")
		}
	}
	if err := json.Unmarshal([]byte(`{"Code":3}`), &r); err == nil {
		t.Error("a number is code")
	}
}

// Sets that someone has changed are other data.
func TestChangedSetsAreOtherData(t *testing.T) {
	root := t.TempDir()
	first := must(testLab(t, root).Fit(mlp()))[0]
	for _, c := range []struct {
		name   string
		change func(l *Lab)
		stored bool
	}{
		{"nothing", func(*Lab) {}, true},
		{"a label", func(l *Lab) { l.Train.Labels[3] = (l.Train.Labels[3] + 1) % 10 }, false},
		{"a pixel of the dev split", func(l *Lab) { l.Dev.Pixels[100] ^= 1 }, false},
		{"another dev split", func(l *Lab) { l.Dev = l.Dev.First(15) }, false},
		{"a label between two runs", func(l *Lab) {
			c := mlp()
			c.TrainSize = 60
			must(l.Fit(c)) // draws a subset
			for i := range l.Train.Labels {
				l.Train.Labels[i] = 9 - l.Train.Labels[i]
			}
		}, false},
		{"a copy", func(l *Lab) { l.Train = data.Concat(l.Train.Name, l.Train) }, true},
	} {
		l := testLab(t, root)
		c.change(l)
		l.look()
		if s := l.drawn.subset(l.Train, 60); s.Fingerprint() != train.Subset(l.Train, 60).Fingerprint() {
			t.Errorf("%s: the subset is an old one", c.name)
		}
		if r := must(l.Fit(mlp()))[0]; r.Stored != c.stored || c.stored && r.Dir != first.Dir {
			t.Errorf("%s: stored %v, want %v", c.name, r.Stored, c.stored)
		}
	}
}

// A state in the folder of another run is refused in one line that says what to
// do, and never continued.
func TestStateThatBelongsElsewhere(t *testing.T) {
	for _, c := range []struct {
		name, want string
		other      func(l *Lab, cfg *train.Config)
	}{
		{"data", "other data", func(l *Lab, _ *train.Config) { l.dataSum = "other" }},
		{"split", "other data", func(l *Lab, _ *train.Config) { l.Split.Seed = 7 }},
		{"configuration", "another configuration", func(_ *Lab, c *train.Config) { c.Optimizer = optim.SGD{Momentum: 0.8} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			here, there := t.TempDir(), t.TempDir()
			mine := interruptAt(t, testLab(t, here), mlp(), 6)
			l, cfg := testLab(t, there), mlp()
			c.other(l, &cfg)
			theirs := interruptAt(t, l, cfg, 6)
			if mine.Dir == theirs.Dir {
				t.Fatal("two runs in one folder")
			}
			state := must(os.ReadFile(filepath.Join(theirs.Dir, stateFile)))
			if err := os.WriteFile(filepath.Join(mine.Dir, stateFile), state, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := testLab(t, here).Fit(mlp())
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "remove ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q and what to do", err, c.want)
			}
			if err := os.RemoveAll(mine.Dir); err != nil {
				t.Fatal(err)
			}
			if r := must(testLab(t, here).Fit(mlp()))[0]; r.Stored || r.Status != Finished {
				t.Errorf("after the advice: %+v", r.Record)
			}
		})
	}
}
