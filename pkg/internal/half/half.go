// Package half reads floats of 16 bits, as numpy, safetensors and ONNX store them.
package half

import "math"

// Float is an IEEE number of 16 bits, which a float32 holds exactly: the sign, 5
// bits of exponent, 10 of fraction. What is no number stays so, payload and all.
func Float(u uint16) float32 {
	sign, e, f := uint32(u>>15)<<31, uint32(u>>10&31), uint32(u&1023)
	switch e {
	case 0: // zero and what is too small for an exponent
		return math.Float32frombits(sign | math.Float32bits(float32(f)*0x1p-24))
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | f<<13)
	}
	return math.Float32frombits(sign | (e+127-15)<<23 | f<<13)
}
