package safetensors

import (
	"bytes"
	"testing"
)

// FuzzDecode: no input panics, and what is accepted survives a round trip.
// The corpus in testdata holds what a run of the fuzzer found worth keeping.
func FuzzDecode(f *testing.F) {
	f.Add(encode(f, small()))
	f.Add(raw(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "1234"))
	f.Add(raw(`{"x":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]},"__metadata__":{"a":"\ud800\u00e9"}}  `, ""))
	f.Add(raw(entryOf(`[4294967296,4294967296]`, `[0,0]`), ""))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Decode(b)
		if err != nil {
			return
		}
		if len(b) > maxHeader/2 {
			return // with the hashes the header may become too long
		}
		one := encode(t, file)
		again, err := Decode(one)
		if err != nil {
			t.Fatalf("what Encode wrote is refused: %v", err)
		}
		if two := encode(t, again); !bytes.Equal(one, two) {
			t.Fatalf("a second round gives other bytes:\n%q\n%q", one, two)
		}
	})
}
