//go:build !amd64 || purego

package f32

func fetch([]float32) {}
