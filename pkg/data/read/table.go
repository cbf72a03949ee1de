package read

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"inkling/pkg/data/internal/idx"
	"inkling/pkg/internal/printable"
)

// csvReader reads the files of a set, all by the layout of the first.
type csvReader struct {
	p     *Place
	open  func(ctx context.Context, name string) (io.ReadCloser, error)
	files map[string]File
	shape []int    // from the option
	most  float64  // the value that stands for 255; 0 while it is not known
	last  bool     // the label stands last
	names []string // of the columns of pixels in the training part, if it has any
	words map[string]int32
	raw   Raw
}

func (r *csvReader) read(ctx context.Context) (*Raw, error) {
	r.words = map[string]int32{}
	for _, part := range parts {
		f, ok := r.files[part]
		if !ok {
			continue
		}
		t := &table{csvReader: r, name: f.Name, ctx: ctx, part: part}
		if err := t.read(); err != nil {
			return nil, at(r.p, f.Name, err)
		}
	}
	if err := r.number(); err != nil {
		return nil, fmt.Errorf("%s: %w", r.raw.Train.At, err)
	}
	return &r.raw, nil
}

// number gives labels that are words the order of the alphabet, and others their
// own values.
func (r *csvReader) number() error {
	names := make([]string, len(r.words))
	values := make([]int32, len(r.words))
	whole := true
	for w, i := range r.words {
		names[i] = w
		v, err := strconv.ParseFloat(w, 64) // 3.0, as pandas writes it
		if whole = whole && err == nil && v == math.Trunc(v) && math.Abs(v) < 1<<31; whole {
			values[i] = int32(v)
		}
	}
	if !whole {
		r.raw.Names = map[int32]string{}
		sorted := slices.Sorted(slices.Values(names))
		for k, w := range sorted {
			if err := checkName(w); err != nil {
				return err
			}
			r.raw.Names[int32(k)] = w
			values[r.words[w]] = int32(k)
		}
	}
	for _, part := range []*Part{&r.raw.Train, &r.raw.Test, &r.raw.More} {
		for i, k := range part.Labels {
			part.Labels[i] = values[k]
		}
	}
	return nil
}

// table is one file while it is read.
type table struct {
	*csvReader
	name    string
	part    string
	ctx     context.Context
	comma   byte
	columns int
	header  []string
	drop    int // a first column of numbers of rows, 0 or 1
	label   int // the column of the label, -1 without
}

// errFloats says that pixels are no whole numbers after all.
var errFloats = errors.New("pixels that are no whole numbers")

func (t *table) read() error {
	if err := t.look(); err != nil {
		return err
	}
	if t.label < 0 {
		if t.part == "train" {
			return errors.New("has no column of labels, allowed is one first or last")
		}
		t.raw.Notes = append(t.raw.Notes, t.name+" has no labels and is left aside")
		return nil
	}
	pixels := t.columns - t.drop - 1
	c, h, w, hwc, err := square(pixels, t.shape)
	if err != nil {
		return err
	}
	if err := t.raw.same(c, h, w); err != nil {
		return err
	}
	if err := t.order(); err != nil {
		return err
	}
	out := map[string]*Part{"train": &t.raw.Train, "test": &t.raw.Test, "val": &t.raw.More}[t.part]
	if err = t.rows(out, t.most); errors.Is(err, errFloats) || err == nil && t.most == 0 {
		// Whole numbers above 1 are taken as they are. What is left is a matter of
		// the largest value, and that was not known before the end.
		if t.most, err = t.largest(); err == nil {
			err = t.rows(out, t.most)
		}
	}
	if hwc {
		planes(out.Pixels, c, c*h*w)
	}
	return err
}

// order refuses a part whose columns have the names of the training part's in
// another order: its images would be others.
func (t *table) order() error {
	if t.header == nil {
		return nil
	}
	names := slices.Delete(slices.Clone(t.header), t.label, t.label+1)[t.drop:]
	if t.part == "train" {
		t.names = names
	}
	if i := textual(names); i > 0 {
		return fmt.Errorf("column %.60q stands before %.60q, as sorted by text: want the columns in the order of their numbers", names[i-1], names[i])
	}
	for i, name := range t.names {
		if there := names[i]; there != name && slices.Contains(t.names, there) {
			return fmt.Errorf("pixel %d is called %.60q, that of the training part %.60q: want the same order of columns", i+1, there, name)
		}
	}
	return nil
}

// textual returns the first name whose number is below that before it, where names
// are one word and a number each: pixel10 before pixel2 is what a sort by text
// leaves, and an image read like that is scrambled. 0 stands for none.
func textual(names []string) int {
	before := -1
	at := 0
	for i, name := range names {
		word := strings.TrimRight(name, "0123456789")
		number, err := strconv.Atoi(name[len(word):])
		if err != nil || word != strings.TrimRight(names[0], "0123456789") {
			return 0
		}
		if number < before && at == 0 {
			at = i
		}
		before = number
	}
	return at
}

// openTable opens a file, through gzip if need be.
func (p *Place) openTable(ctx context.Context, name string) (io.ReadCloser, error) {
	f, err := p.Open(name, maxFile)
	if err != nil {
		return nil, err
	}
	r := struct {
		io.Reader
		io.Closer
	}{&interruptible{ctx, f}, f}
	if strings.HasSuffix(strings.ToLower(name), ".gz") {
		if r.Reader, err = gzip.NewReader(r.Reader); err != nil {
			f.Close()
			return nil, fmt.Errorf("gzip: %w", err)
		}
	}
	return r, nil
}

// lines calls do with every line that is not empty, and its number from 1.
func (t *table) lines(do func(n int, line []byte) error) error {
	r, err := t.open(t.ctx, t.name)
	if err != nil {
		return err
	}
	defer r.Close()
	return splitLines(r, do)
}

var errEnough = errors.New("enough")

func splitLines(r io.Reader, do func(n int, line []byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	empty := 0
	for n := 1; lines.Scan(); n++ {
		line := lines.Bytes()
		if n == 1 {
			if bytes.HasPrefix(line, []byte("\xff\xfe")) || bytes.HasPrefix(line, []byte("\xfe\xff")) {
				return errors.New("is text in UTF-16, want UTF-8 or ASCII")
			}
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		line = bytes.TrimRight(line, " \r")
		if len(line) == 0 {
			empty = n
			continue
		}
		if empty > 0 {
			return fmt.Errorf("line %d: empty, allowed at the end alone", empty)
		}
		if err := do(n, line); err == errEnough {
			return nil
		} else if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("a line of more than %d MiB", maxLine>>20)
	} else if err != nil {
		return cause(err)
	}
	return nil
}

// look reads the first rows and decides how the table lies.
func (t *table) look() error {
	first, last := outer{}, outer{}
	option := t.p.Option("label")
	err := t.lines(func(n int, line []byte) error {
		if n == 1 {
			t.comma = ','
			for _, c := range []byte(";\t") {
				if bytes.Count(line, []byte{c}) > bytes.Count(line, []byte{t.comma}) {
					t.comma = c
				}
			}
			t.columns = bytes.Count(line, []byte{t.comma}) + 1
			if t.columns < 3 {
				return fmt.Errorf("%s, want a label and pixels with commas, semicolons or tabs between them", printable.Count(t.columns, "column"))
			}
			if t.columns > 3*maxSide*maxSide+2 {
				return fmt.Errorf("%d columns, allowed %d", t.columns, 3*maxSide*maxSide+2)
			}
			if names := fields(line, t.comma); isHeader(names) {
				t.header = names
				return nil
			}
		}
		if k := bytes.Count(line, []byte{t.comma}) + 1; k != t.columns {
			return fmt.Errorf("%d columns, the first line has %d", k, t.columns)
		}
		first.add(line[:bytes.IndexByte(line, t.comma)])
		last.add(line[bytes.LastIndexByte(line, t.comma)+1:])
		if option != "" || t.part != "train" || t.named(0, labelNames...) || t.named(t.columns-1, labelNames...) {
			return errEnough
		}
		return nil // a table may be sorted by its labels: all of it counts
	})
	switch {
	case err != nil:
		return err
	case first.rows == 0:
		return errors.New("has no rows")
	}
	return t.place(first, last)
}

// outer is what stands in the first or in the last column.
type outer struct {
	rows     int
	distinct map[string]bool
}

func (o *outer) add(cell []byte) {
	if o.distinct == nil {
		o.distinct = map[string]bool{}
	}
	o.rows++
	if len(o.distinct) <= maxClasses {
		cell = unquote(cell)
		o.distinct[string(cell[:min(len(cell), maxWord)])] = true
	}
}

// mayLabel reports whether these can be labels: not all alike, as the pixels in the
// corners of images mostly are, nor nearly all different.
func (o *outer) mayLabel() bool {
	n := len(o.distinct)
	return n > 1 && n <= maxClasses && (n <= o.rows/2 || o.rows < 20)
}

// named reports whether a column has one of these names.
func (t *table) named(i int, names ...string) bool {
	return t.header != nil && slices.Contains(names, strings.ToLower(t.header[i]))
}

// pixels reports whether two columns are called alike but for their numbers, as
// pixel783 and pixel782 are: neither is the label.
func (t *table) pixels(i, j int) bool {
	if t.header == nil {
		return false
	}
	word := func(s string) string { return strings.Trim(s, "0123456789") }
	return word(t.header[i]) != "" && word(t.header[i]) == word(t.header[j])
}

// isHeader reports whether a first row holds names of columns: in its middle, where
// pixels stand, is something that is no number, or there are the numbers of the
// columns, as pandas writes them where nobody gave names.
func isHeader(row []string) bool {
	counts := len(row) > 16 // the pixels of a small image may look like that
	for i, s := range row[1 : len(row)-1] {
		if _, err := strconv.ParseFloat(s, 64); err != nil {
			return true
		}
		first, err := strconv.Atoi(row[1])
		counts = counts && err == nil && first >= 0 && first <= 2 && s == strconv.Itoa(first+i)
	}
	return counts
}

func fields(line []byte, comma byte) []string {
	var all []string
	for f := range bytes.SplitSeq(line, []byte{comma}) {
		all = append(all, string(unquote(f)))
	}
	return all
}

func unquote(b []byte) []byte {
	b = bytes.TrimSpace(b)
	if n := len(b); n >= 2 && b[0] == '"' && b[n-1] == '"' {
		b = b[1 : n-1]
	}
	return b
}

// labelNames are names of a column of labels.
var labelNames = []string{"label", "labels", "class", "target", "y", "digit", "letter", "character", "category"}

// place finds the column of the label: by the option, by the names of the columns,
// else by what stands in the outer ones.
func (t *table) place(first, last outer) error {
	end := t.columns - 1
	if t.named(0, "id", "index", "imageid", "image_id", "unnamed: 0", "") {
		t.drop = 1
	}
	byFirst, byLast := t.named(t.drop, labelNames...), t.named(end, labelNames...)
	switch option := t.p.Option("label"); {
	case option == "first":
		t.label = t.drop
	case option == "last":
		t.label = end
	case byFirst && byLast:
		return fmt.Errorf("the first and the last column are called %q and %q; choose by label=first|last", t.header[t.drop], t.header[end])
	case byFirst:
		t.label = t.drop
	case byLast:
		t.label = end
	case t.part != "train" && t.header != nil:
		t.label = -1 // the training part is named, or will be asked for
		if pixels := t.columns - t.drop; pixels == t.raw.C*t.raw.H*t.raw.W+1 {
			t.label = t.drop
			if t.last {
				t.label = end
			}
		}
	case t.part != "train":
		t.label = 0
		if t.last {
			t.label = end
		}
		if t.columns == t.raw.C*t.raw.H*t.raw.W {
			t.label = -1
		}
	default:
		a := first.mayLabel() && !t.pixels(t.drop, t.drop+1)
		b := last.mayLabel() && !t.pixels(end, end-1)
		switch {
		case a && b:
			return errors.New("the first and the last column may be the label; choose by label=first|last")
		case !a && !b:
			t.label = -1
		case b:
			t.label = end
			t.raw.Notes = append(t.raw.Notes, "labels in the last column; label=first takes the first")
		default:
			t.label = t.drop
			t.raw.Notes = append(t.raw.Notes, "labels in the first column; label=last takes the last")
		}
	}
	if t.part == "train" {
		t.last = t.label == end
	}
	return nil
}

// square is the shape of an image of n values.
func square(n int, shape []int) (c, h, w int, hwc bool, err error) {
	switch {
	case len(shape) == 3 && shape[2] == 3 && shape[0] != 3:
		h, w, c, hwc = shape[0], shape[1], 3, true
	case len(shape) == 3:
		c, h, w = shape[0], shape[1], shape[2]
	case len(shape) == 2:
		c, h, w = 1, shape[0], shape[1]
	default:
		side := int(math.Round(math.Sqrt(float64(n))))
		c, h, w = 1, side, side
		if side*side != n {
			return 0, 0, 0, false, fmt.Errorf("%d pixels in a row are no square; give them a shape: shape=HxW, shape=3xHxW or shape=HxWx3", n)
		}
	}
	if c*h*w != n || c != 1 && c != 3 || h > maxSide || w > maxSide {
		return 0, 0, 0, false, fmt.Errorf("%d pixels in a row, the shape %s is of %d; allowed are 1 or 3 channels of at most %d×%d", n, idx.Times([]int{c, h, w}), c*h*w, maxSide, maxSide)
	}
	return c, h, w, hwc, nil
}

// rows reads all images and labels. The value most stands for 255; 0 takes whole
// numbers of 0 to 255 as they are, and returns errFloats where there are others.
func (t *table) rows(out *Part, most float64) error {
	*out = Part{At: t.p.At(t.name)}
	size := t.raw.C * t.raw.H * t.raw.W
	pixels := make([]uint8, size)
	err := t.lines(func(n int, line []byte) error {
		if n == 1 && t.header != nil {
			return nil
		}
		k, column := 0, 0
		var label []byte
		for rest := line; ; column++ {
			cell, more, found := bytes.Cut(rest, []byte{t.comma})
			switch {
			case column == t.label:
				label = unquote(cell)
			case column < t.drop:
			case k == size:
				return fmt.Errorf("more than the %d columns of the first line", t.columns)
			default:
				v, err := pixel(cell, most)
				if err != nil {
					return fmt.Errorf("column %d: %w", column+1, err)
				}
				pixels[k] = v
				k++
			}
			if rest = more; !found {
				break
			}
		}
		if column+1 != t.columns {
			return fmt.Errorf("%d columns, the first line has %d", column+1, t.columns)
		}
		y, ok := t.words[string(label)]
		if !ok {
			if len(t.words) == maxClasses {
				return fmt.Errorf("column %d: %.60q is label number %d, allowed are %d", t.label+1, label, maxClasses+1, maxClasses)
			}
			if n := len(label); n == 0 || n > maxWord {
				return fmt.Errorf("column %d: a label of %d bytes, allowed 1 to %d", t.label+1, n, maxWord)
			}
			y = int32(len(t.words))
			t.words[string(label)] = y
		}
		if len(out.Pixels)+size > maxPixels {
			return fmt.Errorf("%d bytes of pixels and more, allowed %d", len(out.Pixels), maxPixels)
		}
		out.Pixels, out.Labels = append(out.Pixels, pixels...), append(out.Labels, y)
		return nil
	})
	if err == nil && most == 0 && slices.Max(out.Pixels) <= 1 {
		return errFloats // 0 and 1
	}
	if err == nil && most == 0 {
		t.most = 255
	}
	return err
}

// pixel reads a whole number of 0 to 255, or, where most is not 0, a number of 0 to
// most as a share of 255.
func pixel(cell []byte, most float64) (uint8, error) {
	if most == 0 || most == 255 {
		if n := len(cell); n > 0 && n <= 3 {
			v := 0
			for _, c := range cell {
				if c < '0' || c > '9' {
					v = 256
					break
				}
				v = 10*v + int(c-'0')
			}
			if v <= 255 {
				return uint8(v), nil
			}
		}
	}
	s := string(unquote(cell))
	v, err := strconv.ParseFloat(s, 64)
	top := most
	if top == 0 {
		top = 255
	}
	if err != nil || !(v >= 0 && v <= top) {
		return 0, fmt.Errorf("pixel %.60q, allowed 0 to %v", s, top)
	}
	if most == 0 {
		if v != math.Trunc(v) {
			return 0, errFloats
		}
		return uint8(v), nil
	}
	return uint8(math.Round(v / most * 255)), nil
}

// largest is what stands for 255, of pixels that are not all whole numbers or not
// above 1: 1 or 255.
func (t *table) largest() (float64, error) {
	most := 0.
	err := t.lines(func(n int, line []byte) error {
		if n == 1 && t.header != nil {
			return nil
		}
		column := 0
		for cell := range bytes.SplitSeq(line, []byte{t.comma}) {
			if column != t.label && column >= t.drop {
				v, err := strconv.ParseFloat(string(unquote(cell)), 64)
				if err != nil || !(v >= 0 && v <= 255) {
					return fmt.Errorf("column %d: pixel %.60q, allowed 0 to 255", column+1, cell)
				}
				most = max(most, v)
			}
			column++
		}
		return nil
	})
	if most <= 1 {
		t.raw.Notes = append(t.raw.Notes, "pixels of 0 to 1 made 0 to 255")
		return 1, err
	}
	return 255, err
}
