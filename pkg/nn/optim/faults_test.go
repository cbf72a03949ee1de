package optim

import (
	"math"
	"strings"
	"testing"

	"inkling/pkg/nn"
)

// A spoiled optimizer changes gradients, step or rate on the way to a right one.
type spoiled struct {
	Optimizer
	spoil func(params []*nn.Param, step int, lr float64) (int, float64)
}

type spoiledStepper struct {
	Stepper
	params []*nn.Param
	spoil  func(params []*nn.Param, step int, lr float64) (int, float64)
}

func (o spoiled) New(params []*nn.Param) (Stepper, error) {
	s, err := o.Optimizer.New(params)
	return spoiledStepper{s, params, o.spoil}, err
}

func (s spoiledStepper) Step(step int, lr float64) {
	step, lr = s.spoil(s.params, step, lr)
	s.Stepper.Step(step, lr)
}

// wrongSign is momentum that pulls back: v = g − Momentum·v.
type wrongSign struct{ momentum float32 }

func (o wrongSign) New(params []*nn.Param) (Stepper, error) {
	return &wrongSignStepper{o.momentum, params, mirror("v", params)}, nil
}

type wrongSignStepper struct {
	momentum float32
	params   []*nn.Param
	v        []nn.State
}

func (s *wrongSignStepper) Step(_ int, lr float64) {
	for i, p := range s.params {
		for j, g := range p.Grad {
			v := &s.v[i].Data[j]
			*v = g - s.momentum**v
			p.Data[j] -= float32(lr) * *v
		}
	}
}

func (s *wrongSignStepper) State() []nn.State { return s.v }

// Each fault must be caught by the check that TestGoldenOptimizers makes.
func TestSeededFaults(t *testing.T) {
	scale := func(by float32) func([]*nn.Param, int, float64) (int, float64) {
		return func(params []*nn.Param, step int, lr float64) (int, float64) {
			for _, p := range params {
				for i := range p.Grad {
					p.Grad[i] *= by
				}
			}
			return step, lr
		}
	}
	addDecay := func(params []*nn.Param, step int, lr float64) (int, float64) {
		for _, p := range params {
			for i := range p.Grad {
				p.Grad[i] += 0.25 * p.Data[i]
			}
		}
		return step, lr
	}
	late := func(_ []*nn.Param, step int, lr float64) (int, float64) { return step + 1<<40, lr }
	g := readSteps(t)
	for _, c := range []struct {
		fault, golden string
		o             Optimizer
	}{
		{"Adam without bias correction", "adam", spoiled{Adam{}, late}},
		{"Adam whose first step is counted as the second", "adam", spoiled{Adam{}, func(_ []*nn.Param, step int, lr float64) (int, float64) { return step + 1, lr }}},
		{"momentum with the wrong sign", "momentum", wrongSign{0.9}},
		{"L2 applied twice", "sgd, decay", spoiled{SGD{Decay: 0.25}, addDecay}},
		{"L2 applied twice, Adam", "adam, decay", spoiled{Adam{Decay: 0.25}, addDecay}},
		{"decay forgotten", "sgd, decay", SGD{}},
		{"coupled decay in place of decoupled", "adamw, decay", Adam{Beta1: 0.5, Beta2: 0.75, Decay: 0.25}},
		{"decoupled decay in place of coupled", "adam, decay", AdamW{Decay: 0.25}},
		{"gradient × 1.001", "sgd", spoiled{SGD{}, scale(1.001)}},
		{"gradient × 1.001, momentum", "momentum", spoiled{SGD{Momentum: 0.9}, scale(1.001)}},
		{"gradient summed where it should be the mean", "sgd", spoiled{SGD{}, scale(64)}},
		{"plain momentum in place of Nesterov's", "nesterov", SGD{Momentum: 0.9}},
		{"PyTorch's momentum in place of the heavy ball", "heavy ball", SGD{Momentum: 0.9, HeavyBall: false}},
		{"schedule ignored", "sgd", spoiled{SGD{}, func(_ []*nn.Param, step int, _ float64) (int, float64) { return step, g.lr[0] }}},
		{"RMSProp not centered", "rmsprop, centered", RMSProp{Alpha: 0.75}},
		{"RMSProp without its momentum", "rmsprop, momentum", RMSProp{}},
		{"RMSProp in place of AdaGrad", "adagrad", RMSProp{}},
		{"eps forgotten", "adagrad, eps, decay", AdaGrad{Decay: 0.25}},
		{"Lion with its betas exchanged", "lion", Lion{Beta1: 0.99, Beta2: 0.9}},
		{"Lion with coupled decay", "lion, decay", spoiled{Lion{}, addDecay}},
	} {
		if err := g.check(c.o, c.golden); err == nil {
			t.Errorf("%s: not noticed", c.fault)
		}
		if err := g.check(goldenOptimizers[c.golden], c.golden); err != nil {
			t.Errorf("%s: without the fault: %v", c.fault, err)
		}
	}
}

// formula is a schedule.
type formula func(step int) float64

func (f formula) LR(step int) float64 { return f(step) }

// onLast is a ReduceOnPlateau that compares a dev loss with the one before it
// instead of with the best.
type onLast struct{ ReduceOnPlateau }

func (s onLast) LRAfter(step int, dev []float64) float64 {
	rate, bad := s.Base, 0
	for i := 1; i < len(dev); i++ {
		if bad++; dev[i] < dev[i-1] {
			bad = 0
		}
		if bad > s.Patience {
			rate, bad = rate*s.Factor, 0
		}
	}
	return rate
}

// Each wrong schedule must be caught by the check that TestGoldenSchedules makes.
func TestSeededFaultsOfSchedules(t *testing.T) {
	rates := map[string]goldenRates{}
	for _, g := range golden[goldenRates](t, "testdata/schedules.json") {
		rates[g.Name] = g
	}
	later := func(s Schedule) formula { return func(step int) float64 { return s.LR(max(step-1, 0)) } }
	for _, c := range []struct {
		fault, golden string
		s             Schedule
	}{
		// The slip of the original report: the rate of every step is made from that of
		// the step before, and by the whole power.
		{"exponential that compounds", "exponential", formula(func(step int) float64 {
			rate := 0.1
			for i := range step + 1 {
				rate *= math.Pow(0.9, float64(i))
			}
			return rate
		})},
		{"step by epochs of one step", "step", StepLR{Base: 0.1, Every: 1, Gamma: 0.5}},
		{"step, a step late", "step", later(goldenSchedules["step"])},
		{"multistep, a step late", "multistep", later(goldenSchedules["multistep"])},
		{"multistep that falls once", "multistep", MultiStepLR{Base: 0.1, Milestones: []int{3}, Gamma: 0.3}},
		{"cosine to zero", "cosine", Cosine{Base: 0.1, Steps: 23}},
		{"cosine of a step too many", "cosine", Cosine{Base: 0.1, Min: 0.01, Steps: 24}},
		{"whole cosine", "cosine", formula(func(step int) float64 { return 0.01 + 0.045*(1+math.Cos(2*math.Pi*float64(step)/23)) })},
		{"one cycle with its peak elsewhere", "one cycle", OneCycle{Max: 0.1, Steps: 24, Rise: 0.35}},
		{"one cycle of a step too many", "one cycle", OneCycle{Max: 0.1, Steps: 25}},
		{"joined part that counts on", "joined", formula(func(step int) float64 {
			if step < 5 {
				return LinearLR{From: 0.01, To: 0.1, Steps: 5}.LR(step)
			}
			return Cosine{Base: 0.1, Steps: 19}.LR(step)
		})},
		{"plateau without patience", "plateau", ReduceOnPlateau{Base: 0.1, Factor: 0.5}},
		{"plateau with one more of it", "plateau", ReduceOnPlateau{Base: 0.1, Factor: 0.5, Patience: 3}},
		{"plateau by the last loss", "plateau", onLast{ReduceOnPlateau{Base: 0.1, Factor: 0.5, Patience: 2}}},
		{"plateau without an end", "plateau, patience 0, min", ReduceOnPlateau{Base: 0.1}},
	} {
		if err := rates[c.golden].check(c.s); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%s: not noticed (%v)", c.fault, err)
		}
		if err := rates[c.golden].check(goldenSchedules[c.golden]); err != nil {
			t.Errorf("%s: without the fault: %v", c.fault, err)
		}
	}
}

// counted is a schedule with a state of its own.
type counted struct{ n float64 }

func (c *counted) LR(int) float64 { c.n++; return 0.1 / c.n }

// A schedule is a function of the step: what counts its calls gives a run that is
// continued, or made beside another, other rates.
func TestRatesAreThoseOfTheStep(t *testing.T) {
	if err := CheckSchedule(&counted{}, 100); err == nil || !strings.Contains(err.Error(), "when asked again") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want that the rates differ", err)
	}
}
