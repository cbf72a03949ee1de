package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// ownStep is the step of differences in float32, as a share of the value or, if
// that is larger, of the root mean square of its array. Differences with one and
// with two such steps are combined so that only the fifth derivative is left in
// the error, which leaves room for a step so large that rounding does not matter.
const ownStep = 1. / 64

// ownKink is the largest relative difference between the two for which they
// count as a derivative: a kink between their ends drives them apart.
const ownKink = 3e-3

// float32Noise is the relative rounding error of a value.
const float32Noise = 1. / (1 << 24)

// A scalar is a function of what is varied, in float64: change returns by how
// much it differs from what it was at first, and noise how much of that may be
// rounding.
type scalar func() (change, noise float64)

// checkOwn compares what a module gives back with differences of its own Forward.
// The function is Σ r·y with random r, which finds more than the loss at hand: a
// batch that is learned already has no gradient.
func (s *stretch) checkOwn(pass Pass, perParam int, rng *rand.Rand) GradientErrors {
	mod, layer := s.chain.modules[0], fmt.Sprintf("%T", s.layers[0])
	x := s.x.clone()
	offZero(x.Data, rng)
	var table GradientErrors
	for _, p := range mod.Params() {
		table = append(table, GradientError{Name: p.Name, Size: p.Len(), Own: layer})
	}
	table = append(table, GradientError{Size: len(x.Data), Own: layer})

	before := s.chain.states()
	for i := range before {
		before[i].Data = slices.Clone(before[i].Data)
	}
	forward := func() *Tensor {
		for i, st := range s.chain.states() {
			copy(st.Data, before[i].Data)
		}
		return mod.Forward(x, pass)
	}
	refuse := func(why string) GradientErrors {
		for i := range table {
			table[i].Note, table[i].Difference = why, math.Inf(1)
		}
		return table
	}
	given := slices.Clone(x.Data)
	first := forward().clone()
	if !slices.Equal(x.Data, given) {
		return refuse("Forward changes its input, which the layer before still needs")
	}
	for i, v := range first.Data {
		if v-v != 0 {
			return refuse(fmt.Sprintf("value %d of the output is %v", i, v))
		}
	}
	if !slices.Equal(forward().Data, first.Data) {
		return refuse("Forward gives another output for the same input and the same Pass")
	}
	r := NewTensor(first.N, first.Shape)
	for i := range r.Data {
		r.Data[i] = float32(rng.NormFloat64())
	}
	gradients := s.gradients(x, r, forward)
	if gradients == nil {
		return refuse("Backward gives no gradient of the input")
	}
	f := func() (change, noise float64) {
		y := forward()
		for i, v := range y.Data {
			if d := float64(v) - float64(first.Data[i]); d != 0 {
				change += d * float64(r.Data[i])
				n := float64(v) * float64(r.Data[i])
				noise += n * n
			}
		}
		return change, float32Noise * math.Sqrt(noise)
	}
	floor := rms32(gradients...)
	for i, p := range mod.Params() {
		table[i].compare(p.Data, gradients[i], f, floor, perParam, rng)
	}
	last := len(table) - 1
	table[last].compare(x.Data, gradients[last], f, floor, perParam, rng)
	return table
}

// gradients are those of Σ r·y: of the parameters, and of x. Backward must set
// the former whatever was there.
func (s *stretch) gradients(x, r *Tensor, forward func() *Tensor) [][]float32 {
	mod := s.chain.modules[0]
	forward()
	for _, p := range mod.Params() {
		for i := range p.Grad {
			p.Grad[i] = float32(math.NaN())
		}
	}
	dx := mod.Backward(r.clone(), true)
	if dx == nil || len(dx.Data) != len(x.Data) {
		return nil
	}
	var all [][]float32
	for _, p := range mod.Params() {
		all = append(all, slices.Clone(p.Grad))
	}
	return append(all, slices.Clone(dx.Data))
}

// checkOwnLoss compares the gradient of a loss with differences of its values.
func checkOwnLoss(loss Loss, y *Tensor, labels []uint16, perParam int, rng *rand.Rand) GradientError {
	e := GradientError{Name: "output, by the loss", Size: len(y.Data), Own: fmt.Sprintf("%T", loss)}
	y = y.clone()
	offZero(y.Data, rng)
	var dy Tensor
	with := loss.Eval(&dy, y, labels)
	first := loss.Eval(nil, y, labels)
	if with != first && !(math.IsNaN(with) && math.IsNaN(first)) {
		e.Note = fmt.Sprintf("Eval gives %v with a gradient and %v without", with, first)
	} else if first-first != 0 {
		e.Note = fmt.Sprintf("Eval gives %v", first)
	}
	if e.Note != "" {
		e.Difference = math.Inf(1)
		return e
	}
	f := func() (change, noise float64) {
		v := loss.Eval(nil, y, labels)
		return v - first, float32Noise * math.Abs(v) / 16 // a mean, and mostly in float64
	}
	e.compare(y.Data, slices.Clone(dy.Data), f, rms32(dy.Data), perParam, rng)
	return e
}

// compare compares the gradient of f with respect to data with differences, at a
// sample of values.
func (e *GradientError) compare(data, gradient []float32, f scalar, floor float64, perParam int, rng *rand.Rand) {
	e.RMS = rms32(gradient)
	if e.RMS-e.RMS != 0 {
		e.Difference = math.Inf(1)
		e.Note = "the gradient holds NaN or infinite values (Backward sets it, whatever was there, and never adds)"
		return
	}
	unit, scale := e.RMS, rms32(data)
	if scale == 0 {
		scale = 1
	}
	// A gradient that is zero but for rounding, as that of a bias before a mean is
	// taken off, can only be small beside the others, and small steps would tell
	// nothing but the rounding.
	if unit < 1e-3*floor {
		unit, scale = 0.1*floor, max(scale, 1)
	}
	faint := 0
	for k, i := range rng.Perm(len(data)) {
		if e.Checked == perParam || k == 4*perParam {
			break
		}
		slope, noise, smooth := differenceAt(data, i, scale, unit, f)
		blurred := func() bool { return noise > mostOwn/2*max(math.Abs(slope), unit) }
		for wide := 8 * scale; smooth && blurred() && wide <= 64*scale; wide *= 8 {
			if s, n, ok := differenceAt(data, i, wide, unit, f); ok {
				slope, noise = s, n
			}
		}
		switch {
		case !smooth:
			e.Kinks++
		case blurred():
			faint++
		default:
			e.Checked++
			e.Difference = worse(e.Difference, relative(float64(gradient[i]), slope, unit))
		}
	}
	if e.Checked == 0 && e.Size > 0 {
		e.Difference = math.Inf(1)
		e.Note = fmt.Sprintf("of the values tried, %d lie on a kink and %d change too little to be told from rounding", e.Kinks, faint)
	}
}

// differenceAt is the derivative of f at data[i], how much of it may be
// rounding, and whether there is one.
func differenceAt(data []float32, i int, scale, unit float64, f scalar) (slope, noise float64, smooth bool) {
	old := data[i]
	defer func() { data[i] = old }()
	central := func(step float64) (float64, float64) {
		hi, lo := float32(float64(old)+step), float32(float64(old)-step)
		data[i] = hi
		high, one := f()
		data[i] = lo
		low, two := f()
		width := float64(hi) - float64(lo)
		return (high - low) / width, (one + two) / width
	}
	step := ownStep * max(math.Abs(float64(old)), scale)
	near, noise := central(step)
	far, _ := central(2 * step)
	slope = (4*near - far) / 3
	apart := math.Abs(near - far)
	return slope, noise, apart <= ownKink*max(math.Abs(near), math.Abs(far), unit)+4*noise
}

func rms32(arrays ...[]float32) float64 {
	var sum float64
	n := 0
	for _, a := range arrays {
		for _, v := range a {
			sum += float64(v) * float64(v)
		}
		n += len(a)
	}
	return math.Sqrt(sum / float64(max(n, 1)))
}
