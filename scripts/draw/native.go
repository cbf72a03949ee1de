//go:build !js

// Command draw says what a page with a network in it must show of that: the logits of
// the first test images, to the last bit, and how good they are. It prints JSON.
//
//	INKLING_KERNELS=generic go run ./scripts/draw MODEL
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"inkling/pkg/data"
	"inkling/pkg/nn"
)

func main() {
	images := flag.Int("images", 1000, "how many images of the test set")
	of := flag.String("data", "", "labelled images; empty: those of INKLING_DATA")
	flag.Parse()
	if err := tell(flag.Arg(0), *of, *images); err != nil {
		fmt.Fprintln(os.Stderr, "draw:", err)
		os.Exit(1)
	}
}

// A told is what the page is made of beside the weights.
type told struct {
	Kernels  string // that computed
	Data     string
	Images   []byte // of the test set, 28×28 bytes each
	Labels   []uint16
	Classes  []string
	Logits   []byte // their bits, little-endian
	Accuracy float64
	Weights  int // trained
}

func tell(path, of string, most int) error {
	m, _, err := nn.Load(path)
	if err != nil {
		return err
	}
	net, err := newNetwork(m)
	if err != nil {
		return err
	}
	d, err := data.Open(context.Background(), of)
	if err != nil {
		return err
	}
	if d.Test.Prepared != "mnist" || len(d.Test.Classes) != m.Out().Size() {
		return fmt.Errorf("%s: its images are not prepared as MNIST's, so a drawing cannot be made into one of them", d.Name)
	}
	t := told{Kernels: nn.Kernels(), Weights: m.Weights(), Data: d.Name, Classes: d.Test.Classes}
	test := d.Test.First(most)
	t.Images = test.Pixels[:test.Len()*side*side]
	t.Labels = test.Labels
	logits := net.logits(t.Images)
	t.Logits = bytesOf(logits)
	y := nn.Tensor{N: test.Len(), Shape: m.Out(), Data: logits}
	t.Accuracy = float64(nn.Correct(&y, test.Labels)) / float64(test.Len())
	return json.NewEncoder(os.Stdout).Encode(t)
}
