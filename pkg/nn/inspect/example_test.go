package inspect_test

import (
	"fmt"
	"slices"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/inspect"
	"inkling/pkg/nn/optim"
)

// must is for examples: a program would return the error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// digits are n images as a batch, 0 paper to 1 ink.
func digits(n int) (x *nn.Tensor, labels []uint16) {
	set := data.Synthetic("digits", 1, 0, n)
	x = nn.NewTensor(n, nn.CHW(1, set.H, set.W))
	for batch := range (&data.Loader{Set: set, Batch: n}).Epoch(0) {
		copy(x.Data, batch.X)
	}
	return x, set.Labels
}

// trained is a small CNN after some steps on digits.
func trained(seed uint64) *nn.Model {
	m := must(nn.New(seed, nn.CHW(1, 28, 28),
		nn.Conv2D{Filters: 4, Kernel: 5}, nn.ReLU{}, nn.MaxPool2D{Kernel: 4}, nn.Linear{Out: 10}))
	x, labels := digits(40)
	step := must(optim.Adam{}.New(m.Params()))
	var dy nn.Tensor
	for i := range 12 {
		y := m.Forward(x, nn.Pass{Train: true})
		nn.CrossEntropy{}.Eval(&dy, y, labels)
		m.Backward(&dy)
		step.Step(i, 0.01)
	}
	return m
}

// What every layer makes of an image.
func Example() {
	probe := must(inspect.New(trained(1)))
	x, labels := digits(20)
	for _, layer := range probe.Outputs(x, 0) {
		fmt.Println(layer.Layer, layer.Shape, len(layer.Data))
	}
	fmt.Println("describes an image:", probe.Name(probe.Penultimate()))
	fmt.Println("better than guessing:", probe.Accuracy(x, labels) > 0.3)
	// Output:
	// 0.conv2d 4×24×24 2304
	// 1.relu 4×24×24 2304
	// 2.maxpool2d 4×6×6 144
	// 3.linear 10 10
	// describes an image: 2.maxpool2d
	// better than guessing: true
}

// Which units are alive, and what the network loses without each of them.
func ExampleProbe_Activities() {
	m := trained(1)
	m.Param("0.conv2d.b").Data[2] = -100 // no image gets over that

	probe := must(inspect.New(m))
	x, labels := digits(50)
	for _, a := range probe.Activities(x, labels, nn.CrossEntropy{})[:2] {
		fmt.Printf("%s: dead %v, %.0f %%\n", a.Layer, a.Dead, 100*a.DeadShare())
	}
	without := probe.Without(x, labels, 1)
	fmt.Println("nothing is lost without unit 2:", without[2] == probe.Accuracy(x, labels))
	// Output:
	// 0.conv2d: dead [], 0 %
	// 1.relu: dead [2], 25 %
	// nothing is lost without unit 2: true
}

// The places on images that excite a kernel most.
func ExampleProbe_Exciting() {
	m := must(nn.New(1, nn.CHW(1, 6, 6), nn.Conv2D{Filters: 1, Kernel: 3}, nn.Linear{Out: 2}))
	copy(m.Param("0.conv2d.W").Data, []float32{
		-1, 1, -1,
		-1, 1, -1,
		-1, 1, -1, // an upright stroke
	})
	x := nn.NewTensor(2, nn.CHW(1, 6, 6))
	for y := range 6 {
		x.Example(1)[6*y+4] = 1 // the second image has one in column 4
	}
	probe := must(inspect.New(m))
	best := probe.Exciting(x, 0, 1)[0] // of kernel 0
	fmt.Println("image", best[0].Example, "columns from", best[0].Window.X, "size", best[0].Window.Size)
	fmt.Println(inspect.Patches(x, best))
	fmt.Println("share of the best that there is:", probe.Reach(x, 0))
	// Output:
	// image 1 columns from 3 size 3
	// [[0 1 0 0 1 0 0 1 0]]
	// share of the best that there is: [1]
}

// Which pixels speak for a class, asked in four ways. Of a linear network they
// are its weights, or what those make of the pixels.
func ExampleProbe_Saliency() {
	m := must(nn.New(1, nn.CHW(1, 1, 3), nn.Linear{Out: 2}))
	copy(m.Param("0.linear.W").Data, []float32{
		0.5, -1, 2,
		0, 0, 1,
	})
	probe := must(inspect.New(m))
	x := nn.NewTensor(1, nn.CHW(1, 1, 3))
	copy(x.Data, []float32{1, 1, 0})
	class := []uint16{0}

	fmt.Println("gradient:        ", probe.Saliency(x, class).Data)
	fmt.Println("gradient × pixel:", probe.GradientTimesInput(x, class).Data)
	fmt.Println("occlusion:       ", inspect.Occlusion{Size: 1, Stride: 1}.Of(probe, x, class).Data)
	fmt.Println("SmoothGrad:      ", inspect.SmoothGrad{Samples: 4, Seed: 1}.Of(probe, x, class).Data)
	// Output:
	// gradient:         [0.5 -1 2]
	// gradient × pixel: [0.5 -1 0]
	// occlusion:        [0.5 -1 0]
	// SmoothGrad:       [0.5 -1 2]
}

// The images that a network likes best, as they come and held to what digits
// have in common.
func ExampleMaximize() {
	probe := must(inspect.New(trained(1)))
	classes := []uint16{3, 8}
	for _, way := range []inspect.Maximize{{Steps: 30}, inspect.Natural} {
		images := way.Images(probe, classes)
		fmt.Println(images.N, "images of", images.Shape, "read as meant:", probe.Accuracy(images, classes) == 1)
	}
	// Output:
	// 2 images of 1×28×28 read as meant: true
	// 2 images of 1×28×28 read as meant: true
}

// Kernels as pictures: how strong and how rough each is, and the strongest
// first, all of the same strength.
func ExampleMaps() {
	kernels := inspect.Maps(trained(1).Param("0.conv2d.W"))
	strength := inspect.Norms(kernels)
	order := inspect.Largest(strength, 2)
	shown := inspect.Unit(inspect.Pick(kernels, order))
	fmt.Println(len(kernels), "kernels of", len(kernels[0]), "weights,", len(shown), "shown")
	fmt.Printf("lengths of those %.2f\n", inspect.Norms(shown))

	board := []float32{1, -1, 1, -1, 1, -1, 1, -1, 1}
	ramp := []float32{1, 2, 3, 1, 2, 3, 1, 2, 3}
	fmt.Printf("roughness %.2f\n", inspect.TotalVariations([][]float32{board, ramp}, 3, 3, 0))
	// Output:
	// 4 kernels of 25 weights, 2 shown
	// lengths of those [1.00 1.00]
	// roughness [4.00 0.50]
}

// Is a unit with a smooth picture read more strongly by the layer above?
func ExampleColumns() {
	m := must(nn.New(1, nn.CHW(1, 28, 28), nn.MLP([]int{16}, nn.ReLU{}, 10, 0)...))
	rough := inspect.TotalVariations(inspect.Maps(m.Param("0.linear.W")), 28, 28, 4)
	read := inspect.Norms(inspect.Columns(m.Param("2.linear.W")))
	fmt.Println(len(rough), "units,", len(read), "lengths")
	fmt.Printf("mean roughness of noise %.1f\n", inspect.Average(rough))
	fmt.Println("hardly correlated before training:", inspect.Correlation(rough, read) < 0.7)
	// Output:
	// 16 units, 16 lengths
	// mean roughness of noise 2.8
	// hardly correlated before training: true
}

// An oriented wave under a Gaussian, fitted to a kernel.
func ExampleFitGabor() {
	kernel := inspect.Gabor{Angle: 45, Wavelength: 6, Across: 1.5, Along: 2, Odd: 1}.Map(7, 7)
	g := inspect.FitGabor(kernel, 7, 7)
	fmt.Printf("stripes at %.0f°, %.0f pixels apart, explain %.2f\n", g.Angle, g.Wavelength, g.R2)
	// Output:
	// stripes at 45°, 6 pixels apart, explain 1.00
}

// Of several kernels, those that a Gabor explains best.
func ExampleFitGabors() {
	kernels := [][]float32{
		{0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0},
		inspect.Gabor{Angle: 90, Wavelength: 5, Across: 1.2, Along: 2, Even: 1}.Map(5, 5),
	}
	fits := inspect.FitGabors(kernels, 5, 5)
	best := inspect.Largest(inspect.Explained(fits), 1)[0]
	fmt.Printf("kernel %d, stripes at %.0f°\n", best, fits[best].Angle)
	// Output:
	// kernel 1, stripes at 90°
}

// The direction along which a kernel changes least.
func ExampleOrientationOf() {
	upright := []float32{
		-1, 2, -1,
		-1, 2, -1,
		-1, 2, -1,
	}
	fmt.Printf("%+v\n", inspect.OrientationOf(upright, 3, 3))
	// Output:
	// {Angle:90 Strength:1}
}

// Units have no order: the kernels of two networks are compared in the order
// that fits best, and may stand a pixel further up.
func ExamplePair() {
	left := []float32{1, 0, 0, 1, 0, 0, 1, 0, 0}
	middle := []float32{0, 1, 0, 0, 1, 0, 0, 1, 0}
	top := []float32{1, 1, 1, 0, 0, 0, 0, 0, 0}
	for shift := range 2 {
		fmt.Printf("moved by up to %d: %.0f\n", shift, inspect.Similarity(left, middle, 3, 3, shift))
	}

	p := inspect.Pair([][]float32{left, top}, [][]float32{top, middle}, 3, 3, 1)
	fmt.Printf("partners %v, similarity %.0f\n", p.Partner, p.Similarity)
	// Output:
	// moved by up to 0: 0
	// moved by up to 1: 1
	// partners [1 0], similarity [1 1]
}

// What training made of the kernels, beside what they began as.
func ExampleRead() {
	r := inspect.Read([]*nn.Model{trained(1), trained(2)}, "0.conv2d.W")
	fmt.Println("turned a little:", r.Kept > 0.5 && r.Kept < 1)

	begun := inspect.Fresh(trained(1))
	r = inspect.Read([]*nn.Model{begun}, "0.conv2d.W")
	fmt.Println("not turned:", r.Kept > 0.999, "one network has no match:", r.Matched)
	// Output:
	// turned a little: true
	// not turned: true one network has no match: NaN
}

// A picture that claims to explain a network must change with its weights.
func ExampleSanityCheck() {
	x, labels := digits(4)
	explain := func(p *inspect.Probe) *nn.Tensor { return p.Saliency(x, labels) }
	left, err := inspect.SanityCheck([]*nn.Model{trained(1)}, 7, explain)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("with 0 layers drawn anew %.2f is left\n", left[0])
	fmt.Println("with all of them less:", left[2][0] < 0.5)

	// The same by hand: the last layer drawn anew, the kernels as they were.
	m := trained(1)
	anew := inspect.Randomized(m, 1, 7)
	fmt.Println("kernels kept:", slices.Equal(anew.Param("0.conv2d.W").Data, m.Param("0.conv2d.W").Data))
	// Output:
	// with 0 layers drawn anew [1.00] is left
	// with all of them less: true
	// kernels kept: true
}
