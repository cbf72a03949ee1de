package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
	"iter"
)

// Markers of a JPEG.
const (
	progressive = 0xc2
	startOfScan = 0xda
	app1        = 0xe1
)

// orientation is the number from 1 to 8 by which Exif says how a camera was held,
// 1 where there is none: the row 0 and the column 0 of the file are, seen upright,
// at the top and left (1), top and right (2), bottom and right (3), bottom and left
// (4), left and top (5), right and top (6), right and bottom (7), left and bottom (8).
// Source: CIPA DC-008, Exif 3.0, 4.6.5.1.5.
func orientation(b []byte) int {
	if bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) {
		return ofPNG(b[8:])
	}
	for marker, payload := range segments(b) {
		if tiff, ok := bytes.CutPrefix(payload, []byte("Exif\x00\x00")); ok && marker == app1 {
			return ofTIFF(tiff)
		}
	}
	return 1
}

// segments are those of a JPEG before its pixels: ff, the marker, a big-endian
// length that counts its own two bytes, the payload.
func segments(b []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		if len(b) < 2 || b[0] != 0xff || b[1] != 0xd8 {
			return
		}
		for b := b[2:]; len(b) >= 4 && b[0] == 0xff; {
			if b[1] == 0xff { // padding
				b = b[1:]
				continue
			}
			n := int(binary.BigEndian.Uint16(b[2:])) + 2
			if b[1] == startOfScan || n < 4 || n > len(b) || !yield(b[1], b[4:n]) {
				return
			}
			b = b[n:]
		}
	}
}

// ofPNG looks for the chunk eXIf: length, type, data, checksum.
func ofPNG(b []byte) int {
	for len(b) >= 12 {
		n := int64(binary.BigEndian.Uint32(b))
		if n+12 > int64(len(b)) {
			break
		}
		if string(b[4:8]) == "eXIf" {
			return ofTIFF(b[8 : 8+n])
		}
		b = b[n+12:]
	}
	return 1
}

// ofTIFF reads the tag 0x112, one short, in the first directory: the order of
// bytes, the number 42, where the directory is; there the number of its entries,
// and each with tag, type, count, value.
func ofTIFF(b []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(b, []byte("MM")) {
		order = binary.BigEndian
	}
	if len(b) < 8 || order.Uint16(b[2:]) != 42 {
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == 0x112 && order.Uint16(entries[2:]) == 3 {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			break
		}
		entries = entries[12:]
	}
	return 1
}

// upright turns and mirrors m as its orientation says.
func upright(m image.Image, orientation int) image.Image {
	if orientation == 1 {
		return m
	}
	r := m.Bounds()
	w, h := r.Dx(), r.Dy()
	src := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(src, src.Rect, m, r.Min, draw.Src)
	// Pixel (x, y) of the file goes to start + x·right + y·down, in bytes of the result.
	tall := orientation >= 5
	if tall {
		w, h = h, w
	}
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	right, down := 4, dst.Stride
	if tall {
		right, down = dst.Stride, 4
	}
	start := 0
	// Mirrored from left to right, and from top to bottom, as seen in the result.
	if orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7 {
		start += 4 * (w - 1)
		if tall {
			down = -4
		} else {
			right = -4
		}
	}
	if orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8 {
		start += dst.Stride * (h - 1)
		if tall {
			right = -dst.Stride
		} else {
			down = -dst.Stride
		}
	}
	for y := range src.Rect.Dy() {
		to := start + y*down
		for x := range src.Rect.Dx() {
			copy(dst.Pix[to:to+4], src.Pix[y*src.Stride+4*x:])
			to += right
		}
	}
	return dst
}
