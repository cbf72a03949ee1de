package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"inkling/pkg/nn/train"
)

// inTurn makes a file for turns, which this test holds until it calls release.
func inTurn(t *testing.T) (path string, release func()) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "turn")
	t.Setenv("INKLING_TURN", path)
	return path, must(lock(path, refuse))
}

func TestTrainsWhenItIsItsTurn(t *testing.T) {
	path, release := inTurn(t)
	l := testLab(t, t.TempDir())
	l.SideBySide = 2
	var free atomic.Bool
	early := false
	a := mlp()
	a.Each = train.CallbackFunc(func(train.Moment) error {
		early = early || !free.Load()
		return nil
	})
	b := mlp()
	b.Seed = 2
	done := make(chan error)
	go func() {
		_, err := l.FitContext(t.Context(), a, b)
		done <- err
	}()
	time.Sleep(5 * askAgain) // time enough to do it wrong
	free.Store(true)
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if early {
		t.Error("it trained while another program had the turn")
	}
	must(lock(path, refuse))() // it has given the turn back

	// The bits are those of a run that never waited.
	os.Unsetenv("INKLING_TURN")
	alone := testLab(t, t.TempDir())
	got, want := must(must(l.Fit(b))[0].Model()).Params(), must(must(alone.Fit(b))[0].Model()).Params()
	for i := range want {
		if !slices.Equal(got[i].Data, want[i].Data) {
			t.Errorf("%s is other than without turns", want[i].Name)
		}
	}
}

func TestStoredRunsNeedNoTurn(t *testing.T) {
	l := testLab(t, t.TempDir())
	must(l.Fit(mlp()))
	_, release := inTurn(t)
	defer release()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if rs, err := l.FitContext(ctx, mlp()); err != nil || rs[0].Status != Finished {
		t.Errorf("%v, %v", rs, err)
	}
}

// Who waits for a turn can be stopped, and has begun nothing.
func TestStoppedWhileItWaits(t *testing.T) {
	path, release := inTurn(t)
	l := testLab(t, t.TempDir())
	ctx, stop := context.WithTimeout(t.Context(), 3*askAgain)
	defer stop()
	rs, err := l.FitContext(ctx, mlp())
	if !errors.As(err, new(Unfinished)) || len(rs) != 1 || rs[0].Status != Interrupted || rs[0].Steps != 0 {
		t.Errorf("%v, %v", rs, err)
	}
	release()
	if rs, err := l.Fit(mlp()); err != nil || rs[0].Status != Finished {
		t.Errorf("afterwards: %v, %v", rs, err)
	}
	must(lock(path, refuse))()
}

// Fits of one process do not wait for each other, even one within another.
func TestTurnOfAProcess(t *testing.T) {
	path, release := inTurn(t)
	release()
	outer, inner := testLab(t, t.TempDir()), testLab(t, t.TempDir())
	a := mlp()
	made := 0
	a.Each = train.CallbackFunc(func(m train.Moment) error {
		if m.Kind == train.Dev && made == 0 {
			made++
			_, err := inner.Fit(mlp())
			return err
		}
		return nil
	})
	must(outer.Fit(a))
	if made != 1 {
		t.Error("nothing was made within")
	}
	must(lock(path, refuse))()
}

func TestTurnThatCannotBe(t *testing.T) {
	t.Setenv("INKLING_TURN", t.TempDir())
	if _, err := testLab(t, t.TempDir()).Fit(mlp()); err == nil {
		t.Error("a folder is a file for turns")
	}
}
