package nn_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// short is how much of something a test does, or how much in short mode, which is
// for emulators and the race detector.
func short(full, less int) int {
	if testing.Short() {
		return less
	}
	return full
}

// digits returns the first n images for training and for evaluation: of MNIST
// if MNIST_DIR is set, else of the synthetic digits.
func digits(t testing.TB, n int) (train, test *data.Set) {
	t.Helper()
	if os.Getenv("MNIST_DIR") == "" {
		return data.Synthetic("train", 1, 0, n), data.Synthetic("test", 1, 1<<20, n)
	}
	all := mnist(t)
	first := make([]int, n)
	for i := range first {
		first[i] = i
	}
	return all.Train.Select("train", first), all.Test.Select("test", first)
}

var loadMNIST = sync.OnceValues(func() (*data.Dataset, error) { return data.Open(context.Background()) })

func mnist(t testing.TB) *data.Dataset {
	t.Helper()
	d, err := loadMNIST()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newModel(t testing.TB, seed uint64, layers ...nn.Layer) *nn.Model {
	t.Helper()
	m, err := nn.New(seed, nn.CHW(1, 28, 28), layers...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func cnn() []nn.Layer {
	return []nn.Layer{
		nn.Conv2D{Filters: 8, Kernel: 3}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Linear{Out: 32}, nn.ReLU{}, nn.Linear{Out: 10, Init: nn.Small},
	}
}

func deepCNN() []nn.Layer {
	return []nn.Layer{
		nn.Conv2D{Filters: 8, Kernel: 3, Padding: 1, NoBias: true}, nn.BatchNorm{}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Bottleneck{Mid: 4, Out: 16, Stride: 2}, nn.Dropout{P: 0.2}, nn.Linear{Out: 10, Init: nn.Small},
	}
}

// fit trains m for a number of steps over epochs of s and calls each after
// every step until it returns false.
func fit(t testing.TB, m *nn.Model, s *data.Set, batch, steps int, o optim.Optimizer, lr float64, each func(step int) bool) {
	t.Helper()
	stepper, err := o.New(m.Params())
	if err != nil {
		t.Fatal(err)
	}
	var dy nn.Tensor
	loader := &data.Loader{Set: s, Batch: batch, Seed: 7, Shuffle: true}
	step := 0
	for epoch := 0; ; epoch++ {
		for b := range loader.Epoch(epoch) {
			if step == steps {
				return
			}
			x := &nn.Tensor{N: len(b.Labels), Shape: m.In, Data: b.X}
			nn.CrossEntropy{}.Eval(&dy, m.Forward(x, nn.Pass{Train: true, Seed: 7, Step: step}), b.Labels)
			m.Backward(&dy)
			stepper.Step(step, lr)
			step++
			if each != nil && !each(step) {
				return
			}
		}
	}
}

// judge returns accuracy and mean loss on a set.
func judge(m *nn.Model, s *data.Set) (accuracy, loss float64) {
	right := 0
	for b := range (&data.Loader{Set: s, Batch: 250}).Epoch(0) {
		y := m.Forward(&nn.Tensor{N: len(b.Labels), Shape: m.In, Data: b.X}, nn.Pass{})
		right += nn.Correct(y, b.Labels)
		loss += nn.CrossEntropy{}.Eval(nil, y, b.Labels) * float64(len(b.Labels))
	}
	return float64(right) / float64(s.Len()), loss / float64(s.Len())
}

// A fresh network has no opinion: its loss is close to that of guessing.
func TestInitialLoss(t *testing.T) {
	train, _ := digits(t, 200)
	for name, layers := range map[string][]nn.Layer{
		"MLP 600":           nn.MLP([]int{600}, nn.ReLU{}, 10, 0),
		"MLP 1024":          nn.MLP([]int{1024}, nn.ReLU{}, 10, 0),
		"MLP 512-256":       nn.MLP([]int{512, 256}, nn.ReLU{}, 10, 0),
		"MLP tanh":          nn.MLP([]int{512, 256}, nn.Tanh{}, 10, 0),
		"MLP logistic":      nn.MLP([]int{512, 256}, nn.Logistic{}, 10, 0),
		"MLP GELU, dropout": nn.MLP([]int{512, 256}, nn.GELU{}, 10, 0.3),
		"CNN":               cnn(),
	} {
		for seed := range uint64(short(5, 1)) {
			m := newModel(t, seed, layers...)
			if _, loss := judge(m, train); math.Abs(loss-math.Ln10) > 0.1 {
				t.Errorf("%s, seed %d: initial loss %.3f, want ln 10 = %.3f ± 0.1", name, seed, loss, math.Ln10)
			}
		}
	}
}

// A network that cannot learn 32 images by heart has a fault.
func TestOverfit(t *testing.T) {
	train, _ := digits(t, 32)
	for _, c := range []struct {
		name   string
		layers []nn.Layer
		o      optim.Optimizer
		lr     float64
	}{
		{"MLP, SGD", nn.MLP([]int{128}, nn.ReLU{}, 10, 0), optim.SGD{}, 0.1},
		{"MLP, momentum", nn.MLP([]int{128, 64}, nn.Tanh{}, 10, 0), optim.SGD{Momentum: 0.9}, 0.02},
		{"CNN, momentum", cnn(), optim.SGD{Momentum: 0.9}, 0.02},
		{"CNN, Adam", cnn(), optim.Adam{}, 0.003},
		{"deep CNN, Adam", deepCNN(), optim.Adam{}, 0.01},
	} {
		m := newModel(t, 1, c.layers...)
		best, at := 0.0, 0
		fit(t, m, train, 32, 200, c.o, c.lr, func(step int) bool {
			if acc, _ := judge(m, train); acc > best {
				best, at = acc, step
			}
			return best < 1
		})
		if best < 1 {
			t.Errorf("%s: %.1f %% of 32 images after 200 steps, want all", c.name, 100*best)
		}
		t.Logf("%s: %.0f %% of 32 images after %d steps", c.name, 100*best, at)
	}
}

// shuffleLabels exchanges the labels of all images, those to train on and those
// to test on, so that no image tells anything about its label. (Against the
// right labels the score would be far from a tenth by chance: a network that has
// learned to call most ones a three calls them all so.)
func shuffleLabels(train, test *data.Set) {
	r := rand.New(rand.NewPCG(3, 3))
	labels := slices.Concat(train.Labels, test.Labels)
	r.Shuffle(len(labels), func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })
	copy(train.Labels, labels)
	copy(test.Labels, labels[len(train.Labels):])
}

// What is learned from shuffled labels is nothing: no label can have leaked.
func TestShuffledLabels(t *testing.T) {
	train, test := digits(t, short(2000, 1000))
	shuffleLabels(train, test)
	for name, layers := range map[string][]nn.Layer{"MLP": nn.MLP([]int{64}, nn.ReLU{}, 10, 0), "CNN": cnn()} {
		if testing.Short() && name == "CNN" {
			continue
		}
		m := newModel(t, 1, layers...)
		fit(t, m, train, 50, short(400, 200), optim.SGD{Momentum: 0.9}, 0.02, nil)
		if acc, _ := judge(m, test); math.Abs(acc-0.1) > 0.03 {
			t.Errorf("%s: accuracy %.3f after training on shuffled labels, want 0.1 ± 0.03", name, acc)
		}
		if acc, _ := judge(m, train); acc < 0.13 {
			t.Errorf("%s: accuracy %.3f on the training set itself: it did not train", name, acc)
		}
	}
}

// The same training with the right labels, so that the test above means
// something.
func TestRightLabels(t *testing.T) {
	train, test := digits(t, short(2000, 1000))
	m := newModel(t, 1, nn.MLP([]int{64}, nn.ReLU{}, 10, 0)...)
	fit(t, m, train, 50, short(200, 100), optim.SGD{Momentum: 0.9}, 0.02, nil)
	if acc, _ := judge(m, test); acc < 0.5 {
		t.Errorf("accuracy %.3f after training on right labels, want more than 0.5", acc)
	}
}

// fingerprint is the SHA-256 of all weights and running statistics.
func fingerprint(m *nn.Model) string {
	h := sha256.New()
	for _, p := range m.Params() {
		binary.Write(h, binary.LittleEndian, p.Data)
	}
	for _, s := range m.States() {
		binary.Write(h, binary.LittleEndian, s.Data)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// The weights after some steps are the same bits on any number of processors,
// and every time.
func TestDeterminism(t *testing.T) {
	steps := short(200, 10)
	train, _ := digits(t, short(1000, 480))
	for _, c := range []struct {
		name   string
		layers []nn.Layer
		batch  int
		o      optim.Optimizer
	}{
		{"MLP", nn.MLP([]int{200, 64}, nn.ReLU{}, 10, 0.3), 48, optim.SGD{Momentum: 0.9, Decay: 1e-4}},
		{"CNN", deepCNN(), 8, optim.AdamW{Decay: 0.01}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
			seen := map[string][]int{}
			for range 2 {
				for _, procs := range []int{1, 2, 4, 8} {
					runtime.GOMAXPROCS(procs)
					m := newModel(t, 1, c.layers...)
					fit(t, m, train, c.batch, steps, c.o, 0.001, nil)
					sum := fingerprint(m)
					seen[sum] = append(seen[sum], procs)
				}
			}
			if len(seen) != 1 {
				t.Errorf("weights by GOMAXPROCS: %v", seen)
			}
		})
	}
	m := newModel(t, 1, nn.MLP([]int{8}, nn.ReLU{}, 10, 0)...)
	before := fingerprint(m)
	m.Params()[0].Data[0] = math.Nextafter32(m.Params()[0].Data[0], 1)
	if fingerprint(m) == before {
		t.Error("the fingerprint misses a changed bit")
	}
}
