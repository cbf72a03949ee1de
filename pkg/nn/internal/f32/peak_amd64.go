//go:build amd64 && !purego

package f32

// fmaAVX2 makes n times twelve multiply-adds of eight values, fmaAVX512 of 16.

//go:noescape
func fmaAVX2(n int)

//go:noescape
func fmaAVX512(n int)

var peaks = findPeaks()

func findPeaks() (p []Peak) {
	if haveAVX2 {
		p = append(p, Peak{"AVX2", fmaAVX2, 2 * 12 * 8})
	}
	if haveAVX512 {
		p = append(p, Peak{"AVX-512", fmaAVX512, 2 * 12 * 16})
	}
	return p
}
