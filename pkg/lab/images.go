package lab

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"inkling/pkg/data"
	"inkling/pkg/internal/atomicfile"
)

// The images of a lab as one file, for machines that have none: a line of JSON,
// then pixels, then labels of two bytes, the lower one first.

// imagesHead is the first line of such a file.
type imagesHead struct {
	Inkling  string // imagesMark
	C, H, W  int
	N        int
	Classes  []string
	Prepared string `json:",omitempty"`
}

const imagesMark = "images 1"

// The longest first line, and the most bytes of pixels.
const (
	maxImagesHead = 1 << 20
	maxImages     = 64 << 30
)

// WriteImages writes a file of what the lab's training and dev images were cut
// from, in its order, and returns its SHA-256: whoever reads it with ReadImages has
// images of the same fingerprint. Test images are not among them.
func (l *Lab) WriteImages(path string) (sum string, err error) {
	h := sha256.New()
	err = atomicfile.Write(path, func(w io.Writer) error { return l.writeImages(io.MultiWriter(w, h)) })
	return hex.EncodeToString(h.Sum(nil)), err
}

func (l *Lab) writeImages(w io.Writer) error {
	if l.sum() != l.dataSum {
		return fmt.Errorf("lab: the images of %s were changed since they were read: a run on them is made here or not at all", l.Data.Name)
	}
	// Data.Train holds those for training, in order, and then those of dev.
	s := l.Data.Train
	order := make([]int, s.Len())
	rest := 0
	for i, dev := 0, 0; i < len(order); i++ {
		if dev < len(l.devIndex) && l.devIndex[dev] == i {
			order[i] = s.Len() - len(l.devIndex) + dev
			dev++
		} else {
			order[i] = rest
			rest++
		}
	}
	size := s.C * s.H * s.W
	out := bufio.NewWriterSize(w, 1<<20)
	head, err := json.Marshal(imagesHead{imagesMark, s.C, s.H, s.W, s.Len(), s.Classes, s.Prepared})
	if err != nil {
		return err
	}
	out.Write(append(head, '\n'))
	for _, i := range order {
		out.Write(s.Pixels[i*size : (i+1)*size])
	}
	for _, i := range order {
		out.Write(binary.LittleEndian.AppendUint16(nil, s.Labels[i]))
	}
	return out.Flush()
}

// ReadImages reads a file of WriteImages.
func ReadImages(path string) (*data.Set, error) {
	f, err := atomicfile.Open(path, maxImages)
	if err != nil {
		return nil, fmt.Errorf("lab: images: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("lab: images: %w", err)
	}
	s, err := readImages(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("lab: images: %s: %w", path, err)
	}
	return s, nil
}

// readImages reads images from a file of so many bytes.
func readImages(r io.Reader, bytes int64) (*data.Set, error) {
	in := bufio.NewReaderSize(r, 1<<20)
	line, err := in.ReadSlice('\n')
	var head imagesHead
	if err != nil || len(line) > maxImagesHead || json.Unmarshal(line, &head) != nil || head.Inkling != imagesMark {
		return nil, fmt.Errorf("does not begin as a file of %q does", imagesMark)
	}
	for _, n := range []int{head.C, head.H, head.W, head.N} {
		if n < 1 || n > 1<<26 {
			return nil, fmt.Errorf("%d images of %d×%d×%d: these cannot be", head.N, head.C, head.H, head.W)
		}
	}
	// In floating point, where nothing overflows.
	size := float64(head.C) * float64(head.H) * float64(head.W)
	if want := float64(len(line)) + float64(head.N)*(size+2); want != float64(bytes) {
		return nil, fmt.Errorf("%d bytes for %d images of %d×%d×%d, want %.0f", bytes, head.N, head.C, head.H, head.W, want)
	}
	s := &data.Set{Name: "train", C: head.C, H: head.H, W: head.W, Classes: slices.Clip(head.Classes), Prepared: head.Prepared,
		Pixels: make([]uint8, head.N*int(size)), Labels: make([]uint16, head.N)}
	if _, err := io.ReadFull(in, s.Pixels); err != nil {
		return nil, err
	}
	if err := binary.Read(in, binary.LittleEndian, s.Labels); err != nil {
		return nil, err
	}
	return s, s.Check()
}
