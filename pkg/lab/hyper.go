package lab

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"inkling/pkg/internal/nearest"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// Hyper is the hyperparameters of a run as flags, for notebooks and commands:
// every field can be set with the flag named behind it. A Hyper becomes a
// Config with Config, or with With if the layers are not those of an MLP.
type Hyper struct {
	Name       string  // --name: in logs and legends; made from the others if empty
	Hidden     string  // --hidden: widths of the hidden layers, "512,256"; "none" for none
	Activation string  // --activation: one of nn.Activations
	Dropout    float64 // --dropout: after every activation
	Optimizer  string  // --optimizer: one of optim.Optimizers
	LR         float64 // --lr
	Momentum   float64 // --momentum: of sgd, nesterov, heavyball and rmsprop
	Decay      float64 // --decay: weight decay
	Schedule   string  // --schedule: one of optim.Schedules
	Milestones string  // --milestones: of multistep, in steps; of step, the period
	Gamma      float64 // --gamma: of step, multistep and plateau, 0 for 0.5; of exponential for every epoch, 0 for a hundredth at the end
	Warmup     int     // --warmup: steps before the schedule begins
	Smoothing  float64 // --smoothing: of the labels
	Batch      int     // --batch
	Epochs     int     // --epochs
	Seed       int     // --seed
	Size       int     // --size: training examples to use; 0 for all
	Patience   int     // --patience: evaluations without progress before stopping; 0 for never
	EMA        float64 // --ema: decay of the running mean of the weights; 0 for none
	Fork       string  // --fork: RUN@EPOCH, a run to go on from; what no flag says is then as it was there

	cell  bool                // its flags are those of a notebook's cells, or of a command
	set   map[string]bool     // flags that were given
	given [len(mlpFlags)]bool // those of mlpFlags that a flag has set
}

// Flags registers h with the command line's flags and returns it, ready for
// `var hyper = lab.Flags(lab.Hyper{…})`. The fields' values are the
// defaults. A mistake in a flag is told in one line instead of two screens.
func Flags(h Hyper) *Hyper {
	h.cell = true
	h.Register(flag.CommandLine)
	flag.CommandLine.SetOutput(io.Discard)
	flag.Usage = func() { os.Exit(usage(flag.CommandLine, os.Args[1:])) }
	return &h
}

// Register adds a flag for every field of h to fs.
func (h *Hyper) Register(fs *flag.FlagSet) {
	plain := flag.NewFlagSet("", flag.ContinueOnError)
	h.register(plain)
	plain.VisitAll(func(f *flag.Flag) { fs.Var(&hyperFlag{f.Value, h, f.Name}, f.Name, f.Usage) })
}

func (h *Hyper) register(fs *flag.FlagSet) {
	fs.StringVar(&h.Name, "name", h.Name, "name of the run in logs and legends")
	fs.StringVar(&h.Hidden, "hidden", h.Hidden, "widths of the hidden layers, as 512,256, or none")
	fs.StringVar(&h.Activation, "activation", h.Activation, "one of "+strings.Join(names(nn.Activations()), ", "))
	fs.Float64Var(&h.Dropout, "dropout", h.Dropout, "probability, 0 to 1")
	fs.StringVar(&h.Optimizer, "optimizer", h.Optimizer, "one of "+strings.Join(names(optim.Optimizers()), ", "))
	fs.Float64Var(&h.LR, "lr", h.LR, "learning rate")
	fs.Float64Var(&h.Momentum, "momentum", h.Momentum, "momentum, 0 to 1")
	fs.Float64Var(&h.Decay, "decay", h.Decay, "weight decay")
	fs.StringVar(&h.Schedule, "schedule", h.Schedule, "one of "+strings.Join(names(optim.Schedules()), ", "))
	fs.StringVar(&h.Milestones, "milestones", h.Milestones, "steps at which the learning rate falls, as 800,2400; of the schedule step, its period")
	fs.Float64Var(&h.Gamma, "gamma", h.Gamma, "factor by which the learning rate falls: with exponential in every epoch, else each time; 0 for 0.5, with exponential for a hundredth at the end")
	fs.IntVar(&h.Warmup, "warmup", h.Warmup, "steps of warm-up")
	fs.Float64Var(&h.Smoothing, "smoothing", h.Smoothing, "label smoothing, 0 to 1")
	fs.IntVar(&h.Batch, "batch", h.Batch, "examples in a batch")
	fs.IntVar(&h.Epochs, "epochs", h.Epochs, "passes over the training split")
	fs.IntVar(&h.Seed, "seed", h.Seed, "seed of weights, order and dropout")
	fs.IntVar(&h.Size, "size", h.Size, "training examples to use, drawn with all classes in proportion; 0 for all")
	fs.IntVar(&h.Patience, "patience", h.Patience, "evaluations without progress before stopping, 0 for never")
	fs.Float64Var(&h.EMA, "ema", h.EMA, "decay of the running mean of the weights, 0 for none")
	fs.StringVar(&h.Fork, "fork", h.Fork, "RUN or RUN@EPOCH: go on from that run with the values that are given, all others being its own")
}

// each tells of the flags of h and their values.
func (h Hyper) each(tell func(name, value string)) {
	fs := newFlagSet()
	h.register(fs)
	fs.VisitAll(func(f *flag.Flag) { tell(f.Name, f.Value.String()) })
}

func newFlagSet() *flag.FlagSet { return flag.NewFlagSet("", flag.ContinueOnError) }

// Config turns h into the configuration of an MLP run on the data of l. Errors
// say what was given and what is allowed.
func (h Hyper) Config(l *Lab) (train.Config, error) {
	if err := h.takeGiven(); err != nil {
		return train.Config{}, err
	}
	if h.Fork != "" && l != nil {
		return h.forked(l, nil)
	}
	hidden, err := h.widths()
	if err != nil {
		return train.Config{}, err
	}
	act, err := pick("activation", h.Activation, nn.Activations())
	if err != nil {
		return train.Config{}, err
	}
	if !(h.Dropout >= 0 && h.Dropout < 1) {
		return train.Config{}, fmt.Errorf("lab: dropout %v, want 0 ≤ dropout < 1", h.Dropout)
	}
	h.given = [len(mlpFlags)]bool{} // they have their effect here
	return h.With(l, nn.MLP(hidden, act, l.Out(), h.Dropout)...)
}

// Check reports what is wrong with h before any data is there. What depends on
// the data, such as a batch larger than the training split, is left to Fit.
func (h Hyper) Check() error {
	_, err := h.Config(nil)
	return err
}

// widths reads Hidden.
func (h Hyper) widths() ([]int, error) {
	switch strings.TrimSpace(h.Hidden) {
	case "none":
		return nil, nil
	case "":
		return nil, fmt.Errorf("lab: hidden %q, want widths as 512,256, or none", h.Hidden)
	}
	return ints("hidden", h.Hidden, 1, 1<<20)
}

// With turns h into the configuration of a run of the given layers; Hidden,
// Activation and Dropout play no part, and a flag that sets one of them is an
// error. A nil lab does for a look at the errors.
func (h Hyper) With(l *Lab, layers ...nn.Layer) (train.Config, error) {
	if err := cmp.Or(h.takeGiven(), leftOver(), single()); err != nil {
		return train.Config{}, err
	}
	for i, name := range mlpFlags {
		if h.given[i] {
			return train.Config{}, fmt.Errorf("lab: --%s has no effect: the layers are given as %s", name, outline(l.In(), layers))
		}
	}
	if h.Fork != "" && l != nil {
		return h.forked(l, layers)
	}
	if h.Fork != "" {
		if _, _, err := forkRef(h.Fork); err != nil {
			return train.Config{}, err
		}
	}
	newOptimizer, err := pick("optimizer", h.Optimizer, optim.Optimizers())
	if err != nil {
		return train.Config{}, err
	}
	if h.Seed < 0 {
		return train.Config{}, fmt.Errorf("lab: seed %d, want at least 0", h.Seed)
	}
	c := train.Config{
		Name: h.Name, Layers: layers, Loss: nn.CrossEntropy{Smoothing: h.Smoothing},
		Optimizer: newOptimizer(optim.Knobs{Momentum: h.Momentum, Decay: h.Decay}), Batch: h.Batch, Epochs: h.Epochs, Seed: uint64(h.Seed),
		TrainSize: h.Size, Patience: h.Patience, EMA: h.EMA,
	}
	if c.Optimizer == nil {
		return train.Config{}, fmt.Errorf("lab: optimizer %s: what is registered by that name makes none", h.Optimizer)
	}
	if _, err := c.Optimizer.New(nil); err != nil {
		return train.Config{}, fmt.Errorf("%w (--optimizer=%s)", err, h.Optimizer)
	}
	if c.Schedule, err = h.schedule(l); err != nil {
		return train.Config{}, err
	}
	if c.Name == "" {
		c.Name = autoName(l.In(), c)
	}
	_, err = c.Complete()
	return c, err
}

func (h Hyper) schedule(l *Lab) (optim.Schedule, error) {
	newSchedule, err := pick("schedule", h.Schedule, optim.Schedules())
	if err != nil {
		return nil, err
	}
	if !(h.LR >= optim.MinLR && h.LR <= optim.MaxLR) {
		return nil, fmt.Errorf("lab: lr %v, want %g ≤ lr ≤ %g", h.LR, float64(optim.MinLR), float64(optim.MaxLR))
	}
	if !(h.Gamma >= 0 && h.Gamma < 1) {
		return nil, fmt.Errorf("lab: gamma %v, want 0 ≤ gamma < 1", h.Gamma)
	}
	milestones, err := ints("milestones", h.Milestones, 1, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	if !slices.IsSorted(milestones) {
		return nil, fmt.Errorf("lab: milestones %q, want them in rising order", h.Milestones)
	}
	steps, err := h.steps(l)
	if err != nil {
		return nil, err
	}
	if h.Warmup < 0 || h.Warmup >= steps {
		return nil, fmt.Errorf("lab: warmup %d, want 0 to %d, less than the steps of the run", h.Warmup, steps-1)
	}
	s, err := newSchedule(optim.ScheduleKnobs{LR: h.LR, Gamma: h.Gamma, Milestones: milestones, Epochs: h.Epochs})
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	if _, adapts := s.(optim.Adaptive); adapts && h.Warmup > 0 {
		return nil, fmt.Errorf("lab: warmup %d, want 0 with the schedule %s", h.Warmup, h.Schedule)
	}
	if h.Warmup > 0 {
		s = optim.Warmup{Steps: h.Warmup, Then: s}
	}
	return s, nil
}

// steps is the number of steps of the run; without a lab, a bound.
func (h Hyper) steps(l *Lab) (int, error) {
	for _, f := range []struct {
		name  string
		value int
		least int
	}{{"batch", h.Batch, 1}, {"epochs", h.Epochs, 1}, {"size", h.Size, 0}} {
		if f.value < f.least || f.value > 1<<20 {
			return 0, fmt.Errorf("lab: %s %d, want %d to %d", f.name, f.value, f.least, 1<<20)
		}
	}
	if l == nil {
		return math.MaxInt32, nil
	}
	n := l.Train.Len()
	if h.Size > 0 {
		n = min(n, h.Size)
	}
	return (n + h.Batch - 1) / h.Batch * h.Epochs, nil
}

// outline names layers by their weights: "784-512-256-10", "conv16-pool-256-10".
func outline(in nn.Shape, layers []nn.Layer) string {
	text := nn.Outline(layers)
	if strings.Trim(text, "-0123456789") == "" { // no image is left whole
		text = strings.TrimSuffix(fmt.Sprint(in.Size(), "-", text), "-")
	}
	return text
}

// ints reads a list of whole numbers separated by commas.
func ints(name, s string, low, high int) ([]int, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	var list []int
	for _, part := range strings.Split(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		switch bad := err != nil || n < low || n > high; {
		case bad && part == s:
			return nil, fmt.Errorf("lab: %s %.40q, want whole numbers from %d to %d with commas between them", name, s, low, high)
		case bad:
			return nil, fmt.Errorf("lab: %s %.40q: %.20q is not a whole number from %d to %d", name, s, part, low, high)
		}
		list = append(list, n)
	}
	return list, nil
}

// pick finds a value by name; an error gives the nearest name and all others.
func pick[T any](what, name string, from map[string]T) (T, error) {
	v, ok := from[name]
	if !ok {
		return v, fmt.Errorf("lab: unknown %s %.40q%s; known: %s", what, name, DidYouMean(name, names(from)), strings.Join(names(from), ", "))
	}
	return v, nil
}

// DidYouMean is ", did you mean X?" with the candidate nearest to name, or
// nothing if none is near.
func DidYouMean(name string, candidates []string) string {
	if best := nearest.Near(name, candidates); best != "" {
		return ", did you mean " + best + "?"
	}
	return ""
}

func names[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
