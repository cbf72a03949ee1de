package read

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"inkling/pkg/data/internal/idx"
)

// Arrays of numpy, several in an .npz or each in an .npy or .npz of its own, by the
// names that people give them:
//
//	x_train, y_train, x_test, y_test                Keras' mnist.npz
//	train_images, train_labels, val_images, …       MedMNIST
//	kmnist-train-imgs.npz with arr_0, and three     KMNIST, Kuzushiji-49
//	x, y or images, labels                          a test part is split off
//
// Images are N×H×W, N×H×W×C, N×C×H×W or N×H·W, of bytes, whole numbers of 0 to 255,
// or floats of 0 to 1 or 0 to 255; labels are N, N×1 or one-hot rows. Pickled
// objects are refused: they are programs.
var _ = Register(Format{
	Name:    "npz",
	Looks:   "numpy's .npz or .npy with x_train and y_train, and x_test and y_test if there are such",
	Options: []string{"split=NAME", "shape=HxW", "max=N", "transpose=yes|no"},
	Find:    findNPZ,
})

// maxArrays is how many arrays an archive may have.
const maxArrays = 1000

func isNPZ(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".npz") || strings.HasSuffix(name, ".npy")
}

func findNPZ(p *Place) (*Plan, error) {
	var files []File
	for _, f := range p.Files {
		if isNPZ(f.Name) {
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return nil, nil
	}
	// One file holds a set, or several hold an array each.
	sets := map[string][]File{}
	var some []string
	if len(files) == 1 {
		sets[""], some = files, []string{""}
	} else {
		for _, f := range files {
			l := parse(f.Name)
			if l.kind == "" {
				continue
			}
			if sets[l.set] == nil {
				some = append(some, l.set)
			}
			sets[l.set] = append(sets[l.set], f)
		}
		if some == nil {
			var names []string
			for _, f := range files {
				names = append(names, f.Name)
			}
			return nil, fmt.Errorf("%s: %d files of numpy, name one of them: %.200s", p.path, len(files), strings.Join(names, ", "))
		}
	}
	set, short, err := choose(p, "split", some)
	if err != nil {
		return nil, err
	}
	plan := &Plan{Label: short, Files: slices.Clone(sets[set]), Slow: true}
	r := &npzReader{p: p, files: sets[set]}
	if r.most, err = p.options.number("max", 0, 1e-6, 1e9); err != nil {
		return nil, fmt.Errorf("%s: %w", p.path, err)
	}
	if r.shape, err = p.options.dims("shape", 2, 3); err != nil {
		return nil, fmt.Errorf("%s: %w", p.path, err)
	}
	turned := p.turned(false, plan)
	names, named := beside(p, set, plan)
	plan.Read = func(ctx context.Context) (*Raw, error) {
		raw, err := r.read(ctx)
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

type npzReader struct {
	p     *Place
	files []File
	most  float64
	shape []int

	arrays map[label]entry
	names  []string
	raw    Raw
}

// entry is one array, which can be opened more than once.
type entry struct {
	at   string // for errors
	open func() (io.ReadCloser, error)
}

func (r *npzReader) read(ctx context.Context) (*Raw, error) {
	r.arrays = map[label]entry{}
	for _, f := range r.files {
		file, err := r.p.Open(f.Name, maxFile)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		found, err := entries(ctx, r.p, f, file)
		if err == nil {
			err = r.gather(f, found)
		}
		if err != nil {
			return nil, at(r.p, f.Name, err)
		}
	}
	return r.assemble()
}

// gather sorts the arrays of a file by what their names say; an array with a file
// of its own goes by the name of that.
func (r *npzReader) gather(f File, found map[string]entry) error {
	for _, name := range slices.Sorted(maps.Keys(found)) {
		r.names = append(r.names, name)
		l := parse(name)
		if len(r.files) > 1 {
			l = parse(f.Name)
		} else if l.kind == "" {
			continue
		}
		if l.part == "" {
			l.part = "train"
		}
		l.set = ""
		if other, twice := r.arrays[l]; twice {
			return fmt.Errorf("%s: %s %s, and again as %s; want one", found[name].at, words(l.part), l.kind, other.at)
		}
		r.arrays[l] = found[name]
	}
	return nil
}

func (r *npzReader) assemble() (*Raw, error) {
	for i, part := range []*Part{&r.raw.Train, &r.raw.Test, &r.raw.More} {
		images, a := r.arrays[label{"", parts[i], "images"}]
		labels, b := r.arrays[label{"", parts[i], "labels"}]
		switch {
		case !a && !b && i > 0:
		case !a || !b:
			return nil, fmt.Errorf("%s: no array of %s %s among %.200s; allowed are x_train and y_train, train_images and train_labels, x and y", r.p.At(r.files[0].Name),
				words(parts[i]), map[bool]string{false: "images", true: "labels"}[a], strings.Join(r.names, ", "))
		default:
			if err := r.part(part, images, labels); err != nil {
				return nil, err
			}
		}
	}
	return &r.raw, nil
}

// entries lists the arrays of a file: those of an archive, or the one of an .npy.
func entries(ctx context.Context, p *Place, f File, file io.ReaderAt) (map[string]entry, error) {
	if strings.HasSuffix(strings.ToLower(f.Name), ".npy") {
		return map[string]entry{f.Name: {p.At(f.Name), func() (io.ReadCloser, error) {
			return io.NopCloser(&interruptible{ctx, io.NewSectionReader(file, 0, f.Size)}), nil
		}}}, nil
	}
	z, err := zip.NewReader(file, f.Size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are not paths here
		return nil, err
	}
	if len(z.File) > maxArrays {
		return nil, fmt.Errorf("%d arrays, allowed %d", len(z.File), maxArrays)
	}
	all := map[string]entry{}
	for _, m := range z.File {
		if !strings.HasSuffix(m.Name, ".npy") {
			return nil, fmt.Errorf("holds %.60q, allowed are arrays (.npy)", m.Name)
		}
		if _, twice := all[m.Name]; twice {
			return nil, fmt.Errorf("holds %.60q twice", m.Name)
		}
		all[m.Name] = entry{fmt.Sprintf("%s: %.60q", p.At(f.Name), m.Name), func() (io.ReadCloser, error) {
			r, err := m.Open()
			if err != nil {
				return nil, err
			}
			return struct {
				io.Reader
				io.Closer
			}{&interruptible{ctx, r}, r}, nil
		}}
	}
	return all, nil
}

// part reads the images and the labels of one part.
func (r *npzReader) part(out *Part, images, labels entry) error {
	ys, err := labels.labels()
	if err != nil {
		return fmt.Errorf("%s: %w", labels.at, err)
	}
	var h npyHeader
	err = images.with(func(in io.Reader) error {
		if h, err = readNPY(in); err != nil {
			return err
		}
		c, height, width, last, err := h.images(r.shape)
		if err != nil {
			return err
		}
		if h.dims[0] != len(ys) {
			return fmt.Errorf("%d images for %d labels", h.dims[0], len(ys))
		}
		if !fits(h.dims[0], c, height, width) {
			return fmt.Errorf("%s means %d images, allowed are %d MiB", idx.Times(h.dims), h.dims[0], maxPixels>>20)
		}
		if err := r.raw.same(c, height, width); err != nil {
			return err
		}
		scale := r.most
		if scale == 0 && !h.isByte() {
			if scale, err = images.largest(); err != nil {
				return err
			}
			if scale == 1 {
				r.raw.Notes = append(r.raw.Notes, "pixels of 0 to 1 made 0 to 255")
			}
			r.most = scale // the other parts are like the first
		}
		pixels, err := h.bytes(in, scale)
		if err != nil {
			return err
		}
		if out == &r.raw.Train && scale == 0 && slices.Max(pixels) <= 1 { // as in floats, and in CSV
			r.raw.Notes = append(r.raw.Notes, "pixels of 0 to 1 made 0 to 255")
			r.most = 1
			for i := range pixels {
				pixels[i] *= 255
			}
		}
		if h.fortran {
			pixels = rowMajor(pixels, h.dims)
		}
		if last {
			planes(pixels, c, c*height*width)
		}
		*out = Part{Pixels: pixels, Labels: ys, At: labels.at}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", images.at, err)
	}
	return nil
}

func (e entry) with(do func(io.Reader) error) error {
	r, err := e.open()
	if err != nil {
		return err
	}
	defer r.Close()
	return do(r)
}

// largest is what stands for 255 of numbers that are no bytes: 1 or 255.
func (e entry) largest() (float64, error) {
	most := 0.
	err := e.with(func(in io.Reader) error {
		h, err := readNPY(in)
		if err != nil {
			return err
		}
		return h.values(in, func(i int, v float64) error {
			if !(v >= 0 && v <= 255) {
				return fmt.Errorf("pixel %v at index %d, allowed 0 to 1 or 0 to 255, or 0 to N by max=N", v, i)
			}
			most = max(most, v)
			return nil
		})
	})
	if most <= 1 {
		return 1, err
	}
	return 255, err
}

// labels reads whole numbers: N, N×1, or N rows of a one and zeros.
func (e entry) labels() (ys []int32, err error) {
	err = e.with(func(in io.Reader) error {
		h, err := readNPY(in)
		if err != nil {
			return err
		}
		n, k := 0, 1
		switch {
		case len(h.dims) == 1:
			n = h.dims[0]
		case len(h.dims) == 2:
			n, k = h.dims[0], h.dims[1]
		default:
			return fmt.Errorf("labels of %s, allowed N, N×1 or N rows of a one and zeros", idx.Times(h.dims))
		}
		if k > maxClasses {
			return fmt.Errorf("rows of %d, allowed are %d classes", k, maxClasses)
		}
		if n > maxPixels/8 {
			return fmt.Errorf("%d labels, allowed %d", n, maxPixels/8)
		}
		if k == 1 {
			return h.values(in, func(i int, v float64) error {
				if v != math.Trunc(v) || math.Abs(v) >= 1<<31 {
					return fmt.Errorf("label %v at index %d, allowed are whole numbers of 32 bits", v, i)
				}
				ys = append(ys, int32(v))
				return nil
			})
		}
		var hot []int8 // of every row, once its one was seen
		err = h.values(in, func(i int, v float64) error {
			row, class := i/k, i%k
			if h.fortran {
				row, class = i%n, i/n
			}
			for len(hot) <= row {
				hot, ys = append(hot, 0), append(ys, 0)
			}
			switch {
			case v == 1:
				hot[row]++
				ys[row] = int32(class)
			case v != 0:
				return fmt.Errorf("%v in row %d, allowed are rows of a one and zeros", v, row)
			}
			return nil
		})
		if row := slices.IndexFunc(hot, func(n int8) bool { return n != 1 }); err == nil && row >= 0 {
			err = fmt.Errorf("row %d has not one 1, several labels for an image are not read", row)
		}
		return err
	})
	return ys, err
}

// rowMajor turns an array whose first index runs fastest into one whose last does.
func rowMajor(in []uint8, dims []int) []uint8 {
	out := make([]uint8, len(in))
	n := dims[0]
	size := len(in) / n
	// Where value j of an image, in the order of rows, lies among the values of
	// its image in the order of columns.
	from := make([]int, size)
	for j := range from {
		rest, place := j, size
		for axis := len(dims) - 1; axis > 0; axis-- {
			// The last index is the lowest digit of j, and the highest of from.
			place /= dims[axis]
			from[j] += rest % dims[axis] * place
			rest /= dims[axis]
		}
	}
	for i := range n {
		for j, k := range from {
			out[i*size+j] = in[i+n*k]
		}
	}
	return out
}
