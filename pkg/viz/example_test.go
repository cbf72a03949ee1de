package viz_test

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"inkling/pkg/viz"
)

// Loss and accuracy of two runs side by side, one legend for both.
func Example() {
	epochs := []float64{1, 2, 3, 4, 5}
	loss := viz.Curves{Title: "Loss", X: "epoch", Y: "cross-entropy", LogY: true, Series: []viz.Series{
		{Group: "784-600-10", Name: "train", Dashed: true, X: epochs, Y: []float64{.31, .14, .09, .06, .04}},
		{Group: "784-600-10", Name: "dev", X: epochs, Y: []float64{.17, .12, .1, .09, .09}, Best: viz.Min},
	}}
	accuracy := viz.Curves{Title: "Accuracy", X: "epoch", Y: "accuracy", Series: []viz.Series{
		{Group: "784-600-10", Name: "dev", X: epochs, Y: []float64{.951, .965, .971, .974, .974}, Best: viz.Max},
	}}
	viz.Show(viz.Panels{
		Title:   "Question 1",
		Figures: []viz.Figure{loss, accuracy},
		Note:    "MNIST, 50,000 train and 10,000 dev images, seed 1.",
	})
}

// Outside a notebook a table is printed as text.
func ExampleTable() {
	viz.Show(viz.Table{
		Columns: []string{"structure", "weights", "dev", "seconds"},
		Rows: [][]any{
			{"784-600-10", 4770, 0.9712, 12.3},
			{"784-512-256-10", 5358, 0.9801, nil},
		},
	})
	// Output:
	// structure       weights     dev  seconds
	// ──────────────  ───────  ──────  ───────
	// 784-600-10         4770  0.9712     12.3
	// 784-512-256-10     5358  0.9801
}

// A column may say how its values are written.
func ExampleNewTable() {
	table := viz.NewTable("Heads of 784-256-10", "loss", "dev error %|%.2f", "runs")
	table.Add("cross-entropy", 2.031, 3)
	table.Add("squared error", 2.4, 3)
	fmt.Print(table.Markdown())
	// Output:
	// | loss | dev error % | runs |
	// |---|--:|--:|
	// | cross-entropy | 2.03 | 3 |
	// | squared error | 2.40 | 3 |
}

// A figure is a value. Alt says in words what it shows, for those who cannot see
// it; Save takes the format from the name.
func ExampleSave() {
	f := viz.Curves{Title: "Loss", X: "epoch", Y: "cross-entropy", Series: []viz.Series{
		{Name: "dev", Y: []float64{.42, .31, .27, .29}, Best: viz.Min},
	}}
	fmt.Println(f.Alt())

	dir, err := os.MkdirTemp("", "figures")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	fmt.Println(viz.Save(filepath.Join(dir, "loss.svg"), f))
	fmt.Println(viz.Save("loss.jpeg", f))
	// Output:
	// Line chart: Loss. cross-entropy against epoch. dev: best 0.2700 at 3, last 0.2900.
	// <nil>
	// viz: loss.jpeg: format ".jpeg", want .png, .svg or .pdf
}

// A paragraph keeps its place between figures.
func ExampleText() {
	viz.Show(
		viz.Text("Three seeds each:"),
		viz.Table{Columns: []string{"rate", "dev error %"}, Rows: [][]any{{0.1, 2.1}, {0.3, 1.9}}},
	)
	// Output:
	// Three seeds each:
	// rate  dev error %
	// ────  ───────────
	//  0.1          2.1
	//  0.3          1.9
}

// A plot of gonum's own is shown like any figure of this package.
func ExamplePlot() {
	p := plot.New()
	p.Title.Text = "A parabola"
	p.Add(plotter.NewFunction(func(x float64) float64 { return x * x }))
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -1, 1, 0, 1
	viz.Show(viz.Plot{Drawer: p, Title: "A parabola"})
}

// An image is shown as it is.
func ExamplePicture() {
	m := image.NewGray(image.Rect(0, 0, 256, 64))
	for x := range 256 {
		for y := range 64 {
			m.SetGray(x, y, color.Gray{Y: uint8(x)})
		}
	}
	f := viz.Picture{Image: m, Title: "From paper to ink", Width: 320}
	fmt.Println(f.Alt())
	// Output:
	// Picture: From paper to ink
}

// Which digit is read as which: only the errors are coloured.
func ExampleConfusion() {
	f := viz.Confusion{
		Title: "Threes, fives and eights",
		Names: []string{"3", "5", "8"},
		Counts: [][]int{ // Counts[truth][predicted]
			{95, 3, 2},
			{6, 90, 4},
			{1, 0, 99},
		},
	}
	fmt.Println(f.Alt())
	for _, pair := range f.Pairs(2) {
		fmt.Println(f.Names[pair.True], "read as", f.Names[pair.Predicted], pair.Count, "times")
	}
	// Output:
	// Confusion matrix: Threes, fives and eights. Right: 284 of 300 (94.67 %). Most frequent errors: 5 read as 3: 6, 5 read as 8: 4, 3 read as 5: 3, 3 read as 8: 2, 8 read as 3: 1.
	// 5 read as 3 6 times
	// 5 read as 8 4 times
}

// In a notebook's page a click on a number of the matrix shows images that it counts.
func ExampleConfusionImages() {
	five := image.NewGray(image.Rect(0, 0, 28, 28))
	f := viz.ConfusionImages{
		Confusion: viz.Confusion{
			Title:  "Threes and fives",
			Names:  []string{"3", "5"},
			Counts: [][]int{{95, 5}, {6, 94}},
		},
		Examples: []viz.Example{{
			Name: "test image 17", Image: five,
			True: 1, Predicted: 0, Probabilities: []float32{0.7, 0.3},
			Near: []viz.Tile{{Image: five, Caption: "3"}},
		}},
		NearBy: "nearest training images",
	}
	fmt.Println(f.Alt())
	// Output:
	// Confusion matrix: Threes and fives. Right: 189 of 200 (94.50 %). Most frequent errors: 5 read as 3: 6, 3 read as 5: 5.
}

// A network at three moments of its training. In a notebook's page a slider goes over
// them.
func ExampleEpochs() {
	f := viz.Epochs{
		Title: "Threes and fives", Names: []string{"3", "5"}, Labels: []uint16{0, 1},
		H: 1, W: 2, Kernels: "one kernel", Points: "two dev images", Confused: "200 dev images",
	}
	for i, wrong := range []int{100, 20, 4} {
		moved := float64(i)
		f.Moments = append(f.Moments, viz.Moment{
			Tick: fmt.Sprint(i), Told: fmt.Sprintf("after %d epochs: %d wrong", i, wrong),
			Kernels: [][]float32{{float32(i), -float32(i)}},
			Counts:  [][]int{{100, 0}, {wrong, 100 - wrong}},
			Points:  [][2]float64{{-moved, 0}, {moved, 0}},
		})
	}
	fmt.Println(f.Alt())
	// Output:
	// A network at 3 moments of its training: Threes and fives. After 0 epochs: 100 wrong. After 2 epochs: 4 wrong.
}

// How often a network is right when it says how sure it is.
func ExampleReliability() {
	f := viz.Reliability{
		Title:      "Dev images",
		Confidence: []float64{.95, .97, .92, .55, .58, .52, .99, .91}, // of the predicted class
		Right:      []bool{true, true, false, true, false, false, true, true},
		Bins:       10,
	}
	fmt.Println(f.Alt())
	// Output:
	// Reliability diagram: Dev images. Accuracy against confidence for 8 predictions, expected calibration error 0.1738.
}

// Outputs by layer. Exact zeros, a ReLU at rest, are given as a share.
func ExampleHistograms() {
	f := viz.Histograms{Title: "Outputs", X: "output", Rows: []viz.Distribution{
		{Name: "0.linear", Values: []float32{-1.5, -.5, 0, .5, 1.5, 2}},
		{Name: "1.relu", Values: []float32{0, 0, 0, .5, 1.5, 2}, Remark: "dead 0 of 6"},
	}}
	fmt.Println(f.Alt())
	// Output:
	// Histograms: Outputs. 0.linear: mean 0.3333, standard deviation 1.179, 16.7 % zero. 1.relu: mean 0.6667, standard deviation 0.7993, 50.0 % zero.
}

// Points in the plane, as PCA or t-SNE of package embed gives them.
func ExampleEmbedding() {
	f := viz.Embedding{
		Title:     "The layer before the last",
		Points:    [][2]float64{{0, 1}, {.1, 1.2}, {2, 0}, {2.2, .1}, {.2, .9}},
		Labels:    []uint16{0, 0, 1, 1, 1},
		Marked:    []bool{false, false, false, false, true},
		Mark:      "misread",
		Explained: []float64{.61, .2},
	}
	fmt.Println(f.Alt())
	// Output:
	// Embedding: The layer before the last. 5 points of 2 classes in the plane, coloured by class.
}

// Small matrices on one colour scale: four kernels of 3×3 before and after.
func ExampleMaps() {
	edge := []float32{-1, 0, 1, -2, 0, 2, -1, 0, 1}
	line := []float32{-1, 2, -1, -1, 2, -1, -1, 2, -1}
	f := viz.Maps{Title: "Kernels", H: 3, W: 3, Diverging: true, Columns: 2, Bar: "weight"}
	f.AddRow("before", [][]float32{make([]float32, 9), make([]float32, 9)})
	f.AddRow("after", [][]float32{edge, line})
	fmt.Println(f.Alt())
	// Output:
	// Maps: Kernels. 4 maps of 3×3 on one colour scale, values -2 to 2.
}

// Weights in the order of a Conv2D with one input channel, cut into kernels.
func ExampleKernels() {
	weights := make([]float32, 4*5*5) // model.Param("0.conv2d.W").Data
	for i := range weights {
		weights[i] = float32(math.Sin(float64(i)))
	}
	f := viz.Kernels("First layer", 5, 5, weights)
	fmt.Println(len(f.Maps), "kernels of", f.H, "×", f.W)
	// Output:
	// 4 kernels of 5 × 5
}

// The kernels of a layer that reads several channels: a row for each filter.
func ExampleFilters() {
	weights := make([]float32, 2*3*5*5) // model.Param("3.conv2d.W").Data
	f := viz.Filters("Second layer", 2, 3, 5, weights)
	fmt.Println(f.Rows, "by", f.Heads)
	// Output:
	// [filter 0 filter 1] by [0 1 2]
}

// What each layer makes of one image. See inspect.Probe.Outputs.
func ExampleFeatureMaps() {
	pixels := make([]float32, 8*8) // x.Example(0), from 0 paper to 1 ink
	for y := range 8 {
		pixels[8*y+4] = 1
	}
	f := viz.FeatureMaps{
		Title: "An upright stroke",
		Image: viz.Ink(8, 8, pixels),
		Layers: []viz.Channels{
			{Name: "0.conv2d", H: 6, W: 6, Data: make([]float32, 3*36)},
			{Name: "3.linear", H: 1, W: 1, Data: make([]float32, 10)},
		},
	}
	fmt.Println(f.Alt())
	// Output:
	// Feature maps: An upright stroke. 0.conv2d: 3 channels of 6×6. 3.linear: 10 values.
}

// Which pixels matter: a row for each image, a column for each way to explain
// it. See inspect.Probe.Saliency.
func ExampleSaliency() {
	pixels := []float32{0, 1, 0, 1, 0, 1, 0, 1} // two images of 2×2
	f := viz.Saliency{Title: "Two images", H: 2, W: 2, Pixels: pixels}
	f.Add("gradient", []float32{.1, -.2, 0, .3, .2, .1, 0, -.1})
	f.Add("occlusion", []float32{0, .5, 0, .4, 0, .2, 0, .6})
	fmt.Println(f.Alt())
	// Output:
	// Saliency maps: Two images. 2 images explained by gradient, occlusion.
}

// Kernels with the pieces of images that excite them most. See
// inspect.Probe.Exciting.
func ExamplePatches() {
	edge := []float32{-1, 0, 1, -1, 0, 1, -1, 0, 1}
	f := viz.Patches{
		Title:   "First layer",
		Size:    3,
		Kernels: [][]float32{edge},
		Best:    [][][]float32{{{0, 0, 1, 0, 0, 1, 0, 0, 1}, {0, .2, 1, 0, .1, .9, 0, 0, 1}}},
	}
	fmt.Println(f.Alt())
	// Output:
	// Kernels and the patches that excite them: First layer. 1 kernel of 3×3.
}

// One value for each point of a grid: a sweep over two hyperparameters.
func ExampleHeat() {
	f := viz.Heat{
		Title: "Dev error %", X: "learning rate", Y: "batch",
		Columns: []string{"0.1", "0.3"}, Rows: []string{"32", "64"},
		Values:  [][]float64{{2.1, 1.9}, {2.4, math.NaN()}}, // NaN: not trained
		Outline: [][2]int{{0, 1}},
	}
	fmt.Println(f.Alt())
	// Output:
	// Heat map: Dev error %. 2 rows, 2 columns (batch by learning rate). Smallest 1.900 at 32, 0.3, largest 2.400 at 64, 0.1.
}

// Mean and standard deviation of repeated measurements, as bars.
func ExampleAcross() {
	f := viz.Bars{Title: "Three seeds each", Y: "dev error %", Names: []string{"SGD", "Adam"}, Series: []viz.Series{
		viz.Across("", [][]float64{{2.0, 2.1, 2.2}, {1.7, 1.8, 1.9}}),
	}}
	fmt.Println(f.Alt())
	// Output:
	// Bar chart: Three seeds each. SGD: 2.100. Adam: 1.800.
}

// A run is whatever has a label and points. The results of package lab are.
type run struct {
	name string
	loss []float64
}

func (r run) Label() string { return r.name }

func (r run) Points(split, metric string) (x, y []float64) {
	if metric == "score" {
		return nil, nil
	}
	for i := range r.loss {
		x = append(x, float64(100*(i+1)))
	}
	return x, r.loss
}

// Loss and accuracy of runs, and how they went down, from whatever can tell its
// points.
func ExampleRun() {
	runs := []run{{"lr 0.1", []float64{.9, .5, .4}}, {"lr 0.3", []float64{.7, .4, .3}}}
	training := viz.Training("Two rates", runs)
	descent := viz.Descent("Two rates", runs)
	for _, f := range append(training.Figures, descent.Figures...) {
		fmt.Println(f.(viz.Curves).Title)
	}
	seeds := viz.Seeds("both", "dev", "loss", runs)
	fmt.Printf("%.2f\n", seeds.Y)
	// Output:
	// loss
	// accuracy
	// learning rate
	// norm of the gradient
	// [0.80 0.45 0.35]
}

// A live view of loss and accuracy, in the look of Training.
func ExampleNewTraining() {
	live := viz.NewTraining("784-256-10")
	defer live.Finish("interrupted")
	const steps = 100
	for step := range steps {
		loss := 1 / float64(step+1)
		live.Point("lr 0.1", "train", "loss", float64(step), loss)
		live.Update(step+1, steps, fmt.Sprintf("loss %.3f", loss))
	}
	live.Finish("done")
}

// A live view for a training loop; defer shows what there is after an interrupt.
func ExampleLive() {
	live := viz.NewLive("784-600-10", viz.Curves{Title: "Loss", X: "step", Y: "cross-entropy", Series: []viz.Series{{Name: "train"}}})
	defer live.Finish("interrupted")
	const steps = 100
	for step := range steps {
		live.Add("Loss", "train", float64(step), 1/float64(step+1))
		live.Update(step+1, steps, "dev .97")
	}
	live.Finish("best dev .97")
}
