//go:build (!amd64 && !arm64) || purego

package f32

// pause is one turn of a waiting loop.
func pause() {}
