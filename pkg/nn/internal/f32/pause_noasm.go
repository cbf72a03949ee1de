//go:build !amd64 || purego

package f32

// pause is one turn of a waiting loop.
func pause() {}
