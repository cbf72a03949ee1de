package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Programs that work at a time, as two notebooks of a report do, would train at a time
// too, and each run take twice as long and more of the caches. Where INKLING_TURN names a
// file, one of them trains, and the others wait for their turn: what they do beside
// training, compiling cells and drawing figures, fills the cores that it leaves.

// turn is this process's: Fits of one process train at a time.
var turn = struct {
	room    chan struct{} // held while one of the Fits takes or gives back
	fits    int           // that have the turn
	release func()
}{room: make(chan struct{}, 1)}

// askAgain is how long a Fit waits between two looks whether it is its turn.
const askAgain = 20 * time.Millisecond

// takeTurn returns when it is this process's turn to train; an error is ctx's, or of the file.
func takeTurn(ctx context.Context) error {
	path := os.Getenv("INKLING_TURN")
	if path == "" {
		path = os.DevNull // to count with, so that a change of the variable harms nobody
	}
	select {
	case turn.room <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-turn.room }()
	for turn.fits == 0 && path != os.DevNull {
		release, err := lock(path, refuse)
		if err == nil {
			turn.release = release
			break
		}
		if !errors.Is(err, errLocked) {
			return fmt.Errorf("lab: INKLING_TURN: %w", err)
		}
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	turn.fits++
	return nil
}

// giveTurn ends what takeTurn began.
func giveTurn() {
	turn.room <- struct{}{}
	defer func() { <-turn.room }()
	if turn.fits--; turn.fits == 0 && turn.release != nil {
		turn.release()
		turn.release = nil
	}
}
