package onnx

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/nn"
)

// mute is a layer that says nothing of itself.
type mute struct{}

func (mute) Build(in nn.Shape, rng *rand.Rand) (nn.Module, nn.Shape, error) {
	return nn.Tanh{}.Build(in, rng)
}

var _ = nn.Register(mute{})

// told is a layer with whatever operator it names.
type told struct{ Node nn.Node }

func (told) Build(in nn.Shape, rng *rand.Rand) (nn.Module, nn.Shape, error) {
	return nn.Tanh{}.Build(in, rng)
}

func (l told) Symbolic(g *nn.Graph, _ nn.Module) error {
	g.Add(l.Node)
	return nil
}

var _ = nn.Register(told{})

// What no operator computes is refused in one line, and no file is left.
func TestSaveRefuses(t *testing.T) {
	for _, c := range []struct {
		layers []nn.Layer
		spoil  bool
		want   string
	}{
		{[]nn.Layer{nn.Linear{Out: 3}, mute{}}, false, "layer 1 (1.mute, input 3): onnx.mute does not say what it computes in operators of ONNX"},
		{[]nn.Layer{nn.Residual{Body: []nn.Layer{mute{}}}}, false, "body: layer 0 (0.mute, input 4): onnx.mute does not say"},
		{[]nn.Layer{told{nn.Node{Op: "Mish"}}}, false, `0.told: operator set 13 has no operator "Mish"`},
		{[]nn.Layer{told{nn.Node{Op: "Tanh", Out: nn.Vec(5)}}}, false, "layer 0 (0.told, input 4): its operators give 5, the layer 4"},
		{[]nn.Layer{nn.Linear{Out: 3}}, true, `value 1 of the 12 of "0.linear.W" is NaN`},
	} {
		m, err := nn.New(1, nn.Vec(4), c.layers...)
		if err != nil {
			t.Fatal(err)
		}
		if c.spoil {
			m.Params()[0].Data[1] = float32(math.NaN())
		}
		path := filepath.Join(t.TempDir(), "model.onnx")
		if err := Save(path, m, nil); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, c.want)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 0 {
			t.Errorf("%v is left", left)
		}
	}
}

// Written twice, the file is the same.
func TestWriteIsDetermined(t *testing.T) {
	m, err := nn.New(1, nn.CHW(2, 6, 6), nn.Conv2D{Filters: 3, Kernel: 3}, nn.BatchNorm{}, nn.GELU{}, nn.GELU{}, nn.Linear{Out: 4})
	if err != nil {
		t.Fatal(err)
	}
	var one, two bytes.Buffer
	meta := map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"}
	for _, b := range []*bytes.Buffer{&one, &two} {
		if err := Write(b, m, meta); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("two files of one model differ")
	}
	path := filepath.Join(t.TempDir(), "model.onnx")
	if err := Save(path, m, meta); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, one.Bytes()) {
		t.Errorf("Save and Write differ: %v", err)
	}
}
