//go:build (amd64 || arm64) && !purego

package f32

// planes tells how an image of c×h×w lies in planes of hp×wp zeros, from
// (top, left).
type planes struct{ c, h, w, top, left, hp, wp int }

func (p *planes) size() int { return p.c * p.hp * p.wp }

// bare reports whether the planes are the image itself.
func (p *planes) bare() bool { return p.top == 0 && p.left == 0 && p.hp == p.h && p.wp == p.w }

// fill writes the planes of an image.
func (p *planes) fill(dst, img []float32) {
	if p.bare() {
		copy(dst[:p.size()], img)
		return
	}
	clear(dst[:p.size()])
	for ch := range p.c {
		d, s := dst[ch*p.hp*p.wp+p.top*p.wp+p.left:], img[ch*p.h*p.w:]
		if p.w >= 8 {
			copyPlane(&d[0], 4*p.wp, &s[0], 4*p.w, p.h, p.w)
			continue
		}
		for i := range p.h {
			copy(d[i*p.wp:][:p.w], s[i*p.w:])
		}
	}
}
