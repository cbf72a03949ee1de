package data

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// salt sets a share of the pixels at random.
type salt float64

func (s salt) Apply(image []float32, h, w int, rng *rand.Rand) {
	for i := range image {
		if rng.Float64() < float64(s) {
			image[i] = float32(rng.IntN(2))
		}
	}
}

func (s salt) Check() error {
	if !(s >= 0 && s <= 1) {
		return fmt.Errorf("salt %v, want 0 to 1", float64(s))
	}
	return nil
}

func (s salt) Times(f float64) Change { return salt(float64(s) * f) }

// plus adds to every pixel, without chance.
type plus struct{ By float32 }

func (p plus) Apply(image []float32, h, w int, _ *rand.Rand) {
	for i := range h * w {
		image[i] += p.By
	}
}

type inverted struct{}

func (inverted) Apply(image []float32, _, _ int, _ *rand.Rand) {
	for i, v := range image {
		image[i] = 1 - v
	}
}
func (inverted) Check() error { return errors.New("never right") }

// changed is what an epoch of a Loader shows of s, image by image.
func changed(s *Set, a Augment, seed uint64, epoch int) []float32 {
	l := &Loader{Set: s, Batch: 3, Seed: seed, Augment: a}
	var all []float32
	for b := range l.Epoch(epoch) {
		all = append(all, b.X...)
	}
	return all
}

// Changes of one's own come last, in their order, and each draws for itself.
func TestMoreChanges(t *testing.T) {
	s := Lattice(7)
	for i := range s.Len() { // no two alike
		s.pixels(i)[i] = uint8(100 + i)
	}
	ours := Augment{Shift: 2, Rotate: 10, Noise: 0.1, Erase: 4}
	with := func(a Augment, more ...Change) Augment {
		a.More = more
		return a
	}
	plain := changed(s, ours, 1, 0)
	for i, v := range changed(s, with(ours, plus{-0.25}), 1, 0) {
		if want := max(plain[i]-0.25, 0); v != want {
			t.Fatalf("value %d is %v, want %v: ours, then −0.25, cut off at 0", i, v, want)
		}
	}
	// (v+0.5 cut off at 1) − 0.5, and not v.
	for i, v := range changed(s, with(ours, plus{0.5}, plus{-0.5}), 1, 0) {
		if want := min(plain[i]+0.5, 1) - 0.5; v != want {
			t.Fatalf("value %d is %v, want %v: one change after the other", i, v, want)
		}
	}
	one := changed(s, with(ours, salt(0.2)), 1, 0)
	if slices.Equal(one, plain) {
		t.Error("salt changes nothing")
	}
	if !slices.Equal(one, changed(s, with(ours, salt(0.2)), 1, 0)) {
		t.Error("the same seed and epoch give something else")
	}
	for name, other := range map[string][]float32{"seed": changed(s, with(ours, salt(0.2)), 2, 0), "epoch": changed(s, with(ours, salt(0.2)), 1, 1)} {
		if slices.Equal(one, other) {
			t.Errorf("another %s gives the same", name)
		}
	}
	// Where it salts does not depend on what stands beside it but for its place.
	grains := func(a Augment) (at []int) {
		blank := &Set{C: 1, H: 28, W: 28, Pixels: make([]uint8, 784), Labels: make([]uint16, 1)}
		for i, v := range changed(blank, a, 1, 0) {
			if v == 1 {
				at = append(at, i)
			}
		}
		return at
	}
	alone := grains(with(Augment{}, salt(0.2)))
	if len(alone) < 30 {
		t.Fatalf("%d grains of salt", len(alone))
	}
	for _, a := range []Augment{with(ours, salt(0.2)), with(Augment{Elastic: Elastic{20, 4}}, salt(0.2), plus{0})} {
		a.Noise, a.Erase = 0, 0
		if !slices.Equal(grains(a), alone) {
			t.Errorf("%v salts elsewhere", a)
		}
	}
	if slices.Equal(grains(with(Augment{}, salt(0.2), salt(0.2))), alone) {
		t.Error("two changes of one kind draw the same")
	}
	// What is kept is kept.
	kept := ours
	kept.Keep = 1
	if !slices.Equal(changed(s, with(kept, salt(1)), 1, 0), changed(s, Augment{}, 1, 0)) {
		t.Error("an image that is kept is salted")
	}
	// Copies of old show the same.
	copies := with(ours, salt(0.2)).Materialize(s, 1, 2)
	first := make([]uint8, 784)
	toBytes(first, one[:784])
	if !slices.Equal(copies.pixels(0), first) {
		t.Error("Materialize shows something else than the loader")
	}
}

func TestMoreChangesAsValues(t *testing.T) {
	a := Augment{Shift: 1, More: []Change{salt(0.2), plus{0.5}}}
	if a.IsZero() || !(Augment{}).IsZero() || !(Augment{More: []Change{}}).IsZero() || (Augment{Keep: 0.5}).IsZero() {
		t.Error("IsZero")
	}
	if got := a.String(); got != "shift ±1 px, data.salt(0.2), data.plus{By:0.5}" {
		t.Errorf("prints as %q", got)
	}
	double := a.Times(2)
	if want := (Augment{Shift: 2, More: []Change{salt(0.4), plus{0.5}}}); !reflect.DeepEqual(double, want) || a.More[0] != salt(0.2) {
		t.Errorf("twice %v is %v", a, double)
	}
	for _, c := range []struct {
		more []Change
		want string
	}{
		{[]Change{nil}, "More[0] is nil"},
		{[]Change{plus{}, salt(2)}, "More[1], a data.salt: salt 2, want 0 to 1"},
		{[]Change{salt(math.NaN())}, "salt NaN"},
		{[]Change{inverted{}}, "never right"},
	} {
		if err := (Augment{More: c.more}).Check(); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v, want %q", c.more, err, c.want)
		}
	}
}

// A change of one amount is a flag of every Augment.
func TestRegisterChange(t *testing.T) {
	if c := RegisterChange(salt(0), "share of the pixels that are set at random, 0 to 1"); c != 0 {
		t.Errorf("gives %v", c)
	}
	t.Cleanup(func() {
		changes.all = slices.DeleteFunc(changes.all, func(k changeKind) bool { return k.name == "salt" })
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a name is given twice")
			}
		}()
		RegisterChange(salt(0), "again")
	}()
	a := Augment{More: []Change{plus{1}, salt(0.25)}}
	b := a // shares More
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	a.Register(fs)
	f := fs.Lookup("salt")
	if f == nil || f.DefValue != "0.25" || !strings.Contains(f.Usage, "share of the pixels") {
		t.Fatalf("--salt: %+v", f)
	}
	for _, step := range []struct {
		set  string
		want []Change
	}{
		{"0.5", []Change{plus{1}, salt(0.5)}}, {"0", []Change{plus{1}}}, {"0.125", []Change{plus{1}, salt(0.125)}},
	} {
		if err := fs.Set("salt", step.set); err != nil || !reflect.DeepEqual(a.More, step.want) {
			t.Errorf("--salt=%s: %v, %v, want %v", step.set, a.More, err, step.want)
		}
	}
	if b.More[1] != salt(0.25) {
		t.Error("a flag of one Augment changes another")
	}
	for _, bad := range []string{"2", "x", "NaN", "-1"} {
		if err := fs.Set("salt", bad); err == nil {
			t.Errorf("--salt=%s is taken", bad)
		}
	}
	if got := (Augment{More: []Change{salt(0.2), plus{1}}}); got.String() != "salt 0.2, data.plus{By:1}" || !reflect.DeepEqual(got.Others(), []Change{plus{1}}) {
		t.Errorf("prints as %q, others %v", got, got.Others())
	}
}
