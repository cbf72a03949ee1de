package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
)

// Classes is the number of labels: the digits 0 to 9.
const Classes = 10

// Set is a number of labelled grey images of one size.
//
// Image i is Pixels[i*H*W : (i+1)*H*W], row-major, 0 background and 255 full
// ink; its label is Labels[i].
type Set struct {
	Name   string
	H, W   int
	Pixels []uint8
	Labels []uint8
}

// Len returns the number of images.
func (s *Set) Len() int { return len(s.Labels) }

// Image returns image i. It shares the memory of the Set.
func (s *Set) Image(i int) *image.Gray {
	return &image.Gray{Pix: s.pixels(i), Stride: s.W, Rect: image.Rect(0, 0, s.W, s.H)}
}

func (s *Set) pixels(i int) []uint8 {
	n := s.H * s.W
	return s.Pixels[i*n : (i+1)*n : (i+1)*n]
}

// Select returns a new Set with copies of the images named by index, in that
// order. An index may come more than once.
func (s *Set) Select(name string, index []int) *Set {
	n := s.H * s.W
	t := &Set{
		Name:   name,
		H:      s.H,
		W:      s.W,
		Pixels: make([]uint8, len(index)*n),
		Labels: make([]uint8, len(index)),
	}
	for k, i := range index {
		copy(t.pixels(k), s.pixels(i))
		t.Labels[k] = s.Labels[i]
	}
	return t
}

// First returns the first n images, or all if there are fewer. They share the
// name and the memory of s.
func (s *Set) First(n int) *Set {
	n = min(n, s.Len())
	at := n * s.H * s.W
	return &Set{Name: s.Name, H: s.H, W: s.W, Pixels: s.Pixels[:at:at], Labels: s.Labels[:n:n]}
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
	var members [256][]int
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
// or a label that is no class.
func (s *Set) Check() error {
	if s == nil {
		return fmt.Errorf("data: no set")
	}
	if s.H < 0 || s.W < 0 || len(s.Pixels) != len(s.Labels)*s.H*s.W {
		return fmt.Errorf("data: %s: %d pixels, want %d images of %d×%d", s.Name, len(s.Pixels), len(s.Labels), s.H, s.W)
	}
	for i, y := range s.Labels {
		if y >= Classes {
			return fmt.Errorf("data: %s: label %d of image %d, want 0 to %d", s.Name, y, i, Classes-1)
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
// hexadecimal. Two Sets with the same fingerprint train the same network; the
// name does not count.
func (s *Set) Fingerprint() string {
	h := sha256.New()
	for _, d := range []int{s.Len(), s.H, s.W} {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(d))
		h.Write(b[:])
	}
	h.Write(s.Pixels)
	h.Write(s.Labels)
	return hex.EncodeToString(h.Sum(nil))
}

// String says what the Set holds: "dev: 10000 images of 28×28".
func (s *Set) String() string {
	return fmt.Sprintf("%s: %d images of %d×%d", s.Name, s.Len(), s.H, s.W)
}

// Counts returns the number of images of each label: of the digits, and of all up
// to the highest that occurs.
func (s *Set) Counts() []int {
	n := make([]int, Classes)
	for _, y := range s.Labels {
		for int(y) >= len(n) {
			n = append(n, 0)
		}
		n[y]++
	}
	return n
}

// Mean returns the mean image of a class as H×W values in [0,1], row-major.
// It is all NaN when the Set has no image of that class.
func (s *Set) Mean(class int) []float64 {
	size := s.H * s.W
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
