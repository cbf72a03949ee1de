package data_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"

	"inkling/pkg/data"
)

// From all images to the batches of an epoch: a part is kept for validation,
// the rest comes in a fresh order every epoch.
func Example() {
	all := data.Synthetic("digits", 1, 0, 100) // or (*data.Dataset).Train of data.Open
	train, dev, _ := data.Partition(all, 1, 20)
	fmt.Println(train)
	fmt.Println(dev)

	loader := data.Loader{Set: train, Batch: 32, Seed: 1, Shuffle: true}
	for batch := range loader.Epoch(0) {
		fmt.Println(batch.Len(), "images,", len(batch.X), "pixels")
	}
	// Output:
	// train: 80 images of 28×28
	// dev: 20 images of 28×28
	// 32 images, 25088 pixels
	// 32 images, 25088 pixels
	// 16 images, 12544 pixels
}

// Digits written by this package: an image is a function of the seed and its
// number, and every ten of them hold each digit once.
func ExampleSynthetic() {
	digits := data.Synthetic("digits", 7, 0, 20)
	fmt.Println(digits.Counts())

	again := data.Synthetic("digits", 7, 10, 10)
	fmt.Println(bytes.Equal(again.Pixels, digits.Pixels[10*28*28:]))
	// Output:
	// [2 2 2 2 2 2 2 2 2 2]
	// true
}

// What Open returns on a machine without MNIST and without a network.
func ExampleLoadSynthetic() {
	digits := data.LoadSynthetic()
	fmt.Println(digits.Name, digits.Train.Len(), digits.Test.Len())
}

// Part of a set in the proportions of all of it; one class of it; and what
// anything trained has to beat.
func ExampleSet() {
	digits := data.Synthetic("digits", 1, 0, 200)
	few := digits.Draw(30, 1)
	threes := digits.OfClass(3, 5)
	fmt.Println(few.Counts(), threes.Labels)

	d := data.Dataset{Train: digits, Test: data.Synthetic("test", 1, 200, 100)}
	fmt.Printf("always the same digit: %.0f %%\n", 100*d.Majority())
	fmt.Println("nearest mean image above half:", d.NearestMean() > 0.5)
	// Output:
	// [3 3 3 3 3 3 3 3 3 3] [3 3 3 3 3]
	// always the same digit: 10 %
	// nearest mean image above half: true
}

// An order that depends on the seed and the epoch alone, so that a run that is
// continued, or read from the middle, sees the same images.
func ExampleLoader() {
	digits := data.Synthetic("digits", 1, 0, 10)
	loader := data.Loader{Set: digits, Batch: 4, Seed: 1, Shuffle: true, DropLast: true}
	fmt.Println(loader.Steps(), "batches")
	for _, epoch := range []int{0, 1, 0} {
		for batch := range loader.Epoch(epoch) {
			fmt.Println(epoch, batch.Index)
		}
	}
	// Output:
	// 2 batches
	// 0 [7 5 6 8]
	// 0 [1 3 9 4]
	// 1 [6 2 0 1]
	// 1 [4 9 7 3]
	// 0 [7 5 6 8]
	// 0 [1 3 9 4]
}

// What is done to an image anew in every epoch.
func ExampleAugment() {
	a := data.Augment{Shift: 2, Rotate: 10, Scale: 0.1, Elastic: data.Elastic{Alpha: 8, Sigma: 4}}
	fmt.Println(a)
	fmt.Println(a.Times(0.5))
	fmt.Println(data.Augment{})

	loader := data.Loader{Set: data.Synthetic("digits", 1, 0, 8), Batch: 8, Augment: a}
	for batch := range loader.Epoch(0) {
		fmt.Println(batch.Len(), "images")
	}
	// Output:
	// shift ±2 px, rotate ±10°, scale ±0.1, elastic α 8 σ 4
	// shift ±1 px, rotate ±5°, scale ±0.05, elastic α 4 σ 4
	// none
	// 8 images
}

// On crossing lines one sees what is done to the plane.
func ExampleLattice() {
	grid := data.Lattice(1)
	turned := data.Augment{Rotate: 30}.Materialize(grid, 1, 1)
	fmt.Println(turned.Len(), "image, changed:", turned.Fingerprint() != grid.Fingerprint())
	// Output:
	// 1 image, changed: true
}

// The same images changed in fixed ways that a reader would hardly mind: how
// much of its accuracy does a network keep?
func ExampleStress() {
	for _, set := range data.Stress(data.Synthetic("test", 1, 0, 10)) {
		fmt.Println(set.Name)
	}
	// Output:
	// as it is
	// +20°
	// −20°
	// 3 px right
	// 3 px down
	// × 0.75
	// × 1.25
	// shear 25°
	// elastic
	// noise
}

// A flag for every field, with its value as the default: in a notebook, a global
// variable whose flags stand on the %% line of a cell.
func ExampleAugmentFlags() {
	augment := data.AugmentFlags(data.Augment{Shift: 2})
	flag.Parse()
	fmt.Println(augment)
}

func ExampleAugment_Register() {
	augment := data.Augment{Shift: 2}
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	augment.Register(flags)
	if err := flags.Parse([]string{"--rotate=12", "--alpha=20", "--sigma=4"}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(augment)
	// Output:
	// shift ±2 px, rotate ±12°, elastic α 20 σ 4
}

// Images of one's own, in colour and with classes of one's own: a Set is its fields.
func ExampleSet_own() {
	traffic := data.Set{
		Name: "lights", C: 3, H: 1, W: 2, Classes: []string{"stop", "go"},
		Pixels: []uint8{
			255, 255, 0, 0, 0, 0, // red, green and blue of the first image
			0, 0, 255, 255, 0, 0,
		},
		Labels: []uint16{0, 1},
	}
	fmt.Println(traffic.Check(), &traffic)
	r, g, b, _ := traffic.Image(1).At(0, 0).RGBA()
	fmt.Println(traffic.Classes[traffic.Labels[1]], r>>8, g>>8, b>>8)

	traffic.Classes = data.Numbered(2) // classes without names are called 0, 1, …
	traffic.Labels[1] = 2
	fmt.Println(traffic.Check())
	// Output:
	// <nil> lights: 2 images of 3×1×2
	// go 0 255 0
	// data: lights: label 2 at index 1, allowed 0 to 1
}

// Any labelled images: here a table as competitions have it, with a label and the
// pixels of an image in a row.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	table := "label,pixel0,pixel1,pixel2,pixel3\n" + strings.Repeat("ant,0,9,0,9\nbee,200,0,200,0\n", 70)
	os.WriteFile(filepath.Join(dir, "train.csv"), []byte(table), 0o644)

	path := filepath.Join(dir, "train.csv")
	d, err := data.Open(context.Background(), path+",test=0.2")
	fmt.Println(strings.ReplaceAll(d.String(), dir, "…"), err)
	fmt.Println(d.Train.Classes[d.Train.Labels[1]], d.Train.Pixels[4:8])

	_, err = data.Open(context.Background(), path+",tranpose")
	fmt.Println(strings.ReplaceAll(err.Error(), dir, "…"))
	// Output:
	// train test=0.2: 112 training and 28 test images of 2×2 in 2 classes, ant, bee (from …/train.csv,test=0.2; 28 of 140 images split off for the test, 20 % of each class, by seed 1) <nil>
	// bee [200 0 200 0]
	// data: …/train.csv: option "tranpose", CSV allows split=NAME, label=first|last, shape=HxW, max=N, transpose=yes|no, format=NAME, size=HxW, gray, rgb, invert, test=SHARE, seed=N
}

// A stroke of a pen in a photograph becomes an image as MNIST's are: the longer side
// of its ink measures 20 of 28 pixels.
func ExamplePrepare() {
	page := image.NewGray(image.Rect(0, 0, 120, 160))
	for i := range page.Pix {
		page.Pix[i] = uint8(220 - i%120/4) // light from the left
	}
	for y := 30; y < 120; y++ {
		for x := range 9 {
			page.SetGray(60-y/6+x, y, color.Gray{20})
		}
	}
	sign, err := data.Prepare(page)
	if errors.Is(err, data.ErrBlank) {
		fmt.Println("a blank page")
		return
	}
	top, bottom := 28, 0
	for i, v := range sign.Image.Pix {
		if v > 0 {
			top, bottom = min(top, i/28), max(bottom, i/28+1)
		}
	}
	fmt.Println("ink in", sign.Box, "prepared in", sign.Image.Bounds().Max, "with", bottom-top, "rows of ink")
	// Output:
	// ink in (41,30)-(64,120) prepared in (28,28) with 20 rows of ink
}
