package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Init says how weights are drawn. The zero Init is He, right for ReLU.
type Init struct {
	Scheme string  `json:"scheme,omitempty"` // "", "he", "xavier", "lecun", "small", "normal", "torch", "zero"
	Std    float64 `json:"std,omitempty"`    // of "normal"
}

// The initializations, by the variance of a weight with n inputs and m outputs.
var (
	He     = Init{Scheme: "he"}     // normal, 2/n (He et al. 2015, eq. 10)
	Xavier = Init{Scheme: "xavier"} // normal, 2/(n+m) (Glorot & Bengio 2010, eq. 12)
	LeCun  = Init{Scheme: "lecun"}  // normal, 1/n (LeCun et al. 1998, §4.6): for outputs without ReLU
	Small  = Init{Scheme: "small"}  // normal, 1/(4n): for the layer before the loss, so that the first loss is close to log(classes)
	Torch  = Init{Scheme: "torch"}  // uniform ±1/√n, biases too: what torch.nn.Linear and Conv2d do
)

// Normal draws weights from N(0, std²) whatever the layer's size.
func Normal(std float64) Init { return Init{Scheme: "normal", Std: std} }

func (i Init) check() error {
	switch i.Scheme {
	case "", "he", "xavier", "lecun", "small", "torch", "zero":
		return nil
	case "normal":
		if i.Std > 0 && i.Std < math.Inf(1) {
			return nil
		}
		return fmt.Errorf("init normal with std %v, want a positive number", i.Std)
	}
	return fmt.Errorf("init %q, want he, xavier, lecun, small, normal, torch or zero", i.Scheme)
}

// Weights returns a source of initial weights for n inputs and m outputs, for
// NewParam.
func (i Init) Weights(rng *rand.Rand, n, m int) func(int) float32 {
	var std float64
	switch i.Scheme {
	case "", "he":
		std = math.Sqrt(2 / float64(n))
	case "xavier":
		std = math.Sqrt(2 / float64(n+m))
	case "lecun":
		std = math.Sqrt(1 / float64(n))
	case "small":
		std = math.Sqrt(0.25 / float64(n))
	case "normal":
		std = i.Std
	case "torch":
		return uniform(rng, 1/math.Sqrt(float64(n)))
	}
	return func(int) float32 { return float32(std * rng.NormFloat64()) }
}

// Biases returns a source of initial biases: zero, but for Torch.
func (i Init) Biases(rng *rand.Rand, n int) func(int) float32 {
	if i.Scheme == "torch" {
		return uniform(rng, 1/math.Sqrt(float64(n)))
	}
	return nil
}

func uniform(rng *rand.Rand, bound float64) func(int) float32 {
	return func(int) float32 { return float32(bound * (2*rng.Float64() - 1)) }
}
