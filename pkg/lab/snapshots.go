package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"inkling/pkg/internal/printable"
	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// Snapshots, as Config.Each, has a run keep its weights on the way, for a look at how
// they came about: see Result.Snapshots. They are kept at the ends of epochs, of sixteen
// at most, and in the first epoch after a half of it, a quarter, … a 32nd: there most
// of it happens. Nothing else about the run changes.
//
//	cfg.Each = lab.Snapshots{}
type Snapshots struct{}

// Each implements train.Callback. A callback knows of no folder, so it is the lab that
// keeps what it sees here.
func (Snapshots) Each(train.Moment) error { return nil }

// Of a run, so many snapshots in the first epoch, and so many after epochs.
const halvings, mostEnds = 5, 16

// A Snapshot is the network of a run on the way.
type Snapshot struct {
	Step   int
	Epochs float64   // trained by then
	Model  *nn.Model // the one that evaluations judge
}

// snapshotsDir lies in the folder of a run, with a file for each.
const snapshotsDir, snapshotEnd = "snapshots", ".safetensors"

func snapshotFile(step int) string { return fmt.Sprint("step-", step, snapshotEnd) }

// snapshotsAt are the steps after which a run keeps its weights, nil if it does not.
func snapshotsAt(p *train.Plan) map[int]bool {
	if _, asked := p.Each.(Snapshots); !asked {
		return nil
	}
	return snapshotSteps(p.Fork.Step, p.EpochSteps, p.Steps())
}

// snapshotSteps are those of a run of that many steps an epoch which begins and ends
// there.
func snapshotSteps(begin, epoch, end int) map[int]bool {
	at := map[int]bool{end: true}
	for k := 1; k <= halvings; k++ {
		at[begin+max(1, epoch>>k)] = true
	}
	every := epoch * max(1, ((end-begin)/epoch+mostEnds-1)/mostEnds)
	for step := begin + every; step < end; step += every {
		at[step] = true
	}
	return at
}

// snapshot keeps the weights as they are.
func (rec *recorder) snapshot() error {
	r, step := rec.result, rec.trainer.Step
	model := rec.trainer.Model()
	if model.CheckFinite() != nil {
		return nil // the run is about to end as diverged
	}
	dir := filepath.Join(r.Dir, snapshotsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := ownFolder(dir); err != nil {
		return err
	}
	meta := rec.meta(train.Event{Step: step})
	delete(meta, "dev_accuracy") // nobody has judged it
	delete(meta, "dev_loss")
	if err := tellKind(meta, r.lab.Train); err != nil {
		return err
	}
	return model.Save(filepath.Join(dir, snapshotFile(step)), meta)
}

// Snapshots are the networks that a run with Snapshots has kept on the way, the first
// as it was before its training, the last as it was at the end, which need not be the
// best.
func (r *Result) Snapshots() ([]Snapshot, error) {
	if !strings.Contains(r.Config, fullName(reflect.TypeFor[Snapshots]())) {
		return nil, fmt.Errorf("lab: %s (%s) has kept no weights on the way: want Each: lab.Snapshots{} in its Config", r.Name, r.ID())
	}
	dir := filepath.Join(r.Dir, snapshotsDir)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("lab: %w", err)
	}
	var all []Snapshot
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), snapshotEnd) {
			continue // what was being written when the run was killed
		}
		s, err := r.snapshotIn(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("lab: %w: remove %s to train it again", err, r.short())
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Snapshot) int { return a.Step - b.Step })
	for step := range r.ownSnapshots() {
		if r.Status == Diverged && (len(all) == 0 || step > all[len(all)-1].Step) {
			continue // the weights were no numbers any more
		}
		if !slices.ContainsFunc(all, func(s Snapshot) bool { return s.Step == step }) {
			return nil, fmt.Errorf("lab: %s (%s) has lost the weights that it kept after step %d: remove %s to train it again", r.Name, r.ID(), step, r.short())
		}
	}
	if r.Fork != nil || len(all) == 0 {
		return all, nil // what a fork began with is another run's
	}
	first := all[0].Model
	before, err := nn.New(first.Seed, first.In, first.Layers...)
	if err != nil {
		return nil, fmt.Errorf("lab: %s before its training: %w", r.Name, err)
	}
	return append([]Snapshot{{Model: before}}, all...), nil
}

// ownSnapshots are the steps of which a run must have its weights: the last one among
// them, if it has ended.
func (r *Result) ownSnapshots() map[int]bool {
	at := snapshotSteps(r.base().Step, max(r.EpochSteps, 1), r.Planned)
	maps.DeleteFunc(at, func(step int, _ bool) bool { return step >= r.Steps })
	if r.Status == Finished {
		at[r.Steps] = true
	}
	return at
}

// snapshotIn reads a snapshot, which must be the run's.
func (r *Result) snapshotIn(path string) (Snapshot, error) {
	m, meta, err := nn.Load(path)
	if err != nil {
		return Snapshot{}, err
	}
	var layers bytes.Buffer // run.json has them indented
	step, bad := strconv.Atoi(meta["step"])
	if bad != nil || json.Compact(&layers, r.Layers) != nil || meta["architecture"] != layers.String() || meta["data_set_sha256"] != r.DataSum ||
		filepath.Base(path) != snapshotFile(step) || step < 1 || r.Status == Finished && step > r.Steps {
		return Snapshot{}, fmt.Errorf("%s is of another run: %s, step %s", filepath.Base(path), printable.Text(meta["name"]), printable.Text(meta["step"]))
	}
	base := r.base()
	return Snapshot{step, float64(base.Epoch) + float64(step-base.Step)/float64(max(r.EpochSteps, 1)), m}, nil
}
