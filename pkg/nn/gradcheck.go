package nn

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"text/tabwriter"

	"inkling/pkg/nn/internal/oracle"
)

// GradientError says how far the gradient of one array is from the truth.
// "Relative" is relative to the larger of the two values compared or, where
// both are small, to the root mean square of the array's gradient.
type GradientError struct {
	Name    string  // of the parameter, or "input"
	Size    int     // values
	Checked int     // values compared with central differences
	Kinks   int     // values tried and left out: their difference crosses a kink
	RMS     float64 // root mean square of the gradient

	Difference float64 // largest relative error of the model's gradient against central differences
	Oracle     float64 // the same of the float64 gradient: how well differences can tell
	L2         float64 // ‖g − o‖/‖o‖ over all values, g the model's gradient, o the float64 one

	Own  string // the type of another package whose own Forward or Eval made the differences; "" where float64 did
	Note string // why nothing could be compared
}

// GradientErrors is a table of the parameters of a model, in their order, with
// the gradient of the input last. Before it stand those of the inputs of layers
// behind one that has no counterpart in float64, and that of such a loss.
type GradientErrors []GradientError

// CheckGradients compares the gradients that m computes in float32 for one
// batch with two others, both of a second implementation of every layer and
// loss in float64, written independently: the derivative by formula, at every
// value, and central differences (f(w+h) − f(w−h))/2h, h = 1e-5, at a sample
// of values that depends only on m's seed and the sizes.
//
// The pass is one of training: dropout is at work, with the same mask in all
// three, and batch normalization takes the statistics of the batch. The check
// works on copies of m and x in which values of exactly 0, as fresh biases and
// blank pixels are, are moved by about 0.01: a ReLU over a blank patch would
// otherwise stand on its kink and a max-pool have several maxima, where there
// is no derivative.
//
// A layer or a loss of another package has no counterpart in float64. What it
// gives back is compared with central differences of its own Forward or Eval in
// float32, which show an error of a hundredth, not one of a thousandth, and
// cannot show that the forward pass computes what its author meant; Own marks
// such rows. The layers before and behind it are still compared with float64,
// each stretch of them with what went in and what came back. Where not even
// differences can be compared, the row says why, and its error is +Inf. Err sums
// it up.
//
// 8 to 32 examples are enough; of large networks fewer values are sampled, so
// that it stays a matter of seconds.
func CheckGradients(m *Model, loss Loss, x *Tensor, labels []uint16) (GradientErrors, error) {
	if err := m.CheckBatch(x.N); err != nil {
		return nil, fmt.Errorf("%w, to check gradients", err)
	}
	truth, err := oracleLoss(loss)
	if err != nil {
		truth = nil // no counterpart: its own differences must do
	}
	m = m.Clone()
	rng := rand.New(rand.NewPCG(m.Seed, purposeCheck))
	for _, p := range m.params {
		offZero(p.Data, rng)
	}
	x = &Tensor{N: x.N, Shape: x.Shape, Data: slices.Clone(x.Data)}
	offZero(x.Data, rng)
	return checkGradients(m, loss, truth, x, labels, samples(m, x.N))
}

// samples is the number of differences for each array that keeps the whole
// check near a second, but at least 2. A difference takes two forward passes of
// n examples through the layers from the array's own on.
func samples(m *Model, n int) int {
	const budget, least, most = 8e8, 2, 40
	rest, total := 0, 0 // FLOPs from a layer to the end; over all arrays
	for i := len(m.chain.modules) - 1; i >= 0; i-- {
		mod := m.chain.modules[i]
		if c, ok := mod.(Coster); ok {
			rest += c.FLOPs()
		}
		total += rest * len(mod.Params())
	}
	total += rest // the input
	return int(min(max(budget/(2*float64(max(total, 1)*n)), least), most))
}

// checkStep is h: the error of a central difference is of order h² from the
// curve and of order 1e-16/h from rounding.
const checkStep = 1e-5

const purposeCheck = 0x3000000

func offZero(data []float32, rng *rand.Rand) {
	for i, v := range data {
		if v == 0 {
			data[i] = float32(0.01 * (0.5 + rng.Float64()))
			if rng.IntN(2) == 0 {
				data[i] = -data[i]
			}
		}
	}
}

// A stretch is the longest run of layers that have a counterpart in float64, or
// one layer that has none.
type stretch struct {
	layers []Layer
	chain  *chain
	own    bool
	x, dy  *Tensor // what went in, and what came back from behind
	dx     *Tensor
}

// stretches cuts a chain.
func stretches(layers []Layer, c *chain) []*stretch {
	var all []*stretch
	for i, l := range layers {
		_, err := oracleLayer(l, c.shapes[i], c.modules[i])
		if err != nil || i == 0 || all[len(all)-1].own {
			all = append(all, &stretch{chain: &chain{shapes: c.shapes[i : i+1]}, own: err != nil})
		}
		s := all[len(all)-1]
		s.layers = append(s.layers, l)
		s.chain.names = append(s.chain.names, c.names[i])
		s.chain.modules = append(s.chain.modules, c.modules[i])
		s.chain.shapes = c.shapes[i-len(s.layers)+1 : i+2]
	}
	return all
}

// checkGradients checks m itself, with at most perParam differences each. truth
// is nil for a loss of another package.
func checkGradients(m *Model, loss Loss, truth oracle.Loss, x *Tensor, labels []uint16, perParam int) (GradientErrors, error) {
	all := stretches(m.Layers, m.chain)
	pass := Pass{Train: true, Seed: m.Seed}
	checkInput("model", x, m.In)
	y := x
	for _, s := range all {
		s.x = y.clone()
		y = s.chain.forward(s.x, pass)
		if err := checkOutput(s, y, x.N); err != nil {
			return nil, err
		}
	}
	y = y.clone()
	var dy Tensor
	loss.Eval(&dy, y, labels)
	if dy.N != y.N || len(dy.Data) != len(y.Data) {
		return nil, fmt.Errorf("nn: check gradients: the loss %T gives a gradient of %d × %v for an output of %d × %v", loss, dy.N, dy.Shape, y.N, y.Shape)
	}
	back := &dy
	for i := len(all) - 1; i >= 0; i-- {
		s := all[i]
		s.dy = back.clone()
		if back = s.chain.backward(back, true); back == nil || back.N != s.x.N || len(back.Data) != len(s.x.Data) {
			return nil, fmt.Errorf("nn: check gradients: Backward of layer %s gives no gradient of the shape of its input %v", s.chain.names[0], s.x.Shape)
		}
		s.dx = back.clone()
	}
	rng := rand.New(rand.NewPCG(m.Seed, purposeCheck+1))
	var table, inputs GradientErrors
	for i, s := range all {
		var rows GradientErrors
		if s.own {
			rows = s.checkOwn(pass, perParam, rng)
		} else {
			net, err := oracleOf(s.layers, s.chain)
			if err != nil {
				return nil, fmt.Errorf("nn: check gradients: %w", err)
			}
			end := truth
			if i < len(all)-1 || truth == nil {
				end = along(s.dy)
			}
			rows = s.check(differences{net: net, loss: end, labels: labels, perParam: perParam, rng: rng})
		}
		last := len(rows) - 1
		rows[last].Name = "input"
		if i > 0 {
			rows[last].Name += " of " + s.chain.names[0]
		}
		table, inputs = append(table, rows[:last]...), append(inputs, rows[last])
	}
	table = append(table, inputs[1:]...)
	if truth == nil {
		table = append(table, checkOwnLoss(loss, y, labels, perParam, rng))
	}
	return append(table, inputs[0]), nil
}

// checkOutput finds a module that does not keep to the shape it was built for.
func checkOutput(s *stretch, y *Tensor, n int) error {
	out := s.chain.out()
	if y == nil || y.N != n || y.Shape != out || len(y.Data) != n*out.Size() {
		return fmt.Errorf("nn: check gradients: Forward of layer %s does not give the %d × %v that Build announced", s.chain.names[0], n, out)
	}
	return nil
}

func (t *Tensor) clone() *Tensor {
	return &Tensor{N: t.N, Shape: t.Shape, Data: slices.Clone(t.Data)}
}

// along is the loss Σ dy·y, whose gradient is dy.
func along(dy *Tensor) oracle.Loss {
	g := oracleBatch(dy)
	return func(y oracle.Batch, _ []uint16) (float64, oracle.Batch) {
		var sum float64
		for i, v := range y.V {
			sum += v * g.V[i]
		}
		return sum, oracle.Batch{N: g.N, Shape: g.Shape, V: slices.Clone(g.V)}
	}
}

// check compares a stretch with float64: its parameters, then its input.
func (s *stretch) check(d differences) GradientErrors {
	input := &oracle.Param{Name: "input"}
	pass := oracle.Pass{Train: true}
	d.acts = d.net.Activations(oracleBatch(s.x), &pass)
	_, out := d.loss(d.acts[len(d.net)], d.labels)
	input.V, input.Grad = d.acts[0].V, d.net.Backward(d.acts[0], out, &pass).V

	owner := []int{0} // the layer that a parameter belongs to; the input comes first
	exact := []*oracle.Param{input}
	for at, op := range d.net {
		for _, p := range op.Params() {
			owner, exact = append(owner, at), append(exact, p)
		}
	}
	d.floor = rms(exact...)
	table := make(GradientErrors, 0, len(exact))
	for i, p := range s.chain.params() {
		table = append(table, d.check(owner[i+1], exact[i+1], p.Grad))
	}
	return append(table, d.check(0, input, s.dx.Data))
}

type differences struct {
	net      oracle.Net
	loss     oracle.Loss
	labels   []uint16
	acts     []oracle.Batch // acts[i] is what enters layer i
	perParam int
	floor    float64 // root mean square of all gradients
	rng      *rand.Rand
}

// check compares the float32 gradient of p, which belongs to layer at.
func (d *differences) check(at int, p *oracle.Param, gradient []float32) GradientError {
	e := GradientError{Name: p.Name, Size: len(p.V), RMS: rms(p)}
	// A gradient that is zero but for rounding, as that of a bias before a
	// batch normalization, can only be small beside the others.
	unit := e.RMS
	if unit < 1e-12*d.floor {
		unit = d.floor
	}
	var square float64
	for i, g := range gradient {
		diff := float64(g) - p.Grad[i]
		square += diff * diff
	}
	if unit > 0 {
		e.L2 = math.Sqrt(square/float64(e.Size)) / unit
	} else if square > 0 {
		e.L2 = math.Inf(1)
	}
	// Rounding leaves about 1e-16/h in a difference: of a gradient far below the
	// others it knows nothing.
	unit = max(unit, 1e-3*d.floor)
	for _, i := range d.places(p) {
		if e.Checked == d.perParam {
			break
		}
		slope, ok := d.slope(at, p, i)
		if !ok {
			e.Kinks++
			continue
		}
		e.Checked++
		e.Difference = worse(e.Difference, relative(float64(gradient[i]), slope, unit))
		e.Oracle = worse(e.Oracle, relative(p.Grad[i], slope, unit))
	}
	return e
}

// places are the values of p to try, in order: all, or a sample in which every
// other one has a gradient that is not zero, for the weights of blank pixels
// would tell nothing.
func (d *differences) places(p *oracle.Param) []int {
	all := d.rng.Perm(len(p.V))
	if len(all) <= d.perParam {
		return all
	}
	var alive []int
	for _, i := range all {
		if p.Grad[i] != 0 {
			alive = append(alive, i)
		}
	}
	tries := 4 * d.perParam
	var out []int
	seen := map[int]bool{}
	for k := 0; len(out) < min(tries, len(all)) && k < len(all); k++ {
		for _, list := range [][]int{alive, all} {
			if k < len(list) && !seen[list[k]] {
				seen[list[k]] = true
				out = append(out, list[k])
			}
		}
	}
	return out
}

// slope is the central difference at value i of p; ok is false if a kink lies
// between its ends.
func (d *differences) slope(at int, p *oracle.Param, i int) (slope float64, ok bool) {
	old := p.V[i]
	defer func() { p.V[i] = old }()
	eval := func(v float64) (float64, uint64) {
		p.V[i] = v
		pass := oracle.Pass{Train: true}
		loss, _ := d.loss(d.net[at:].Forward(d.acts[at], &pass), d.labels)
		return loss, pass.Kinks
	}
	hi, lo := old+checkStep, old-checkStep
	high, one := eval(hi)
	low, other := eval(lo)
	return (high - low) / (hi - lo), one == other
}

func relative(a, b, unit float64) float64 {
	if a == b {
		return 0
	}
	return math.Abs(a-b) / max(math.Abs(a), math.Abs(b), unit)
}

// worse is the larger error; NaN is the largest.
func worse(a, b float64) float64 { return max(a, b) }

func rms(ps ...*oracle.Param) float64 {
	var sum float64
	n := 0
	for _, p := range ps {
		for _, g := range p.Grad {
			sum += g * g
		}
		n += len(p.Grad)
	}
	return math.Sqrt(sum / float64(max(n, 1)))
}

// Worst returns the largest of the errors over all rows: against central
// differences, and of the whole gradient against float64.
func (t GradientErrors) Worst() (difference, l2 float64) {
	for _, e := range t {
		difference, l2 = worse(difference, e.Difference), worse(l2, e.L2)
	}
	return difference, l2
}

// The largest errors that Err lets pass. Float32 stays well below these against
// float64; against differences in float32 a hundredth must show.
const (
	mostDifference = 1e-3
	mostL2         = 2e-4
	mostOwn        = 5e-3
)

// Err is nil if every gradient was compared and none is off. Otherwise it names
// the worst one and says what is wrong with it, in one line.
func (t GradientErrors) Err() error {
	if len(t) == 0 {
		return errors.New("nn: check gradients: nothing was compared")
	}
	bad, worst := 0, 0.0
	var first error
	for _, e := range t {
		size, err := e.err()
		if err == nil {
			continue
		}
		if bad++; first == nil || size > worst {
			first, worst = err, size
		}
	}
	if bad > 1 {
		return fmt.Errorf("nn: check gradients: %w; %d of %d gradients are off or not compared", first, bad, len(t))
	}
	if bad == 1 {
		return fmt.Errorf("nn: check gradients: %w", first)
	}
	return nil
}

// err is what is wrong with one row, and how much so.
func (e GradientError) err() (size float64, err error) {
	switch {
	case e.Note != "":
		return math.Inf(1), fmt.Errorf("%s: %s: %s", e.Name, e.Own, e.Note)
	case e.Own != "" && !(e.Difference <= mostOwn):
		return e.Difference, fmt.Errorf("%s: the gradient that %s gives back is %.1e off differences of its own values, want at most %.0e", e.Name, e.Own, e.Difference, mostOwn)
	case e.Own == "" && !(e.L2 <= mostL2 && e.Difference <= mostDifference):
		return e.L2, fmt.Errorf("%s: the gradient is %.1e off float64 in L2 and %.1e off differences, want at most %.0e and %.0e", e.Name, e.L2, e.Difference, mostL2, mostDifference)
	}
	return 0, nil
}

// Verdict says in words what was compared with what, and what is wrong.
func (t GradientErrors) Verdict() string {
	float64s, own, none := 0, map[string]int{}, 0
	for _, e := range t {
		switch {
		case e.Note != "":
			none++
		case e.Own != "":
			own[e.Own]++
		default:
			float64s++
		}
	}
	var parts []string
	if float64s > 0 {
		parts = append(parts, fmt.Sprintf("%d compared with float64", float64s))
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		parts = append(parts, fmt.Sprintf("%d with differences of what %s itself computes in float32", own[name], name))
	}
	if none > 0 {
		parts = append(parts, fmt.Sprintf("%d not compared", none))
	}
	verdict := "none is off"
	if err := t.Err(); err != nil {
		verdict = strings.TrimPrefix(err.Error(), "nn: check gradients: ")
	}
	return fmt.Sprintf("%d gradients: %s; %s.", len(t), strings.Join(parts, ", "), verdict)
}

// Columns and Rows are the table for a figure.
func (t GradientErrors) Columns() []string {
	columns := []string{"gradient of", "values", "checked", "RMS", "vs differences", "float64 vs differences", "L2 vs float64"}
	if t.anyOwn() {
		columns = append(columns, "differences of")
	}
	return columns
}

func (t GradientErrors) anyOwn() bool {
	return slices.ContainsFunc(t, func(e GradientError) bool { return e.Own != "" })
}

// Rows has one row for each array, in the order of Columns.
func (t GradientErrors) Rows() [][]any {
	rows := make([][]any, len(t))
	for i, e := range t {
		number := func(v float64) string { return fmt.Sprintf("%.1e", v) }
		difference, exact, l2, of := number(e.Difference), number(e.Oracle), number(e.L2), "float64"
		if e.Own != "" {
			exact, l2, of = "–", "–", e.Own
		}
		if e.Note != "" {
			difference, of = "–", "nothing: "+e.Note
		}
		rows[i] = []any{e.Name, e.Size, e.Checked, number(e.RMS), difference, exact, l2}
		if t.anyOwn() {
			rows[i] = append(rows[i], of)
		}
	}
	return rows
}

// String is the table as text, with the verdict below.
func (t GradientErrors) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, strings.Join(t.Columns(), "\t")+"\t")
	for _, row := range t.Rows() {
		for _, v := range row {
			fmt.Fprintf(w, "%v\t", v)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return b.String() + t.Verdict() + "\n"
}

// oracleBatch is x in float64.
func oracleBatch(x *Tensor) oracle.Batch {
	b := oracle.NewBatch(x.N, oracle.Shape(x.Shape))
	for i, v := range x.Data {
		b.V[i] = float64(v)
	}
	return b
}

// oracled is implemented by layers that have a counterpart in float64: it takes
// hyperparameters from the layer, and the parameters w and b (the first two, nil
// where there are none) and the masks of the last pass from its module.
type oracled interface {
	oracle(in Shape, m Module, w, b *oracle.Param) (oracle.Op, error)
}

// oracledLoss is implemented by losses that have one; nil where l is another
// loss, which embeds them.
type oracledLoss interface{ oracle(l Loss) oracle.Loss }

func oracleLoss(l Loss) (oracle.Loss, error) {
	if o, ok := l.(oracledLoss); ok {
		if truth := o.oracle(l); truth != nil {
			return truth, nil
		}
	}
	return nil, fmt.Errorf("no float64 counterpart of the loss %T", l)
}

// oracleOf builds the float64 counterpart of layers: hyperparameters from the
// layers, parameters and the dropout masks of the last pass from the modules.
func oracleOf(layers []Layer, c *chain) (oracle.Net, error) {
	var net oracle.Net
	for i, l := range layers {
		op, err := oracleLayer(l, c.shapes[i], c.modules[i])
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", i, err)
		}
		net = append(net, op)
	}
	return net, nil
}

func oracleLayer(l Layer, in Shape, m Module) (oracle.Op, error) {
	o, ok := l.(oracled)
	if !ok || !isOurs(l) { // one that embeds a layer of ours has its methods
		return nil, fmt.Errorf("no float64 counterpart of %T", l)
	}
	w, b := oracleParams(m)
	return o.oracle(in, m, w, b)
}

// oracleParams returns the first two parameters of m in float64, nil where it
// has none.
func oracleParams(m Module) (w, b *oracle.Param) {
	var two [2]*oracle.Param
	for i, p := range m.Params() {
		if i < len(two) {
			two[i] = &oracle.Param{Name: p.Name, V: float64s(p.Data)}
		}
	}
	return two[0], two[1]
}

func float64s(x []float32) []float64 {
	if x == nil {
		return nil
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}
