package nn

import (
	"reflect"
	"testing"
)

// FuzzDecodeLayers: no architecture panics the reader or the builder, and what
// is accepted survives a round trip.
func FuzzDecodeLayers(f *testing.F) {
	for _, c := range conformances {
		b, err := EncodeLayers([]Layer{c.layer, ReLU{}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`[{"residual":{"body":[{"relu":null}],"shortcut":[]}},null]`))
	f.Add([]byte(`[{"maxpool2d":{"kernel":3,"padding":2}}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		layers, err := DecodeLayers(b)
		if err != nil {
			return
		}
		one, err := EncodeLayers(layers)
		if err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
		again, err := DecodeLayers(one)
		if err != nil || !reflect.DeepEqual(layers, again) {
			t.Fatalf("%#v comes back as %#v, %v", layers, again, err)
		}
		const limit = 1 << 16
		m, err := newModel(1, CHW(1, 8, 8), layers, limit, true)
		if err != nil || m.FLOPs() > 1<<24 || m.Out().Size() > 1<<16 {
			return
		}
		if y := m.Forward(NewTensor(1, m.In), Pass{Train: true}); y.Shape != m.Out() {
			t.Fatalf("%s gives %v, Build said %v", one, y.Shape, m.Out())
		}
	})
}
