package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"inkling/pkg/data"
	"inkling/pkg/lab"
)

// An errand is a run that another machine asks for; scripts/runner/dask_worker.py
// writes it, with the paths of files that it has laid there.
type errand struct {
	Order  lab.Order
	Words  []string // of train
	Images string   // what lab.ReadImages reads
	Store  string   // a run store for such runs; what is cut short is kept there
	From   string   // a parcel to go on from, or ""
	Out    string   // where the parcel goes
}

// exitElsewhere says that the run would be another one here.
const exitElsewhere = 3

// workCommand makes a run for another machine. It is not for people: it reads an
// errand from stdin, and ends when that does, since whoever asked is then gone.
func workCommand(args []string) (int, error) {
	if len(args) > 0 {
		return 0, fmt.Errorf("work takes no words, not %.40q: it reads an errand from stdin", args[0])
	}
	var e errand
	in := json.NewDecoder(io.LimitReader(os.Stdin, 1<<30))
	if err := in.Decode(&e); err != nil {
		return 0, fmt.Errorf("work: no errand on stdin: %w", err)
	}
	ctx, stop := lab.UntilSignal(context.Background())
	defer stop()
	ctx, leave := context.WithCancel(ctx)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		leave()
	}()
	err := e.run(ctx)
	switch {
	case errors.As(err, new(lab.Elsewhere)):
		return exitElsewhere, err
	case errors.As(err, new(lab.Unfinished)):
		return exitDiverged, err
	}
	return 0, err
}

func (e errand) run(ctx context.Context) error {
	var w wanted
	fs := newFlags()
	w.register(fs)
	if err := parse("train", fs, e.Words); err != nil {
		return err
	}
	if !filepath.IsAbs(e.Store) || !filepath.IsAbs(e.Out) {
		return fmt.Errorf("work: store %.80q and parcel %.80q, want absolute paths", e.Store, e.Out)
	}
	train, err := lab.ReadImages(e.Images)
	if err != nil {
		return err
	}
	l := lab.New(e.Order.Question, &data.Dataset{Name: e.Order.Data, Source: "sent", Train: train}, e.Store, e.Order.Quick)
	l.Log = io.Discard
	cfg, err := w.config(l)
	if err != nil {
		return err
	}
	return e.Order.Make(ctx, l, lab.Part{Config: cfg}, e.From, e.Out)
}
