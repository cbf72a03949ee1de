package f32

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestShareOfFMLA reads the inner loops of the NEON tile of six rows: what is no
// multiply-add there (loads, counting) takes its time from them. The loop over four
// columns is that of products, the one over packed rows that of weight gradients.
func TestShareOfFMLA(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the package for arm64")
	}
	program := filepath.Join(t.TempDir(), "f32.test")
	build := exec.Command("go", "test", "-c", "-o", program, ".")
	build.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%.2000s", err, out)
	}
	for _, c := range []struct {
		tile   string
		shares map[int]int // the least per cent, by the number of multiply-adds in a turn
	}{
		{"tile6", map[int]int{96: 85, 48: 80, 24: 70}},
		{"gather6", map[int]int{48: 70}},
	} {
		out, err := exec.Command("go", "tool", "objdump", "-s", `f32\.`+c.tile+`\.abi0$`, program).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%.2000s", err, out)
		}
		found := map[int]bool{}
		for _, loop := range innerLoops(t, string(out)) {
			fmla := 0
			for _, word := range loop {
				if word&0xFFC0F400 == 0x4F801000 { // four values by one lane
					fmla++
				}
			}
			least, ok := c.shares[fmla]
			if !ok {
				t.Errorf("%s: a loop of %d instructions with %d multiply-adds", c.tile, len(loop), fmla)
				continue
			}
			found[fmla] = true
			share := float64(100*fmla) / float64(len(loop))
			t.Logf("%s: %d of %d instructions are multiply-adds, %.1f %%", c.tile, fmla, len(loop), share)
			if share < float64(least) {
				t.Errorf("%s: %d of %d instructions are multiply-adds, want %d %%", c.tile, fmla, len(loop), least)
			}
		}
		if len(found) != len(c.shares) {
			t.Errorf("%s: loops of %v multiply-adds, want those of %v\n%s", c.tile, found, c.shares, out)
		}
	}
}

// innerLoops returns the words between the target of each branch backwards and the
// branch, where no other lies between.
func innerLoops(t *testing.T, disassembly string) (loops [][]uint32) {
	line := regexp.MustCompile(`\t(0x[0-9a-f]+)\t+([0-9a-f]{8})\t+`)
	var words []uint32
	var last int // the last branch backwards
	for _, m := range line.FindAllStringSubmatch(disassembly, -1) {
		word, err := strconv.ParseUint(m[2], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		at := len(words)
		words = append(words, uint32(word))
		if word>>24 != 0x54 { // B.cond, whose offset has 19 bits
			continue
		}
		offset := int(int32(uint32(word)<<8) >> 13)
		if offset >= 0 {
			continue
		}
		if at+offset > last {
			loops = append(loops, words[at+offset:])
		}
		last = at
	}
	if strings.TrimSpace(disassembly) == "" {
		t.Fatal("nothing to read")
	}
	return loops
}
