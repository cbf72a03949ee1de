//go:build amd64 && !purego

package f32

import "golang.org/x/sys/cpu"

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
