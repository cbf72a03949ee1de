package nn

import (
	"fmt"
	"math/rand/v2"

	"inkling/pkg/nn/internal/oracle"
)

// Bottleneck is ResNet's block: 1×1 convolution to Mid channels, 3×3 with
// Stride, 1×1 to Out channels, each with batch normalization, ReLU between
// them and after the sum. The shortcut is the input itself, or a 1×1
// convolution with batch normalization where the shape changes (He et al.
// 2016, fig. 5 right; the stride sits on the 3×3 as in torchvision).
type Bottleneck struct {
	Mid    int `json:"mid"`
	Out    int `json:"out"`
	Stride int `json:"stride,omitempty"` // 0 means 1
}

var _ = ours(Bottleneck{})

func (l Bottleneck) Receptive() Field { return Field{3, max(l.Stride, 1), 1} } // its shortcut sees less
func (l Bottleneck) Outline() string  { return fmt.Sprintf("bottleneck%d", l.Out) }

func (l Bottleneck) Build(in Shape, rng *rand.Rand) (Module, Shape, error) {
	if l.Mid < 1 || l.Out < 1 || l.Stride < 0 {
		return nil, Shape{}, fmt.Errorf("Mid %d, Out %d, Stride %d, want at least 1 (Stride 0 means 1)", l.Mid, l.Out, l.Stride)
	}
	m, out, err := l.block(in).Build(in, rng)
	if err != nil {
		return nil, Shape{}, err
	}
	m.(*residual).relu = true
	return m, out, nil
}

// block is the body and the shortcut, without the ReLU after the sum.
func (l Bottleneck) block(in Shape) Residual {
	stride := max(l.Stride, 1)
	conv := func(filters, kernel, stride int) Conv2D {
		return Conv2D{Filters: filters, Kernel: kernel, Stride: stride, Padding: kernel / 2, NoBias: true}
	}
	block := Residual{Body: []Layer{
		conv(l.Mid, 1, 1), BatchNorm{}, ReLU{},
		conv(l.Mid, 3, stride), BatchNorm{}, ReLU{},
		conv(l.Out, 1, 1), BatchNorm{},
	}}
	if stride != 1 || in.C != l.Out {
		block.Shortcut = []Layer{conv(l.Out, 1, stride), BatchNorm{}}
	}
	return block
}

func (l Bottleneck) Symbolic(g *Graph, m Module) error {
	_, in, _ := g.Value()
	err := l.block(in).Symbolic(g, m)
	g.Add(Node{Op: "Relu"})
	return err
}

func (l Bottleneck) oracle(in Shape, m Module, _, _ *oracle.Param) (oracle.Op, error) {
	sum, err := l.block(in).oracle(in, m, nil, nil)
	return oracle.Net{sum, oracle.LeakyReLU(0)}, err
}
