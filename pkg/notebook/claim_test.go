package notebook

import (
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
)

func TestClaim(t *testing.T) {
	for _, c := range []struct {
		why, text string
		holds     bool
		want      string // or what the error says
	}{
		{"", "The gap is {gap}.", true, "claim (true): The gap is 0.12.\n"},
		{"", "The gap is {gap}.\n", false, "claim (false): The gap is 0.12.\n"},
		{"quick settings", "The gap is {gap}.", false, "claim (not decided by this run: quick settings): The gap is 0.12.\n"},
		{"lr (0.1)\nmore", "The gap is {gap}.", true, "claim (not decided by this run: lr 0.1 more): The gap is 0.12.\n"},
		{"", "{gap}\nand more", true, "one line"},
		{"", "nothing", true, "no {gap}"},
	} {
		var b strings.Builder
		err := claim(&b, c.why, c.holds, c.text, Values{"gap": 0.123})
		got := b.String()
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// What is no full run on MNIST decides nothing.
func TestUndecided(t *testing.T) {
	t.Setenv("INKLING_UNDECIDED", "")
	if lab.Variant() != "" {
		t.Skip("another test has given values, for good")
	}
	d := &data.Dataset{Name: "MNIST", Train: data.Synthetic("train", 1, 0, 60), Test: data.Synthetic("test", 1, 60, 10)}
	if why := undecided(lab.New("q", d, t.TempDir(), false)); why != "other data" {
		t.Errorf("data called MNIST decide: %q", why)
	}
	if why := undecided(lab.New("q", d, t.TempDir(), true)); why != "quick settings" {
		t.Errorf("a quick run decides: %q", why)
	}
	if real, err := data.Open(t.Context(), "mnist"); err == nil {
		full := lab.New("q", real, t.TempDir(), false)
		if why := undecided(full); why != "" {
			t.Errorf("a full run on MNIST does not decide: %q", why)
		}
		t.Setenv("INKLING_UNDECIDED", "epochs 1")
		if why := undecided(full); why != "epochs 1" {
			t.Errorf("a changed setting decides: %q", why)
		}
	}
}
