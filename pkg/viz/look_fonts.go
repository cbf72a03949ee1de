package viz

import (
	"fmt"
	"io"
	"io/fs"
	"log"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/go-text/typesetting/fontscan"
	"golang.org/x/image/font/sfnt"

	"inkling/pkg/internal/atomicfile"
)

// fontFolders are where this system keeps its fonts. Only tests change it.
var fontFolders = func() []string {
	dirs, err := fontscan.DefaultFontDirectories(log.New(io.Discard, "", 0))
	if err != nil {
		return nil
	}
	return dirs
}

// Liberation Sans has Latin, Greek and Cyrillic; what it lacks, such as Chinese,
// comes from whatever font of the system has it. systemFonts looks for them when
// the first such character is drawn, and opens no more than it needs.
var systemFonts fontSet

type fontSet struct {
	mu      sync.Mutex
	looked  bool
	paths   []string     // not opened yet, the plainest first
	open    []*sfnt.Font // in the order they were needed
	missing map[rune]bool
	told    int // of missing
}

// mostFont bounds the size of a font file, mostFaces the faces of a collection.
const mostFont, mostFaces = 256 << 20, 64

// with returns a font that has an outline for r, or nil, which is remembered.
func (s *fontSet) with(r rune) *sfnt.Font {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.missing[r] {
		return nil
	}
	if !s.looked {
		s.looked, s.paths = true, fontFiles(fontFolders())
	}
	if !shaped(r) {
		for _, f := range s.open {
			if hasOutline(f, r) {
				return f
			}
		}
		for len(s.paths) > 0 {
			fonts := openFonts(s.paths[0])
			s.paths = s.paths[1:]
			s.open = append(s.open, fonts...)
			for _, f := range fonts {
				if hasOutline(f, r) {
					return f
				}
			}
		}
	}
	if s.missing == nil {
		s.missing = map[rune]bool{}
	}
	s.missing[r] = true
	return nil
}

// untold says in a line which characters could not be drawn since the last call,
// "" if all could.
func (s *fontSet) untold() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.missing) == s.told {
		return ""
	}
	s.told = len(s.missing)
	var codes []string
	for r := range s.missing {
		codes = append(codes, fmt.Sprintf("%U", r))
	}
	slices.Sort(codes)
	const most = 12
	if n := len(codes); n > most {
		codes = append(codes[:most], fmt.Sprintf("and %d more", n-most))
	}
	return "figures write characters as [U+…] that no font here can draw: " + strings.Join(codes, " ") +
		" (fonts with many are Noto Sans and Noto Sans CJK; scripts whose letters join or run from right to left cannot be drawn)"
}

// fontFiles are the font files below dirs, plain upright faces first.
func fontFiles(dirs []string) []string {
	var paths []string
	for _, dir := range dirs {
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && slices.Contains([]string{".ttf", ".otf", ".ttc", ".otc"}, strings.ToLower(filepath.Ext(path))) {
				paths = append(paths, path)
			}
			return nil // what cannot be read is passed over
		})
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	slices.SortStableFunc(paths, func(a, b string) int { return strangeness(a) - strangeness(b) })
	return paths
}

// strangeness counts what a font's name says against it beside Liberation Sans.
func strangeness(path string) (n int) {
	name := strings.ToLower(filepath.Base(path))
	for _, word := range []string{"bold", "italic", "oblique", "mono", "condensed", "narrow", "light", "thin", "black", "math"} {
		n += strings.Count(name, word)
	}
	if strings.Contains(name, "serif") && !strings.Contains(name, "sans") {
		n++
	}
	return n
}

// openFonts reads a font file, none if it is not one. The file stays open: glyphs
// are read as they are needed.
func openFonts(path string) []*sfnt.Font {
	file, err := atomicfile.Open(path, mostFont)
	if err != nil {
		return nil
	}
	collection, err := sfnt.ParseCollectionReaderAt(file) // of one, if it is a single font
	if err != nil {
		file.Close()
		return nil
	}
	var fonts []*sfnt.Font
	for i := range min(collection.NumFonts(), mostFaces) {
		if f, err := collection.Font(i); err == nil {
			fonts = append(fonts, f)
		}
	}
	if len(fonts) == 0 {
		file.Close()
	}
	return fonts
}

// hasOutline reports whether f can draw r: some fonts have pictures alone.
func hasOutline(f *sfnt.Font, r rune) bool {
	var buf sfnt.Buffer
	_, ok := outline(f, &buf, r)
	return ok
}

// silent are characters that are not seen by themselves: joiners, directions,
// variants and controls.
func silent(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector)
}

// shaped are scripts whose letters change with their neighbours or run from right
// to left. Setting them a letter at a time from the left would be wrong, so they
// are told as missing.
func shaped(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Devanagari, unicode.Bengali,
		unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala,
		unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Mongolian)
}
