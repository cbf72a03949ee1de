//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"inkling/pkg/lab/curves"
)

// Runs are watched by another process, which comes and goes without their taking
// notice, and ends when they do.
func TestWatch(t *testing.T) {
	w := newWorld(t)
	w.refuses([]string{"watch"}, nil, "no run is in training: --wait waits for one")
	w.refuses([]string{"watch", "nothing"}, nil, `no run "nothing"`)
	w.refuses([]string{"watch", "--wait", "one"}, nil, "want one of them")
	begin := func() *exec.Cmd {
		trainer, _, stderr := w.command(long)
		trainer.Stdout = nil
		log := must(trainer.StdoutPipe())
		must(0, trainer.Start())
		t.Cleanup(func() { trainer.Process.Kill() })
		lines := bufio.NewScanner(log)
		for lines.Scan() && !strings.Contains(lines.Text(), "[Dev]") {
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err, stderr)
		}
		go func() {
			for lines.Scan() {
			}
		}()
		return trainer
	}
	trainer := begin()
	watch := func(args ...string) (*exec.Cmd, *bufio.Scanner) {
		cmd, _, _ := w.command(append([]string{"watch"}, args...))
		cmd.Stdout = nil
		out := must(cmd.StdoutPipe())
		must(0, cmd.Start())
		t.Cleanup(func() { cmd.Process.Kill() })
		return cmd, bufio.NewScanner(out)
	}
	cmd, lines := watch()
	if !lines.Scan() || !regexp.MustCompile(`^784-16-10 .*: \d+ %, +step \d+ of 10+0, ETA .*, dev \d+\.\d\d %, loss |^784-16-10 .*: .*step \d+ of \d+, ETA `).MatchString(lines.Text()) {
		t.Errorf("the first line is %q", lines.Text())
	}
	cmd.Process.Signal(os.Interrupt)
	for lines.Scan() {
	}
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("interrupted: code %d", code)
	}
	if _, out, _ := w.run([]string{"runs"}); !strings.Contains(out, "  training  ") {
		t.Errorf("the run is in training no more:\n%s", out)
	}
	cmd, lines = watch("--json", "784-16-10")
	var events []curves.Line
	for lines.Scan() {
		var e curves.Line
		must(0, json.Unmarshal(lines.Bytes(), &e))
		if events = append(events, e); len(events) == 5 {
			trainer.Process.Signal(syscall.SIGTERM)
		}
	}
	must(0, cmd.Wait())
	trainer.Wait()
	end := events[len(events)-1]
	if end.Kind != "end" || end.Status != "interrupted" || end.Run == "" || end.Planned == 0 || end.Step > end.Planned {
		t.Errorf("the end is %+v", end)
	}
	for i, e := range events[:len(events)-1] {
		if e.Run != end.Run || e.Loss == nil || i > 0 && e.Step < events[i-1].Step || (e.Kind == "train") != (e.LR != nil) {
			t.Errorf("event %d of %d: %+v", i, len(events), e)
		}
	}
	if code, out, _ := w.run([]string{"watch", end.Run}); code != 0 || !strings.Contains(out, ": interrupted after iteration ") {
		t.Errorf("of an interrupted run: code %d, %q", code, out)
	}
}
