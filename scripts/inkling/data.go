package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"inkling/pkg/data"
	"inkling/pkg/viz"
)

const dataUsage = `data [--sheet=FILE] [--json] [PATH[,options]]
  PATH      labelled images to be judged before anyone trains on them; else the data of --data
            or INKLING_DATA, and without these MNIST, which is fetched and verified if need be`

func dataCommand(args []string) (int, error) {
	var sheet string
	var asJSON bool
	fs := newFlags()
	of := dataFlag(fs)
	fs.StringVar(&sheet, "sheet", "", "draw the first images of each class into this file, .png, .svg or .pdf")
	fs.BoolVar(&asJSON, "json", false, "print all of it as JSON")
	rest, err := parseWords("data", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(dataUsage, fs)
		return 0, nil
	case err != nil:
		return 0, err
	case len(rest) > 1:
		return 0, fmt.Errorf("unexpected argument %.40q, want one PATH", rest[1])
	case len(rest) == 1 && *of != "":
		return 0, fmt.Errorf("%.40q and --data=%.40s, want one of them", rest[0], *of)
	case checkFigure("sheet", sheet) != nil:
		return 0, checkFigure("sheet", sheet)
	}
	d, err := data.Open(context.Background(), cmp.Or(strings.Join(rest, ""), *of))
	if err != nil {
		return 0, err
	}
	if asJSON {
		err = tellJSON(d)
	} else {
		err = tell(d)
	}
	if err == nil && sheet != "" {
		err = viz.Save(sheet, contactSheet(d))
	}
	return 0, err
}

// tell says what the data are, how many there are of each class, and what is to be
// known of them.
func tell(d *data.Dataset) error {
	fmt.Println(d)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\npart\timages\tbytes of pixels\tmean\tsd\tSHA-256\t")
	for _, s := range []*data.Set{d.Train, d.Test} {
		st := s.Stats()
		fmt.Fprintf(w, "%s\t%d\t%d\t%.4f\t%.4f\t%.16s\t\n", s.Name, s.Len(), len(s.Pixels), st.Mean, st.Std, s.Fingerprint())
	}
	fmt.Fprintln(w, "\nclass\ttrain\t%\ttest\t%\t")
	train, test := d.Train.Counts(), d.Test.Counts()
	share := func(n int, s *data.Set) float64 { return 100 * float64(n) / float64(max(s.Len(), 1)) }
	for c, name := range d.Train.Classes {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%d\t%.1f\t\n", name, train[c], share(train[c], d.Train), test[c], share(test[c], d.Test))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	how := "their ink was not prepared as MNIST's was: pictures to predict are only resized"
	if d.Train.Prepared != "" {
		how = "each in a box of 20×20, centred by mass, as MNIST was prepared: pictures to predict are prepared so"
	}
	fmt.Printf("\nimages: %s\n", how)
	findings := d.Findings()
	for _, f := range findings {
		mark := "note"
		if f.Warning {
			mark = "WARNING"
		}
		at := ""
		if len(f.Examples) > 0 {
			at = fmt.Sprintf(" (such as %s)", join(f.Examples))
		}
		fmt.Printf("%s: %s%s\n", mark, f.Text, at)
	}
	if len(findings) == 0 {
		fmt.Println("nothing is conspicuous: no image twice, none constant, no class scarce, both parts alike")
	}
	return nil
}

func join(places []data.Place) string {
	var list []string
	for _, p := range places {
		list = append(list, p.String())
	}
	return strings.Join(list, ", ")
}

func tellJSON(d *data.Dataset) error {
	type part struct {
		Name   string  `json:"name"`
		Images int     `json:"images"`
		Counts []int   `json:"counts"`
		Mean   float64 `json:"mean"`
		Std    float64 `json:"std"`
		Sum    string  `json:"sha256"`
	}
	type finding struct {
		Kind     string   `json:"kind"`
		Warning  bool     `json:"warning"`
		N        int      `json:"n"`
		Text     string   `json:"text"`
		Examples []string `json:"examples,omitempty"`
	}
	t := d.Train
	v := struct {
		Name     string    `json:"name"`
		Source   string    `json:"source"`
		Shape    []int     `json:"shape"` // planes, rows, columns
		Classes  []string  `json:"classes"`
		Prepared string    `json:"prepared"`
		Parts    []part    `json:"parts"`
		Findings []finding `json:"findings"`
	}{d.Name, d.Source, []int{t.C, t.H, t.W}, t.Classes, t.Prepared, nil, []finding{}}
	for _, s := range []*data.Set{d.Train, d.Test} {
		p := part{Name: s.Name, Images: s.Len(), Counts: s.Counts(), Sum: s.Fingerprint()}
		if st := s.Stats(); s.Len() > 0 { // JSON has no NaN
			p.Mean, p.Std = st.Mean, st.Std
		}
		v.Parts = append(v.Parts, p)
	}
	for _, f := range d.Findings() {
		g := finding{Kind: f.Kind, Warning: f.Warning, N: f.N, Text: f.Text}
		for _, p := range f.Examples {
			g.Examples = append(g.Examples, p.String())
		}
		v.Findings = append(v.Findings, g)
	}
	return printJSON(v)
}

// The rows and columns of a contact sheet.
const sheetRows, sheetColumns = 60, 12

// contactSheet shows the first images of each class of the training part.
func contactSheet(d *data.Dataset) viz.Images {
	f := viz.Images{Title: "The first images of each class, " + d.Name, Columns: sheetColumns}
	classes := d.Train.Classes[:min(len(d.Train.Classes), sheetRows)]
	if n := len(d.Train.Classes); n > len(classes) {
		f.Note = fmt.Sprintf("The first %d of %d classes.", len(classes), n)
	}
	for c, name := range classes {
		f.Rows = append(f.Rows, name)
		some := d.Train.OfClass(c, sheetColumns)
		for i := range sheetColumns {
			tile := viz.Tile{}
			if i < some.Len() {
				tile.Image = some.Image(i)
			}
			f.Tiles = append(f.Tiles, tile)
		}
	}
	return f
}
