package safetensors

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"inkling/pkg/internal/half"
)

// A dtype is a type of numbers in files: how many bits one takes, and how numbers
// become float32. Those without convert are known by their size alone.
type dtype struct {
	bits    uint64
	convert func(dst []float32, src []byte)
}

// dtypes are those of the format, by name.
var dtypes = map[string]dtype{
	"F32": {32, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	}},
	"F64": {64, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	}},
	"F16": {16, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = half.Float(binary.LittleEndian.Uint16(src[2*i:]))
		}
	}},
	"BF16": {16, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	}},
	"F8_E5M2": {8, bytewise(func(b byte) float32 { return half.Float(uint16(b) << 8) })},
	"F8_E4M3": {8, bytewise(eightBits)},
	"F8_E8M0": {8, bytewise(func(b byte) float32 {
		if b == 255 {
			return float32(math.NaN())
		}
		return float32(math.Ldexp(1, int(b)-127))
	})},
	"U8": {8, bytewise(func(b byte) float32 { return float32(b) })},
	"I8": {8, bytewise(func(b byte) float32 { return float32(int8(b)) })},
	"BOOL": {8, bytewise(func(b byte) float32 {
		if b == 0 {
			return 0
		}
		return 1
	})},
	"I16": {16, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(int16(binary.LittleEndian.Uint16(src[2*i:])))
		}
	}},
	"U16": {16, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	}},
	"I32": {32, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(int32(binary.LittleEndian.Uint32(src[4*i:])))
		}
	}},
	"U32": {32, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(binary.LittleEndian.Uint32(src[4*i:]))
		}
	}},
	"I64": {64, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(int64(binary.LittleEndian.Uint64(src[8*i:])))
		}
	}},
	"U64": {64, func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = float32(binary.LittleEndian.Uint64(src[8*i:]))
		}
	}},
	"C64": {bits: 64}, "F4": {bits: 4}, "F6_E2M3": {bits: 6}, "F6_E3M2": {bits: 6},
}

// dtypeNamed is the type of that name; the error says which there are.
func dtypeNamed(name string) (dtype, error) {
	d, ok := dtypes[name]
	if !ok {
		return d, fmt.Errorf("dtype %.40q, want one of %s", name, strings.Join(slices.Sorted(maps.Keys(dtypes)), ", "))
	}
	return d, nil
}

// readable is dtypeNamed of a type whose numbers can be weights.
func readable(name string) (dtype, error) {
	d, err := dtypeNamed(name)
	if err == nil && d.convert == nil {
		err = fmt.Errorf("dtype %s, which is not converted to a weight: cast it where it was written, to F32", name)
	}
	return d, err
}

func bytewise(value func(byte) float32) func(dst []float32, src []byte) {
	return func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = value(src[i])
		}
	}
}

// eightBits is a float of 8 bits that has no infinity: the sign, 4 bits of exponent,
// 3 of fraction.
func eightBits(b byte) float32 {
	e, f := int(b>>3&15), float64(b&7)
	v := math.Ldexp(f, -9)
	switch {
	case b&127 == 127:
		v = math.NaN()
	case e > 0:
		v = math.Ldexp(8+f, e-10)
	}
	return float32(math.Copysign(v, 1-2*float64(b>>7)))
}
