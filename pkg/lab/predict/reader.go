package predict

import (
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/data"
	"inkling/pkg/internal/picture"
	"inkling/pkg/internal/printable"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/metric"
)

// A Reader is a model that is asked about pictures.
type Reader struct {
	Name  string // which model it is, in a line
	Model *nn.Model
	Kind  *data.Set // the images it was trained on, without any: their size, classes and preparation
}

// Of is a reader with the best weights of a run.
func Of(run *lab.Result) (*Reader, error) {
	m, kind, err := run.Reads()
	if err != nil {
		return nil, err
	}
	return &Reader{Name: printable.Text(run.String()), Model: m, Kind: kind}, nil
}

// Load is a reader with the model in a file.
func Load(path string) (*Reader, error) {
	m, meta, err := nn.Load(path)
	if err != nil {
		return nil, err
	}
	kind, err := lab.Kind(m, meta)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	name := path
	if meta["name"] != "" {
		name = fmt.Sprintf("%s (%s)", path, printable.Text(meta["name"]))
	}
	return &Reader{Name: name, Model: m, Kind: kind}, nil
}

// How says in a line what becomes of pictures before the model sees them.
func (r *Reader) How() string {
	k := r.Kind
	if k.Prepared != "" {
		return fmt.Sprintf("pictures are prepared as those of %s were: the ink found, in a box of 20×20, centred in %d×%d", strings.ToUpper(k.Prepared), k.H, k.W)
	}
	colour := "grey"
	if k.C == 3 {
		colour = "in colour"
	}
	return fmt.Sprintf("pictures are resized to %d×%d, %s, as they are", k.H, k.W, colour)
}

// maxFiles is the most pictures of a folder.
const maxFiles = 10000

// Files are the files that paths name: a file itself, and of a folder the PNG, JPEG and
// GIF files in it, by name. Files that are no pictures are told when they are read.
func Files(paths ...string) ([]string, error) {
	var list []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			list = append(list, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, fmt.Errorf("predict: %w", err)
		}
		before := len(list)
		for _, e := range entries {
			if !e.IsDir() && picture.Named(e.Name()) && e.Name()[0] != '.' {
				list = append(list, filepath.Join(path, e.Name()))
			}
		}
		switch n := len(list) - before; {
		case n == 0:
			return nil, fmt.Errorf("predict: %s: no PNG, JPEG or GIF file in this folder; those in folders below are not looked at", path)
		case n > maxFiles:
			return nil, fmt.Errorf("predict: %s: %d pictures in this folder, allowed %d", path, n, maxFiles)
		}
	}
	return list, nil
}

// Read reads the pictures in files. An answer for each comes back, in order; that of
// a file that is no picture, or has nothing written in it, has an error that names it.
func (r *Reader) Read(files ...string) []Answer {
	answers := make([]Answer, len(files))
	asked := r.none()
	for i, file := range files {
		a := &answers[i]
		a.File = file
		m, err := picture.Read(file)
		if err == nil {
			if err = r.prepare(asked, a, m); err != nil {
				err = fmt.Errorf("%s: %w", file, err)
			}
		}
		a.Err = err
	}
	r.answer(asked, answers)
	return answers
}

// Pictures is Read for pictures that are in no file.
func (r *Reader) Pictures(pictures ...image.Image) []Answer {
	answers := make([]Answer, len(pictures))
	asked := r.none()
	for i, m := range pictures {
		answers[i].Err = r.prepare(asked, &answers[i], m)
	}
	r.answer(asked, answers)
	return answers
}

func (r *Reader) none() *data.Set {
	asked := *r.Kind
	asked.Pixels, asked.Labels = nil, nil
	return &asked
}

// prepare adds a picture to those that are asked about.
func (r *Reader) prepare(asked *data.Set, a *Answer, m image.Image) error {
	pixels, sign, err := asked.Fit(m)
	if err != nil {
		return err
	}
	asked.Pixels, asked.Labels = append(asked.Pixels, pixels...), append(asked.Labels, 0)
	a.Signs = sign.Signs
	return nil
}

// answer asks the model about all that could be prepared, at once.
func (r *Reader) answer(asked *data.Set, answers []Answer) {
	if asked.Len() == 0 {
		return
	}
	p := metric.Judge(r.Model, asked)
	at := 0
	for i := range answers {
		a := &answers[i]
		if a.Err != nil {
			continue
		}
		a.Image, a.P = asked.Image(at), slices.Clone(p.P.Example(at))
		first := p.At(at).Predicted
		if at++; first == metric.NoAnswer {
			a.Err = errors.New("the network gives no number for it")
			continue
		}
		second := -1
		for c, v := range a.P {
			if c != first && (second < 0 || v > a.P[second]) {
				second = c
			}
		}
		a.First, a.Second = r.guess(a, first), r.guess(a, second)
	}
}

func (r *Reader) guess(a *Answer, class int) Guess {
	return Guess{Class: class, Name: r.Kind.Classes[class], Probability: math.Min(float64(a.P[class]), 1)}
}
