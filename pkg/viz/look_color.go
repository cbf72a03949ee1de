package viz

import (
	"image/color"
	"math"
)

// A ramp maps [0,1] to colours. The maps are straight lines in OKLab (Ottosson
// 2020), where equal steps look equally large, and their lightness runs one way,
// so they also read in grey.
type ramp []oklab

type oklab struct{ l, a, b float64 }

var (
	// sequential runs from paper to deep blue: nothing is white, much is dark.
	sequential = newRamp(0xfafafa, 0xb9dcea, 0x4fa3cf, 0x1763a6, 0x0b2f66)
	// warm is for errors: from paper to red-brown.
	warm = newRamp(0xfdf6f0, 0xf8c9a4, 0xe88a56, 0xc2471f, 0x7a1d0c)
	// diverging runs from blue over white to red-brown, both ends equally dark.
	diverging = newRamp(0x0b3c7d, 0x3f86c4, 0xa9cfe6, 0xf7f6f4, 0xf2bfa0, 0xd0694a, 0x7f1d1d)
)

func newRamp(hex ...uint32) ramp {
	r := make(ramp, len(hex))
	for i, h := range hex {
		r[i] = toOKLab(rgb(h))
	}
	return r
}

// at clamps t to [0,1]; NaN is absent.
func (r ramp) at(t float64) color.NRGBA {
	if math.IsNaN(t) {
		return absent
	}
	t = math.Max(0, math.Min(1, t)) * float64(len(r)-1)
	i := min(int(t), len(r)-2)
	f := t - float64(i)
	mix := func(a, b float64) float64 { return a + f*(b-a) }
	p, q := r[i], r[i+1]
	return oklab{mix(p.l, q.l), mix(p.a, q.a), mix(p.b, q.b)}.color()
}

// rampTable is a ramp in 256 steps, for images.
type rampTable [256]color.NRGBA

func (r ramp) table() (t rampTable) {
	for i := range t {
		t[i] = r.at(float64(i) / 255)
	}
	return t
}

// at clamps x to [0,1]; NaN, and so any infinite value, is absent.
func (t *rampTable) at(x float64) color.NRGBA {
	if !isFinite(x) {
		return absent
	}
	return t[int(math.Max(0, math.Min(1, x))*255+0.5)]
}

func toOKLab(c color.NRGBA) oklab {
	r, g, b := linear(c.R), linear(c.G), linear(c.B)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return oklab{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

func (c oklab) color() color.NRGBA {
	cube := func(v float64) float64 { return v * v * v }
	l := cube(c.l + 0.3963377774*c.a + 0.2158037573*c.b)
	m := cube(c.l - 0.1055613458*c.a - 0.0638541728*c.b)
	s := cube(c.l - 0.0894841775*c.a - 1.2914855480*c.b)
	return color.NRGBA{
		R: encode(4.0767416621*l - 3.3077115913*m + 0.2309699292*s),
		G: encode(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		B: encode(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s),
		A: 255,
	}
}

func linear(v uint8) float64 {
	x := float64(v) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

func encode(x float64) uint8 {
	if x <= 0.0031308 {
		x *= 12.92
	} else {
		x = 1.055*math.Pow(x, 1/2.4) - 0.055
	}
	return uint8(math.Max(0, math.Min(1, x))*255 + 0.5)
}

// on returns ink or white, whichever reads better on c.
func on(c color.NRGBA) color.NRGBA {
	if toOKLab(c).l > 0.62 {
		return ink
	}
	return rgb(0xffffff)
}
