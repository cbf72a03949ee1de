//go:build amd64 && !purego

package f32

import (
	"math"

	"golang.org/x/sys/cpu"
)

var haveAVX512 = haveAVX2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL

// slowNarrow says that tiles of 16 columns are faster in AVX2: AMD's Zen 4 broadcasts
// to 512 bits once in each cycle and to 256 bits twice, and a tile of 16 columns
// needs a broadcast for each multiply-add. Only tests change it.
var slowNarrow = haveAVX512 && vendor() == "AuthenticAMD" && family() == 0x19

// cpuid returns what the processor tells of itself.
func cpuid(leaf uint32) (eax, ebx, ecx, edx uint32)

func vendor() string {
	_, b, c, d := cpuid(0)
	var name []byte
	for _, r := range [...]uint32{b, d, c} {
		name = append(name, byte(r), byte(r>>8), byte(r>>16), byte(r>>24))
	}
	return string(name)
}

func family() int {
	a, _, _, _ := cpuid(1)
	if base := int(a >> 8 & 15); base < 15 {
		return base
	}
	return 15 + int(a>>20&255)
}

// wideR computes what tileR does, in panels of 32 columns each, of which the last
// panel has those of the bits of last; narrowR does so in panels of 16 columns.
// Nothing is read or written in other columns, of B and bias and C. The sums are
// tileR's, bit for bit.

//go:noescape
func wide1(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func wide2(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func wide3(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func wide4(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func wide5(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func wide6(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func wide7(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func wide8(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func narrow1(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func narrow2(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func narrow3(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func narrow4(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func narrow5(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func narrow6(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func narrow7(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

//go:noescape
func narrow8(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

// A maskedTile is one of these.
type maskedTile func(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)

var (
	wideTiles   = [...]maskedTile{1: wide1, wide2, wide3, wide4, wide5, wide6, wide7, wide8}
	narrowTiles = [...]maskedTile{1: narrow1, narrow2, narrow3, narrow4, narrow5, narrow6, narrow7, narrow8}
)

// gatherWideR computes what gatherR does, for 32 columns, gatherNarrowR for 16.

//go:noescape
func gatherWide1(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherWide2(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherWide3(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherWide4(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherWide5(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherWide6(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherWide7(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherWide8(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherNarrow1(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherNarrow2(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherNarrow3(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherNarrow4(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherNarrow5(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherNarrow6(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherNarrow7(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gatherNarrow8(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

var (
	wideGathers   = [...]gatherTile{1: gatherWide1, gatherWide2, gatherWide3, gatherWide4, gatherWide5, gatherWide6, gatherWide7, gatherWide8}
	narrowGathers = [...]gatherTile{1: gatherNarrow1, gatherNarrow2, gatherNarrow3, gatherNarrow4, gatherNarrow5, gatherNarrow6, gatherNarrow7, gatherNarrow8}
)

// masks reports whether that many columns are computed by tiles with masks, which
// read and write nothing beside them.
func (s *strip) masks(cols int) bool {
	return kernels == avx512 && (cols > colUnit || s.packed || s.bare || !slowNarrow)
}

// masked computes all columns, in panels of 32 and, if the last ones fit, one of
// 16.
func (s *strip) masked() {
	const width = 32
	panels, rest, last := s.cols/width, s.cols%width, uint32(math.MaxUint32)
	if rest > colUnit { // one more panel, with some of its columns
		panels, rest, last = panels+1, 0, 1<<rest-1
	}
	bs, bp, restStep := 4*width, 4*width*s.k, 4*colUnit
	if s.ldb > 0 {
		bs, bp, restStep = 4*s.ldb, 4*width, 4*s.ldb
	}
	at := panels * width
	flags := s.flags
	if s.bare {
		flags |= tileBare
	}
	a, c, bias := s.a, s.c, s.bias
	for left := s.rows; left > 0; {
		n := tileHeight(left, tileRows())
		rs, cs, next := s.steps(n)
		if panels > 0 {
			wideTiles[n](&a[0], rs, cs, &s.b[0], bs, bp, &c[0], 4*s.ldc, s.k, panels, first(bias), flags, last)
		}
		if rest > 0 {
			along := bias
			if s.flags&tileBias != 0 {
				along = bias[at:]
			}
			narrowTiles[n](&a[0], rs, cs, &s.from(at)[0], restStep, 0, &c[at], 4*s.ldc, s.k, 1, first(along), flags, 1<<rest-1)
		}
		if left -= n; left > 0 {
			a, c, bias = a[next:], c[n*s.ldc:], s.below(bias, n)
		}
	}
}

// gatherTiles returns the tiles for panels of a width.
func gatherTiles(width int) []gatherTile {
	switch {
	case kernels == avx512 && width > colUnit:
		return wideGathers[:]
	case kernels == avx512 && !slowNarrow:
		return narrowGathers[:]
	}
	return gathers[:]
}
