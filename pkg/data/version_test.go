package data

import "testing"

func TestVersionIsStable(t *testing.T) {
	if v := Version(); len(v) != 16 || v != Version() {
		t.Errorf("Version() = %q, then %q", v, Version())
	}
}

func BenchmarkVersion(b *testing.B) {
	for b.Loop() {
		digest("doc.go", "glyphs.go", "idx.go", "load.go", "synthetic.go")
	}
}
