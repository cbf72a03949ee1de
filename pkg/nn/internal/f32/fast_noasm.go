//go:build (!amd64 && !arm64) || purego

package f32

// There is no assembly, so nothing below is ever called.
const haveAVX2, haveAVX512, haveNEON = false, false, false

const noAssembly = "f32: no assembly in this build"

type fastConv struct{}

func (p product) fast()                     { panic(noAssembly) }
func (c *convolution) forwardFast()         { panic(noAssembly) }
func (c *convolution) backwardDataFast()    { panic(noAssembly) }
func (c *convolution) backwardWeightsFast() { panic(noAssembly) }
