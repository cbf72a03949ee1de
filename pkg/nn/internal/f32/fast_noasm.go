//go:build !amd64 || purego

package f32

// haveAVX2 is false without assembly, so nothing below is ever called.
const haveAVX2 = false

const noAssembly = "f32: no assembly in this build"

type fastConv struct{}

func (p product) fast()                     { panic(noAssembly) }
func (c *convolution) forwardFast()         { panic(noAssembly) }
func (c *convolution) backwardDataFast()    { panic(noAssembly) }
func (c *convolution) backwardWeightsFast() { panic(noAssembly) }
