package lab

import (
	"flag"
	"strings"
	"testing"
)

// forgetGiven is a process to which nobody has given anything.
func forgetGiven(t *testing.T) {
	t.Helper()
	clear := func() { chosen.read, chosen.values, chosen.err = false, map[string]any{}, nil }
	clear()
	t.Cleanup(clear)
}

// Values are judged by the parser of the flags, before anything runs.
func TestParseGiven(t *testing.T) {
	values, err := ParseGiven("lr=0.05", "--epochs=1_0", "hidden=64,32", "gamma=0.3")
	if err != nil || values["lr"] != 0.05 || values["epochs"] != 10 || values["hidden"] != "64,32" || len(values) != 4 {
		t.Errorf("%v, %v", values, err)
	}
	for word, want := range map[string]string{
		"lr":            `"lr", want NAME=VALUE with one of activation, batch`,
		"leraning=1":    `unknown value "leraning"`,
		"lt=1":          `did you mean lr?; known: activation, batch, `,
		"name=x":        "known: ",
		"fork=x@1":      "known: ",
		"epochs=many":   "epochs",
		"epochs=0":      "epochs 0, want 1 to",
		"lr=-1":         "lr -1, want",
		"optimizer=sdg": "did you mean sgd?",
		"hidden=":       "hidden",
		"momentum=2":    "Momentum 2, want",
	} {
		if values, err := ParseGiven(word); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, %v, want %s", word, values, err, want)
		}
	}
}

// What is given wins over the defaults and over the %% line, in the flags' variables
// as in the configuration; INKLING_SET wins over Give; a Hyper of a program's own does
// not listen.
func TestGivenReachesTheFlags(t *testing.T) {
	forgetGiven(t)
	t.Setenv("INKLING_SET", "lr=0.05")
	if err := Give("lr=0.2", "epochs=3", "hidden=7"); err != nil {
		t.Fatal(err)
	}
	if said := Variant(); said != "epochs=3, hidden=7, lr=0.05" {
		t.Errorf("said %q", said)
	}
	h := Hyper{Hidden: "5", Activation: "relu", Optimizer: "sgd", LR: 0.1, Schedule: "constant", Batch: 10, Epochs: 1, Seed: 1}
	alone := h
	h.cell = true
	l := testLab(t, t.TempDir())
	c := must(h.Config(l))
	if c.Epochs != 3 || !strings.Contains(c.Name, "784-7-10 sgd lr 0.05") {
		t.Errorf("a cell without a line: %+v", c)
	}
	if c := must(alone.Config(l)); c.Epochs != 1 {
		t.Errorf("a program's own: %+v", c)
	}
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	h.Register(fs)
	if _, err := Line("%%", fs).Parse([]string{"--lr=0.9", "--batch=20"}); err != nil {
		t.Fatal(err)
	}
	if err := takeGiven(fs); err != nil || h.LR != 0.05 || h.Epochs != 3 || h.Batch != 20 {
		t.Errorf("%v, %+v", err, h)
	}
}

func TestGivenTellsWhatIsWrong(t *testing.T) {
	forgetGiven(t)
	t.Setenv("INKLING_SET", "lr=much")
	if v, err := Given("epochs"); err == nil || !strings.HasPrefix(err.Error(), "INKLING_SET: --lr") {
		t.Errorf("%v, %v", v, err)
	}
}
