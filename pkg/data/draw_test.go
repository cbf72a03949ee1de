package data

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// classed is a set whose image i holds the number i, with so many of each class
// in the order of the classes.
func classed(counts ...int) *Set {
	s := &Set{Name: "numbered", C: 1, Classes: digits, H: 1, W: 2}
	for class, n := range counts {
		for range n {
			i := s.Len()
			s.Pixels = append(s.Pixels, uint8(i>>8), uint8(i))
			s.Labels = append(s.Labels, uint16(class))
		}
	}
	return s
}

func numbers(s *Set) (list []int) {
	for i := range s.Len() {
		p := s.pixels(i)
		list = append(list, int(p[0])<<8|int(p[1]))
	}
	return list
}

func TestDraw(t *testing.T) {
	s := classed(300, 3, 150, 0, 1, 46)
	var before []int
	for n := range s.Len() + 1 {
		d := s.Draw(n, 1)
		got := numbers(d)
		if len(got) != n || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != n {
			t.Fatalf("%d images: %v, want %d different ones in the order of the set", n, got, n)
		}
		for _, i := range before {
			if !slices.Contains(got, i) {
				t.Fatalf("%d images lack %d, which %d had", n, i, len(before))
			}
		}
		before = got
		for class, k := range d.Counts() {
			if share := float64(n) * float64(s.Counts()[class]) / float64(s.Len()); math.Abs(float64(k)-share) > 1.25 {
				t.Errorf("%d of class %d among %d, its share is %.2f", k, class, n, share)
			}
		}
		if err := d.Check(); err != nil {
			t.Error(err)
		}
	}
	if a, b := numbers(s.Draw(50, 1)), numbers(s.Draw(50, 1)); !slices.Equal(a, b) {
		t.Error("two draws of one seed differ")
	}
	if a, b := numbers(s.Draw(50, 1)), numbers(s.Draw(50, 2)); slices.Equal(a, b) {
		t.Error("draws of two seeds are the same")
	}
	if s.Draw(1000, 1) != s || s.Draw(0, 1).Len() != 0 || s.Draw(-1, 1).Len() != 0 {
		t.Error("more than there is, none, or less than none")
	}
}

// Letters have labels beyond the digits: they are counted, and told by Check.
func TestLabelsBeyondTheDigits(t *testing.T) {
	s := classed(slices.Repeat([]int{2}, 27)...)
	if got := s.Counts(); len(got) != 27 || got[26] != 2 {
		t.Errorf("counts %v", got)
	}
	if err := s.Check(); err == nil || !strings.Contains(err.Error(), "label 10 at index 20, allowed 0 to 9") {
		t.Errorf("check: %v", err)
	}
	d := &Dataset{Train: s, Test: s}
	if got := d.Majority(); math.Abs(got-1./27) > 1e-9 {
		t.Errorf("majority %v, want 1/27", got)
	}
	if got := d.NearestMean(); !(got >= 0.5) { // every class has two neighbours of its own
		t.Errorf("nearest mean %v", got)
	}
	for _, bad := range []*Set{nil, {Name: "x", C: 1, Classes: digits, H: 2, W: 2, Pixels: make([]uint8, 7), Labels: make([]uint16, 2)}} {
		if bad.Check() == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}
