package data

// Majority is the accuracy on the test set of always naming the class that is
// most frequent in the training set.
func (d *Digits) Majority() float64 {
	counts := d.Train.Counts()
	top := 0
	for class, n := range counts {
		if n > counts[top] {
			top = class
		}
	}
	return float64(d.Test.Counts()[top]) / float64(d.Test.Len())
}

// NearestMean is the accuracy on the test set of naming the class whose mean
// training image is nearest, by Euclidean distance: the bar that anything
// trained has to clear.
func (d *Digits) NearestMean() float64 {
	var means [Classes][]float64
	for class := range means {
		means[class] = d.Train.Mean(class)
	}
	right := 0
	for i, label := range d.Test.Labels {
		nearest, least := 0, 0.0
		for class, mean := range means {
			// |x−m|² without |x|², which is the same for all classes.
			distance := 0.0
			for j, v := range d.Test.pixels(i) {
				distance += mean[j] * (mean[j] - 2*float64(v)/255)
			}
			if class == 0 || distance < least {
				nearest, least = class, distance
			}
		}
		if nearest == int(label) {
			right++
		}
	}
	return float64(right) / float64(d.Test.Len())
}
