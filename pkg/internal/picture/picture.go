// Package picture reads PNG, JPEG and GIF files that nobody has vouched for.
package picture

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // the first picture of one
	_ "image/jpeg"
	_ "image/png"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/internal/atomicfile"
)

// Sources are this package: a copy of what it decoded is as good as new while they
// are the same.
//
//go:embed *.go
var Sources embed.FS

// MaxFile is the most bytes of a picture's file.
const MaxFile = 64 << 20

// Limits. A photograph of 50 megapixels is about 20 MB and needs 150 MB to be
// decoded. A file of a few KB may claim any size: its header is looked at
// before anything is made for its pixels.
const (
	maxMemory = 512 << 20 // bytes while it is decoded
	maxScans  = 200       // passes over all pixels of a JPEG; libjpeg writes 10
)

// magics are the first bytes of a PNG, a JPEG and a GIF. Package image decodes what
// any package of the program has registered, TIFF where figures are drawn, and the
// limits here are known to hold for these three alone.
var magics = []string{"\x89PNG\r\n\x1a\n", "\xff\xd8", "GIF87a", "GIF89a"}

// Named reports whether a file's name ends as those of pictures do.
func Named(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg", ".gif"}, strings.ToLower(filepath.Ext(name)))
}

// Read decodes the picture in a regular file; errors name the file.
func Read(path string) (image.Image, error) {
	b, err := atomicfile.ReadFile(path, MaxFile)
	if err == nil {
		var m image.Image
		if m, err = Decode(b); err == nil {
			return m, nil
		}
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	return nil, fmt.Errorf("%s: %w", path, err)
}

// Size is the height and the width of a picture as Decode gives it, which its
// beginning mostly tells. A picture that would be refused for its size is.
func Size(b []byte) (h, w int, err error) {
	c, _, err := header(b)
	if orientation(b) > 4 {
		c.Width, c.Height = c.Height, c.Width
	}
	return c.Height, c.Width, err
}

// Decode decodes a PNG, a JPEG or the first picture of a GIF, which may cover less
// than Size says, and turns it upright where its Exif data say how the camera was
// held.
func Decode(b []byte) (image.Image, error) {
	_, format, err := header(b)
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(b, []byte{0xff, startOfScan}); format == "JPEG" && n > maxScans {
		return nil, fmt.Errorf("a JPEG of %d scans, allowed %d", n, maxScans)
	}
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, wrong(format, err)
	}
	if m.Bounds().Empty() { // the first picture of a GIF has a size of its own
		return nil, fmt.Errorf("a %s without a pixel", format)
	}
	return upright(m, orientation(b)), nil
}

func header(b []byte) (image.Config, string, error) {
	if !slices.ContainsFunc(magics, func(magic string) bool { return bytes.HasPrefix(b, []byte(magic)) }) {
		return image.Config{}, "", fmt.Errorf("%s, want a picture as PNG, JPEG or GIF", found(b))
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(b))
	format = strings.ToUpper(format)
	switch {
	case err != nil:
		err = wrong(format, err)
	case c.Width < 1 || c.Height < 1:
		err = fmt.Errorf("a %s of %d×%d pixels, want 1×1 or more", format, c.Width, c.Height)
	default:
		if need := float64(c.Width) * float64(c.Height) * perPixel(c, b); need > maxMemory {
			err = fmt.Errorf("a %s of %d×%d pixels, which takes %.0f MiB, allowed %d: make it smaller", format, c.Width, c.Height, need/(1<<20), maxMemory>>20)
		}
	}
	return c, format, err
}

// perPixel is the memory in bytes that decoding takes for each pixel.
func perPixel(c image.Config, b []byte) float64 {
	if _, ok := c.ColorModel.(color.Palette); ok {
		return 1
	}
	size := 4.0
	switch c.ColorModel {
	case color.GrayModel:
		size = 1
	case color.Gray16Model:
		size = 2
	case color.YCbCrModel:
		size = 3
	case color.RGBA64Model, color.NRGBA64Model:
		size = 8
	}
	for marker := range segments(b) {
		if marker == progressive {
			return 5 * size // an int32 for each sample as well
		}
	}
	return size
}

// wrong says what is the matter with a file that begins as it should.
func wrong(format string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("a %s that is cut short", format)
	}
	text := err.Error()
	if _, after, ok := strings.Cut(text, ": "); ok { // "png: invalid format: …" names the package
		text = after
	}
	return fmt.Errorf("a %s that cannot be read: %s", format, text)
}

// found says what a file holds that is none of the three.
func found(b []byte) string {
	if len(b) == 0 {
		return "an empty file"
	}
	for _, k := range []struct{ at, magic, is string }{
		{"    ", "ftypheic", "HEIC, as some phones store photographs (export it as JPEG)"},
		{"    ", "ftypheix", "HEIC, as some phones store photographs (export it as JPEG)"},
		{"    ", "ftypmif1", "HEIF, as some phones store photographs (export it as JPEG)"},
		{"    ", "ftypavif", "AVIF"},
		{"        ", "WEBP", "WebP"},
		{"", "II*\x00", "TIFF"}, {"", "MM\x00*", "TIFF"},
		{"", "BM", "BMP"}, {"", "%PDF", "PDF"},
		{"", "<svg", "SVG"}, {"", "<?xml", "XML, perhaps SVG"},
		{"", "\x00\x00\x08", "IDX"}, {"", "\x1f\x8b", "gzip"}, {"", "PK\x03\x04", "a zip archive"},
	} {
		if at := len(k.at); len(b) >= at && bytes.HasPrefix(b[at:], []byte(k.magic)) {
			return k.is
		}
	}
	return fmt.Sprintf("a file that begins with % x", b[:min(len(b), 4)])
}
