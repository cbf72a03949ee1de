//go:build (amd64 || arm64) && !purego

package f32

// pause is one turn of a waiting loop; it takes some tens of cycles and leaves
// the core's other thread alone.
//
//go:noescape
func pause()
