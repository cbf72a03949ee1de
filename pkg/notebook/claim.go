package notebook

import (
	"fmt"
	"io"
	"os"
	"strings"

	"inkling/pkg/lab"
)

// Claim says a sentence that numbers bear out or refute, and which of the two it is.
// The text is that of an [Answer], in one line, and holds is the condition of its words:
//
//	notebook.Claim(q1, gap < spread, "The gap of {gap} points is smaller than the seeds' spread.",
//		notebook.Values{"gap": gap})
//
// A claim is about a full run of the notebook as it stands, on MNIST. Other values, a budget,
// quick settings, other data, and whatever $INKLING_UNDECIDED names leave it not
// decided; a false one fails ./scripts/report.
func Claim(l *lab.Lab, holds bool, text string, values Values) {
	if err := claim(os.Stdout, undecided(l), holds, text, values); err != nil {
		stop(err)
	}
}

// undecided is why a run decides no claim, "" if it does.
func undecided(l *lab.Lab) string {
	switch why := os.Getenv("INKLING_UNDECIDED"); {
	case why != "":
		return why
	case l.Departs() != "":
		return l.Departs()
	case l.Quick:
		return "quick settings"
	case !OnMNIST(l):
		return "other data"
	}
	return ""
}

// claim writes what the report looks for: see claims in scripts/runner/outputs.py.
func claim(w io.Writer, why string, holds bool, text string, values Values) error {
	s, err := fill(text, values)
	if err != nil {
		return err
	}
	if s = strings.TrimSpace(s); s == "" || strings.Contains(s, "\n") {
		return fmt.Errorf("claim: %.60q, want one sentence in one line", s)
	}
	verdict := If(holds, "true", "false")
	if why != "" {
		verdict = "not decided by this run: " + why
	}
	_, err = fmt.Fprintf(w, "claim (%s): %s\n", strings.NewReplacer("(", "", ")", "", "\n", " ").Replace(verdict), s)
	return err
}
