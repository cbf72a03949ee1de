package read

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"inkling/pkg/internal/printable"
)

// Data are labelled images of one size, as Open found them.
type Data struct {
	Format  string // its name
	Label   string // what tells these data from others of the same folder, "" if nothing does
	C, H, W int
	Classes []string // a label is an index into it
	Train   Images
	Test    Images
	Notes   []string // what was decided for the user, each a phrase
}

// Images are a number of images and their classes. Image i is
// Pixels[i*C*H*W:(i+1)*C*H*W], channel by channel, row by row.
type Images struct {
	Pixels []uint8
	Labels []uint16
}

// minTrain is the least number of training images: a sixth of them judges the
// rest.
const minTrain = 60

// Open reads the labelled images in a folder or a file. Options are words such as
// "size=28x28"; those that the format does not know are refused with what it
// knows. Results that took work are kept in the folder cache, unless it is "", and
// come from there as long as no file has changed.
func Open(ctx context.Context, path string, options []string, cache string) (*Data, error) {
	d, err := read(ctx, path, options, cache)
	if err != nil {
		return nil, shown{err}
	}
	for i, note := range d.Notes {
		d.Notes[i] = printable.Text(note)
	}
	return d, nil
}

// shown is an error in which names of files are fit to be shown.
type shown struct{ error }

func (s shown) Error() string { return printable.Text(s.error.Error()) }
func (s shown) Unwrap() error { return s.error }

func read(ctx context.Context, path string, options []string, cache string) (*Data, error) {
	o, err := newOptions(options)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p, err := open(path, o)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	at, f, plan, err := look(p)
	if err != nil {
		if e := o.check(f); f.Name != "" && e != nil { // which may be why
			return nil, fmt.Errorf("%s: %w", path, e)
		}
		return nil, err
	}
	if err := o.check(f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	k := newKeeper(cache, f, at, plan)
	d := k.load()
	if d == nil {
		raw, err := plan.Read(ctx)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if d, err = finish(raw, at); err != nil {
			return nil, err
		}
		k.save(d)
	}
	d.Format, d.Label = f.Name, plan.Label
	var found []string
	if at.under != "." {
		found = append(found, "in "+at.under)
	}
	hidden := at.hidden
	if at != p {
		hidden += p.hidden
	}
	if hidden > 0 {
		found = append(found, printable.Count(hidden, "hidden file")+" skipped")
	}
	d.Notes = append(append(found, plan.Notes...), d.Notes...)
	return d, nil
}

// look finds the format of p, or of the one folder in it, or in one of those,
// that has one: what was unpacked often lies a folder or two further down.
func look(p *Place) (*Place, Format, *Plan, error) {
	f, plan, err := find(p)
	if err != nil || plan != nil {
		return p, f, plan, err
	}
	level := []*Place{p}
	var failed error
	for range 2 {
		var below []*Place
		type hit struct {
			at   *Place
			f    Format
			plan *Plan
			err  error
		}
		var hits []hit
		for _, at := range level {
			for _, name := range at.Dirs {
				s, err := at.sub(name)
				if err != nil { // which tells only where nothing else is found
					failed = cmp.Or(failed, err)
					continue
				}
				below = append(below, s)
				if f, plan, err := find(s); plan != nil || err != nil {
					hits = append(hits, hit{s, f, plan, err})
				}
			}
		}
		if len(hits) == 1 {
			h := hits[0]
			return h.at, h.f, h.plan, h.err
		}
		if len(hits) > 1 {
			var names []string
			for _, h := range hits[:min(len(hits), 10)] {
				names = append(names, h.at.path)
			}
			return p, f, nil, fmt.Errorf("%s: holds %d sets, name one: %s", p.path, len(hits), strings.Join(names, ", "))
		}
		level = below
	}
	return p, f, nil, cmp.Or(failed, nothing(p))
}

// nothing says why a place holds no data that can be read.
func nothing(p *Place) error {
	if why := foreign(p); why != nil {
		return why
	}
	path := p.path
	if p.single {
		path = filepath.Join(path, p.Files[0].Name)
	}
	if want := p.Option("format"); want != "" {
		var names []string
		for _, f := range formats {
			if f.Name == want {
				return fmt.Errorf("%s: no %s here, it is %s", path, f.Name, f.Looks)
			}
			names = append(names, f.Name)
		}
		return fmt.Errorf("%s: option format=%.60q, allowed %s", path, want, strings.Join(names, ", "))
	}
	return fmt.Errorf("%s: no labelled images that can be read, allowed are %s", path, looks())
}

// finish makes Data of what files hold.
func finish(raw *Raw, p *Place) (*Data, error) {
	d := &Data{C: raw.C, H: raw.H, W: raw.W, Notes: raw.Notes}
	size := raw.C * raw.H * raw.W
	for _, part := range []*Part{&raw.Train, &raw.Test, &raw.More} {
		if len(part.Pixels) != len(part.Labels)*size || size == 0 {
			return nil, fmt.Errorf("%s: %d labels for %d bytes of images of %d×%d×%d", p.path, len(part.Labels), len(part.Pixels), raw.C, raw.H, raw.W)
		}
	}
	if n := len(raw.More.Labels); n > 0 {
		if len(raw.Test.Labels) == 0 {
			raw.Test, raw.More = raw.More, Part{}
			d.Notes = append(d.Notes, fmt.Sprintf("the test images are those for validation, %d", n))
		} else {
			raw.Train.Pixels = append(raw.Train.Pixels, raw.More.Pixels...)
			raw.Train.Labels = append(raw.Train.Labels, raw.More.Labels...)
			raw.More = Part{}
			d.Notes = append(d.Notes, fmt.Sprintf("the %d images for validation joined those for training", n))
		}
	}
	if err := d.classify(raw); err != nil {
		return nil, err
	}
	d.Train.Pixels, d.Test.Pixels = raw.Train.Pixels, raw.Test.Pixels
	if err := d.split(p); err != nil {
		return nil, err
	}
	if err := d.shape(p); err != nil {
		return nil, err
	}
	if n := len(d.Train.Labels); n < minTrain {
		return nil, fmt.Errorf("%s: %d training images, want %d or more", p.path, n, minTrain)
	}
	return d, nil
}
