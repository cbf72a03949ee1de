//go:build !(amd64 || arm64) || purego

package f32

var peaks []Peak
