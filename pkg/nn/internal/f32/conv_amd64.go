//go:build amd64 && !purego

package f32

func (c *convolution) forwardFast()         { c.run(c.N, forwardBLAS) }
func (c *convolution) backwardDataFast()    { c.run(c.N, backwardDataBLAS) }
func (c *convolution) backwardWeightsFast() { c.backwardWeightsBLAS() }
