package export

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"inkling/pkg/internal/printable"
	"inkling/pkg/nn"
)

// preparations say in words how images were made.
var preparations = map[string]string{
	"":      "as they came",
	"mnist": "as those of MNIST: ink white on black, fitted into a box of 20×20 with its proportions kept, laid into 28×28 with its centre of mass in the middle",
}

// preparation is that of the images.
func (s Subject) preparation() string {
	if text, ok := preparations[s.Prepared]; ok {
		return text
	}
	return printable.Text(s.Prepared)
}

// told are entries of metadata that the card has a line for, in its order.
var told = []struct{ key, words string }{
	{"data", "data"}, {"data_set_sha256", "SHA-256 of the training set"}, {"question", "question"}, {"run", "run"}, {"name", "name"},
	{"step", "step of the best score"}, {"dev_accuracy", "dev accuracy"}, {"dev_loss", "dev loss"},
}

// tells is an entry of the metadata in words: a share is told in %.
func (s Subject) tells(key string) string {
	v := s.Meta[key]
	if share, err := strconv.ParseFloat(v, 64); err == nil && key == "dev_accuracy" {
		return fmt.Sprintf("%.2f %%", 100*share)
	}
	return v
}

// facts are what is known of the network, a line each.
func (s Subject) facts() []string {
	lines := []string{"Images: " + s.preparation() + "; values " + s.scaling() + "."}
	if s.Model.In.IsVec() {
		lines = nil
	}
	for _, t := range told {
		if v := s.tells(t.key); v != "" {
			lines = append(lines, strings.ToUpper(t.words[:1])+t.words[1:]+": "+printable.Text(v)+".")
		}
	}
	if from := s.Meta[importedFrom]; from != "" {
		return append(lines, "Imported from: "+printable.Text(from)+".")
	}
	return append(lines, fmt.Sprintf("Seed of the initial weights: %d.", s.Model.Seed))
}

// importedFrom is metadata of a network that was trained elsewhere: no seed is
// known of it.
const importedFrom = "imported from"

// scaling is how bytes become values.
func (s Subject) scaling() string {
	if v := s.Meta["preprocessing"]; v != "" {
		return printable.Text(v)
	}
	return "pixels / 255"
}

// A Card is what a card says beside what the network and its file know.
type Card struct {
	Title, Licence string
	Scores         []Score
	Files          []string // that hold the network
}

// A Score is a line of the card's table.
type Score struct{ Name, Value string }

// Card writes to path, in Markdown, what the network is, for people: what it takes
// and gives, what it was trained on, its scores, its seed, its licence, its files.
func (s Subject) Card(path string, c Card) error {
	g, err := s.graph()
	if err != nil {
		return err
	}
	m := s.Model
	var b strings.Builder
	row := func(name, value string) {
		fmt.Fprintf(&b, "| %s | %s |\n", cell(name), cell(value))
	}
	fmt.Fprintf(&b, "# %s\n\nA network written by inkling: %s.\n\n", cell(c.Title), cell(nn.Outline(m.Layers)))
	b.WriteString("## What it does\n\n| | |\n|---|---|\n")
	row("takes", s.input())
	if !m.In.IsVec() {
		row("images", s.preparation())
		row("values", s.scaling())
	}
	row("gives", fmt.Sprintf("%s, %v", g.Output, g.Out))
	if s.Classes != nil {
		row("classes", strings.Join(s.Classes, ", "))
	}
	row("weights", fmt.Sprint(m.Weights()))
	row("floating-point operations for one", fmt.Sprint(m.FLOPs()))
	b.WriteString("\n## Where it comes from\n\n| | |\n|---|---|\n")
	for _, t := range told[:6] {
		if v := s.Meta[t.key]; v != "" {
			row(t.words, v)
		}
	}
	if s.Meta[importedFrom] == "" {
		row("seed of the initial weights", fmt.Sprint(m.Seed))
	}
	known := map[string]bool{"preprocessing": true, "classes": true, "prepared": true}
	for _, t := range told {
		known[t.key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(s.Meta)) {
		switch {
		case known[key], key == "format", key == "version", key == "architecture", key == "input", key == "seed": // the file's own
		default:
			row(key, s.Meta[key])
		}
	}
	b.WriteString("\n## Scores\n\n")
	var scores []Score
	for _, t := range told[6:] {
		if v := s.tells(t.key); v != "" {
			scores = append(scores, Score{t.words, v})
		}
	}
	if scores = append(scores, c.Scores...); len(scores) == 0 {
		b.WriteString("None is known.\n")
	} else {
		b.WriteString("| | |\n|---|--:|\n")
		for _, v := range scores {
			row(v.Name, v.Value)
		}
	}
	fmt.Fprintf(&b, "\nThey hold for images like those that it was trained and tested on, made in the same way.\n")
	if c.Licence == "" {
		c.Licence = "Not given. Whoever passes the network on says under which one, and looks at that of the data."
	}
	fmt.Fprintf(&b, "\n## Licence\n\n%s\n\n## Files\n\n", cell(c.Licence))
	for _, f := range c.Files {
		fmt.Fprintf(&b, "- %s\n", cell(filepath.Base(f)))
	}
	fmt.Fprintf(&b, "\n## The layers\n\n```\n%v```\n", m)
	return save(path, []byte(b.String()))
}

// cell is text that cannot leave its place in a table of Markdown.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "`", "'").Replace(printable.Text(s))
}
