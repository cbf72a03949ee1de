package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/internal/memory"
	"inkling/pkg/nn"
	"inkling/pkg/nn/inspect"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// Centered is a layer of a stranger's: it takes off the running mean of every
// value, which is State, and multiplies by a weight that Build has set.
type Centered struct {
	Start float32 `json:"start"`
}

var _ = nn.Register(Centered{})

func (l Centered) Build(in nn.Shape, _ *rand.Rand) (nn.Module, nn.Shape, error) {
	m := &centered{in: in, mean: make([]float32, in.Size()), w: &nn.Param{Name: "w", Data: make([]float32, in.Size())}}
	for i := range m.w.Data {
		m.w.Data[i] = l.Start
	}
	return m, in, nil
}

type centered struct {
	in    nn.Shape
	w     *nn.Param
	mean  []float32
	x     *nn.Tensor
	y, dx nn.Tensor
}

func (m *centered) Forward(x *nn.Tensor, p nn.Pass) *nn.Tensor {
	m.x = x
	m.y.Resize(x.N, m.in)
	for i := range m.mean {
		for n := range x.N {
			m.y.Example(n)[i] = m.w.Data[i] * (x.Example(n)[i] - m.mean[i])
		}
		if p.Train {
			for n := range x.N {
				m.mean[i] += 0.1 * (x.Example(n)[i] - m.mean[i]) / float32(x.N)
			}
		}
	}
	return &m.y
}

func (m *centered) Backward(dy *nn.Tensor, _ bool) *nn.Tensor {
	m.dx.Resize(dy.N, m.in)
	clear(m.w.Grad)
	for n := range dy.N {
		for i, d := range dy.Example(n) {
			m.w.Grad[i] += d * (m.x.Example(n)[i] - m.mean[i])
			m.dx.Example(n)[i] = d * m.w.Data[i]
		}
	}
	return &m.dx
}

func (m *centered) Params() []*nn.Param { return []*nn.Param{m.w} }

func (m *centered) States() []nn.State { return []nn.State{{Name: "mean", Data: m.mean}} }

func ownLayers() train.Config {
	c := mlp()
	c.Name, c.EMA = "own", 0.9
	c.Layers = []nn.Layer{
		nn.Linear{Out: 12}, Centered{Start: 0.5}, nn.ReLU{},
		nn.Residual{Body: []nn.Layer{nn.Linear{Out: 12}, Centered{Start: 0.25}}}, nn.Linear{Out: 10},
	}
	return c
}

// A run with layers of a stranger's is trained, interrupted, continued bit for
// bit, stored, loaded and inspected as any other.
func TestOwnLayersInTheLab(t *testing.T) {
	whole := must(testLab(t, t.TempDir()).Fit(ownLayers()))[0]
	root := t.TempDir()
	if r := interruptAt(t, testLab(t, root), ownLayers(), 9); r.Status != Interrupted {
		t.Fatalf("status %s", r.Status)
	}
	l := testLab(t, root)
	r := must(l.Fit(ownLayers()))[0]
	if r.Status != Finished || !reflect.DeepEqual(scores(r), scores(whole)) {
		t.Errorf("continued: %v\nat once: %v", scores(r), scores(whole))
	}
	m, other := must(r.Model()), must(whole.Model())
	for i, p := range m.Params() {
		if !slices.Equal(p.Data, other.Params()[i].Data) {
			t.Errorf("%s differs from that of a run without a break", p.Name)
		}
	}
	if len(m.States()) != 2 || fmt.Sprint(m.States()) != fmt.Sprint(other.States()) || m.States()[0].Data[0] == 0 {
		t.Errorf("states %v, want %v", m.States(), other.States())
	}
	if again := must(l.Fit(ownLayers()))[0]; !again.Stored {
		t.Error("trained anew, want the stored run")
	}
	if want := `{"centered":{"start":0.5}}`; !strings.Contains(string(r.Layers), want) {
		t.Errorf("the record has layers %s, want %s in it", r.Layers, want)
	}

	x, _ := train.First(l.Dev, 20)
	want := slices.Clone(m.Forward(x, nn.Pass{}).Data)
	p := must(inspect.New(m))
	if got := p.Forward(x); !slices.Equal(got.Data, want) {
		t.Error("a probe computes something else")
	}
	if !slices.Equal(m.Forward(x, nn.Pass{}).Data, want) {
		t.Error("the probe changed the model")
	}
}

func scores(r *Result) (all []float64) {
	for _, e := range r.History {
		all = append(all, e.Loss, e.Score)
	}
	return all
}

type unknownToFiles struct{ Centered }

// What the store could not keep is refused before anything is trained.
func TestUnregisteredLayer(t *testing.T) {
	c := ownLayers()
	c.Layers[1] = unknownToFiles{}
	_, err := testLab(t, t.TempDir()).Fit(c)
	if err == nil || !strings.Contains(err.Error(), "nn: layer 1: a lab.unknownToFiles cannot be written to a file: register its type") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want one line that says what to do", err)
	}
}

// Batch normalization of one value a channel is refused before a run begins, in
// whatever batch it would come.
func TestBatchNormOfOneValue(t *testing.T) {
	vector := []nn.Layer{nn.Linear{Out: 8}, nn.BatchNorm{}, nn.ReLU{}, nn.Linear{Out: 10}}
	global := []nn.Layer{nn.Conv2D{Filters: 4, Kernel: 3}, nn.GlobalAvgPool{}, nn.BatchNorm{}, nn.Linear{Out: 10}}
	inside := []nn.Layer{nn.Linear{Out: 8}, nn.Residual{Body: []nn.Layer{nn.Linear{Out: 8}, nn.BatchNorm{}}}, nn.Linear{Out: 10}}
	images := []nn.Layer{nn.Conv2D{Filters: 4, Kernel: 3}, nn.BatchNorm{}, nn.Linear{Out: 10}}
	for name, c := range map[string]struct {
		layers              []nn.Layer
		batch, size, copies int
		want                string // "": it trains
	}{
		"batch 1":           {vector, 1, 0, 0, "train: batch 1: nn: layer 1 (batchnorm, input 8): a training batch of 1 gives it 1 value a channel, want at least 2"},
		"a global mean":     {global, 1, 0, 0, "nn: layer 2 (batchnorm, input 4)"},
		"a residual":        {inside, 1, 0, 0, "nn: layer 1 (residual, input 8): body: layer 1 (batchnorm, input 8)"},
		"images":            {images, 1, 20, 0, ""},
		"a last batch of 1": {vector, 33, 0, 0, "train: batch 33 of 100 examples leaves a last batch of 1: nn: layer 1 (batchnorm, input 8)"},
		"of a subset":       {vector, 16, 49, 0, "train: batch 16 of 49 examples leaves a last batch of 1"},
		"with copies":       {vector, 7, 50, 1, ""},
		"because of copies": {vector, 49, 50, 1, ""},
		"copies leave 1":    {vector, 9, 50, 1, "train: batch 9 of 100 examples leaves a last batch of 1"},
		"a last batch of 2": {vector, 49, 0, 0, ""},
	} {
		cfg := mlp()
		cfg.Layers, cfg.Batch, cfg.TrainSize, cfg.Copies, cfg.Epochs = c.layers, c.batch, c.size, c.copies, 1
		if c.copies > 0 {
			cfg.Augment = data.Augment{Shift: 1}
		}
		root := t.TempDir()
		l := testLab(t, root)
		good := mlp()
		good.Epochs = 1
		_, err := l.Fit(good, cfg)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if runs, _ := l.Runs(); len(runs) > 0 {
			t.Errorf("%s: told after another run was made", name)
		}
	}

	// Without a lab the batches are the caller's: they are looked at before the
	// first step.
	set := tiny(60).Train.First(49)
	cfg := mlp()
	cfg.Layers = vector
	m := must(nn.New(1, nn.CHW(1, set.H, set.W), vector...))
	before := slices.Clone(m.Params()[0].Data)
	batches := (&data.Loader{Set: set, Batch: 16}).Epoch
	var told error
	for _, err := range train.Run(context.Background(), cfg, m, batches, batches) {
		told = err
	}
	if told == nil || !strings.Contains(told.Error(), "train: nn: layer 1 (batchnorm, input 8): a training batch of 1") {
		t.Errorf("Run: %v", told)
	}
	if !slices.Equal(m.Params()[0].Data, before) {
		t.Error("Run: told after training had begun")
	}
}

// pretend makes the machine one of so many bytes.
func pretend(t *testing.T, total, free int64) {
	old := memory.Machine
	memory.Machine = func() (int64, int64, bool) { return total, free, true }
	t.Cleanup(func() { memory.Machine = old })
}

// A run that memory cannot hold is refused with the numbers, and nothing of it
// is allocated.
func TestMemory(t *testing.T) {
	wide := func(n int) []nn.Layer { return nn.MLP([]int{n}, nn.ReLU{}, 10, 0) }
	for name, c := range map[string]struct {
		free   int64
		change func(c *train.Config)
		want   []string // none: it fits
	}{
		"activations": {2e9, func(c *train.Config) {
			c.Layers = []nn.Layer{nn.Conv2D{Filters: 20000, Kernel: 1}, nn.GlobalAvgPool{}, nn.Linear{Out: 10}}
			c.Batch = 50
		}, []string{"train: the run needs about", "activations of batches of 50 and 250 18.8 GB", "the machine has 2.0 GB, 2.0 GB of it free"}},
		"optimizer and mean": {600e6, func(c *train.Config) {
			c.Layers, c.Optimizer, c.EMA = wide(300_000), optim.Adam{}, 0.9
		}, []string{"about 13.7 GB", "weights and gradients 1.9 GB", "state of the optimizer 1.9 GB", "running mean of the weights 1.9 GB", "files being written 7.6 GB"}},
		"files": {200e6, func(c *train.Config) { c.Layers = wide(100_000) }, []string{"files being written"}},
		"copies": {1e9, func(c *train.Config) {
			c.Augment, c.Copies = data.Augment{Shift: 1}, 100
		}, nil},
		"it fits": {400e9, func(c *train.Config) { c.Layers = wide(100) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := mlp()
			c.change(&cfg)
			l := testLab(t, t.TempDir())
			pretend(t, c.free, c.free)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := l.Check(cfg)
			runtime.ReadMemStats(&after)
			if len(c.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
				t.Errorf("allocated %d bytes", used)
			}
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v, want %q", err, want)
				}
			}
		})
	}
	// A model that is there already, in a program without a lab.
	m := must(nn.New(1, nn.CHW(1, 28, 28), nn.Conv2D{Filters: 500, Kernel: 1}, nn.GlobalAvgPool{}, nn.Linear{Out: 10}))
	pretend(t, 1e9, 300e6)
	cfg := mlp()
	if _, err := train.NewTrainer(cfg, m); err == nil || !strings.Contains(err.Error(), "activations of batches of 16 and 250 0.4 GB") {
		t.Errorf("NewTrainer: %v", err)
	}
}

// Weights that are not finite are told, and the last good ones stay.
func TestWeightsThatAreNotFinite(t *testing.T) {
	l := testLab(t, t.TempDir())
	r := must(l.Fit(mlp()))[0]
	m := must(r.Model())
	path := filepath.Join(t.TempDir(), "m.safetensors")
	must(0, m.Save(path, nil))
	good := must(os.ReadFile(path))
	w := m.Param("0.linear.W")
	w.Data[3] = float32(math.Inf(-1)) // behind a ReLU it does not show in the loss
	if err := m.Save(path, nil); err == nil || !strings.Contains(err.Error(), path+`: not saved: nn: value 3 of the`) {
		t.Errorf("saving: %v", err)
	}
	if b := must(os.ReadFile(path)); !bytes.Equal(b, good) {
		t.Error("the last good weights are gone")
	}
	w.Data[3] = 0
	tr := must(train.NewTrainer(mlp(), m))
	var diverged *train.Divergence
	for _, err := range tr.Run(context.Background(), spoiled(w, (&data.Loader{Set: l.Train, Batch: 16}).Epoch), train.InOrder(l.Dev)) {
		errors.As(err, &diverged)
	}
	if diverged == nil || !strings.Contains(diverged.Error(), `of "0.linear.b" is -Inf, want finite numbers at step`) &&
		!strings.Contains(diverged.Error(), "loss is NaN") {
		t.Errorf("%v, want a divergence that names the weight", diverged)
	}
}

// spoiled sets a value of a parameter to −Inf in the last step of an epoch.
func spoiled(p *nn.Param, batches train.Batches) train.Batches {
	return func(epoch int) iter.Seq[data.Batch] {
		return func(yield func(data.Batch) bool) {
			for b := range batches(epoch) {
				if !yield(b) {
					return
				}
			}
			p.Data[0] = float32(math.Inf(-1))
		}
	}
}

type panicky struct{ nn.CrossEntropy }

func (panicky) Eval(dy, y *nn.Tensor, labels []uint16) float64 { panic("a loss of one's own fails") }

// A panic in what the user wrote reaches the user's goroutine, with where it came
// from.
func TestPanicReachesTheCaller(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Log, l.SideBySide = io.Discard, 2
	bad := mlp()
	bad.Loss = panicky{}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "a loss of one's own fails") || !strings.Contains(got, "ownlayers_test.go") {
			t.Errorf("recovered %s", got)
		}
	}()
	l.Fit(mlp(), bad)
	t.Error("no panic")
}
