package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corner is a picture of w×h that is black but for its upper left quarter and a
// red dot that tells mirrored from turned: every orientation of it is another one.
func corner(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{A: 255}
			switch {
			case x < w/2 && y < h/2:
				c.R, c.G, c.B = 255, 255, 255
			case x < w/2:
				c.R = 200
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func encoded(t *testing.T, format string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, m)
	case "jpeg":
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 100})
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tiff is Exif data with an orientation behind another tag, whichever byte comes first.
func tiff(order binary.AppendByteOrder, mark string, orientation int) []byte {
	b := order.AppendUint32(order.AppendUint16([]byte(mark), 42), 8)
	b = order.AppendUint16(b, 2)
	b = append(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x10f), 2), 4), "ink\x00"...)
	b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x112), 3), 1)
	b = append(order.AppendUint16(b, uint16(orientation)), 0, 0)
	return order.AppendUint32(b, 0)
}

// withExif puts Exif data into a JPEG, behind its first marker, or into a PNG,
// behind its header.
func withExif(b, exif []byte) []byte {
	if b[0] == 0xff {
		exif = append([]byte("Exif\x00\x00"), exif...)
		head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(exif)+2))
		return bytes.Join([][]byte{head, exif, b[2:]}, nil)
	}
	chunk := append([]byte("eXIf"), exif...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk))
	const header = 8 + 25
	return bytes.Join([][]byte{b[:header], binary.BigEndian.AppendUint32(nil, uint32(len(exif))), chunk, b[header:]}, nil)
}

// The standard says where row 0 and column 0 of the file are in the upright
// picture: what is seen there is compared, in words of the standard.
func TestOrientation(t *testing.T) {
	const w, h = 24, 16
	type place struct{ x, y int }
	for orientation, places := range map[int][2]place{ // of the white quarter and of the red one, in quarters
		1: {{0, 0}, {0, 1}}, 2: {{1, 0}, {1, 1}}, 3: {{1, 1}, {1, 0}}, 4: {{0, 1}, {0, 0}},
		5: {{0, 0}, {1, 0}}, 6: {{1, 0}, {0, 0}}, 7: {{1, 1}, {0, 1}}, 8: {{0, 1}, {1, 1}},
	} {
		for what, b := range map[string][]byte{
			"jpeg, II": withExif(encoded(t, "jpeg", corner(w, h)), tiff(binary.LittleEndian, "II", orientation)),
			"jpeg, MM": withExif(encoded(t, "jpeg", corner(w, h)), tiff(binary.BigEndian, "MM", orientation)),
			"png":      withExif(encoded(t, "png", corner(w, h)), tiff(binary.BigEndian, "MM", orientation)),
		} {
			m, err := Decode(b)
			if err != nil {
				t.Fatalf("%s, orientation %d: %v", what, orientation, err)
			}
			size := image.Pt(w, h)
			if orientation >= 5 {
				size = image.Pt(h, w)
			}
			if m.Bounds().Size() != size {
				t.Errorf("%s, orientation %d: %v, want %v", what, orientation, m.Bounds().Size(), size)
				continue
			}
			at := func(p place) color.NRGBA {
				return color.NRGBAModel.Convert(m.At(size.X/4+p.x*size.X/2, size.Y/4+p.y*size.Y/2)).(color.NRGBA)
			}
			if c := at(places[0]); c.G < 240 {
				t.Errorf("%s, orientation %d: white should be at %v, there is %v", what, orientation, places[0], c)
			}
			if c := at(places[1]); c.R < 180 || c.G > 20 {
				t.Errorf("%s, orientation %d: red should be at %v, there is %v", what, orientation, places[1], c)
			}
		}
	}
	// Exif data that say nothing sensible leave the picture as it is.
	for _, exif := range [][]byte{nil, []byte("II"), tiff(binary.LittleEndian, "II", 9), tiff(binary.LittleEndian, "MM", 6), tiff(binary.BigEndian, "MM", 6)[:20],
		[]byte("II*\x00\xff\xff\xff\xff"), []byte("II*\x00\x08\x00\x00\x00\xff\xff")} {
		m, err := Decode(withExif(encoded(t, "jpeg", corner(w, h)), exif))
		if err != nil || m.Bounds().Size() != image.Pt(w, h) {
			t.Errorf("Exif data % x: %v", exif, err)
		}
	}
}

func TestDecode(t *testing.T) {
	for _, format := range []string{"png", "jpeg", "gif"} {
		m, err := Decode(encoded(t, format, corner(9, 7)))
		if err != nil || m.Bounds().Size() != image.Pt(9, 7) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// claiming is a PNG of a few bytes that claims to be so large.
func claiming(w, h uint32, depth, kind byte) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	head = append(head, depth, kind, 0, 0, 0)
	b := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 13)
	return binary.BigEndian.AppendUint32(append(b, head...), crc32.ChecksumIEEE(head))
}

// Packages that draw figures register TIFF with package image. A picture is read
// alike in a program that has them and in one that has not.
func TestOtherFormatsRegistered(t *testing.T) {
	image.RegisterFormat("tiff", "II*\x00",
		func(io.Reader) (image.Image, error) { return corner(2, 2), nil },
		func(io.Reader) (image.Config, error) {
			return image.Config{ColorModel: color.GrayModel, Width: 2, Height: 2}, nil
		})
	b := []byte("II*\x00\x08\x00\x00\x00")
	const want = "TIFF, want a picture as PNG, JPEG or GIF"
	if _, err := Decode(b); err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
	if _, _, err := Size(b); err == nil || err.Error() != want {
		t.Errorf("size: %v, want %q", err, want)
	}
}

// What is no picture, or claims to be a huge one, is refused in one line, before
// memory is taken for its pixels.
func TestRefused(t *testing.T) {
	whole := encoded(t, "jpeg", corner(64, 64))
	scans := append(bytes.Clone(whole[:len(whole)-2]), bytes.Repeat([]byte{0xff, 0xda, 0, 2}, maxScans)...)
	for what, c := range map[string]struct {
		b    []byte
		want string
	}{
		"nothing":      {nil, "an empty file, want a picture as PNG, JPEG or GIF"},
		"text":         {[]byte("7777"), "begins with 37 37 37 37"},
		"HEIC":         {[]byte("\x00\x00\x00\x18ftypheic"), "HEIC, as some phones"},
		"WebP":         {[]byte("RIFF\x00\x00\x00\x00WEBPVP8 "), "WebP"},
		"IDX":          {[]byte("\x00\x00\x08\x03\x00\x00\xea\x60"), "IDX"},
		"a bomb":       {claiming(60000, 60000, 8, 2), "a PNG of 60000×60000 pixels, which takes 13733 MiB, allowed 512"},
		"a long bomb":  {claiming(1<<31-1, 1, 16, 6), "allowed 512"},
		"many scans":   {scans, "a JPEG of 201 scans, allowed 200"},
		"cut":          {whole[:len(whole)/2], "a JPEG that is cut short"},
		"cut header":   {whole[:20], "a JPEG that is cut short"},
		"wrong":        {claiming(3, 3, 7, 2), "a PNG that cannot be read: "},
		"no pixels":    {claiming(3, 3, 8, 2), "a PNG that is cut short"},
		"zero columns": {claiming(0, 3, 8, 2), "a PNG that cannot be read: "},
	} {
		_, err := Decode(c.b)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
}

// A progressive JPEG needs five times as much memory as another.
func TestProgressive(t *testing.T) {
	b := encoded(t, "jpeg", corner(16, 16))
	for at := 2; ; { // the frame's segment says 6,000×8,000
		n := int(binary.BigEndian.Uint16(b[at+2:])) + 2
		if b[at+1] == 0xc0 {
			binary.BigEndian.PutUint16(b[at+5:], 6000)
			binary.BigEndian.PutUint16(b[at+7:], 8000)
			if _, err := Decode(b); err == nil || strings.Contains(err.Error(), "allowed") {
				t.Errorf("baseline: %v, want that its pixels are missing", err)
			}
			b[at+1] = progressive
			if _, err := Decode(b); err == nil || !strings.Contains(err.Error(), "8000×6000 pixels, which takes 687 MiB, allowed 512") {
				t.Errorf("progressive: %v, want that it is too large", err)
			}
			return
		}
		at += n
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.png")
	if _, err := Read(path); err == nil || !strings.HasPrefix(err.Error(), path+": ") || strings.Count(err.Error(), path) != 1 {
		t.Errorf("of nothing: %v", err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("of a folder: %v", err)
	}
	if err := os.WriteFile(path, encoded(t, "png", corner(5, 5)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]bool{"a.png": true, "a.JPG": true, "x.y.jpeg": true, "a.gif": true, "png": false, "a.txt": false, "a.svg": false} {
		if Named(name) != want {
			t.Errorf("Named(%q) is %v", name, !want)
		}
	}
}

// Whatever the bytes, there is a picture of at least a pixel or an error in one
// line, and no panic.
func FuzzDecode(f *testing.F) {
	for _, format := range []string{"png", "jpeg", "gif"} {
		var b bytes.Buffer
		switch m := corner(6, 4); format {
		case "png":
			png.Encode(&b, m)
		case "jpeg":
			jpeg.Encode(&b, m, nil)
		case "gif":
			gif.Encode(&b, m, nil)
		}
		f.Add(b.Bytes())
		if format != "gif" {
			f.Add(withExif(b.Bytes(), tiff(binary.BigEndian, "MM", 6)))
		}
	}
	f.Add(claiming(1<<31-1, 1<<31-1, 16, 6))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(b)); err == nil && c.Width*c.Height > 1<<22 && len(b) > 40 {
			t.Skip("within the limits, and slow")
		}
		m, err := Decode(b)
		switch {
		case err != nil && (err.Error() == "" || strings.Contains(err.Error(), "\n")):
			t.Errorf("error %q, want one line", err)
		case err == nil && m.Bounds().Empty():
			t.Error("an empty picture and no error")
		}
	})
}
