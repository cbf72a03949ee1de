package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Runs by their names are tested, exported as networks, and their histories as tables.
func TestRunsByName(t *testing.T) {
	w := newWorld(t)
	for _, more := range []string{"--lr=0.1", "--lr=0.2"} {
		if code, _, stderr := w.run(append(slices.Clone(small), more)); code != 0 {
			t.Fatal(stderr)
		}
	}
	if code, out, stderr := w.run([]string{"test", "lr 0.2"}); code != 0 || !strings.Contains(out, "784-10 sgd lr 0.2 ") || !strings.Contains(out, "\naccuracy ") {
		t.Errorf("test of a run: code %d, %q %q", code, out, stderr)
	}
	if code, out, stderr := w.run([]string{"export", "lr 0.2", "two.onnx", "--safetensors=two.safetensors"}); code != 0 || out != "two.onnx\ntwo.md\ntwo.safetensors\ntwo.md\n" {
		t.Errorf("export of a run: code %d, %q %q", code, out, stderr)
	}
	if _, meta := mustLoad(filepath.Join(w.dir, "two.safetensors")); !strings.Contains(meta["name"], "lr 0.2") {
		t.Errorf("exported is %v", meta)
	}
	code, out, stderr := w.run([]string{"export", "--csv=-", "lr 0.2"})
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || stderr != "" || len(lines) < 3 || !strings.HasPrefix(lines[0], "run,name,question,kind,epoch,step,") || strings.Contains(out, "lr 0.1 ") {
		t.Errorf("code %d, stderr %q, a table of\n%s", code, stderr, out)
	}
	code, out, stderr = w.run([]string{"export", "--csv=h.csv", "--jsonl=h.jsonl", "--tensorboard=tb logs", "command"})
	written := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || stderr != "" || len(written) != 5 || written[4] != "look: tensorboard --logdir='tb logs'" || !strings.HasPrefix(filepath.ToSlash(written[2]), "tb logs/lr 0.1/events.out.tfevents.") {
		t.Errorf("code %d, stderr %q, said\n%s", code, stderr, out)
	}
	for _, f := range written[:4] {
		if !slices.Contains(w.files(), "/"+filepath.ToSlash(f)) {
			t.Errorf("%s is not there", f)
		}
	}
	w.refuses([]string{"export", "--csv=h.txt", "command"}, nil, `--csv "h.txt", want a name that ends in .csv`)
	w.refuses([]string{"export", "--csv=h.csv"}, nil, "no histories to export, want RUN or QUESTION")
	w.refuses([]string{"export", "--csv=h.csv", "--onnx=a.onnx", "command"}, nil, "want one kind")
	w.refuses([]string{"export", "--csv=h.csv", "nothing"}, nil, `no run "nothing"`)
	w.refuses([]string{"test", "lr 0"}, nil, "2 runs are meant by")
}
