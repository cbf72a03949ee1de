//go:build !purego

package f32

func (g *gemm) vector() bool { return false }
func (g *gemm) runVector()   {}
