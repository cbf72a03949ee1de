package lab

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"inkling/pkg/internal/source"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// forked is the configuration of a run that goes on from another: what no flag has
// set is that one's. layers are those that a program gives; nil for that run's.
func (h Hyper) forked(l *Lab, layers []nn.Layer) (train.Config, error) {
	ref, epoch, err := forkRef(h.Fork)
	if err != nil || l == nil {
		return train.Config{}, err
	}
	runs, err := l.everyRun()
	if err != nil {
		return train.Config{}, err
	}
	r, err := Find(runs, ref)
	if err != nil {
		return train.Config{}, err
	}
	c, err := l.ConfigOf(r)
	if err != nil {
		return train.Config{}, err
	}
	if epoch == 0 {
		epoch = r.ended()
	}
	was := c
	c.Name, c.Fork = "", r.At(epoch)
	if err := r.checkAt(c.Fork); err != nil {
		return train.Config{}, err
	}
	if layers != nil {
		c.Layers = layers
	}
	given := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return h.set[name] })
	}
	for name, set := range map[string]func(){
		"name": func() { c.Name = h.Name }, "batch": func() { c.Batch = h.Batch }, "epochs": func() { c.Epochs = h.Epochs },
		"seed": func() { c.Seed = uint64(max(h.Seed, 0)) }, "size": func() { c.TrainSize = h.Size }, "patience": func() { c.Patience = h.Patience },
		"ema": func() { c.EMA = h.EMA },
	} {
		if given(name) {
			set()
		}
	}
	if c.Epochs <= epoch {
		return train.Config{}, fmt.Errorf("lab: fork of %s (%s) after epoch %d of %d: --epochs=N with more than %d says how long it goes on, or --fork=%s@N begins earlier", r.Name, r.ID(), epoch, c.Epochs, epoch, r.ID())
	}
	if given("smoothing") {
		if _, ok := c.Loss.(nn.CrossEntropy); !ok {
			return train.Config{}, fmt.Errorf("lab: --smoothing has no effect: the loss of %s is %T", r.Name, c.Loss)
		}
		c.Loss = nn.CrossEntropy{Smoothing: h.Smoothing}
	}
	theirs, err := h.over(r)
	if err != nil {
		return train.Config{}, err
	}
	if given(mlpFlags[:]...) && layers == nil {
		if r.Hyper["hidden"] == nil {
			return train.Config{}, fmt.Errorf("lab: --%s has no effect: %s is %s", h.mlpFlag(), r.Name, outline(l.In(), c.Layers))
		}
		hidden, err := theirs.widths()
		if err != nil {
			return train.Config{}, err
		}
		act, err := pick("activation", theirs.Activation, nn.Activations())
		if err != nil && hidden != nil {
			return train.Config{}, err
		}
		c.Layers = nn.MLP(hidden, act, l.Out(), theirs.Dropout)
	}
	if given("optimizer", "momentum", "decay") {
		newOptimizer, err := pick("optimizer", theirs.Optimizer, optim.Optimizers())
		if err != nil {
			return train.Config{}, err
		}
		if name, _ := optim.NameOf(was.Optimizer); name == "" && !given("optimizer") {
			return train.Config{}, fmt.Errorf("lab: the optimizer of %s, %#v, is more than flags say: --optimizer=%s as well makes a new one", r.Name, was.Optimizer, theirs.Optimizer)
		}
		c.Optimizer = newOptimizer(optim.Knobs{Momentum: theirs.Momentum, Decay: theirs.Decay})
		if _, err := c.Optimizer.New(nil); err != nil {
			return train.Config{}, fmt.Errorf("%w (--optimizer=%s)", err, theirs.Optimizer)
		}
	}
	rate := given("lr", "schedule", "milestones", "gamma", "warmup")
	if rate || given("epochs", "batch", "size") {
		s, err := theirs.schedule(l)
		if !given("schedule") && !h.says(l, r, was) { // it is more than flags say
			s, err = was.Schedule, nil
			if rate {
				err = fmt.Errorf("lab: the schedule of %s, %#v, is more than flags say: --schedule and --lr as well make a new one", r.Name, was.Schedule)
			}
		}
		if err != nil {
			return train.Config{}, err
		}
		c.Schedule = s
	}
	_, err = c.Complete()
	return c, err
}

// forkRef reads RUN or RUN@EPOCH; epoch is 0 where there is none.
func forkRef(text string) (ref string, epoch int, err error) {
	ref = strings.TrimSpace(text)
	if at := strings.LastIndex(ref, "@"); at >= 0 {
		n, err := strconv.Atoi(ref[at+1:])
		if err != nil || n < 1 {
			return "", 0, fmt.Errorf("lab: fork %.60q, want RUN or RUN@EPOCH, an epoch of at least 1", text)
		}
		ref, epoch = strings.TrimSpace(ref[:at]), n
	}
	if ref == "" {
		return "", 0, fmt.Errorf("lab: fork %.60q, want RUN or RUN@EPOCH, a run by its name or id", text)
	}
	return ref, epoch, nil
}

// everyRun are the runs on the lab's data, of all questions.
func (l *Lab) everyRun() (all []*Result, err error) {
	questions, err := folders(l.store, "")
	if err != nil {
		return nil, err
	}
	for _, q := range questions {
		runs, _ := readRuns(q) // a damaged run is no parent
		all = append(all, runs...)
	}
	return all, nil
}

// over is r's settings as flags, with those of h that were given over them.
func (h Hyper) over(r *Result) (Hyper, error) {
	theirs := Hyper{}
	mine := map[string]string{}
	h.each(func(name, value string) { mine[name] = value })
	fs := newFlagSet()
	theirs.register(fs)
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		value, ok := r.Hyper[name]
		text := fmt.Sprint(value)
		if n, number := value.(float64); number {
			text = strconv.FormatFloat(n, 'f', -1, 64)
		}
		if h.set[name] {
			text, ok = mine[name], true
		}
		if !ok || fs.Lookup(name) == nil {
			continue
		}
		if err := fs.Set(name, text); err != nil && h.set[name] {
			return theirs, err
		}
	}
	return theirs, nil
}

// says reports whether flags make the schedule that a run has.
func (h Hyper) says(l *Lab, r *Result, c train.Config) bool {
	h.set = nil
	theirs, err := h.over(r)
	if err != nil {
		return false
	}
	s, err := theirs.schedule(l)
	if err != nil {
		return false
	}
	steps := r.base().Step + (c.Epochs-r.base().Epoch)*r.EpochSteps
	text := func(s optim.Schedule) string {
		return source.Describe(optim.Bind(s, steps), func(string) bool { return true }).Text
	}
	return text(s) == text(c.Schedule)
}

// mlpFlag is the first of mlpFlags that was given.
func (h Hyper) mlpFlag() string {
	for _, name := range mlpFlags {
		if h.set[name] {
			return name
		}
	}
	return ""
}
