package embed_test

import (
	"fmt"
	"math"

	"inkling/pkg/embed"
)

// clouds are n rows of 3 values around each of two places, and which they are of.
func clouds(n int) (rows []float32, labels []uint16) {
	for i := range 2 * n {
		at := float64(i)
		place := 10 * float64(i%2)
		rows = append(rows, float32(place+math.Sin(at)), float32(place+math.Cos(at)), float32(math.Sin(3*at)/2))
		labels = append(labels, uint16(i%2))
	}
	return rows, labels
}

// Rows of a layer in the plane: the axes along which they differ most, and how
// much of their variance those hold.
func ExamplePlane() {
	rows, _ := clouds(20)
	points, explained, err := embed.Plane(rows, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(points), "points")
	fmt.Printf("%.0f %% of the variance along the first axis\n", 100*explained[0])
	fmt.Println("the two clouds on its two sides:", points[0][0]*points[1][0] < 0)
	// Output:
	// 40 points
	// 99 % of the variance along the first axis
	// the two clouds on its two sides: true
}

// The rows of a layer before a training and after it, on the axes of what it came to.
func ExamplePlanes() {
	after, _ := clouds(20)
	before := make([]float32, len(after)) // all alike
	points, explained, err := embed.Planes(after, 3, before, after)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("before, all in one place:", points[0][0] == points[0][1])
	fmt.Println("after, apart:", points[1][0][0]*points[1][1][0] < 0)
	fmt.Printf("%.0f %% of the variance along the first axis\n", 100*explained[0])
	// Output:
	// before, all in one place: true
	// after, apart: true
	// 99 % of the variance along the first axis
}

// Any number of axes, and rows as they are.
func ExamplePCA() {
	rows := []float32{ // four rows of two values on a line
		1, 2,
		2, 4,
		3, 6,
		4, 8,
	}
	projected, explained, err := embed.PCA(rows, 2, 1)
	fmt.Printf("%.2f explain %.2f, %v\n", projected, explained, err)
	// Output:
	// [-3.35 -1.12 1.12 3.35] explain [1.00], <nil>
}

// Neighbours stay neighbours. Nothing is random: equal rows give equal points.
func ExampleTSNE() {
	rows, _ := clouds(20)
	tsne := embed.TSNE{Perplexity: 5, Iterations: 100}
	points, err := tsne.Embed(rows, 3)
	again, _ := tsne.Embed(rows, 3)
	fmt.Println(len(points), "points", err)
	fmt.Println("the same again:", points[7] == again[7])
	// Output:
	// 40 points <nil>
	// the same again: true
}

// Does a layer put images of one class beside each other?
func ExampleKNNAccuracy() {
	rows, labels := clouds(20)
	share, err := embed.KNNAccuracy(rows, 3, labels, 5)
	fmt.Printf("%.0f %% have neighbours of their own class, %v\n", 100*share, err)
	// Output:
	// 100 % have neighbours of their own class, <nil>
}

// The rows of one matrix that are nearest to those of another: training images
// beside a test image.
func ExampleNearest() {
	known, _ := clouds(20)
	found, err := embed.Nearest([]float32{10, 10, 0}, known, 3, 2)
	fmt.Println(len(found[0]), "neighbours of one row,", err)
	fmt.Println("of the cloud around 10:", found[0][0]%2 == 1, found[0][1]%2 == 1)
	// Output:
	// 2 neighbours of one row, <nil>
	// of the cloud around 10: true true
}
