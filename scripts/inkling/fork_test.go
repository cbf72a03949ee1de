package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A branch grows from the run of that name on the same data, and into its question.
func TestForkByName(t *testing.T) {
	w := newWorld(t)
	ok := func(args ...string) string {
		t.Helper()
		code, out, stderr := w.run(args)
		if code != 0 {
			t.Fatalf("%q: code %d, stderr %q", args, code, stderr)
		}
		return out
	}
	csv := filepath.Join(w.dir, "few.csv")
	must(0, os.WriteFile(csv, []byte("label,a,b,c,d\n"+strings.Repeat("0,0,9,9,0\n1,9,0,0,9\n", 200)), 0o644))
	train := func(more ...string) string {
		return ok(append([]string{"train", "--hidden=none", "--epochs=2", "--batch=50"}, more...)...)
	}
	train("--size=500", "--name=warm", "--question=mine")
	train("--size=200", "--name=warm", "--data="+csv)
	train("--size=200", "--lr=0.2", "--name=few", "--data="+csv)
	train("--size=500", "--lr=0.2", "--name=a@b")
	train("--size=500", "--lr=0.3", "--name=a@c")
	for _, c := range []struct{ args, want string }{
		{"--fork=warm@1|--lr=0.05", "test mine"},
		{"--fork=warm@1|--lr=0.05|--data=" + csv, "test --data=" + csv + " command"},
		{"--fork=a@c@1|--lr=0.05", "test command"},
	} {
		if out := ok(append([]string{"train"}, strings.Split(c.args, "|")...)...); !strings.Contains(out, c.want) {
			t.Errorf("%s: no %q in %s", c.args, c.want, out)
		}
	}
	w.refuses([]string{"train", "--fork=few@1"}, nil, `run "few" is one of few-`, "--data chooses them")
	w.refuses([]string{"train", "--fork=none@1"}, nil, `no run "none"`)
}
