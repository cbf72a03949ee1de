package notebook

import "testing"

// A value is the notebook's own until another is given, of its own kind.
func TestValue(t *testing.T) {
	if v := Value("batch", 64); v != 64 {
		t.Errorf("nothing was given: %d", v)
	}
	if said := Given(Values{"batch": 32, "patience": nil, "ema": 0.5, "hidden": 512}); said != "batch=32, ema=0.5, hidden=512" {
		t.Errorf("said %q", said)
	}
	if v := Value("batch", 64); v != 32 {
		t.Errorf("given 32: %d", v)
	}
	if v := Value("ema", 0.0); v != 0.5 {
		t.Errorf("given 0.5: %v", v)
	}
	if v := Value("patience", 3); v != 3 {
		t.Errorf("given nil: %d", v)
	}
	// A list of numbers, for the flag: the template of a notebook has one.
	if v := Value("hidden", 64); v != 512 {
		t.Errorf("given 512: %d", v)
	}
	if v := Value("hidden", "64,32"); v != "512" {
		t.Errorf("given 512: %q", v)
	}
}
