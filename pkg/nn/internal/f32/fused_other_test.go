//go:build !amd64

package f32

func haveFMA() bool { return false }
