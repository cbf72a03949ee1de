//go:build unix

package lab

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"inkling/pkg/nn/train"
)

// other is a run like mlp's of other weights.
func other() train.Config {
	c := mlp()
	c.Seed = 7
	return c
}

func modelOf(t *testing.T, dir string) []byte {
	t.Helper()
	return must(os.ReadFile(filepath.Join(dir, bestFile)))
}

// A run that has ended, or was cut short, and lost files: it goes on, or begins
// anew and says so in one line, and ends like one that lost nothing; and before
// that nothing passes for a finished run.
func TestMissingFiles(t *testing.T) {
	want := must(testLab(t, t.TempDir()).Fit(mlp()))[0]
	short := "runs/" + ofTiny + "/test/" + filepath.Base(want.Dir) + "/"
	for _, c := range []struct {
		begun   string // finished, interrupted or killed
		missing string // files, parted by spaces
		lost    string // the file that the line names, "" for none
	}{
		{"finished", "best.safetensors", "best.safetensors"},
		{"finished", "best.safetensors run.json", "state.safetensors"},
		{"finished", "run.json", "state.safetensors"},
		{"finished", "best.safetensors run.json history.jsonl split.json lock", ""},
		{"finished", "split.json lock", "-"}, // is stored as it is
		{"interrupted", "best.safetensors", "best.safetensors"},
		{"interrupted", "state.safetensors", "state.safetensors"},
		{"interrupted", "state.safetensors best.safetensors", "state.safetensors"},
		{"interrupted", "run.json", ""},
		{"interrupted", "split.json", ""},
		{"interrupted", "run.json best.safetensors", "best.safetensors"},
		{"killed", "state.safetensors", "state.safetensors"},
		{"killed", "best.safetensors", "best.safetensors"},
		{"killed", "best.safetensors state.safetensors history.jsonl", ""},
	} {
		t.Run(c.begun+" without "+c.missing, func(t *testing.T) {
			root := t.TempDir()
			l := testLab(t, root)
			var dir string
			if c.begun == "finished" {
				dir = must(l.Fit(mlp()))[0].Dir
			} else {
				dir = interruptAt(t, l, mlp(), 15).Dir // after two evaluations
			}
			if c.begun == "killed" {
				must(0, os.Remove(filepath.Join(dir, recordFile)))
			}
			for _, name := range strings.Fields(c.missing) {
				must(0, os.Remove(filepath.Join(dir, name)))
			}
			if ended := must(l.Finished(mlp())); (len(ended) == 1) != (c.lost == "-") {
				t.Errorf("%d runs pass for finished", len(ended))
			}
			for _, r := range must(l.Runs()) {
				if r.Status == Finished && c.lost != "-" {
					t.Error("it is listed as finished")
				}
				if m, err := r.Model(); (m != nil) == strings.Contains(c.missing, bestFile) || err != nil && strings.Contains(err.Error(), "never evaluated") {
					t.Errorf("model %v, %v", m != nil, err)
				}
			}
			quiet := testLab(t, root)
			var log bytes.Buffer
			quiet.Log, quiet.Quiet = &log, true
			r := must(quiet.Fit(mlp()))[0]
			if r.Status != Finished || r.Stored != (c.lost == "-") {
				t.Errorf("%s, stored %v", r.Status, r.Stored)
			}
			line := ""
			if c.lost != "" && c.lost != "-" {
				line = "mlp: begun anew, as " + short + c.lost + " is missing\n"
			}
			if log.String() != line {
				t.Errorf("says %q, want %q", log.String(), line)
			}
			mustEqual(t, "history", r.History, want.History, nil, nil)
			if !bytes.Equal(modelOf(t, r.Dir), modelOf(t, want.Dir)) {
				t.Error("another model than that of an unbroken run")
			}
			must(r.Model())
			if r := must(testLab(t, root).Fit(mlp()))[0]; !r.Stored {
				t.Error("the run has not come to rest")
			}
		})
	}
}

// A run that begins anew says so at once in a log of its own, too.
func TestBegunAnewIsLogged(t *testing.T) {
	l := testLab(t, t.TempDir())
	must(0, os.Remove(filepath.Join(must(l.Fit(mlp()))[0].Dir, bestFile)))
	var log strings.Builder
	l.Log = &log
	must(l.Fit(mlp()))
	if s := log.String(); !strings.HasPrefix(s, "mlp: begun anew, as ") || strings.Count(s, "begun anew") != 1 {
		t.Errorf("says %q", s)
	}
}

// Killed while it begins anew, a run is not taken for the finished one it was.
func TestKilledWhileItBeginsAnew(t *testing.T) {
	root := t.TempDir()
	r := must(testLab(t, root).Fit(mlp()))[0]
	must(0, os.Remove(filepath.Join(r.Dir, bestFile)))
	again := interruptAt(t, testLab(t, root), mlp(), 3)
	must(0, os.Remove(filepath.Join(again.Dir, recordFile))) // as a kill would leave it
	if ended := must(testLab(t, root).Finished(mlp())); len(ended) != 0 {
		t.Error("it passes for finished")
	}
	end := must(testLab(t, root).Fit(mlp()))[0]
	mustEqual(t, "history", end.History, r.History, nil, nil)
}

// What is there and wrong is refused in one line that says what to do, and left
// alone; after that has been done, the run ends as it should. No file of a run may
// hang or fill memory.
func TestWrongFiles(t *testing.T) {
	write := func(b []byte) func(path string) { return func(path string) { must(0, os.WriteFile(path, b, 0o644)) } }
	fifo := func(path string) { must(0, syscall.Mkfifo(path, 0o644)) }
	zero := func(path string) { must(0, os.Symlink("/dev/zero", path)) }
	folder := func(path string) { must(0, os.Mkdir(path, 0o755)) }
	huge := func(path string) {
		write(nil)(path)
		must(0, os.Truncate(path, 1<<40))
	}
	elsewhere := t.TempDir()
	from := func(name string, cut bool) []byte {
		l := testLab(t, elsewhere)
		r := must(l.Fit(other()))[0]
		if cut {
			r = interruptAt(t, testLab(t, t.TempDir()), other(), 15)
		}
		return must(os.ReadFile(filepath.Join(r.Dir, name)))
	}
	// One that tells of as many events as there are.
	own := must(os.ReadFile(filepath.Join(must(testLab(t, t.TempDir()).Fit(mlp()))[0].Dir, recordFile)))
	own = bytes.Replace(own, []byte(`"Config": "`), []byte(`"Config": "other `), 1)
	for _, c := range []struct {
		begun, file string
		lay         func(path string)
		want        string
	}{
		{"finished", recordFile, fifo, "run.json: is a FIFO"},
		{"finished", recordFile, zero, "run.json: is a device"},
		{"finished", recordFile, folder, "run.json: is a folder"},
		{"finished", recordFile, huge, "run.json: is a file of 1099511627776 bytes, want one of at most 16 MiB"},
		{"finished", recordFile, write(nil), "run.json is damaged"},
		{"finished", recordFile, write(from(recordFile, false)), "run.json tells of"},
		{"finished", recordFile, write(from(recordFile, true)), "run.json is that of another run"},
		{"finished", recordFile, write(own), "run.json is that of another run"},
		{"finished", historyFile, fifo, "history.jsonl: is a FIFO"},
		{"finished", historyFile, zero, "history.jsonl: is a device"},
		{"finished", historyFile, huge, "history.jsonl: is a file of"},
		{"finished", historyFile, func(path string) { write(nil)(path); must(0, os.Truncate(path, 1<<30)) }, "history.jsonl is damaged: 0 events"},
		{"finished", historyFile, func(string) {}, "history.jsonl: no such file"},
		{"interrupted", historyFile, func(string) {}, "history.jsonl: no such file"},
		{"interrupted", historyFile, write(nil), "a history of 0 events and a state that knows of"},
		{"interrupted", historyFile, zero, "history.jsonl: is a device"},
		{"interrupted", recordFile, fifo, "run.json: is a FIFO"},
		{"interrupted", recordFile, write(from(recordFile, false)), "run.json tells of"},
		{"interrupted", stateFile, fifo, "state.safetensors: is a FIFO"},
		{"interrupted", stateFile, zero, "state.safetensors: is a"},
		{"interrupted", stateFile, huge, "state.safetensors: is a file of"},
		{"interrupted", stateFile, write(nil), "state.safetensors: 0 bytes"},
		{"interrupted", stateFile, write([]byte("{}")), "state.safetensors: looks like JSON"},
		{"finished", bestFile, fifo, "best.safetensors: is a FIFO"},
		{"finished", bestFile, zero, "best.safetensors: is a"},
		{"finished", bestFile, func(path string) { must(0, os.Mkdir(path, 0o755)) }, "best.safetensors: is a folder"},
		{"finished", bestFile, write(modelOf(t, must(testLab(t, t.TempDir()).Fit(other()))[0].Dir)), "best.safetensors is the model of another run"},
		{"interrupted", bestFile, fifo, "best.safetensors: is a FIFO"},
		{"interrupted", bestFile, zero, "best.safetensors: is a"},
		{"interrupted", bestFile, write(nil), "best.safetensors: 0 bytes"},
		{"interrupted", splitFile, zero, "split.json: is a link"},
		{"interrupted", "lock", fifo, "lock: is a FIFO"},
		{"interrupted", "lock", zero, "lock: is a link"},
	} {
		t.Run(fmt.Sprint(c.begun, " ", c.want), func(t *testing.T) {
			root := t.TempDir()
			l := testLab(t, root)
			var dir string
			if c.begun == "finished" {
				dir = must(l.Fit(mlp()))[0].Dir
			} else {
				dir = interruptAt(t, l, mlp(), 15).Dir
			}
			path := filepath.Join(dir, c.file)
			must(0, os.Remove(path))
			c.lay(path)
			for range 2 {
				_, err := testLab(t, root).Fit(mlp())
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "remove ") || strings.Contains(err.Error(), "\n") {
					t.Errorf("error %v, want one line with %q and what to do", err, c.want)
				}
			}
			var log strings.Builder
			l.Log = &log
			l.Runs() // neither hangs nor dies
			must(0, os.RemoveAll(dir))
			if r := must(testLab(t, root).Fit(mlp()))[0]; r.Status != Finished || r.Stored {
				t.Errorf("%+v", r.Record)
			}
		})
	}
}

// A finished run answers for its model: one that is damaged, or another run's, is
// refused where it is asked for. Fit makes a run anew whose model is not whole.
func TestWrongModel(t *testing.T) {
	foreign := must(testLab(t, t.TempDir()).Fit(other()))[0]
	flipped := func(own []byte) []byte { own[len(own)-1] ^= 1; return own }
	for name, c := range map[string]struct {
		content func(own []byte) []byte
		want    string
		fit     string // what Fit says in its log, or as an error; "-" for nothing
	}{
		"empty":   {func([]byte) []byte { return nil }, "best.safetensors: 0 bytes", "is damaged"},
		"foreign": {func([]byte) []byte { return modelOf(t, foreign.Dir) }, "best.safetensors is the model of another run: mlp, dev accuracy ", "is the model of another run"},
		"cut":     {func(own []byte) []byte { return own[:5000] }, "cut short?", "is damaged"},
		"header":  {func(own []byte) []byte { return own[:100] }, "header of ", "is damaged"},
		"byte":    {func(own []byte) []byte { return own[:len(own)-1] }, "cut short?", "is damaged"},
		"longer":  {func(own []byte) []byte { return append(own, 0) }, "the header describes", "is damaged"},
		"flipped": {flipped, "checksum", "-"},
	} {
		root := t.TempDir()
		r := must(testLab(t, root).Fit(mlp()))[0]
		whole := modelOf(t, r.Dir)
		must(0, os.WriteFile(filepath.Join(r.Dir, bestFile), c.content(bytes.Clone(whole)), 0o644))
		for _, ask := range []func() error{
			func() error { _, err := r.Model(); return err },
			func() error { _, err := r.Test(); return err },
			func() error { _, err := Runs{r}.Models(); return err },
		} {
			if err := ask(); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasSuffix(err.Error(), ": remove "+r.short()+" to train it again") {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
		var log strings.Builder
		l := testLab(t, root)
		l.Log = &log
		if _, _, err := l.LoadModel(filepath.Join(r.Dir, bestFile)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: loaded as a file: %v, want %q", name, err, c.want)
		}
		again, err := l.Fit(mlp())
		switch {
		case err != nil:
			if c.fit == "is damaged" || !strings.Contains(err.Error(), c.fit) || !strings.Contains(err.Error(), ": remove "+r.short()) {
				t.Errorf("%s: %v, want %q", name, err, c.fit)
			}
		case again[0].Stored != (c.fit == "-") || !again[0].Stored && strings.Count(log.String(), c.fit) != 1:
			t.Errorf("%s: stored %v, want %q in\n%s", name, again[0].Stored, c.fit, log.String())
		case c.fit != "-" && !bytes.Equal(modelOf(t, r.Dir), whole):
			t.Errorf("%s: another model than before", name)
		}
	}
}

// Nothing of the run store is written through a link: not a lock, not a file, not
// a folder. The store as a whole may be one: a large disk elsewhere.
func TestLinksInTheStore(t *testing.T) {
	precious := filepath.Join(t.TempDir(), "precious")
	must(0, os.WriteFile(precious, []byte("precious"), 0o644))
	away := t.TempDir()
	link := func(to string) func(string) error { return func(path string) error { return os.Symlink(to, path) } }
	for name, c := range map[string]struct {
		path string // in the store
		make func(path string) error
		want string
	}{
		"lock":                    {ofTiny + "/test/RUN/lock", link(precious), "lock: is a link"},
		"lock, hard":              {ofTiny + "/test/RUN/lock", func(path string) error { return os.Link(precious, path) }, "lock: is one of 2 names of a file"},
		"lock, dangling":          {ofTiny + "/test/RUN/lock", link(filepath.Join(away, "new")), "lock: is a link"},
		"lock of the best":        {ofTiny + "/test/best.safetensors.lock", link(precious), "best.safetensors.lock: is a link"},
		"lock of the best, hard":  {ofTiny + "/test/best.safetensors.lock", func(path string) error { return os.Link(precious, path) }, "is one of 2 names"},
		"best of the question":    {ofTiny + "/test/best.safetensors", link(precious), "best.safetensors: is a link"},
		"record":                  {ofTiny + "/test/RUN/run.json", link(filepath.Join(away, "new")), "run.json: is a link"},
		"history":                 {ofTiny + "/test/RUN/history.jsonl", link(precious), "history.jsonl: is a link"},
		"split":                   {ofTiny + "/test/RUN/split.json", link(precious), "split.json: is a link"},
		"state":                   {ofTiny + "/test/RUN/state.safetensors", link(filepath.Join(away, "new")), "state.safetensors: is a link"},
		"best":                    {ofTiny + "/test/RUN/best.safetensors", link(precious), "best.safetensors: is a link"},
		"folder of the run":       {ofTiny + "/test/RUN", link(away), "is a link, want a folder"},
		"dangling folder":         {ofTiny + "/test/RUN", link(filepath.Join(away, "new")), "is a link, want a folder"},
		"folder of the question":  {ofTiny + "/test", link(away), "is a link, want a folder"},
		"folder of the data":      {ofTiny, link(away), "is a link, want a folder"},
		"a file for a run":        {ofTiny + "/test/RUN", func(path string) error { return os.WriteFile(path, nil, 0o644) }, "is a file, want a folder"},
		"a FIFO for the best":     {ofTiny + "/test/best.safetensors", func(path string) error { return syscall.Mkfifo(path, 0o644) }, "is a FIFO"},
		"a FIFO for a run's lock": {ofTiny + "/test/RUN/lock", func(path string) error { return syscall.Mkfifo(path, 0o644) }, "is a FIFO"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			l := testLab(t, root)
			run := filepath.Base(must(l.plan([]train.Config{mlp()}))[0].result.Dir)
			path := filepath.Join(root, strings.ReplaceAll(c.path, "RUN", run))
			must(0, os.MkdirAll(filepath.Dir(path), 0o755))
			must(0, c.make(path))
			for range 2 {
				_, err := testLab(t, root).Fit(mlp())
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("error %v, want one line with %q", err, c.want)
				}
			}
			if b := must(os.ReadFile(precious)); string(b) != "precious" {
				t.Errorf("the file behind the link holds %q", b)
			}
			if left := must(os.ReadDir(away)); len(left) > 0 {
				t.Errorf("the folder behind the link holds %v", left)
			}
			must(0, os.Remove(path))
			if r := must(testLab(t, root).Fit(mlp()))[0]; r.Status != Finished {
				t.Errorf("%+v", r.Record)
			}
		})
	}
	t.Run("the whole store", func(t *testing.T) {
		root := filepath.Join(t.TempDir(), "runs")
		must(0, os.Symlink(away, root))
		r := must(testLab(t, root).Fit(mlp()))[0]
		must(r.Model())
		if again := must(testLab(t, root).Fit(mlp()))[0]; !again.Stored {
			t.Error("it is not found again")
		}
	})
	// A link among the runs is told when they are listed, and the others come.
	t.Run("listed", func(t *testing.T) {
		root := t.TempDir()
		t.Setenv("INKLING_RUNS", root)
		l := testLab(t, root)
		must(l.Fit(mlp()))
		must(0, os.Symlink(away, filepath.Join(root, ofTiny, "test", "linked")))
		must(0, os.Symlink(away, filepath.Join(root, "linked")))
		runs, err := StoredRuns("")
		if len(runs) != 1 || err == nil || strings.Count(err.Error(), "is a link, want a folder") != 2 {
			t.Errorf("%d runs, %v", len(runs), err)
		}
	})
}

// The folder of a run, or the whole store, is removed while the run is at work: it
// ends with one line, writes nothing elsewhere, and can be made again.
func TestFolderRemovedDuringARun(t *testing.T) {
	old := saveEvery
	defer func() { saveEvery = old }()
	for _, c := range []struct {
		what string
		save time.Duration
		dir  func(run string) string
	}{
		{"run, saved all the time", 0, func(run string) string { return run }},
		{"run, saved at its end", time.Hour, func(run string) string { return run }},
		{"store", 0, func(run string) string { return filepath.Dir(filepath.Dir(filepath.Dir(run))) }},
	} {
		saveEvery = c.save
		root := filepath.Join(t.TempDir(), "runs")
		l := testLab(t, root)
		run := must(l.plan([]train.Config{mlp()}))[0].result.Dir
		l.Progress = func(string) Bar {
			return cutAfter(9, sync.OnceFunc(func() { must(0, os.RemoveAll(c.dir(run))) }))
		}
		_, err := l.Fit(mlp())
		if err == nil || !strings.Contains(err.Error(), "somebody removed runs/"+ofTiny+"/test/"+filepath.Base(run)+" while") || !strings.Contains(err.Error(), "run again") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line", c.what, err)
		}
		if _, err := os.Stat(run); err == nil {
			t.Errorf("%s: the folder is there again", c.what)
		}
		if r := must(testLab(t, root).Fit(mlp()))[0]; r.Status != Finished || r.Stored {
			t.Errorf("%s: %+v", c.what, r.Record)
		}
	}
}
