package data

import "math"

// Majority is the accuracy on the test set of always naming the class that is
// most frequent in the training set.
func (d *Dataset) Majority() float64 {
	counts := d.Train.Counts()
	top := 0
	for class, n := range counts {
		if n > counts[top] {
			top = class
		}
	}
	right := 0
	for _, y := range d.Test.Labels {
		if int(y) == top {
			right++
		}
	}
	return float64(right) / float64(d.Test.Len())
}

// NearestMean is the accuracy on the test set of naming the class whose mean
// training image is nearest, by Euclidean distance: the bar that anything
// trained has to clear. A class without training images is never named.
func (d *Dataset) NearestMean() float64 {
	var means [][]float64
	for class := range d.Train.Counts() {
		means = append(means, d.Train.Mean(class))
	}
	right := 0
	for i, label := range d.Test.Labels {
		nearest, least := -1, math.Inf(1) // of a class without images the distance is NaN
		for class, mean := range means {
			// |x−m|² without |x|², which is the same for all classes.
			distance := 0.0
			for j, v := range d.Test.pixels(i) {
				distance += mean[j] * (mean[j] - 2*float64(v)/255)
			}
			if distance < least {
				nearest, least = class, distance
			}
		}
		if nearest == int(label) {
			right++
		}
	}
	return float64(right) / float64(d.Test.Len())
}
