//go:build amd64 && !purego

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
	if kernels == avx2 && s.K == 2 && s.Stride == 2 && s.Pad == 0 && s.OutW() >= 4 {
		return maxPoolFast
	}
	return maxPoolPlane
}
