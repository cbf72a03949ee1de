package lab

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// Stopped is the cause of a context that a signal has ended; see UntilSignal.
type Stopped struct{ Signal os.Signal }

func (s Stopped) Error() string { return fmt.Sprintf("lab: stopped by %v", s.Signal) }

// ExitCode is what a shell says of a program that the signal has ended: 130 for
// SIGINT, 143 for SIGTERM, 129 for SIGHUP.
func (s Stopped) ExitCode() int {
	if n, ok := s.Signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return 1
}

// UntilSignal is a context that ends at SIGINT (Ctrl-C, Jupyter's stop button),
// SIGTERM (a stopped container, a machine that shuts down), SIGHUP (a closed
// terminal), or one of more, with a Stopped as its cause: the moment to save. A
// SIGHUP that the program was started to ignore, as by nohup, stays ignored.
//
// The signals are held back until stop, but only once: the next one does what it
// does to any program, unless it comes within a second of the first. One press of
// a key and one closed terminal are heard twice, from the kernel, which tells the
// whole group, and from a parent in it, which hands on what it heard.
func UntilSignal(parent context.Context, more ...os.Signal) (ctx context.Context, stop func()) {
	signals := append([]os.Signal{os.Interrupt, syscall.SIGTERM}, more...)
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, cancel := context.WithCancelCause(parent)
	heard, over := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(heard, signals...)
	go func() {
		select {
		case s := <-heard:
			cancel(Stopped{s})
			time.AfterFunc(twice, func() { signal.Stop(heard) })
		case <-over:
			signal.Stop(heard)
			select { // came while the work ended: not lost
			case s := <-heard:
				cancel(Stopped{s})
			default:
				cancel(context.Canceled)
			}
		}
	}()
	return ctx, sync.OnceFunc(func() {
		close(over)
		<-ctx.Done()
	})
}

const twice = time.Second
