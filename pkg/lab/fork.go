package lab

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/internal/printable"
	"inkling/pkg/internal/source"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/safetensors"
	"inkling/pkg/nn/train"
)

// A run that goes on from another is made in its own folder, leg by leg: a leg is a
// configuration and the epoch that it ends with. The legs before the last are those
// of the runs that it goes on from, made again, which gives their bits. Where the
// state at the end of one is kept, that takes its place.

// Origin is where a run goes on from another, for people: what identifies it is in
// the configuration.
type Origin struct {
	Run   string // the id of that run
	Name  string `json:",omitempty"`
	Epoch int    // after so many epochs
	Step  int
}

func (o *Origin) String() string {
	if o == nil {
		return ""
	}
	return fmt.Sprintf("%s (%s) after %s", cmp.Or(o.Name, "a run that is gone"), o.Run, printable.Count(o.Epoch, "epoch"))
}

// At is where a run goes on from r after so many of its epochs, for Config.Fork:
//
//	cfg.Fork = run.At(3)
//	cfg.Schedule = optim.Constant(0.01)
//
// All else of cfg is as cfg says, and may be what it was or not, but for the weights
// of the layers.
func (r *Result) At(epoch int) train.Fork {
	base := r.base()
	return train.Fork{Run: r.key(), Epoch: epoch, Step: base.Step + (epoch-base.Epoch)*r.EpochSteps}
}

// Forks says of r's forks among runs what r's removal leaves them: all that was made.
// It is "" if there are none.
func (r *Result) Forks(runs []*Result) string {
	n := 0
	for _, o := range runs {
		if o.Fork != nil && o.Fork.Run == r.ID() {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; what it was stays in %s of it", printable.Count(n, "fork"))
}

// base is where r's own epochs begin.
func (r *Result) base() Origin {
	if r.Fork != nil {
		return *r.Fork
	}
	return Origin{}
}

// ended is how many epochs of r have ended, as far as is known of one that was
// killed. The epoch at whose last step it stopped, out of patience perhaps, did not
// come to its end: there is no state after it.
func (r *Result) ended() int {
	base, steps := r.base(), r.Steps
	for _, e := range r.AllEvents() {
		steps = max(steps, e.Step)
	}
	if r.Ended != "" || r.Status == Diverged {
		steps = max(steps-1, base.Step)
	}
	return base.Epoch + (steps-base.Step)/max(r.EpochSteps, 1)
}

// checkAt reports a fork that cannot begin where it should.
func (r *Result) checkAt(f train.Fork) error {
	least, most := r.base().Epoch+1, r.ended()
	switch {
	case r.Old():
		return fmt.Errorf("lab: fork of %s (%s): it is of older code, which would not give its bits again: train it again first", r.Name, r.ID())
	case most < least:
		return fmt.Errorf("lab: fork of %s (%s): none of its epochs has ended", r.Name, r.ID())
	case f.Epoch < least || f.Epoch > most:
		return fmt.Errorf("lab: fork of %s (%s) after epoch %d, want %d to %d, the epochs of it that have ended", r.Name, r.ID(), f.Epoch, least, most)
	}
	return nil
}

// runOf finds the run of an id, of whatever question; nil if there is none.
func (l *Lab) runOf(id string) *Result {
	questions, _ := folders(l.store, "")
	for _, q := range questions {
		dirs, _ := folders(q, "-"+id)
		for _, dir := range dirs {
			if r, err := readResult(dir); err == nil {
				r.lab = l
				return r
			}
		}
	}
	return nil
}

// legsBefore are the runs that j goes on from, the first one first, each with how
// far it is to be made; and where that is, for people.
func (l *Lab) legsBefore(j *job) (legs []*job, from *Origin, err error) {
	at := j.Fork
	if at == (train.Fork{}) {
		return nil, nil, nil
	}
	id := at.Run[:min(len(at.Run), idLength)]
	from = &Origin{Run: id, Epoch: at.Epoch, Step: at.Step}
	parent := l.runOf(id)
	if parent != nil {
		from.Name = parent.Name
		if err := parent.checkAt(at); err != nil {
			return nil, from, err
		}
	}
	cfg, known := l.known[at.Run]
	switch {
	case known:
	case parent == nil:
		return nil, from, fmt.Errorf("lab: %s goes on from the run %s, which the store does not hold: make that one first", j.Name, id)
	default:
		if cfg, err = l.ConfigOf(parent); err != nil {
			return nil, from, err
		}
	}
	cfg.Name = from.Name
	jobs, err := l.plan([]train.Config{cfg})
	if err != nil {
		return nil, from, fmt.Errorf("lab: fork of %s: %w", from, err)
	}
	leg := jobs[0]
	if why := leg.result.Code.Unknown; why != "" {
		return nil, from, fmt.Errorf("lab: fork of %s: it cannot be told whether that run's code is the same today: %s", from, why)
	}
	if leg.result.key() != at.Run {
		return nil, from, fmt.Errorf("lab: fork of %s: code or kernels of today would not give its bits again: train it again first", from)
	}
	if err := j.CheckFork(leg.Plan); err != nil {
		return nil, from, err
	}
	legs, _, err = l.legsBefore(leg)
	return append(legs, leg), from, err
}

// prepare finds what j goes on from. That it is not there is a mistake, unless j is
// there itself: what has been made stays whole.
func (l *Lab) prepare(j *job) error {
	if j.Fork == (train.Fork{}) {
		return nil
	}
	var from *Origin
	j.before, from, j.lost = l.legsBefore(j)
	j.result.Fork = from
	if j.lost == nil {
		return nil
	}
	j.before = nil
	s, unfinished, err := l.stored(j.result)
	if s != nil || err != nil {
		return err
	}
	if unfinished == "" {
		return j.lost
	}
	old, err := readResult(unfinished)
	if err == nil && old.Fork != nil {
		j.result.Fork = old.Fork
	}
	if meta, err := safetensors.Meta(filepath.Join(unfinished, stateFile)); err != nil || !j.owns(meta) {
		return j.lost
	}
	return nil
}

// legs are those of j, itself the last.
func (j *job) legs() []*job { return append(slices.Clone(j.before), j) }

// until is the epoch that the leg before i ends with.
func until(legs []*job, i int) int {
	if i+1 < len(legs) {
		return legs[i+1].Fork.Epoch
	}
	return 0
}

// where says which leg the state in r's folder is of: the last, if it is of none,
// and -1 if there is no state.
func (r *Result) where(legs []*job) int {
	meta, err := safetensors.Meta(filepath.Join(r.Dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return -1
	}
	for i, leg := range legs {
		if err == nil && leg.owns(meta) {
			return i
		}
	}
	return len(legs) - 1
}

func (j *job) owns(meta map[string]string) bool {
	return j.Plan.Owns(meta, j.result.on(), j.result.Code.ofState())
}

// open makes r's folder, which is locked, and a trainer ready to go on: on the leg
// that it returns. t is a new one of the last leg.
func (l *Lab) open(j *job, t *train.Trainer, log io.Writer) (rec *recorder, legs []*job, at int, err error) {
	r := j.result
	legs = j.legs()
	for range 3 { // a model or a state that is missing is a reason to begin anew
		if at = r.where(legs); at < 0 {
			if j.lost != nil {
				return nil, nil, 0, j.lost
			}
			if at, err = l.goOn(j, legs, log); err != nil {
				return nil, nil, 0, err
			}
		}
		if t == nil || at < len(legs)-1 {
			if t, err = legs[at].Build(nil); err != nil {
				return nil, nil, 0, err
			}
		}
		rec, err = begin(r, t, legs[at].result, l.devIndex)
		if t = nil; !errors.Is(err, errNoBest) {
			break
		}
	}
	if err != nil {
		return nil, nil, 0, err
	}
	rec.until, rec.leg, rec.alone = until(legs, at), legs[at].result, j.alone
	return rec, legs, at, nil
}

// goOn puts into r's empty folder the latest state that is kept of what j goes on
// from, and says which leg it is the beginning of.
func (l *Lab) goOn(j *job, legs []*job, log io.Writer) (at int, err error) {
	for i := len(legs) - 1; i > 0; i-- {
		before := legs[i-1]
		if l.seed(j.result, legs[i], before, until(legs, i-1)) {
			fmt.Fprintf(log, "goes on from %s: its state there is kept\n", &Origin{before.result.ID(), before.Name, until(legs, i-1), legs[i].Fork.Step})
			return i, nil
		}
	}
	if len(legs) > 1 {
		fmt.Fprintf(log, "goes on from %s: its state there is not kept, so these %d steps are made again\n", j.result.Fork, j.Fork.Step)
		return 0, nil
	}
	return 0, l.lengthen(j, log)
}

// lengthen lets j go on from the end of a run that is the same but for fewer epochs,
// if that is kept and j would have stood there.
// Ends are kept of runs made alone, and looked for by them: nobody else plans then.
func (l *Lab) lengthen(j *job, log io.Writer) error {
	if !j.alone {
		return nil
	}
	for _, b := range l.borders() {
		if b.epoch >= j.Epochs || b.epoch < 1 {
			continue
		}
		cfg := j.given
		cfg.Epochs = b.epoch
		shorter, err := l.plan([]train.Config{cfg})
		if err != nil || shorter[0].result.ID() != b.id { // another run, or one that could not be
			continue
		}
		from := &Origin{b.id, shorter[0].Name, b.epoch, shorter[0].Steps()}
		if r := l.runOf(b.id); r != nil { // its own name, which need not be that of the longer one
			from.Name = r.Name
		}
		if why := byLength(shorter[0].Plan, j.Plan); why != "" {
			fmt.Fprintf(log, "trained from the start: %s is stored, but %s; a fork of it goes on from there: --fork=%s@%d\n", from, why, b.id, b.epoch)
			return nil
		}
		if l.seed(j.result, j, shorter[0], b.epoch) {
			j.result.Continued = from
			fmt.Fprintf(log, "continued from the end of %s\n", from)
			return nil
		}
	}
	return nil
}

// byLength says what of a run goes by its length, or is kept on the way, so that the
// first epochs of a shorter one do not do for a longer one.
func byLength(short, long *train.Plan) string {
	if snapshotsAt(long) != nil {
		return "this one keeps its weights from the first step on"
	}
	if !long.Augment.IsZero() && long.Clean > 0 {
		return fmt.Sprintf("its last %s are trained without augmentation", printable.Count(long.Clean, "epoch"))
	}
	if text := func(s optim.Schedule) string {
		return source.Describe(s, func(string) bool { return true }).Text
	}; text(short.Schedule) == text(long.Schedule) {
		return ""
	}
	_, adapts := short.Schedule.(optim.Adaptive)
	for s := range short.Steps() {
		if adapts || short.Schedule.LR(s) != long.Schedule.LR(s) {
			return "its learning rates go by the length of the run"
		}
	}
	return ""
}

// seed puts the state that is kept of a run at the end of an epoch into the folder of
// r, as the beginning of the leg that goes on from it. What does not fit is as good as
// not there.
func (l *Lab) seed(r *Result, leg, of *job, epoch int) bool {
	b := l.border(of.result.ID(), epoch)
	f, err := safetensors.Load(b.state())
	if err != nil || !of.owns(f.Meta) {
		return false
	}
	t, err := leg.Build(nil)
	if err != nil {
		return false
	}
	if _, err := t.Branch(f); err != nil {
		return false
	}
	h, err := readHistory(b.history())
	if err != nil || len(h) < t.Told {
		return false
	}
	h = h[:t.Told]
	if best := h.Of(train.Best); len(best) > 0 {
		last := best[len(best)-1]
		_, meta, err := nn.Load(b.best())
		if err != nil || r.belongs(meta, func(step int, score float64) bool { return step == last.Step && score == last.Score }) != nil {
			return false
		}
		if copyFile(filepath.Join(r.Dir, bestFile), b.best()) != nil {
			return false
		}
	}
	t.Parts-- // this one is not another
	t.Data, t.Code = leg.result.on(), leg.result.Code.ofState()
	file, err := t.File()
	if err != nil || writeHistory(filepath.Join(r.Dir, historyFile), h) != nil {
		return false
	}
	return file.Save(filepath.Join(r.Dir, stateFile)) == nil
}

// turn lets the recorder go on with the next leg, from where the one before it stands.
func (rec *recorder) turn(next *job, until int, log io.Writer) error {
	t, err := next.Build(nil)
	if err != nil {
		return err
	}
	fresh, err := t.Branch(rec.at)
	if err != nil {
		return err
	}
	if fresh {
		fmt.Fprintf(log, "the optimizer begins afresh at the fork: it is another\n")
	}
	r := rec.result
	if t.Told == 0 && len(r.History) > 0 { // of other layers
		r.History = nil
		if err := rec.forget(); err != nil {
			return err
		}
	}
	t.Parts--
	t.Data, t.Code, t.Past = next.result.on(), next.result.Code.ofState(), slices.Clip(r.History)
	rec.trainer, rec.at, rec.leg, rec.until = t, nil, next.result, until
	return rec.save()
}

// forget empties the history.
func (rec *recorder) forget() error {
	if err := rec.history.Truncate(0); err != nil {
		return err
	}
	err := os.Remove(filepath.Join(rec.result.Dir, bestFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err
}

// alike reports whether a run that r goes on from has its layers; else no model of that
// one is kept as r's.
func (r *Result) alike(o *Result) bool { return string(r.Layers) == string(o.Layers) }

// errLeg ends a leg.
var errLeg = errors.New("lab: the leg ends")

// border is the end of an epoch: of the leg perhaps, or of a run that somebody may
// want to go on from.
func (rec *recorder) border(epochs int) error {
	last := rec.until == 0 && epochs == rec.epochs
	if rec.until != epochs && !(last && rec.alone) {
		return nil
	}
	f, err := rec.trainer.File()
	if err != nil {
		return err
	}
	rec.keepBorder(f, epochs)
	if last {
		return nil
	}
	rec.at = f
	return errLeg
}

// The states at the ends of epochs that are kept lie beside the questions, few of
// them: what is gone can be made again.
const (
	bordersDir  = ".borders"
	mostBorders = 4
)

type border struct {
	dir   string
	id    string
	epoch int
}

func (b border) path(end string) string {
	return filepath.Join(b.dir, fmt.Sprintf("%s-%d%s", b.id, b.epoch, end))
}
func (b border) state() string   { return b.path(".state.safetensors") }
func (b border) best() string    { return b.path(".best.safetensors") }
func (b border) history() string { return b.path(".history.jsonl") }

func (b border) remove() {
	for _, path := range []string{b.state(), b.best(), b.history()} {
		os.Remove(path)
	}
}

func (l *Lab) border(id string, epoch int) border {
	return border{filepath.Join(l.store, bordersDir), id, epoch}
}

// borders are all that are kept, the newest first.
func (l *Lab) borders() []border { return bordersIn(filepath.Join(l.store, bordersDir)) }

func bordersIn(dir string) (list []border) {
	if atomicfile.OwnFolder(dir) != nil { // not there, or somebody's
		return nil
	}
	entries, _ := os.ReadDir(dir)
	at := map[border]time.Time{}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".state.safetensors")
		b := border{dir: dir}
		id, epoch, two := strings.Cut(name, "-")
		if b.id = id; !ok || !two {
			continue
		}
		if _, err := fmt.Sscanf(epoch, "%d", &b.epoch); err != nil || b.path(".state.safetensors") != filepath.Join(dir, e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil {
			at[b] = info.ModTime()
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b border) int { return cmp.Or(at[b].Compare(at[a]), strings.Compare(a.id, b.id)) })
	return list
}

// keepBorder keeps the state of rec's leg at the end of an epoch. It is a
// convenience: one that cannot be kept is made again.
func (rec *recorder) keepBorder(f *safetensors.File, epochs int) {
	r := rec.result
	if rec.leg.Code.Once != "" || rec.trainer.Network().CheckFinite() != nil {
		return
	}
	b := r.lab.border(rec.leg.ID(), epochs)
	if atomicfile.OwnFolder(b.dir) != nil && os.MkdirAll(b.dir, 0o755) != nil || atomicfile.OwnFolder(b.dir) != nil {
		return
	}
	if len(r.History.Of(train.Best)) > 0 && copyFile(b.best(), filepath.Join(r.Dir, bestFile)) != nil {
		return
	}
	if writeHistory(b.history(), r.History) != nil || f.Save(b.state()) != nil { // the state last
		return
	}
	atomicfile.Sweep(b.dir, time.Hour)
	list := bordersIn(b.dir)
	for _, old := range list[min(len(list), mostBorders):] {
		old.remove()
	}
}

// removeBorders removes what is kept of a run's ends.
func (r *Result) removeBorders() {
	for _, b := range bordersIn(filepath.Join(filepath.Dir(filepath.Dir(r.Dir)), bordersDir)) {
		if b.id == r.ID() {
			b.remove()
		}
	}
}

// copyFile replaces a file by another.
func copyFile(to, from string) error {
	b, err := atomicfile.ReadFile(from, safetensors.MaxFile)
	if err != nil {
		return err
	}
	return atomicfile.Write(to, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// writeHistory replaces a history.
func writeHistory(path string, h History) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		for _, e := range h {
			if err := writeLine(w, e); err != nil {
				return err
			}
		}
		return nil
	})
}
