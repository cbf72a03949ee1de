package data

import (
	"flag"
	"fmt"
	"strings"
)

// String names what a does: "shift ±2 px, rotate ±10°, scale ±0.1".
func (a Augment) String() string {
	var parts []string
	add := func(v float64, format string, args ...any) {
		if v != 0 {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(a.Shift, "shift ±%v px", a.Shift)
	add(a.Rotate, "rotate ±%v°", a.Rotate)
	add(a.Scale, "scale ±%v", a.Scale)
	add(a.Shear, "shear ±%v°", a.Shear)
	add(a.Elastic.Alpha, "elastic α %v σ %v", a.Elastic.Alpha, a.Elastic.Sigma)
	add(a.Thick, "thickness ±%v px", a.Thick)
	add(a.Erase, "erase ≤%v px", a.Erase)
	add(a.Noise, "noise %v", a.Noise)
	add(a.Keep, "keep %v", a.Keep)
	for _, c := range a.More {
		parts = append(parts, changeText(c))
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// AugmentFlags registers a with the command line's flags and returns it, ready
// for `var augment = data.AugmentFlags(data.Augment{…})` in a notebook.
func AugmentFlags(a Augment) *Augment {
	a.Register(flag.CommandLine)
	return &a
}

// Register adds a flag for every field of a to fs; the fields' values are the
// defaults. Elastic has two: --alpha and --sigma. Those of RegisterChange follow.
func (a *Augment) Register(fs *flag.FlagSet) {
	fs.Float64Var(&a.Shift, "shift", a.Shift, "augmentation: moved by up to so many pixels, 0 to 14")
	fs.Float64Var(&a.Rotate, "rotate", a.Rotate, "augmentation: turned by up to so many degrees, 0 to 180")
	fs.Float64Var(&a.Scale, "scale", a.Scale, "augmentation: magnified by 1 ± this, 0 to 0.9")
	fs.Float64Var(&a.Shear, "shear", a.Shear, "augmentation: leaning by up to so many degrees, 0 to 60")
	fs.Float64Var(&a.Elastic.Alpha, "alpha", a.Elastic.Alpha, "augmentation: elastic distortion, 0 to 200")
	fs.Float64Var(&a.Elastic.Sigma, "sigma", a.Elastic.Sigma, "augmentation: smoothness of the distortion in pixels, 1 to 16")
	fs.Float64Var(&a.Thick, "thick", a.Thick, "augmentation: lines grow or shrink by up to so many pixels, 0 to 3")
	fs.Float64Var(&a.Erase, "erase", a.Erase, "augmentation: a square of up to so many pixels is blanked, 0 to 28")
	fs.Float64Var(&a.Noise, "noise", a.Noise, "augmentation: standard deviation of noise, 0 to 1")
	fs.Float64Var(&a.Keep, "keep", a.Keep, "augmentation: share of images left as they are, 0 to 1")
	for _, k := range changeKinds() {
		fs.Var(changeFlag{a, k}, k.name, "augmentation: "+k.usage)
	}
}
