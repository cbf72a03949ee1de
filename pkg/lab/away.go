package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/internal/source"
	"inkling/pkg/nn/train"
)

// Runs may be made elsewhere, on machines that share no file system with this one:
// an Order says which run, and its folder comes back as a parcel.
//
//	Lab.Away → Away.Take → Order, WriteParcel → … → Order.Make → … → Away.Enter

// Away is a run, or the first epochs of one, that is made elsewhere and kept here.
type Away struct {
	lab     *Lab
	job     *job
	release func() // of the run's folder, while it is taken
}

// Away plans runs that are to be made elsewhere. A mistake in any is told at once.
func (l *Lab) Away(parts ...Part) ([]*Away, error) {
	if l.budget.given { // other machines are told of quick runs and of whole ones
		return nil, errors.New("lab: runs within INKLING_BUDGET cannot be made elsewhere: their images are a part of those that go there")
	}
	jobs, err := l.planParts(parts)
	if err != nil {
		return nil, err
	}
	var list []*Away
	for _, j := range jobs {
		if why := j.result.Code.Unknown; why != "" {
			return nil, fmt.Errorf("lab: %s cannot be made elsewhere: %s", j.label, why)
		}
		if j.Fork != (train.Fork{}) {
			return nil, fmt.Errorf("lab: %s cannot be made elsewhere: it goes on from a run that is here", j.label)
		}
		list = append(list, &Away{lab: l, job: j})
	}
	return list, nil
}

// Take locks the run, so that nobody else makes it, until Enter or GiveUp; or
// returns it where the store holds all that is asked for. While another process
// makes it, the error is one by [InUse].
func (a *Away) Take() (*Result, error) {
	if a.release != nil {
		return nil, fmt.Errorf("lab: %s is taken already", a.job.label)
	}
	r, err := a.stored()
	if r != nil || err != nil {
		return r, err
	}
	release, err := a.job.result.lock()
	if err != nil {
		return nil, err
	}
	r, err = a.stored() // another process may have finished it since
	if err == nil && r == nil {
		// What would refuse the best model at the end is told before the beginning.
		var unlock func()
		if unlock, err = a.lab.lockBest(); err == nil {
			unlock()
			a.release = release
			return nil, nil
		}
	}
	release()
	return r, err
}

// stored is what the store holds of the run, if that is all that is asked for.
func (a *Away) stored() (*Result, error) {
	s, unfinished, err := a.lab.stored(a.job.result)
	if s == nil && err == nil {
		s = a.lab.aside(a.job, unfinished)
	}
	if unfinished != "" && a.release == nil {
		a.job.result.Dir = unfinished
	}
	return s, err
}

// InUse reports whether an error says that another process works on a run.
func InUse(err error) bool { return errors.Is(err, errLocked) }

// GiveUp lets others make the run. What the store has of it stays.
func (a *Away) GiveUp() {
	if a.release != nil {
		a.release()
		a.release = nil
	}
}

// String is what the run is called among those it was planned with.
func (a *Away) String() string { return a.job.label }

// Order says all that identifies the run.
func (a *Away) Order() Order {
	r := a.job.result
	o := Order{
		Name: r.Name, Question: r.Question, Folder: filepath.Base(r.Dir), Quick: a.lab.Quick,
		Data: a.lab.Data.Name, DataSum: r.DataSum, Config: r.Config, Code: r.Code,
	}
	host, _ := os.Hostname()
	o.Store = source.Sum(host + "\n" + r.Dir)[:16]
	if a.job.until > 0 {
		o.Until = a.job.until / a.job.EpochSteps
	}
	return o
}

// WriteParcel writes a file of what there is of the run to go on from, if there is
// anything.
func (a *Away) WriteParcel(path string) (written bool, err error) {
	dir := a.job.result.Dir
	if r, err := readResult(dir); err != nil || r.Status != Interrupted {
		return false, nil
	}
	if _, err := os.Lstat(filepath.Join(dir, stateFile)); err != nil {
		return false, nil
	}
	return true, writeParcel(path, dir)
}

// Enter puts a run that comes back as a parcel, a file, into the store, whole or not at all,
// and lets go of it. A parcel may come from anywhere: it is refused unless it holds
// this run, with the bits that it would have here.
func (a *Away) Enter(path string) (*Result, error) {
	if a.release == nil {
		return nil, fmt.Errorf("lab: %s is not taken", a.job.label)
	}
	defer a.GiveUp()
	f, err := atomicfile.Open(path, maxParcel)
	if err != nil {
		return nil, fmt.Errorf("lab: parcel: %w", err)
	}
	defer f.Close()
	r, err := a.enter(f)
	if err != nil {
		return nil, fmt.Errorf("lab: what came back for %s is refused: %w", a.job.label, err)
	}
	return r, nil
}

func (a *Away) enter(parcel io.Reader) (*Result, error) {
	want := a.job.result
	// Whoever holds the lock of the run is the only one to use this name.
	dir := filepath.Join(filepath.Dir(want.Dir), ".parcel-"+filepath.Base(want.Dir))
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := unpack(parcel, dir, a.job.limit); err != nil {
		return nil, err
	}
	p, err := readResult(dir)
	if err != nil {
		return nil, err
	}
	if err := a.job.check(a.lab, p); err != nil {
		return nil, err
	}
	return a.job.enter(a.lab, p)
}

// Order is a run, or its first epochs, as another machine is told of it. The
// configuration goes there in the words of flags, beside this; Config is its key.
type Order struct {
	Name, Question string
	Folder         string // of the run, in its part of the store
	Quick          bool
	Data           string // their name; the images go there by their fingerprint
	DataSum        string
	Config         string
	Code           Code
	Until          int    `json:",omitempty"` // epochs
	Store          string // tells the orders of one store from those of others
}

// An Elsewhere is the error of Make on a machine whose code computes other runs than
// that at home: no order from there is made here.
type Elsewhere struct{ Why string }

func (e Elsewhere) Error() string { return "lab: a run made here would be another: " + e.Why }

// Make makes the run of an order in the store of l, which is one for this purpose,
// and writes its parcel to the file out. The configuration is what its words come
// to here. It goes on from the parcel in the file from, if there is one, or from
// what the store has. A run that ctx ends is saved there, with an Unfinished.
func (o Order) Make(ctx context.Context, l *Lab, p Part, from, out string) error {
	p.Until = o.Until
	p.Name = o.Name
	jobs, err := l.planParts([]Part{p})
	if err != nil {
		return err
	}
	r := jobs[0].result
	switch {
	case l.Question != o.Question || l.Quick != o.Quick:
		return fmt.Errorf("lab: an order of question %.40q, made for %.40q", o.Question, l.Question)
	case r.Code != o.Code:
		return Elsewhere{r.Code.differs(o.Code)}
	case r.DataSum != o.DataSum:
		return fmt.Errorf("lab: an order for other images than came with it")
	case r.Config != o.Config:
		return fmt.Errorf("lab: the words of an order come to another configuration than it names")
	case !filepath.IsLocal(o.Folder) || filepath.Base(o.Folder) != o.Folder || !strings.HasSuffix(o.Folder, "-"+r.id()):
		return fmt.Errorf("lab: folder %.80q of an order, want one that ends in -%s", o.Folder, r.id())
	}
	r.Dir = filepath.Join(l.store, l.Question, o.Folder)
	if from != "" {
		if err := l.goOnFrom(jobs[0], from); err != nil {
			return err
		}
	}
	if _, err := l.fitAll(ctx, jobs, nil); err != nil {
		return err
	}
	return writeParcel(out, jobs[0].result.Dir)
}

// goOnFrom lays what a parcel holds into the folder of the job's run, unless there
// is something already.
func (l *Lab) goOnFrom(j *job, from string) error {
	r := j.result
	release, err := r.lock()
	if err != nil {
		return err
	}
	defer release()
	if _, err := os.Lstat(filepath.Join(r.Dir, recordFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := atomicfile.Open(from, maxParcel)
	if err != nil {
		return fmt.Errorf("lab: parcel: %w", err)
	}
	defer f.Close()
	dir := filepath.Join(filepath.Dir(r.Dir), ".parcel-"+filepath.Base(r.Dir))
	os.RemoveAll(dir)
	defer os.RemoveAll(dir)
	if err := unpack(f, dir, j.limit); err != nil {
		return fmt.Errorf("lab: parcel: %w", err)
	}
	for _, name := range packed {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(r.Dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("lab: parcel: %w", err)
		}
	}
	return nil
}
