package train

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// Hyper is the hyperparameters of a run as flags, for notebooks and commands:
// every field can be set with the flag named behind it. A Hyper becomes a
// Config with Config, or with Train if the layers are not an MLP's.
type Hyper struct {
	Name       string  // --name: in logs and legends; made from the others if empty
	Hidden     string  // --hidden: widths of the hidden layers, "512,256"; "none" for none
	Activation string  // --activation: relu, logistic, tanh, leakyrelu, silu, gelu
	Dropout    float64 // --dropout: after every activation
	Optimizer  string  // --optimizer: sgd, nesterov, heavyball, adam, adamw, rmsprop, adagrad, lion
	LR         float64 // --lr
	Momentum   float64 // --momentum: of sgd, nesterov, heavyball and rmsprop
	Decay      float64 // --decay: weight decay
	Schedule   string  // --schedule: constant, step, multistep, exponential, cosine, onecycle, plateau
	Milestones string  // --milestones: of multistep, in steps; of step, the period
	Gamma      float64 // --gamma: of step, multistep, exponential and plateau
	Warmup     int     // --warmup: steps before the schedule begins
	Smoothing  float64 // --smoothing: of the labels
	Batch      int     // --batch
	Epochs     int     // --epochs
	Seed       int     // --seed
	Size       int     // --size: training examples to use; 0 for all
	Patience   int     // --patience: evaluations without progress before stopping; 0 for never
	EMA        float64 // --ema: decay of the running mean of the weights; 0 for none
}

// Flags registers h with the command line's flags and returns it, ready for
// `var hyper = train.Flags(train.Hyper{…})`. The fields' values are the
// defaults.
func Flags(h Hyper) *Hyper {
	h.Register(flag.CommandLine)
	return &h
}

// Register adds a flag for every field of h to fs.
func (h *Hyper) Register(fs *flag.FlagSet) {
	fs.StringVar(&h.Name, "name", h.Name, "name of the run in logs and legends")
	fs.StringVar(&h.Hidden, "hidden", h.Hidden, "widths of the hidden layers, as 512,256, or none")
	fs.StringVar(&h.Activation, "activation", h.Activation, "one of "+strings.Join(names(activations), ", "))
	fs.Float64Var(&h.Dropout, "dropout", h.Dropout, "probability, 0 to 1")
	fs.StringVar(&h.Optimizer, "optimizer", h.Optimizer, "one of "+strings.Join(names(optimizers), ", "))
	fs.Float64Var(&h.LR, "lr", h.LR, "learning rate")
	fs.Float64Var(&h.Momentum, "momentum", h.Momentum, "momentum, 0 to 1")
	fs.Float64Var(&h.Decay, "decay", h.Decay, "weight decay")
	fs.StringVar(&h.Schedule, "schedule", h.Schedule, "one of "+strings.Join(names(schedules), ", "))
	fs.StringVar(&h.Milestones, "milestones", h.Milestones, "steps at which the learning rate falls, as 800,2400")
	fs.Float64Var(&h.Gamma, "gamma", h.Gamma, "factor by which the learning rate falls")
	fs.IntVar(&h.Warmup, "warmup", h.Warmup, "steps of warm-up")
	fs.Float64Var(&h.Smoothing, "smoothing", h.Smoothing, "label smoothing, 0 to 1")
	fs.IntVar(&h.Batch, "batch", h.Batch, "examples in a batch")
	fs.IntVar(&h.Epochs, "epochs", h.Epochs, "passes over the training split")
	fs.IntVar(&h.Seed, "seed", h.Seed, "seed of weights, order and dropout")
	fs.IntVar(&h.Size, "size", h.Size, "training examples to use, 0 for all")
	fs.IntVar(&h.Patience, "patience", h.Patience, "evaluations without progress before stopping, 0 for never")
	fs.Float64Var(&h.EMA, "ema", h.EMA, "decay of the running mean of the weights, 0 for none")
}

var activations = map[string]nn.Layer{
	"relu": nn.ReLU{}, "logistic": nn.Logistic{}, "tanh": nn.Tanh{}, "leakyrelu": nn.LeakyReLU{}, "silu": nn.SiLU{}, "gelu": nn.GELU{},
}

var optimizers = map[string]func(h Hyper) optim.Optimizer{
	"sgd":       func(h Hyper) optim.Optimizer { return optim.SGD{Momentum: h.Momentum, Decay: h.Decay} },
	"nesterov":  func(h Hyper) optim.Optimizer { return optim.SGD{Momentum: h.Momentum, Decay: h.Decay, Nesterov: true} },
	"heavyball": func(h Hyper) optim.Optimizer { return optim.SGD{Momentum: h.Momentum, Decay: h.Decay, HeavyBall: true} },
	"adam":      func(h Hyper) optim.Optimizer { return optim.Adam{Decay: h.Decay} },
	"adamw":     func(h Hyper) optim.Optimizer { return optim.AdamW{Decay: h.Decay} },
	"rmsprop":   func(h Hyper) optim.Optimizer { return optim.RMSProp{Momentum: h.Momentum, Decay: h.Decay} },
	"adagrad":   func(h Hyper) optim.Optimizer { return optim.AdaGrad{Decay: h.Decay} },
	"lion":      func(h Hyper) optim.Optimizer { return optim.Lion{Decay: h.Decay} },
}

// schedules make a schedule from h and the number of steps of the run.
var schedules = map[string]func(h Hyper, steps int, milestones []int) (optim.Schedule, error){
	"constant": func(h Hyper, _ int, _ []int) (optim.Schedule, error) { return optim.Constant(h.LR), nil },
	"step": func(h Hyper, _ int, m []int) (optim.Schedule, error) {
		if len(m) != 1 {
			return nil, fmt.Errorf("train: milestones %q, want one number, the period of the schedule step", h.Milestones)
		}
		return optim.StepLR{Base: h.LR, Gamma: h.Gamma, Every: m[0]}, nil
	},
	"multistep": func(h Hyper, _ int, m []int) (optim.Schedule, error) {
		return optim.MultiStepLR{Base: h.LR, Gamma: h.Gamma, Milestones: m}, nil
	},
	"exponential": func(h Hyper, _ int, _ []int) (optim.Schedule, error) {
		return optim.ExponentialLR{Base: h.LR, Gamma: h.Gamma}, nil
	},
	"cosine": func(h Hyper, steps int, _ []int) (optim.Schedule, error) {
		return optim.Cosine{Base: h.LR, Steps: steps}, nil
	},
	"onecycle": func(h Hyper, steps int, _ []int) (optim.Schedule, error) {
		return optim.OneCycle{Max: h.LR, Steps: steps}, nil
	},
	"plateau": func(h Hyper, _ int, _ []int) (optim.Schedule, error) {
		return optim.ReduceOnPlateau{Base: h.LR, Factor: h.Gamma, Patience: 2}, nil
	},
}

// Config turns h into the configuration of an MLP run of the given number of
// steps an epoch (Lab.Steps of h.Batch). Errors say what was given and what is
// allowed.
func (h Hyper) Config(l *Lab) (Config, error) {
	hidden, err := h.widths()
	if err != nil {
		return Config{}, err
	}
	act, err := pick("activation", h.Activation, activations)
	if err != nil {
		return Config{}, err
	}
	if !(h.Dropout >= 0 && h.Dropout < 1) {
		return Config{}, fmt.Errorf("train: dropout %v, want 0 ≤ dropout < 1", h.Dropout)
	}
	return h.With(l, nn.MLP(hidden, act, 10, h.Dropout)...)
}

// widths reads Hidden.
func (h Hyper) widths() ([]int, error) {
	switch strings.TrimSpace(h.Hidden) {
	case "none":
		return nil, nil
	case "":
		return nil, fmt.Errorf("train: hidden %q, want widths as 512,256, or none", h.Hidden)
	}
	return ints("hidden", h.Hidden, 1, 1<<20)
}

// With turns h into the configuration of a run of the given layers; Hidden,
// Activation and Dropout play no part.
func (h Hyper) With(l *Lab, layers ...nn.Layer) (Config, error) {
	newOptimizer, err := pick("optimizer", h.Optimizer, optimizers)
	if err != nil {
		return Config{}, err
	}
	schedule, err := h.schedule(l)
	if err != nil {
		return Config{}, err
	}
	if h.Seed < 0 {
		return Config{}, fmt.Errorf("train: seed %d, want at least 0", h.Seed)
	}
	if !(h.Smoothing >= 0 && h.Smoothing < 1) {
		return Config{}, fmt.Errorf("train: smoothing %v, want 0 ≤ smoothing < 1", h.Smoothing)
	}
	c := Config{
		Name: h.Name, Layers: layers, Loss: nn.CrossEntropy{Smoothing: h.Smoothing},
		Optimizer: newOptimizer(h), Schedule: schedule, Batch: h.Batch, Epochs: h.Epochs, Seed: uint64(h.Seed),
		TrainSize: h.Size, Patience: h.Patience, EMA: h.EMA,
	}
	if c.Name == "" {
		c.Name = h.label()
	}
	return c, nil
}

func (h Hyper) schedule(l *Lab) (optim.Schedule, error) {
	newSchedule, err := pick("schedule", h.Schedule, schedules)
	if err != nil {
		return nil, err
	}
	if !(h.LR > 0 && h.LR <= optim.MaxLR) {
		return nil, fmt.Errorf("train: lr %v, want 0 < lr ≤ %g", h.LR, float64(optim.MaxLR))
	}
	if !(h.Gamma >= 0 && h.Gamma <= 1) {
		return nil, fmt.Errorf("train: gamma %v, want 0 ≤ gamma ≤ 1", h.Gamma)
	}
	milestones, err := ints("milestones", h.Milestones, 1, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	if h.Batch < 1 || h.Epochs < 1 {
		return nil, fmt.Errorf("train: batch %d and epochs %d, want at least 1", h.Batch, h.Epochs)
	}
	perEpoch := l.Steps(h.Batch)
	if h.Size > 0 {
		perEpoch = (h.Size + h.Batch - 1) / h.Batch
	}
	s, err := newSchedule(h, max(perEpoch*h.Epochs-h.Warmup, 1), milestones)
	if err == nil && h.Warmup > 0 {
		s = optim.Warmup{Steps: h.Warmup, Then: s}
	}
	return s, err
}

// label names a run by what people compare.
func (h Hyper) label() string {
	s := "784"
	if widths, err := h.widths(); err == nil {
		for _, w := range widths {
			s += fmt.Sprintf("-%d", w)
		}
	}
	s += fmt.Sprintf("-10 %s lr %g", h.Optimizer, h.LR)
	if h.Momentum > 0 {
		s += fmt.Sprintf(" momentum %g", h.Momentum)
	}
	return s + fmt.Sprintf(" seed %d", h.Seed)
}

// ints reads a list of whole numbers separated by commas.
func ints(name, s string, low, high int) ([]int, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	var list []int
	for _, part := range strings.Split(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < low || n > high {
			return nil, fmt.Errorf("train: %s %q: %q is not a whole number from %d to %d", name, s, part, low, high)
		}
		list = append(list, n)
	}
	return list, nil
}

// pick finds a value by name; an error gives the nearest name and all others.
func pick[T any](what, name string, from map[string]T) (T, error) {
	v, ok := from[name]
	if !ok {
		return v, fmt.Errorf("train: %s %q, did you mean %s? known: %s", what, name, Nearest(name, names(from)), strings.Join(names(from), ", "))
	}
	return v, nil
}

func names[T any](m map[string]T) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// Nearest is the candidate with the fewest edits from name.
func Nearest(name string, candidates []string) string {
	return slices.MinFunc(candidates, func(a, b string) int { return edits(name, a) - edits(name, b) })
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
