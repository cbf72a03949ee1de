package f32

// taps calls f for every row of outputs and weight that meet in one image:
// w is the index of the weight, y that of the first of n outputs in a row, and x
// that of its input; the next outputs' inputs follow at steps of Stride.
func (s *Conv) taps(filter int, f func(w, y, x, n int)) {
	oh, ow := s.OutH(), s.OutW()
	for ch := range s.C {
		for p := range s.KH {
			top, bottom := s.span(p, s.H, oh)
			for q := range s.KW {
				left, right := s.span(q, s.W, ow)
				if left >= right {
					continue
				}
				w := ((filter*s.C+ch)*s.KH+p)*s.KW + q
				for i := top; i < bottom; i++ {
					y := (filter*oh+i)*ow + left
					x := (ch*s.H+i*s.Stride+p-s.Pad)*s.W + left*s.Stride + q - s.Pad
					f(w, y, x, right-left)
				}
			}
		}
	}
}

func forwardGeneric(c *convolution, n int) {
	plane := c.OutH() * c.OutW()
	y := image(c.y, n, c.F*plane)
	x := image(c.x, n, c.C*c.H*c.W)
	for f := range c.F {
		out := image(y, f, plane)
		clear(out)
		if c.bias != nil {
			fillGeneric(out, c.bias[f])
		}
		c.taps(f, func(wi, yi, xi, n int) {
			w := c.w[wi]
			for k := range n {
				y[yi+k] += float32(w * x[xi+k*c.Stride])
			}
		})
		if c.relu {
			reluGeneric(out, out)
		}
	}
}

func backwardDataGeneric(c *convolution, n int) {
	dy := image(c.y, n, c.F*c.OutH()*c.OutW())
	dx := image(c.x, n, c.C*c.H*c.W)
	clear(dx)
	for f := range c.F {
		c.taps(f, func(wi, yi, xi, n int) {
			w := c.w[wi]
			for k := range n {
				dx[xi+k*c.Stride] += float32(w * dy[yi+k])
			}
		})
	}
}

// backwardWeightsGeneric does one filter, over all images.
func backwardWeightsGeneric(c *convolution, f int) {
	size := c.C * c.KH * c.KW
	clear(image(c.w, f, size))
	plane := c.OutH() * c.OutW()
	var db float32
	for n := range c.N {
		dy := image(c.y, n, c.F*plane)
		x := image(c.x, n, c.C*c.H*c.W)
		c.taps(f, func(wi, yi, xi, n int) {
			var sum float32
			for k := range n {
				sum += float32(dy[yi+k] * x[xi+k*c.Stride])
			}
			c.w[wi] += sum
		})
		for _, v := range image(dy, f, plane) {
			db += v
		}
	}
	if c.bias != nil {
		c.bias[f] = db
	}
}
