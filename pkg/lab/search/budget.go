package search

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Budget is how much a search may make, by one of three measures. Runs and epochs
// that are in the store already count, so that a search means the same whenever it
// is made; time is that of now.
type Budget struct {
	Runs, Epochs int
	Time         time.Duration
}

// String is "30runs", "60epochs" or "10m0s", and "" for no budget.
func (b Budget) String() string {
	switch {
	case b.Runs > 0:
		return fmt.Sprint(b.Runs, "runs")
	case b.Epochs > 0:
		return fmt.Sprint(b.Epochs, "epochs")
	case b.Time > 0:
		return b.Time.String()
	}
	return ""
}

// Set reads 30runs, 60epochs, 10m or 1h30m; a number alone counts runs.
func (b *Budget) Set(text string) error {
	wrong := fmt.Errorf("want 30runs, 60epochs or a time as 10m, of 1 to %d", mostBudget)
	text = strings.ToLower(strings.ReplaceAll(text, " ", ""))
	i := strings.IndexFunc(text, func(c rune) bool { return c < '0' || c > '9' })
	if i < 0 {
		i = len(text)
	}
	n, err := strconv.Atoi(text[:i])
	var read Budget
	switch unit := text[i:]; unit {
	case "", "run", "runs":
		read.Runs = n
	case "epoch", "epochs":
		read.Epochs = n
	default:
		n = 1
		read.Time, err = time.ParseDuration(strings.Replace(text, "min", "m", 1))
	}
	if err != nil || n < 1 || n > mostBudget || read.Time < 0 || read == (Budget{}) {
		return wrong
	}
	*b = read
	return nil
}

// mostBudget is more runs than a store should hold.
const mostBudget = 100_000
