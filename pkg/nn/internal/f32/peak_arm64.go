//go:build arm64 && !purego

package f32

// fmaNEON makes n times 24 multiply-adds of four values.
//
//go:noescape
func fmaNEON(n int)

var peaks = []Peak{{"NEON", fmaNEON, 2 * 24 * 4}}
