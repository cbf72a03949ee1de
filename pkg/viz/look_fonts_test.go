package viz

import (
	"bytes"
	"encoding/binary"
	"image"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font/sfnt"
)

// fontWith is Liberation Sans with other characters in it alone: each rune is
// drawn as the letter it is given.
func fontWith(t *testing.T, letters map[rune]rune) []byte {
	t.Helper()
	old := liberationsansregular.TTF
	f, err := sfnt.Parse(old)
	if err != nil {
		t.Fatal(err)
	}
	var runes []rune
	for r := range letters {
		runes = append(runes, r)
	}
	slices.Sort(runes)
	be := binary.BigEndian
	groups := be.AppendUint32(nil, uint32(len(runes)))
	for _, r := range runes {
		id, err := f.GlyphIndex(new(sfnt.Buffer), letters[r])
		if err != nil || id == 0 {
			t.Fatalf("no glyph of %c: %v", letters[r], err)
		}
		for _, v := range []uint32{uint32(r), uint32(r), uint32(id)} {
			groups = be.AppendUint32(groups, v)
		}
	}
	cmap := []byte{0, 0, 0, 1, 0, 3, 0, 10, 0, 0, 0, 12, 0, 12, 0, 0} // one table, of format 12
	cmap = be.AppendUint32(cmap, uint32(12+len(groups)))
	cmap = append(be.AppendUint32(cmap, 0), groups...)
	n := int(be.Uint16(old[4:]))
	head, body := slices.Clone(old[:12+16*n]), []byte{}
	for i := range n {
		record := head[12+16*i : 28+16*i]
		at, size := be.Uint32(record[8:]), be.Uint32(record[12:])
		table := old[at : at+size]
		if string(record[:4]) == "cmap" {
			table = cmap
		}
		be.PutUint32(record[8:], uint32(len(head)+len(body)))
		be.PutUint32(record[12:], uint32(len(table)))
		body = append(body, table...)
		body = append(body, make([]byte, (4-len(body)%4)%4)...)
	}
	return append(head, body...)
}

// fontsIn makes the fonts of a folder those of the system, for a test.
func fontsIn(t *testing.T, dir string) {
	t.Helper()
	folders := fontFolders
	forget := func() {
		systemFonts.mu.Lock()
		systemFonts.looked, systemFonts.paths, systemFonts.open, systemFonts.missing, systemFonts.told = false, nil, nil, nil, 0
		systemFonts.mu.Unlock()
		for _, f := range []*face{regularFace(), boldFace()} {
			f.mu.Lock()
			clear(f.glyphs)
			f.mu.Unlock()
		}
	}
	fontFolders = func() []string { return []string{dir} }
	forget()
	t.Cleanup(func() { fontFolders = folders; forget() })
}

func drawn(s string) image.Image {
	return raster(Curves{Title: s, Series: []Series{{Name: s, Y: []float64{1, 2}}, {Name: "b", Y: []float64{2, 1}}}}.layout())
}

func alike(a, b image.Image) bool {
	return a.Bounds() == b.Bounds() && bytes.Equal(a.(*image.RGBA).Pix, b.(*image.RGBA).Pix)
}

// Characters beyond Liberation Sans are drawn with a font of the system that has
// them.
func TestCharactersOfOtherFonts(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("cjk/Han-Regular.ttf", fontWith(t, map[rune]rune{'学': 'W', '习': 'M', '率': 'Q'}))
	write("cjk/Han-Bold.ttf", fontWith(t, map[rune]rune{'学': 'i'}))
	write("other.OTF", fontWith(t, map[rune]rune{'か': 'K', '😀': 'O'}))
	write("a-broken.ttf", []byte("no font"))
	write("a-empty.ttf", nil)
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "a-zero.ttf")); err != nil {
		t.Log(err)
	}
	fontsIn(t, dir)
	if !reflect.DeepEqual(labelText.path(0, 0, "学习率 か😀 0.1"), labelText.path(0, 0, "WMQ KO 0.1")) {
		t.Error("other outlines than those of the fonts in the folder")
	}
	if a, b := drawn("学习率"), drawn("WMQ"); alike(a, b) { // a title is bold, and the first font that has them is not
		t.Error("a regular font is used for bold letters that there are")
	}
	if s := systemFonts.untold(); s != "" {
		t.Errorf("told %q, though all were drawn", s)
	}
	// Greek and Cyrillic are Liberation's own.
	systemFonts.open = nil
	labelText.width("скорость γ ≤ ½")
	if len(systemFonts.open) > 0 || systemFonts.untold() != "" {
		t.Error("Greek and Cyrillic were looked for elsewhere")
	}
}

// What no font has is written out, and told once: two names stay two names, and no
// box stands for either.
func TestCharactersThatNoFontHas(t *testing.T) {
	fontsIn(t, t.TempDir())
	for s, want := range map[string]string{
		"学习率 0.1":       "[U+5B66 4E60 7387] 0.1",
		"a学b习":          "a[U+5B66]b[U+4E60]",
		"عربي":          "[U+0639 0631 0628 064A]",
		"שלום":          "[U+05E9 05DC 05D5 05DD]",
		"x\u200d\ufe0f": "x",
		"a\tb":          "a b",
		"😀":             "[U+1F600]",
	} {
		if a, b := labelText.width(s), labelText.width(want); a != b || a == 0 {
			t.Errorf("%q is %v wide, want that of %q, %v", s, a, want, b)
		}
		if !reflect.DeepEqual(labelText.path(0, 0, s), labelText.path(0, 0, want)) {
			t.Errorf("%q is not drawn as %q", s, want)
		}
	}
	if !alike(drawn("学"), drawn("[U+5B66]")) || alike(drawn("学"), drawn("习")) {
		t.Error("two characters that no font has are drawn alike")
	}
	told := systemFonts.untold()
	if !strings.Contains(told, "U+5B66") || !strings.Contains(told, "U+1F600") || strings.Contains(told, "\n") {
		t.Errorf("told %q", told)
	}
	if again := systemFonts.untold(); again != "" {
		t.Errorf("told again: %q", again)
	}
	// In a notebook the line stands beneath the figure.
	p := inPage(t)
	Show(Curves{Title: "会", Series: []Series{{Y: []float64{1, 2}}}})
	Show(Curves{Title: "会", Series: []Series{{Y: []float64{1, 2}}}})
	n := 0
	for _, o := range p.outputs {
		if strings.Contains(o, "U+4F1A") && !strings.Contains(o, "<img") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("told %d times in %d outputs", n, len(p.outputs))
	}
}
