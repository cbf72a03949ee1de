package nn_test

import (
	"fmt"
	"math/rand/v2"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// Gain is a layer of one's own: y = g·x with one weight g for all values.
type Gain struct{ Start float64 }

// Registered, it can be saved, loaded and named in an architecture.
var _ = nn.Register(Gain{})

func (l Gain) Build(in nn.Shape, _ *rand.Rand) (nn.Module, nn.Shape, error) {
	g := nn.NewParam("g", func(int) float32 { return float32(l.Start) }, 1)
	return &gain{g: g}, in, nil
}

// Receptive says that every place of the output sees the same place of the input,
// for those who ask what a unit looks at.
func (Gain) Receptive() nn.Field { return nn.Pointwise }

var _ nn.Receptive = Gain{}

// Symbolic says g·x in operators of ONNX, for files that other programs read.
func (Gain) Symbolic(graph *nn.Graph, m nn.Module) error {
	g := m.Params()[0]
	graph.Add(nn.Node{Op: "Mul", Arrays: []safetensors.Tensor{{Name: g.Name, Dims: g.Dims, Data: g.Data}}})
	return nil
}

var _ nn.Symbolic = Gain{}

// gain is the module: it owns its parameter, what Backward needs and the buffers
// that it lends.
type gain struct {
	g     *nn.Param
	x     *nn.Tensor
	y, dx nn.Tensor
}

// Forward computes y = g·x.
func (m *gain) Forward(x *nn.Tensor, _ nn.Pass) *nn.Tensor {
	m.x = x
	m.y.Resize(x.N, x.Shape)
	for i, v := range x.Data {
		m.y.Data[i] = m.g.Data[0] * v
	}
	return &m.y
}

// Backward computes dg = Σ dy·x and dx = g·dy.
func (m *gain) Backward(dy *nn.Tensor, _ bool) *nn.Tensor {
	m.dx.Resize(dy.N, dy.Shape)
	dg := 0.0
	for i, d := range dy.Data {
		dg += float64(d) * float64(m.x.Data[i])
		m.dx.Data[i] = m.g.Data[0] * d
	}
	m.g.Grad[0] = float32(dg) // set, never added
	return &m.dx
}

func (m *gain) Params() []*nn.Param { return []*nn.Param{m.g} }

// FLOPs is the cost of an example, which Model.FLOPs adds up.
func (m *gain) FLOPs() int { return m.y.Shape.Size() }

var _ nn.Coster = (*gain)(nil)

// A layer of one's own stands wherever ours do, and CheckGradients says whether
// its derivative is the one of its Forward.
func ExampleLayer() {
	model, err := nn.New(1, nn.Vec(6), nn.Linear{Out: 5}, nn.Tanh{}, Gain{Start: 2}, nn.Linear{Out: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model.Param("2.gain.g").Data)

	x := nn.NewTensor(8, nn.Vec(6))
	for i := range x.Data {
		x.Data[i] = float32(i%7) / 7
	}
	check, err := nn.CheckGradients(model, nn.CrossEntropy{}, x, []uint16{0, 1, 2, 0, 1, 2, 0, 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("gradients:", check.Err())
	// Output:
	// [2]
	// gradients: <nil>
}
