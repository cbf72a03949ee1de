//go:build amd64 && !purego

package f32

// fmaAVX2 makes n times twelve multiply-adds of eight values: 192·n operations.
//
//go:noescape
func fmaAVX2(n int)
