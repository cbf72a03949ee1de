package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/internal/oracle"
)

// Dropout sets each value to 0 with probability P while training and divides
// the others by 1−P; at evaluation it does nothing (Srivastava et al. 2014,
// the inverted form). Spatial drops whole channels (Tompson et al. 2015).
type Dropout struct {
	P       float64 `json:"p"`
	Spatial bool    `json:"spatial,omitempty"`
}

var _ = ours(Dropout{})

func (Dropout) Receptive() Field { return Pointwise }

func (l Dropout) Build(in Shape, rng *rand.Rand) (Module, Shape, error) {
	if !(l.P >= 0 && l.P < 1) {
		return nil, Shape{}, fmt.Errorf("P %v, want 0 ≤ P < 1", l.P)
	}
	group := 1
	if l.Spatial {
		group = in.H * in.W
	}
	drop := uint64(math.Round(l.P * 65536))
	m := &dropout{in: in, drop: drop, group: group, stream: rng.Uint64()}
	m.scale = float32(65536 / float64(65536-min(drop, 65535)))
	return m, in, nil
}

// dropout decides with 16 random bits a value, so P is met to 1/65536 and the
// scale is that of the probability met.
type dropout struct {
	in     Shape
	drop   uint64 // of 65,536
	group  int    // values that share a decision
	scale  float32
	stream uint64 // keeps the layers of a model apart

	pass    Pass
	applied bool
	mask    []float32 // 0 or scale
	y       Tensor
}

const dropoutChunk = 8192

func (m *dropout) Forward(x *Tensor, p Pass) *Tensor {
	checkInput("dropout", x, m.in)
	m.applied = p.Train && m.drop > 0
	if !m.applied {
		return x
	}
	m.pass = p
	m.y.Resize(x.N, m.in)
	m.mask = grow(m.mask, len(x.Data))
	decisions := len(x.Data) / m.group
	f32.Parallel((decisions+dropoutChunk-1)/dropoutChunk, m)
	f32.Mul(m.y.Data, x.Data, m.mask)
	return &m.y
}

// Do draws the decisions of one chunk from (seed, step, layer, chunk).
func (m *dropout) Do(chunk int) {
	var src rand.PCG
	src.Seed(m.pass.Seed^m.stream, purposeDropout+uint64(m.pass.Step)<<20+uint64(chunk))
	lo := chunk * dropoutChunk
	hi := min(lo+dropoutChunk, len(m.mask)/m.group)
	var bits uint64
	for i := lo; i < hi; i++ {
		if (i-lo)%4 == 0 {
			bits = src.Uint64()
		}
		keep := m.scale
		if bits&0xffff < m.drop {
			keep = 0
		}
		bits >>= 16
		if m.group == 1 {
			m.mask[i] = keep
			continue
		}
		for j := i * m.group; j < (i+1)*m.group; j++ {
			m.mask[j] = keep
		}
	}
}

// Backward: dx = dy·mask, in place.
func (m *dropout) Backward(dy *Tensor, needDX bool) *Tensor {
	if !needDX {
		return nil
	}
	if m.applied {
		f32.Mul(dy.Data, dy.Data, m.mask)
	}
	return dy
}

func (m *dropout) Params() []*Param { return nil }

// Sizes: the mask and what it leaves, in training only.
func (m *dropout) Sizes() (pass, training int) {
	if m.drop == 0 {
		return 0, 0
	}
	return 0, 2 * m.in.Size()
}

func (Dropout) Symbolic(*Graph, Module) error { return nil }

func (Dropout) oracle(_ Shape, m Module, _, _ *oracle.Param) (oracle.Op, error) {
	op := oracle.Dropout{}
	if d, ok := m.(interface{ factors() []float32 }); ok {
		op.Mask = float64s(d.factors())
	}
	return op, nil
}

// factors are what the last training pass multiplied its values by; nil if that
// was 1.
func (m *dropout) factors() []float32 {
	if !m.applied {
		return nil
	}
	return m.mask
}
