package lab

import (
	"strings"
	"testing"

	"inkling/pkg/nn/train"
)

// The log is that of the original report, without a training loss that nobody
// has measured yet.
func TestPrinter(t *testing.T) {
	var log strings.Builder
	p := printer{W: &log}
	for _, e := range []train.Event{
		{Kind: train.Dev, Step: 10, Loss: 2, Score: 0.25}, {Kind: train.Best, Step: 10, Score: 0.25},
		{Kind: train.Train, Step: 20, Loss: 1, Score: 0.5}, {Kind: train.Dev, Epoch: 1, Step: 20, Loss: 1.5, Score: 0.375},
	} {
		p.Tell(e)
	}
	want := "epoch: 0, iteration: 10\n[Dev] loss: 2.00000, score: 0.25000\n" +
		"best accuracy performance has been updated: 0.25000\n" +
		"epoch: 1, iteration: 20\n[Train] loss: 1.00000, score: 0.50000\n[Dev] loss: 1.50000, score: 0.37500\n"
	if log.String() != want {
		t.Errorf("got\n%s\nwant\n%s", log.String(), want)
	}
}
