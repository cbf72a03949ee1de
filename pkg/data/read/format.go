package read

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Format is one way in which labelled images lie on a disk.
type Format struct {
	Name    string   // as in format=NAME
	Looks   string   // what it looks like, for those who look for what is allowed
	Options []string // that only it knows, with what they may be: "label=first|last"

	// Find looks at the names in a place and says what would be read. It
	// returns nil where nothing looks like this format.
	Find func(*Place) (*Plan, error)
}

// Plan is what a Format would read.
type Plan struct {
	Label string   // what the data's name has beside the folder's, such as a split
	Notes []string // what was decided already
	Files []File   // all whose content counts
	Slow  bool     // to read again takes longer than to read a copy of the result

	Read func(context.Context) (*Raw, error)
}

// Raw is what files hold, before labels are counted from 0 and a test part is
// split off.
type Raw struct {
	C, H, W int
	Train   Part
	Test    Part // may have no images
	More    Part // the images for validation, if there are such: they join the training images
	Notes   []string

	// Names are those of the labels. Without them a class is named by its label.
	Names map[int32]string
}

// Part is a number of labelled images of one size. Image i is
// Pixels[i*C*H*W:(i+1)*C*H*W], channel by channel, row by row.
type Part struct {
	Pixels []uint8
	Labels []int32
	At     string // where the labels are, for errors
}

var formats []Format

// Register adds a format to those that Open looks for. It is for the
// initialisation of a package.
func Register(f Format) Format {
	if f.Name == "" || f.Find == nil || slices.ContainsFunc(formats, func(g Format) bool { return g.Name == f.Name }) {
		panic(fmt.Sprintf("read: format %q: want a name of its own and Find", f.Name))
	}
	formats = append(formats, f)
	slices.SortFunc(formats, func(a, b Format) int { return strings.Compare(a.Name, b.Name) })
	return f
}

// looks says what all formats look like.
func looks() string {
	var all []string
	for _, f := range formats {
		all = append(all, f.Looks)
	}
	return strings.Join(all, "; ")
}

// find returns the format that fits a place, and what it would read.
func find(p *Place) (Format, *Plan, error) {
	var fits Format
	var plan *Plan
	var failed error
	var names []string
	want := p.options.get("format")
	for _, f := range formats {
		if want != "" && want != f.Name {
			continue
		}
		found, err := f.Find(p)
		if err != nil || found != nil {
			fits, plan, failed = f, found, err
			names = append(names, f.Name)
		}
	}
	if len(names) > 1 {
		return Format{}, nil, fmt.Errorf("%s: looks like %s; choose by format=%s", p.path, strings.Join(names, " and "), strings.Join(names, "|"))
	}
	return fits, plan, failed
}
