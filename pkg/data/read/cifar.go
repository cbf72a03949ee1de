package read

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"inkling/pkg/internal/printable"
)

// CIFAR's binary version: an image is its labels, a byte each, and 3×32×32 bytes,
// red, green, blue. CIFAR-10 has one label, CIFAR-100 two, the coarse one of 20
// before the fine one of 100; label=coarse takes that. Beside the batches lie the
// names of the classes, one a line.
//
//	data_batch_1.bin … data_batch_5.bin, test_batch.bin, batches.meta.txt
//	train.bin, test.bin, fine_label_names.txt, coarse_label_names.txt
//
// Source: https://www.cs.toronto.edu/~kriz/cifar.html
var _ = Register(Format{
	Name:    "CIFAR",
	Looks:   "CIFAR's binary batches (data_batch_1.bin to data_batch_5.bin and test_batch.bin, or CIFAR-100's train.bin and test.bin)",
	Options: []string{"label=fine|coarse"},
	Find:    findCIFAR,
})

const cifarPixels = 3 * 32 * 32

// cifar is one of the two sets.
type cifar struct {
	train, test []string
	names       string
	labels      []int // how many classes each of the bytes before the pixels tells
	at          int   // which of them counts
}

func findCIFAR(p *Place) (*Plan, error) {
	ten := cifar{[]string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"}, []string{"test_batch.bin"}, "batches.meta.txt", []int{10}, 0}
	hundred := cifar{[]string{"train.bin"}, []string{"test.bin"}, "fine_label_names.txt", []int{20, 100}, 1}
	has := func(names []string) int {
		return len(slices.DeleteFunc(slices.Clone(names), func(name string) bool { _, ok := p.file(name); return !ok }))
	}
	var c cifar
	switch first := slices.Concat(ten.train, ten.test); {
	case p.single:
		if name := p.Files[0].Name; slices.Contains(first, name) || name == "train.bin" || name == "test.bin" {
			return nil, fmt.Errorf("%s: one batch of CIFAR; name its folder", p.At(name))
		}
		return nil, nil
	case has(first) > 0:
		c = ten
		if p.options.has("label") {
			return nil, fmt.Errorf("%s: option label, allowed with CIFAR-100 alone", p.path)
		}
	case has(hundred.train) > 0:
		if c = hundred; p.Option("label") == "coarse" {
			c.names, c.at = "coarse_label_names.txt", 0
		}
	default:
		return nil, nil
	}
	plan := &Plan{}
	for _, name := range c.train {
		f, ok := p.file(name)
		if !ok {
			return nil, fmt.Errorf("%s: no %s, want %s", p.path, name, strings.Join(c.train, ", "))
		}
		plan.Files = append(plan.Files, f)
	}
	if f, ok := p.file(c.test[0]); ok {
		plan.Files = append(plan.Files, f)
	} else {
		c.test = nil
	}
	named := false
	if f, ok := p.file(c.names); ok {
		named = true
		plan.Files = append(plan.Files, f)
	}
	plan.Read = func(ctx context.Context) (*Raw, error) {
		raw := &Raw{C: 3, H: 32, W: 32, Names: map[int32]string{}}
		for k := range c.labels[c.at] {
			raw.Names[int32(k)] = fmt.Sprint(k)
		}
		if named {
			names, err := c.classNames(p)
			if err != nil {
				return nil, err
			}
			raw.Names = names
		}
		for part, batches := range map[*Part][]string{&raw.Train: c.train, &raw.Test: c.test} {
			for _, name := range batches {
				if err := c.read(ctx, p, name, part); err != nil {
					return nil, at(p, name, err)
				}
			}
		}
		return raw, nil
	}
	return plan, nil
}

func (c cifar) classNames(p *Place) (map[int32]string, error) {
	b, err := p.ReadFile(c.names, 1<<16)
	if err != nil {
		return nil, err
	}
	names, err := lines(b)
	if err == nil && len(names) != c.labels[c.at] {
		err = fmt.Errorf("%d classes, want %d", len(names), c.labels[c.at])
	}
	return names, at(p, c.names, err)
}

// read adds a batch to a part.
func (c cifar) read(ctx context.Context, p *Place, name string, part *Part) error {
	f, err := p.Open(name, maxPixels)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	part.At = p.At(name)
	return c.batch(&interruptible{ctx, f}, info.Size(), part)
}

// batch reads a batch of size bytes.
func (c cifar) batch(r io.Reader, size int64, part *Part) error {
	row := int64(len(c.labels) + cifarPixels)
	n := size / row
	if n < 1 || size%row != 0 {
		return fmt.Errorf("%d bytes, want a multiple of %d: %s and 3×32×32 pixels", size, row, printable.Count(len(c.labels), "label"))
	}
	if int(n)+len(part.Labels) > maxPixels/cifarPixels {
		return fmt.Errorf("%d images and more, allowed %d", n, maxPixels/cifarPixels)
	}
	at := len(part.Pixels)
	part.Pixels = slices.Grow(part.Pixels, int(n)*cifarPixels)[:at+int(n)*cifarPixels]
	var labels [2]byte
	for i := range int(n) {
		if _, err := io.ReadFull(r, labels[:len(c.labels)]); err != nil {
			return cut(err, fmt.Sprintf("%d of %d images", i, n))
		}
		for k, classes := range c.labels {
			if int(labels[k]) >= classes {
				return fmt.Errorf("label %d of image %d, allowed 0 to %d", labels[k], i, classes-1)
			}
		}
		if _, err := io.ReadFull(r, part.Pixels[at+i*cifarPixels:][:cifarPixels]); err != nil {
			return cut(err, fmt.Sprintf("%d of %d images", i, n))
		}
		part.Labels = append(part.Labels, int32(labels[c.at]))
	}
	return nil
}
