package read

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"inkling/pkg/data/internal/idx"
	"inkling/pkg/internal/parallel"
)

// IDX sets are files of images and files of labels in the format of MNIST, by any
// of the names that people give them:
//
//	train-images-idx3-ubyte.gz        MNIST, Fashion-MNIST, KMNIST
//	train-images.idx3-ubyte           the same, unpacked by other tools
//	qmnist-test-labels-idx2-int       QMNIST: rows of eight int32
//	emnist-letters-train-images-idx3-ubyte.gz, with emnist-letters-mapping.txt
//	MNIST/raw/…                       a root of torchvision
//
// EMNIST's images lie on their side, as NIST wrote them: they are turned where the
// name of the set begins with emnist, or by the option transpose.
var _ = Register(Format{
	Name:    "IDX",
	Looks:   "IDX files as MNIST's (train-images-idx3-ubyte and three more, plain or .gz)",
	Options: []string{"split=NAME", "transpose=yes|no"},
	Find:    findIDX,
})

// quartet are the files of a set: images and labels of each part.
type quartet map[label]File

var parts = []string{"train", "test", "val"}

func isIDX(name string) bool {
	plain := strings.TrimSuffix(strings.ToLower(name), ".gz")
	return strings.Contains(plain, "idx") && parse(name).kind != "" || strings.HasSuffix(plain, "ubyte")
}

func findIDX(p *Place) (*Plan, error) {
	sets := map[string]quartet{}
	var some []string
	for _, f := range p.Files {
		l := parse(f.Name)
		if !isIDX(f.Name) || l.kind == "" {
			continue
		}
		if l.part == "" {
			l.part = "train"
		}
		if sets[l.set] == nil {
			sets[l.set] = quartet{}
			some = append(some, l.set)
		}
		// Of a plain file and its .gz, the plain one counts; it comes first.
		if old, twice := sets[l.set][l]; !twice {
			sets[l.set][l] = f
		} else if f.Name != old.Name+".gz" {
			return nil, fmt.Errorf("%s: two files of %s %s, want one: %s, %s", p.path, words(l.part), l.kind, old.Name, f.Name)
		}
	}
	if len(some) == 0 {
		return nil, nil
	}
	if p.single {
		return nil, fmt.Errorf("%s: one file of an IDX set; name its folder", p.At(p.Files[0].Name))
	}
	// Sets that lack a file are not offered where others are whole.
	whole := slices.DeleteFunc(slices.Clone(some), func(s string) bool { return sets[s].missing(s) != "" })
	if len(whole) == 0 {
		whole = some
	}
	set, short, err := choose(p, "split", whole)
	if err != nil {
		return nil, err
	}
	files := sets[set]
	if m := files.missing(set); m != "" {
		return nil, fmt.Errorf("%s: no file of %s, as %s", p.path, m, example(set, m))
	}
	plan := &Plan{Label: short}
	for l, f := range files {
		plan.Slow = plan.Slow || l.kind == "images" && strings.HasSuffix(f.Name, ".gz")
		plan.Files = append(plan.Files, f)
	}
	turned := p.turned(strings.HasPrefix(set, "emnist"), plan)
	names, named := beside(p, set, plan)
	slices.SortFunc(plan.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	plan.Read = func(ctx context.Context) (*Raw, error) {
		raw, err := files.read(ctx, p, set)
		if err != nil {
			return nil, err
		}
		if turned {
			raw.transpose()
		}
		if named {
			raw.Names, err = names()
		}
		return raw, err
	}
	return plan, nil
}

// missing names a file without which the set is not whole, or "".
func (q quartet) missing(set string) string {
	for _, part := range parts {
		_, images := q[label{set, part, "images"}]
		_, labels := q[label{set, part, "labels"}]
		if !images && (labels || part == "train") {
			return words(part) + " images"
		}
		if !labels && images {
			return words(part) + " labels"
		}
	}
	return ""
}

// words is a part as people call it.
func words(part string) string {
	return map[string]string{"train": "training", "test": "test", "val": "validation"}[part]
}

// example is the name of a file that is missing.
func example(set, missing string) string {
	part := map[string]string{"training": "train", "test": "t10k", "validation": "val"}[strings.Fields(missing)[0]]
	if set != "" {
		part = set + "-" + strings.Replace(part, "t10k", "test", 1)
	}
	if strings.HasSuffix(missing, "images") {
		return part + "-images-idx3-ubyte"
	}
	return part + "-labels-idx1-ubyte"
}

func (q quartet) read(ctx context.Context, p *Place, set string) (*Raw, error) {
	raw := &Raw{}
	images := map[string]*idx.Array{}
	labels := map[string][]int32{}
	for _, part := range parts {
		images[part], labels[part] = &idx.Array{}, nil
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	errs := map[string]error{}
	for l, f := range q {
		wg.Go(func() {
			r, err := p.Open(f.Name, idx.Max+1<<20)
			if err == nil {
				defer r.Close()
				in := ofSize{Reader: &interruptible{ctx, r}}
				if info, err := r.Stat(); err == nil {
					in.size = info.Size()
				}
				if l.kind == "images" {
					*images[l.part], err = idx.Read(in, nil)
				} else {
					var ys []int32
					ys, err = idx.ReadLabels(in)
					mu.Lock()
					labels[l.part] = ys
					mu.Unlock()
				}
				if err != nil {
					err = fmt.Errorf("%s: %w", p.At(f.Name), err)
				}
			}
			if err != nil {
				mu.Lock()
				errs[f.Name] = err
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := first(errs); err != nil {
		return nil, err
	}
	for i, part := range []*Part{&raw.Train, &raw.Test, &raw.More} {
		a, ys := images[parts[i]], labels[parts[i]]
		if len(ys) == 0 {
			continue
		}
		image, label := q[label{set, parts[i], "images"}].Name, q[label{set, parts[i], "labels"}].Name
		c, h, w, last, err := layout(a.Dims)
		if err != nil {
			return nil, fmt.Errorf("%s: holds %s bytes, %w", p.At(image), idx.Times(a.Dims), err)
		}
		if err := raw.same(c, h, w); err != nil {
			return nil, fmt.Errorf("%s: %w", p.At(image), err)
		}
		if len(ys) != a.Dims[0] {
			return nil, fmt.Errorf("%s: %d labels for %d images in %s", p.At(label), len(ys), a.Dims[0], image)
		}
		if last {
			planes(a.Data, c, c*h*w)
		}
		*part = Part{Pixels: a.Data, Labels: ys, At: p.At(label)}
	}
	return raw, nil
}

// first is the error of the file whose name comes first.
func first(errs map[string]error) error {
	name := ""
	for n := range errs {
		if name == "" || n < name {
			name = n
		}
	}
	return errs[name]
}

// layout says how the bytes of N images lie: N×H×W, or with the channels last or
// first.
func layout(dims []int) (c, h, w int, last bool, err error) {
	d := dims
	switch {
	case len(d) == 3:
		c, h, w = 1, d[1], d[2]
	case len(d) == 4 && (d[3] == 1 || d[3] == 3):
		c, h, w, last = d[3], d[1], d[2], d[3] > 1
	case len(d) == 4 && (d[1] == 1 || d[1] == 3):
		c, h, w = d[1], d[2], d[3]
	default:
		return 0, 0, 0, false, fmt.Errorf("want images: N×H×W, or N×H×W×C or N×C×H×W with C 1 or 3")
	}
	if h > maxSide || w > maxSide {
		return 0, 0, 0, false, fmt.Errorf("want images of at most %d×%d", maxSide, maxSide)
	}
	return c, h, w, last, nil
}

// same sets the size of the images, or refuses another one.
func (r *Raw) same(c, h, w int) error {
	if r.C == 0 {
		r.C, r.H, r.W = c, h, w
	}
	if c != r.C || h != r.H || w != r.W {
		return fmt.Errorf("images of %d×%d×%d (channels, height, width), those of the training part are %d×%d×%d", c, h, w, r.C, r.H, r.W)
	}
	return nil
}

// planes turns images whose channels come last into ones whose channels come
// first, each in place.
func planes(pixels []uint8, c, size int) {
	parallel.Each(len(pixels)/size, 16, func() func(int) {
		buf := make([]uint8, size)
		return func(i int) {
			image := pixels[i*size : (i+1)*size]
			copy(buf, image)
			n := size / c
			for k := range c {
				for j := range n {
					image[k*n+j] = buf[j*c+k]
				}
			}
		}
	})
}

// turned reports whether rows and columns are to be exchanged: by the option, else
// as the name of a set lets expect.
func (p *Place) turned(byName bool, plan *Plan) bool {
	switch {
	case p.Option("transpose") == "no":
		return false
	case p.options.has("transpose"):
		plan.Notes = append(plan.Notes, "transposed")
		return true
	case byName:
		plan.Notes = append(plan.Notes, "transposed as EMNIST is; transpose=no leaves them")
	}
	return byName
}

// transpose exchanges rows and columns of every image.
func (r *Raw) transpose() {
	for _, part := range []*Part{&r.Train, &r.Test, &r.More} {
		n := r.H * r.W
		parallel.Each(len(part.Pixels)/max(n, 1), 16, func() func(int) {
			buf := make([]uint8, n)
			return func(i int) {
				image := part.Pixels[i*n : (i+1)*n]
				copy(buf, image)
				for y := range r.H {
					for x := range r.W {
						image[x*r.H+y] = buf[y*r.W+x]
					}
				}
			}
		})
	}
	r.H, r.W = r.W, r.H
}

// interruptible reads until its context ends.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i *interruptible) Read(b []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(b)
}

// ofSize is a reader of a file of that many bytes: no header may claim more before
// anything is read, see idx.Read.
type ofSize struct {
	io.Reader
	size int64
}

func (s ofSize) Size() int64 { return s.size }
