//go:build unix

package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
	"inkling/pkg/nn/train"
)

// The tests of this file run the test binary again as a helper process that
// makes one run and can be killed, interrupted, or starved of disk. It is told
// what to do by these variables.
const (
	helperDir   = "INKLING_TRAIN_TEST_STORE"  // the run store
	helperSave  = "INKLING_TRAIN_TEST_SAVE"   // saveEvery
	helperRun   = "INKLING_TRAIN_TEST_EPOCHS" // of the run
	helperLimit = "INKLING_TRAIN_TEST_LIMIT"  // largest file it may write, in bytes
	helperFork  = "INKLING_TRAIN_TEST_FORK"   // the epoch of the run of forkedBy that the run goes on from
	helperStuck = "INKLING_TRAIN_TEST_STUCK"  // not "" for a program that does not end once it has heard a signal
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(helperStuck) != "":
		ctx, _ := UntilSignal(context.Background())
		fmt.Println("at work")
		<-ctx.Done()
		fmt.Println(context.Cause(ctx))
		select {}
	case os.Getenv(helperDir) != "":
		os.Exit(helper())
	}
	os.Exit(m.Run())
}

// readyFile appears in the store when a helper is about to begin its run.
const readyFile = "ready"

// rounds is how often the tests kill and interrupt; INKLING_KILL_ROUNDS asks
// for more.
func rounds(t *testing.T, usual int) int {
	s := os.Getenv("INKLING_KILL_ROUNDS")
	switch {
	case s == "" && testing.Short():
		return max(usual/4, 1)
	case s == "":
		return usual
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("INKLING_KILL_ROUNDS=%q, want a whole number of rounds, as 100", s)
	}
	return n
}

// crashConfig has a state large enough to be torn: weights, their mean, and
// Adam's moments.
func crashConfig(epochs int) train.Config {
	c := cnn()
	c.Name, c.Epochs = "crash", epochs
	c.LogEvery, c.DevEvery = 2, 4
	return c
}

// helper is the main function of the helper process.
func helper() int {
	epochs, err := strconv.Atoi(os.Getenv(helperRun))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	if saveEvery, err = time.ParseDuration(os.Getenv(helperSave)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	if s := os.Getenv(helperLimit); s != "" {
		n, _ := strconv.ParseUint(s, 10, 64)
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 3
		}
	}
	l := New("crash", tiny(120), os.Getenv(helperDir), false)
	l.Log = os.Stdout
	if err := os.WriteFile(filepath.Join(os.Getenv(helperDir), readyFile), nil, 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	cfg := crashConfig(epochs)
	if s := os.Getenv(helperFork); s != "" {
		if cfg, err = forkedBy(l, s, epochs); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 3
		}
	}
	results, err := l.Fit(cfg)
	switch {
	case errors.As(err, new(Unfinished)) && results[0].Status == Interrupted:
		return 130
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	return 0
}

// prepared is a helper that has not been started.
func prepared(store string, epochs int, save time.Duration, env ...string) *exec.Cmd {
	cmd := exec.Command(must(os.Executable()))
	cmd.Env = append(os.Environ(), helperDir+"="+store, fmt.Sprint(helperRun, "=", epochs), fmt.Sprint(helperSave, "=", save))
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// process starts a helper.
func process(t *testing.T, store string, epochs int, save time.Duration, env ...string) (cmd *exec.Cmd, out *bytes.Buffer) {
	t.Helper()
	cmd = prepared(store, epochs, save, env...)
	out = new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	os.Remove(filepath.Join(store, readyFile))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return cmd, out
}

// awaitReady waits until the helper that was started last begins its run, or
// the process is over.
func awaitReady(store string, over <-chan int) {
	for {
		select {
		case <-over:
			return
		case <-time.After(time.Millisecond):
		}
		if _, err := os.Stat(filepath.Join(store, readyFile)); err == nil {
			return
		}
	}
}

// unbroken makes the run of the helper in one go, in this process.
func unbroken(t *testing.T, epochs int) *Result {
	t.Helper()
	l := testLab(t, t.TempDir())
	l.Question = "crash"
	return must(l.Fit(crashConfig(epochs)))[0]
}

// runDir is the folder of the one run in a store, "" before there is one.
func runDir(t *testing.T, store string) string {
	t.Helper()
	dirs := must(filepath.Glob(filepath.Join(store, "*", "crash", "crash-*")))
	switch len(dirs) {
	case 0:
		return ""
	case 1:
		return dirs[0]
	}
	t.Fatalf("%d folders for one run: %v", len(dirs), dirs)
	return ""
}

// mustBeReadable checks that every file of a run is whole, or not there.
func mustBeReadable(t *testing.T, dir string) {
	t.Helper()
	if dir == "" {
		return
	}
	read := map[string]func(path string) error{
		recordFile: func(path string) error {
			_, err := readResult(dir)
			return err
		},
		splitFile: func(path string) error {
			var index []int
			return json.Unmarshal(must(os.ReadFile(path)), &index)
		},
		stateFile: func(path string) error {
			_, err := safetensors.Load(path)
			return err
		},
		bestFile: func(path string) error {
			_, _, err := nn.Load(path)
			return err
		},
	}
	for name, f := range read {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := f(path); err != nil {
			t.Fatal(err)
		}
	}
	// The question's best model, too.
	path := filepath.Join(filepath.Dir(dir), bestFile)
	if _, err := os.Stat(path); err == nil {
		if _, _, err := nn.Load(path); err != nil {
			t.Fatal(err)
		}
	}
}

// mustBeWhole checks that the run in store has ended as want has, and left
// nothing behind.
func mustBeWhole(t *testing.T, store string, want *Result) {
	t.Helper()
	dir := runDir(t, store)
	got := must(readResult(dir))
	if got.Status != Finished || got.Steps != want.Steps || untimed(got.Best) != untimed(want.Best) {
		t.Fatalf("%s after %d steps, best %+v; want %s, %d, %+v", got.Status, got.Steps, got.Best, want.Status, want.Steps, want.Best)
	}
	mustEqual(t, "history", got.History, want.History, nil, nil)
	for _, path := range []string{filepath.Join(dir, bestFile), filepath.Join(filepath.Dir(dir), bestFile)} {
		if !bytes.Equal(must(os.ReadFile(path)), must(os.ReadFile(filepath.Join(want.Dir, bestFile)))) {
			t.Errorf("%s differs from that of an unbroken run", path)
		}
	}
	var names []string
	for _, e := range must(os.ReadDir(dir)) {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "best.safetensors history.jsonl lock run.json split.json" {
		t.Errorf("the folder holds %s", got)
	}
}

func exitCode(cmd *exec.Cmd) int {
	cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

// TestKill kills a run again and again at random moments, while it saves its
// state before every step. Every file must be readable at every moment, and in
// the end the run must equal one that was never killed.
func TestKill(t *testing.T) {
	const epochs = 8
	want := unbroken(t, epochs)
	store := t.TempDir()
	n := rounds(t, 15)
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	finished, killed := 0, 0
	for killed < n {
		cmd, out := process(t, store, epochs, 0)
		done := make(chan int)
		var code int
		go func() {
			code = exitCode(cmd)
			close(done)
		}()
		if killed%3 > 0 { // else from the very start of the process
			awaitReady(store, done)
		}
		select {
		case <-done:
			if code != 0 {
				t.Fatalf("seed %d, after %d kills: exit code %d: %s", seed, killed, code, out)
			}
			finished++
			mustBeWhole(t, store, want)
			if err := os.RemoveAll(filepath.Dir(filepath.Dir(runDir(t, store)))); err != nil {
				t.Fatal(err)
			}
		case <-time.After(time.Duration(rng.Int64N(int64(200 * time.Millisecond)))):
			cmd.Process.Kill()
			if <-done; code == 0 {
				continue // it was just over; the next round looks at it
			}
			killed++
			mustBeReadable(t, runDir(t, store))
		}
	}
	cmd, out := process(t, store, epochs, 0)
	if code := exitCode(cmd); code != 0 {
		t.Fatalf("seed %d: exit code %d: %s", seed, code, out)
	}
	mustBeWhole(t, store, want)
	t.Logf("seed %d: %d kills, %d runs finished", seed, killed, finished+1)
}

// forkedBy is a run that goes on from the one run of the question parents.
func forkedBy(l *Lab, epoch string, epochs int) (train.Config, error) {
	runs, err := l.everyRun()
	if err != nil {
		return train.Config{}, err
	}
	parent, err := Find(runs, "parent")
	if err != nil {
		return train.Config{}, err
	}
	at, err := strconv.Atoi(epoch)
	cfg := crashConfig(epochs)
	cfg.Fork, cfg.Batch = parent.At(at), 20
	return cfg, err
}

// A fork that is killed at random moments, before and after the epoch that it begins
// with, ends as one that was never killed.
func TestKillAFork(t *testing.T) {
	const epochs, at = 8, "4"
	with := func(store string) *Lab {
		l := testLab(t, store)
		l.Question = "parents"
		cfg := crashConfig(6)
		cfg.Name = "parent"
		must(l.Fit(cfg))
		l = testLab(t, store)
		l.Question = "crash"
		return l
	}
	l := with(t.TempDir())
	want := must(l.Fit(must(forkedBy(l, at, epochs))))[0]
	store := t.TempDir()
	with(store)
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	before, after := 0, 0
	for n := rounds(t, 20); before+after < n; {
		dir := runDir(t, store)
		if r, err := readResult(dir); dir != "" && err == nil && r.Status == Finished {
			// Killed at its very end, perhaps, with the state still there: whoever asks next removes it.
			if cmd, out := process(t, store, epochs, 0, helperFork+"="+at); exitCode(cmd) != 0 {
				t.Fatalf("seed %d: exit code %d: %s", seed, cmd.ProcessState.ExitCode(), out)
			}
			mustBeWhole(t, store, want)
			if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
				t.Fatal(err)
			}
			for _, b := range testLab(t, store).borders() {
				b.remove()
			}
		}
		cmd, out := process(t, store, epochs, 0, helperFork+"="+at)
		done := make(chan int)
		var code int
		go func() {
			code = exitCode(cmd)
			close(done)
		}()
		awaitReady(store, done)
		select {
		case <-done:
			if code != 0 {
				t.Fatalf("seed %d: exit code %d: %s", seed, code, out)
			}
		case <-time.After(time.Duration(rng.Int64N(int64(300 * time.Millisecond)))):
			cmd.Process.Kill()
			<-done
			dir := runDir(t, store)
			mustBeReadable(t, dir)
			if h, err := readHistory(filepath.Join(dir, historyFile)); dir != "" && err == nil && len(h) > 0 && h[len(h)-1].Step > want.Fork.Step {
				after++
			} else {
				before++
			}
		}
	}
	cmd, out := process(t, store, epochs, 0, helperFork+"="+at)
	if code := exitCode(cmd); code != 0 {
		t.Fatalf("seed %d: exit code %d: %s", seed, code, out)
	}
	mustBeWhole(t, store, want)
	t.Logf("seed %d: %d kills before the fork's epoch, %d after", seed, before, after)
}

// stops are the signals at which a run saves its state.
var stops = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// notIgnored makes processes that are started from now on hear SIGHUP, also where
// the tests themselves run under nohup.
func notIgnored(t *testing.T) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(heard) })
}

// TestInterrupt sends SIGINT, SIGTERM and SIGHUP at random moments to a run that
// would not save its state for itself.
func TestInterrupt(t *testing.T) {
	notIgnored(t)
	const epochs = 60
	want := unbroken(t, epochs)
	store := t.TempDir()
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	saved := 0
	var slowest time.Duration
	within := 150 * time.Millisecond // adapts to how fast the machine is now
	// A slow machine may need more rounds until one hits the run at work.
	for n := rounds(t, 10); n > 0 || saved == 0 && n > -40; n-- {
		cmd, out := process(t, store, epochs, time.Hour)
		done := make(chan int)
		var code int
		go func() {
			code = exitCode(cmd)
			close(done)
		}()
		awaitReady(store, done)
		time.Sleep(time.Duration(rng.Int64N(int64(within))))
		start := time.Now()
		stop := stops[(n+99)%len(stops)]
		cmd.Process.Signal(stop)
		<-done
		took := time.Since(start)
		slowest = max(slowest, took)
		if took > 5*time.Second { // Jupyter kills then
			t.Errorf("seed %d: took %v to end at %v", seed, took, stop)
		}
		dir := runDir(t, store)
		mustBeReadable(t, dir)
		switch code {
		case 130:
			if strings.Contains(out.String(), "not begun") {
				within = min(2*within, 3*time.Second)
				break
			}
			saved++
			if !strings.Contains(out.String(), "saved in runs/"+ofTiny+"/crash/crash-") {
				t.Errorf("an interrupted run says %q", out)
			}
			if r := must(readResult(dir)); r.Status != Interrupted || r.Steps >= want.Steps {
				t.Errorf("%s at step %d of %d", r.Status, r.Steps, want.Steps)
			}
			must(safetensors.Load(filepath.Join(dir, stateFile)))
		case 0: // finished before
			within /= 2
			mustBeWhole(t, store, want)
			if err := os.RemoveAll(filepath.Dir(filepath.Dir(dir))); err != nil {
				t.Fatal(err)
			}
		case -1: // before Fit began
			within = min(2*within, 3*time.Second)
		default:
			t.Fatalf("seed %d: exit code %d: %s", seed, code, out)
		}
	}
	if saved == 0 {
		t.Error("no interrupt came while the run was at work")
	}
	cmd, out := process(t, store, epochs, time.Hour)
	if code := exitCode(cmd); code != 0 {
		t.Fatalf("seed %d: exit code %d: %s", seed, code, out)
	}
	mustBeWhole(t, store, want)
	t.Logf("seed %d: %d interrupts at work, the slowest end took %v", seed, saved, slowest)
}

// What hangs after the first signal ends at the next one, as any program does.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	notIgnored(t)
	for _, stop := range stops {
		cmd := exec.Command(must(os.Executable()))
		cmd.Env = append(os.Environ(), helperStuck+"=1")
		out := bufio.NewReader(must(cmd.StdoutPipe()))
		must(0, cmd.Start())
		t.Cleanup(func() { cmd.Process.Kill() })
		mustSay := func(want string) {
			t.Helper()
			if line, err := out.ReadString('\n'); line != want+"\n" {
				t.Fatalf("%v: the program says %q, %v, want %q", stop, line, err, want)
			}
		}
		mustSay("at work")
		cmd.Process.Signal(stop)
		mustSay(fmt.Sprintf("lab: stopped by %v", stop))
		over := make(chan struct{})
		go func() {
			cmd.Wait()
			close(over)
		}()
		waitFor(t, func() bool {
			cmd.Process.Signal(stop)
			select {
			case <-over:
				return true
			case <-time.After(50 * time.Millisecond):
				return false
			}
		})
		if s := cmd.ProcessState.Sys().(syscall.WaitStatus); !s.Signaled() || s.Signal() != stop {
			t.Errorf("%v: the program ends with %v", stop, cmd.ProcessState)
		}
	}
}

// A cell whose kernel is gone is saved when it next says something.
func TestKernelGoesAway(t *testing.T) {
	store := t.TempDir()
	cell := prepared(store, 100000, time.Hour, "GONB_PIPE=gone")
	out := must(cell.StdoutPipe())
	must(0, cell.Start())
	t.Cleanup(func() { cell.Process.Kill() })
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.HasPrefix(lines.Text(), "[Dev]"); {
	}
	out.Close()
	if code := exitCode(cell); code != 130 {
		t.Fatalf("the cell ends with %v, want 130", cell.ProcessState)
	}
	if r := must(readResult(runDir(t, store))); r.Status != Interrupted || r.Steps == 0 {
		t.Errorf("the run is %s after %d steps", r.Status, r.Steps)
	}
	must(safetensors.Load(filepath.Join(runDir(t, store), stateFile)))
}

// One SIGINT ends a whole loop of Fits: what is stored comes back, what is not
// does not begin.
func TestInterruptEndsALoopOfFits(t *testing.T) {
	// A signal that comes when Fit has stopped listening would end the tests.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, os.Interrupt)
	defer signal.Stop(heard)
	l := testLab(t, t.TempDir())
	seed := func(n int) train.Config {
		c := mlp()
		c.Name, c.Seed = fmt.Sprint("seed ", n), uint64(n)
		return c
	}
	must(l.Fit(seed(1)))
	l.Progress = func(string) Bar {
		return cutAfter(6, sync.OnceFunc(func() { syscall.Kill(os.Getpid(), syscall.SIGINT); <-heard }))
	}
	long := seed(2)
	long.Epochs = 1e5 // does not end before Fit hears of it, on any machine
	if r := there(l.Fit(long))[0]; r.Status != Interrupted || r.Steps == 0 {
		t.Fatalf("%+v", r.Record)
	}
	var log strings.Builder
	l.Log, l.Progress = &log, nil
	got := there(l.Fit(seed(1), long, seed(3)))
	if len(got) != 3 || !got[0].Stored || got[1].Status != Interrupted || got[1].Steps == 0 || len(got[1].History) == 0 ||
		got[2].Status != Interrupted || got[2].Steps != 0 {
		t.Errorf("%v", got)
	}
	if s := log.String(); strings.Count(s, "\n") != 3 || !strings.Contains(s, "seed 3 on tiny digits: not begun\n") {
		t.Errorf("says %q", s)
	}
	if _, err := os.Stat(got[2].Dir); err == nil {
		t.Error("a run that has not begun has a folder")
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	const epochs = 100000
	store := t.TempDir()
	first, firstOut := process(t, store, epochs, time.Hour)
	pid := fmt.Sprint(first.Process.Pid)
	waitFor(t, func() bool {
		dir := runDir(t, store)
		if dir == "" {
			return false
		}
		b, _ := os.ReadFile(filepath.Join(dir, "lock"))
		return string(b) == pid
	})
	second, out := process(t, store, epochs, time.Hour)
	if code := exitCode(second); code != 2 {
		t.Errorf("the second process ends with %d: %s", code, out)
	}
	if s := out.String(); strings.Count(s, "\n") != 1 || !strings.Contains(s, "process "+pid+":") {
		t.Errorf("the second process says %q, want one line that names process %s", s, pid)
	}
	first.Process.Signal(os.Interrupt)
	if code := exitCode(first); code != 130 {
		t.Errorf("the first process ends with %d: %s", code, firstOut)
	}
	if r := must(readResult(runDir(t, store))); r.Status != Interrupted {
		t.Errorf("the run is %s", r.Status)
	}
}

func waitFor(t *testing.T, what func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !what(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited for 20 s")
		}
	}
}

// TestFullDisk lets no file grow beyond some bytes, so that in turn the state,
// the best model and the history cannot be written. The run must end with an
// error, keep what it has, and go on to the same end once there is room.
func TestFullDisk(t *testing.T) {
	const epochs = 6
	want := unbroken(t, epochs)
	size := func(dir, file string) int64 { return must(os.Stat(filepath.Join(dir, file))).Size() }
	for _, c := range []struct {
		name  string
		save  time.Duration
		limit func(dir string) int64
	}{
		{"state", 0, func(dir string) int64 { return size(dir, stateFile) - 1 }},
		{"best model", time.Hour, func(dir string) int64 { return size(want.Dir, bestFile) - 1 }},
		{"history rewritten", time.Hour, func(dir string) int64 { return size(dir, historyFile) - 1 }},
		{"history appended", time.Hour, func(dir string) int64 { return size(dir, historyFile) + 50 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := t.TempDir()
			l := New("crash", tiny(120), store, false)
			l.Log = io.Discard
			interruptAt(t, l, crashConfig(epochs), 15)
			dir := runDir(t, store)
			before := must(os.ReadFile(filepath.Join(dir, stateFile)))
			cmd, out := process(t, store, epochs, c.save, fmt.Sprint(helperLimit, "=", c.limit(dir)))
			if code := exitCode(cmd); code != 2 {
				t.Fatalf("exit code %d, want 2: %s", code, out)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if last := lines[len(lines)-1]; !strings.Contains(last, "file too large") {
				t.Errorf("says %q, want that the file is too large", last)
			}
			mustBeReadable(t, dir)
			if !bytes.Equal(must(os.ReadFile(filepath.Join(dir, stateFile))), before) {
				t.Error("the state has changed")
			}
			must(l.Fit(crashConfig(epochs)))
			mustBeWhole(t, store, want)
		})
	}
}
