package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"inkling/pkg/internal/printable"
)

// Set is a number of labelled images of one size, grey or in colour.
//
// Image i is Pixels[i*C*H*W : (i+1)*C*H*W], one plane of H rows of W after the
// other: the only one of a grey image, 0 background and 255 full ink, or red, green
// and blue. Its class is Classes[Labels[i]].
type Set struct {
	Name     string
	C, H, W  int      // planes: 1 or 3; rows and columns
	Classes  []string // the names of the classes, 2 to 1,000; sets share them
	Prepared string   // how images were made: asMNIST, or "" as they came
	Pixels   []uint8
	Labels   []uint16
}

// asMNIST is how the digits of MNIST were made of scanned ones: ink white on black,
// fitted into a box of 20×20 with its proportions kept, and laid into 28×28
// with its centre of mass in the middle. Source: http://yann.lecun.com/exdb/mnist/
const asMNIST = "mnist"

// maxClasses is the most classes that a set may have.
const maxClasses = 1000

// Numbered are the names of classes that are known by their numbers: "0" to n-1,
// as those of digits are.
func Numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

// digits are the classes of handwritten digits.
var digits = Numbered(10)

// Len returns the number of images.
func (s *Set) Len() int { return len(s.Labels) }

// Image returns image i: an *image.Gray that shares the memory of the Set, or
// an *image.NRGBA.
func (s *Set) Image(i int) image.Image {
	p, all := s.pixels(i), image.Rect(0, 0, s.W, s.H)
	if s.C == 1 {
		return &image.Gray{Pix: p, Stride: s.W, Rect: all}
	}
	m, n := image.NewNRGBA(all), s.H*s.W
	for j := range n {
		m.Pix[4*j], m.Pix[4*j+1], m.Pix[4*j+2], m.Pix[4*j+3] = p[j], p[n+j], p[2*n+j], 255
	}
	return m
}

// size is the number of bytes of an image.
func (s *Set) size() int { return s.C * s.H * s.W }

func (s *Set) pixels(i int) []uint8 {
	n := s.size()
	return s.Pixels[i*n : (i+1)*n : (i+1)*n]
}

// plane is one of the planes of image i.
func (s *Set) plane(i, c int) []uint8 {
	n := s.H * s.W
	return s.pixels(i)[c*n : (c+1)*n]
}

// like returns an empty Set for n images like those of s.
func (s *Set) like(name string, n int) *Set {
	t := *s
	t.Name, t.Pixels, t.Labels = name, make([]uint8, n*s.size()), make([]uint16, n)
	return &t
}

// window is the images from … to-1 of s, in its memory.
func (s *Set) window(name string, from, to int) *Set {
	t, n := *s, s.size()
	t.Name, t.Pixels, t.Labels = name, s.Pixels[from*n:to*n:to*n], s.Labels[from:to:to]
	return &t
}

// shape is the size of an image in words: 28×28, or 3×32×32.
func (s *Set) shape() string {
	if s.C == 1 {
		return fmt.Sprintf("%d×%d", s.H, s.W)
	}
	return fmt.Sprintf("%d×%d×%d", s.C, s.H, s.W)
}

// Like reports how the images or the classes of s are not of the kind that other
// has: a network for one is none for the other.
func (s *Set) Like(other *Set) error {
	switch {
	case s.C != other.C || s.H != other.H || s.W != other.W:
		return fmt.Errorf("images of %s, %s has those of %s", s.shape(), other.Name, other.shape())
	case !slices.Equal(s.Classes, other.Classes):
		return fmt.Errorf("%s; %s has %s", naming(s.Classes), other.Name, naming(other.Classes))
	}
	return nil
}

// naming says in a few words which classes there are: "10 classes, 0 to 9",
// "26 classes, A, B, C … Z".
func naming(classes []string) string {
	n := len(classes)
	switch {
	case n > 1 && slices.Equal(classes, Numbered(n)):
		return fmt.Sprintf("%d classes, 0 to %d", n, n-1)
	case n > 4:
		return fmt.Sprintf("%d classes, %s … %s", n, strings.Join(classes[:3], ", "), classes[n-1])
	}
	return fmt.Sprintf("%d classes, %s", n, strings.Join(classes, ", "))
}

// Select returns a new Set with copies of the images named by index, in that
// order. An index may come more than once.
func (s *Set) Select(name string, index []int) *Set {
	t := s.like(name, len(index))
	for k, i := range index {
		copy(t.pixels(k), s.pixels(i))
		t.Labels[k] = s.Labels[i]
	}
	return t
}

// First returns the first n images, or all if there are fewer. They share the
// name and the memory of s.
func (s *Set) First(n int) *Set {
	return s.window(s.Name, 0, min(n, s.Len()))
}

// Draw returns n images of s, or s itself if it has no more, drawn by seed with
// the classes in the proportions of s, rounded as seats are by the method of Webster.
// A larger draw holds the images of a smaller one. The images keep the
// order of s, and are copies.
func (s *Set) Draw(n int, seed uint64) *Set {
	if n >= s.Len() {
		return s
	}
	order := s.mixed(seed)[:max(n, 0)]
	slices.Sort(order)
	return s.Select(s.Name, order)
}

// mixed orders the images by seed so that every beginning of the order has the
// classes in the proportions of s: the k-th image of a class with m images, in a
// random order, stands at (k+½)/m of the way.
func (s *Set) mixed(seed uint64) []int {
	members := make([][]int, len(s.Counts()))
	for i, y := range s.Labels {
		members[y] = append(members[y], i)
	}
	type place struct{ image, k, m int }
	places := make([]place, 0, s.Len())
	var src rand.PCG
	for class, of := range members {
		reseed(&src, seed, forDraw, class, 0)
		p := make([]int, len(of))
		permute(p, rand.New(&src))
		for k, j := range p {
			places = append(places, place{of[j], k, len(of)})
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return (2*a.k+1)*b.m - (2*b.k+1)*a.m })
	order := make([]int, len(places))
	for i, p := range places {
		order[i] = p.image
	}
	return order
}

// Check reports a Set that is not whole: dimensions and pixels that do not fit,
// classes without a name of their own, or a label that is no class.
func (s *Set) Check() error {
	if s == nil {
		return fmt.Errorf("data: no set")
	}
	if s.C != 1 && s.C != 3 {
		return fmt.Errorf("data: %s: C %d, allowed 1 for grey images and 3 for red, green and blue", s.Name, s.C)
	}
	if s.H < 0 || s.W < 0 || len(s.Pixels) != len(s.Labels)*s.size() {
		return fmt.Errorf("data: %s: %d bytes of pixels, want %d images of %s", s.Name, len(s.Pixels), len(s.Labels), s.shape())
	}
	if err := checkClasses(s.Classes); err != nil {
		return fmt.Errorf("data: %s: %w", s.Name, err)
	}
	if err := checkLabels(s.Labels, len(s.Classes)); err != nil {
		return fmt.Errorf("data: %s: %w", s.Name, err)
	}
	return nil
}

func checkClasses(names []string) error {
	if n := len(names); n < 2 || n > maxClasses {
		return fmt.Errorf("%d classes, allowed 2 to %d", n, maxClasses)
	}
	seen := make(map[string]int, len(names))
	for i, name := range names {
		if other, ok := seen[name]; ok {
			return fmt.Errorf("classes %d and %d are both called %q", other, i, name)
		}
		seen[name] = i
		if printable.Text(name) != name || strings.TrimSpace(name) != name || name == "" {
			return fmt.Errorf("class %d is called %q, want printable letters and no space at either end", i, name)
		}
	}
	return nil
}

// checkLabels reports the first label that is no class.
func checkLabels[T uint8 | uint16](labels []T, classes int) error {
	for i, y := range labels {
		if int(y) >= classes {
			return fmt.Errorf("label %d at index %d, allowed 0 to %d", y, i, classes-1)
		}
	}
	return nil
}

// OfClass returns copies of the first n images of a class, or of all if there
// are fewer.
func (s *Set) OfClass(class, n int) *Set {
	var index []int
	for i, y := range s.Labels {
		if int(y) == class && len(index) < n {
			index = append(index, i)
		}
	}
	return s.Select(s.Name, index)
}

// Fingerprint returns the SHA-256 of the dimensions, pixels and labels in
// hexadecimal, with those of the classes that are not ten digits. Two Sets with
// the same fingerprint train the same network, whose outputs are called the same;
// the name does not count.
func (s *Set) Fingerprint() string {
	h := sha256.New()
	number := func(v int) {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(v))
		h.Write(b[:])
	}
	// Grey digits have the fingerprint they had when there was nothing else. No
	// set has -1 images, so that others are never taken for them.
	plain := s.C == 1 && slices.Equal(s.Classes, digits)
	if !plain {
		number(-1)
		number(s.C)
		number(len(s.Classes))
		for _, name := range s.Classes {
			number(len(name))
			io.WriteString(h, name)
		}
	}
	for _, d := range []int{s.Len(), s.H, s.W} {
		number(d)
	}
	h.Write(s.Pixels)
	for chunk := range slices.Chunk(s.Labels, 1<<12) {
		var b []byte
		for _, y := range chunk {
			if !plain {
				b = append(b, byte(y>>8))
			}
			b = append(b, byte(y))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// String says what the Set holds: "dev: 10000 images of 28×28".
func (s *Set) String() string {
	return fmt.Sprintf("%s: %d images of %s", s.Name, s.Len(), s.shape())
}

// Counts returns the number of images of each class, and of all labels up to
// the highest that occurs.
func (s *Set) Counts() []int {
	n := make([]int, len(s.Classes))
	for _, y := range s.Labels {
		for int(y) >= len(n) {
			n = append(n, 0)
		}
		n[y]++
	}
	return n
}

// Mean returns the mean image of a class as C×H×W values in [0,1]. It is all NaN when the Set has no image of that class.
func (s *Set) Mean(class int) []float64 {
	size := s.size()
	sum := make([]int, size)
	var n int
	for i, y := range s.Labels {
		if int(y) != class {
			continue
		}
		n++
		for j, v := range s.pixels(i) {
			sum[j] += int(v)
		}
	}
	mean := make([]float64, size)
	for j, v := range sum {
		mean[j] = float64(v) / float64(n) / 255
	}
	return mean
}

// Stats are simple statistics over every pixel of a Set.
type Stats struct {
	Mean, Std float64 // of pixels in [0,1]
	Ink       float64 // share of pixels that are not background
	Full      float64 // share of pixels at 255
	Histogram [256]int
}

// Stats returns the statistics of the pixels, NaN where the Set is empty.
func (s *Set) Stats() Stats {
	var st Stats
	for _, v := range s.Pixels {
		st.Histogram[v]++
	}
	// The sums are exact: at most 255² · len(Pixels), far below 2⁵³.
	var sum, squares float64
	for v, n := range st.Histogram {
		sum += float64(v) * float64(n)
		squares += float64(v*v) * float64(n)
	}
	n := float64(len(s.Pixels))
	mean := sum / n
	st.Mean = mean / 255
	st.Std = math.Sqrt(squares/n-mean*mean) / 255
	st.Ink = 1 - float64(st.Histogram[0])/n
	st.Full = float64(st.Histogram[255]) / n
	return st
}
