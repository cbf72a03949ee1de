package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/inspect"
)

// networks are one of each kind that reports draw for.
func networks(t *testing.T) map[string]*network {
	t.Helper()
	all := map[string]*network{}
	for name, layers := range map[string][]nn.Layer{
		"mlp": nn.MLP([]int{64, 64}, nn.ReLU{}, 10, 0),
		"cnn": {
			nn.Conv2D{Filters: 8, Kernel: 5, NoBias: true}, nn.MaxPool2D{Kernel: 2}, nn.BatchNorm{}, nn.ReLU{},
			nn.Conv2D{Filters: 16, Kernel: 5}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
			nn.Linear{Out: 32, NoBias: true}, nn.BatchNorm{}, nn.ReLU{}, nn.Dropout{P: 0.3}, nn.Linear{Out: 10},
		},
		"dropout first": {nn.Dropout{P: 0.2}, nn.Linear{Out: 32}, nn.ReLU{}, nn.Linear{Out: 10}},
	} {
		m, err := nn.New(1, nn.CHW(1, side, side), layers...)
		if err != nil {
			t.Fatal(err)
		}
		if all[name], err = newNetwork(m); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func noise(n int) []uint8 {
	rng := rand.New(rand.NewPCG(1, 2))
	images := make([]uint8, n*side*side)
	for i := range images {
		images[i] = uint8(rng.UintN(256))
	}
	return images
}

func TestStages(t *testing.T) {
	want := map[string][]nn.Shape{
		"mlp":           {nn.Vec(64), nn.Vec(64)},
		"cnn":           {nn.CHW(8, 12, 12), nn.CHW(16, 4, 4), nn.Vec(32)},
		"dropout first": {nn.Vec(32)},
	}
	for name, n := range networks(t) {
		var shapes []nn.Shape
		for _, s := range n.stages {
			shapes = append(shapes, n.probe.Shape(s))
		}
		if !slices.Equal(shapes, want[name]) {
			t.Errorf("%s: stages %v, want %v", name, shapes, want[name])
		}
	}
}

// TestAnswer holds what a page shows to the model and to package inspect.
func TestAnswer(t *testing.T) {
	images := noise(3)
	for name, n := range networks(t) {
		logits := n.logits(images)
		for i := range 3 {
			image := images[i*side*side:][:side*side]
			got, own := n.answer(image), logits[10*i:][:10]
			if !slices.Equal(got[:10], own) {
				t.Errorf("%s: logits %v of the probe, %v of the model", name, got[:10], own)
			}
			sum := 0.0
			for _, p := range got[10:20] {
				sum += float64(p)
			}
			if math.Abs(sum-1) > 1e-6 {
				t.Errorf("%s: probabilities of sum %v", name, sum)
			}
			probe, err := inspect.New(n.model)
			if err != nil {
				t.Fatal(err)
			}
			x := tensor(image)
			y := nn.Tensor{N: 1, Shape: nn.Vec(10), Data: own}
			want := probe.Saliency(x, []uint16{uint16(y.Argmax(0))}).Data
			if !slices.Equal(got[len(got)-side*side:], want) {
				t.Errorf("%s: the saliency is not that of package inspect", name)
			}
		}
	}
}

func TestFit(t *testing.T) {
	const w, h = 90, 70
	blank := make([]uint8, w*h)
	if _, ok := fit(blank, w, h); ok {
		t.Error("a sign in nothing")
	}
	// A bar of 8×40, far from the middle: 20 high and 4 wide, its mass in the middle of 28×28.
	for y := 20; y < 60; y++ {
		for x := 70; x < 78; x++ {
			blank[y*w+x] = 255
		}
	}
	m, ok := fit(blank, w, h)
	if !ok {
		t.Fatal("no sign in a bar")
	}
	for y := range side {
		for x := range side {
			want := uint8(0)
			if y >= 5 && y < 25 && x >= 13 && x < 17 {
				want = 255
			}
			if m[y*side+x] != want {
				t.Fatalf("pixel %d,%d is %d, want %d", x, y, m[y*side+x], want)
			}
		}
	}
}
