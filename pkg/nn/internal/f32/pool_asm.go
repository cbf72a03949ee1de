//go:build (amd64 || arm64) && !purego

package f32

// maxPool8 computes oh rows of ow maxima of 2×2 windows at steps of 2 from a
// plane whose rows hold w values, and their indices unless arg is nil; ow is at
// least 8. maxPool4 does so for ow of 4 and more.

//go:noescape
func maxPool8(y *float32, arg *int32, x *float32, w, ow, oh int)

//go:noescape
func maxPool4(y *float32, arg *int32, x *float32, w, ow, oh int)

func maxPoolFast(j *poolJob, plane int) {
	oh, ow := j.OutH(), j.OutW()
	y := &j.out[plane*oh*ow]
	x := &j.in[plane*j.H*j.W]
	var arg *int32
	if j.arg != nil {
		arg = &j.arg[plane*oh*ow]
	}
	if ow >= 8 {
		maxPool8(y, arg, x, j.W, ow, oh)
	} else {
		maxPool4(y, arg, x, j.W, ow, oh)
	}
}

// maxPoolOp returns how to pool a plane.
func (s Pool) maxPoolOp() func(j *poolJob, plane int) {
	if kernels.assembly() && s.K == 2 && s.Stride == 2 && s.Pad == 0 && s.OutW() >= 4 {
		return maxPoolFast
	}
	return maxPoolPlane
}

// maxPoolBackward8 sends oh rows of ow gradients to their windows, of 2×2 at
// steps of 2 in a plane whose rows hold w values, and zeros to the windows' other
// values. Where y is not nil, gradients beside a y that is not positive count as
// zeros. ow is at least 8.
//
//go:noescape
func maxPoolBackward8(dx, dy *float32, arg *int32, y *float32, w, ow, oh int)

func maxPoolBackwardFast(j *poolJob, plane int) {
	oh, ow := j.OutH(), j.OutW()
	dx := j.out[plane*j.H*j.W : (plane+1)*j.H*j.W]
	if j.H != 2*oh || j.W != 2*ow { // a row or a column is in no window
		clear(dx)
	}
	at := plane * oh * ow
	var y *float32
	if j.mask != nil {
		y = &j.mask[at]
	}
	maxPoolBackward8(&dx[0], &j.in[at], &j.arg[at], y, j.W, ow, oh)
}

// maxPoolBackwardOp returns how to send a plane of gradients back.
func (s Pool) maxPoolBackwardOp() func(j *poolJob, plane int) {
	if kernels.assembly() && s.K == 2 && s.Stride == 2 && s.Pad == 0 && s.OutW() >= 8 {
		return maxPoolBackwardFast
	}
	return maxPoolBackwardPlane
}
