package memory

import (
	"strings"
	"testing"
)

func pretend(t *testing.T, total, free int64, ok bool) {
	old := Machine
	Machine = func() (int64, int64, bool) { return total, free, ok }
	t.Cleanup(func() { Machine = old })
}

func TestCheck(t *testing.T) {
	parts := []Part{{"weights", 3e9}, {"nothing", 0}, {"scratch", 50e6}}
	pretend(t, 8e9, 2e9, true)
	const want = "it needs about 3.0 GB of memory (weights 3.0 GB, scratch 50.0 MB); the machine has 8.0 GB, 2.0 GB of it free, of which a tenth is left to others"
	if err := Check("it", parts...); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	pretend(t, 8e9, 4e9, true)
	if err := Check("it", parts...); err != nil {
		t.Errorf("it fits: %v", err)
	}
	pretend(t, 0, 0, false)
	if err := Check("it", parts...); err != nil {
		t.Errorf("a machine of which nothing is known: %v", err)
	}
	pretend(t, 1, 1, true)
	if err := Check("it", Part{"a few", 1 << 20}); err != nil {
		t.Errorf("a few bytes: %v", err)
	}
}

// What is in hand is given back before a run is refused for want of it.
func TestCheckLooksTwice(t *testing.T) {
	looks := 0
	old := Machine
	Machine = func() (int64, int64, bool) { looks++; return 8e9, int64(looks) * 2e9, true }
	defer func() { Machine = old }()
	if err := Check("it", Part{"weights", 3e9}); err != nil || looks != 2 {
		t.Errorf("%v after %d looks, want none after 2", err, looks)
	}
}

func TestGB(t *testing.T) {
	for bytes, want := range map[int64]string{15_680_000_000: "15.7 GB", 880_000: "0.9 MB", 99e6: "99.0 MB", 100e6: "0.1 GB"} {
		if got := GB(bytes); got != want {
			t.Errorf("GB(%d) = %q, want %q", bytes, got, want)
		}
	}
	if s := GB(1); strings.Contains(s, "GB") {
		t.Error(s)
	}
}
