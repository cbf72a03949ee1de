package safetensors

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"inkling/pkg/internal/atomicfile"
)

// MaxFile is the largest file that Load reads, in bytes: the state of a run with
// Adam and a running mean holds the weights four times.
const MaxFile = 8 << 30

// open opens a file whose first bytes, which come with it, can be those of a
// safetensors file. What else it may be is told by a look at them, so that a large
// file of another kind is not read.
func open(path string) (f *os.File, head []byte, size int64, err error) {
	f, err = atomicfile.Open(path, MaxFile)
	if err != nil {
		return nil, nil, 0, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, 0, err
	}
	size = info.Size()
	head = make([]byte, min(size, 512))
	switch _, err := io.ReadFull(f, head); {
	case err != nil:
		return nil, nil, 0, fmt.Errorf("%s: while it was read: %w", path, err)
	case size == 0:
		return nil, nil, 0, fmt.Errorf("%s: 0 bytes, want a safetensors file", path)
	case !begins(head):
		what := looks(f, head, size)
		return nil, nil, 0, fmt.Errorf("%s: looks like %s, want a safetensors file: %s", path, what, instead(what))
	}
	return f, head, size, nil
}

// Meta returns the metadata of the file at path, of which it reads the header
// alone. A file that does not hold as many bytes as that describes is an error;
// whether these are the ones that were written is left to Load.
func Meta(path string) (map[string]string, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	return r.Meta, r.Close()
}

// begins reports whether a file can be a safetensors file, perhaps cut short:
// Decode says what is wrong with one.
func begins(head []byte) bool {
	if len(head) < 9 {
		return false
	}
	n := binary.LittleEndian.Uint64(head)
	return n > 0 && n <= maxHeader && head[8] == '{'
}

// Looks says what the file at path is by its first bytes, for those who want one
// of another kind: "an ONNX model", "text". Nothing where it cannot be told.
func Looks(path string) string {
	f, err := atomicfile.Open(path, MaxFile)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	head := make([]byte, min(info.Size(), 512))
	_, err = io.ReadFull(f, head)
	switch {
	case err != nil:
		return ""
	case len(head) == 0:
		return "an empty file"
	case begins(head):
		return "a safetensors file"
	}
	if what := looks(f, head, info.Size()); !strings.HasPrefix(what, unknown) {
		return what
	}
	return ""
}

// unknown begins what looks says of a file that it does not know.
const unknown = "something else"

// looks says what a file is that is no safetensors file.
func looks(f *os.File, head []byte, size int64) string {
	has := func(at int, magic string) bool {
		return len(head) >= at+len(magic) && string(head[at:at+len(magic)]) == magic
	}
	switch {
	case has(0, "\x89PNG\r\n"):
		return "a PNG image"
	case has(0, "\xff\xd8\xff"):
		return "a JPEG image"
	case has(0, "GIF8"):
		return "a GIF image"
	case has(0, "RIFF") && has(8, "WEBP"):
		return "a WebP image"
	case has(0, "BM") && has(6, "\x00\x00\x00\x00"):
		return "a BMP image"
	case has(0, "%PDF-"):
		return "a PDF document"
	case has(0, "\x1f\x8b"):
		return "a gzip file (unpack it first)"
	case has(0, "BZh"), has(0, "\xfd7zXZ\x00"), has(0, "\x28\xb5\x2f\xfd"), has(0, "7z\xbc\xaf"), has(257, "ustar"):
		return "an archive"
	case has(0, "PK\x03\x04"), has(0, "PK\x05\x06"):
		return inZip(f, size)
	case has(0, "\x93NUMPY"):
		return "a NumPy array (.npy)"
	case has(0, "\x89HDF\r\n"):
		return "an HDF5 file (Keras)"
	case has(0, "GGUF"):
		return "a GGUF model"
	case has(4, "TFL3"):
		return "a TensorFlow Lite model"
	case has(0, "SQLite format 3"):
		return "an SQLite database"
	case has(0, "\x7fELF"):
		return "a program"
	case has(0, "\x00\x00") && len(head) > 4 && strings.IndexByte("\x08\x09\x0b\x0c\x0d\x0e", head[2]) >= 0 && head[3] > 0 && head[3] < 5:
		return "an IDX file, as the images and labels of MNIST"
	case len(head) > 2 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5:
		return "a Python pickle (an old PyTorch file)"
	case len(head) > 3 && head[0] == 8 && head[1] < 32 && (head[2] == 0x12 || head[2] == 0x1a || head[2] == 0x22 || head[2] == 0x3a):
		return "an ONNX model"
	case len(bytes.Trim(head, "\x00")) == 0:
		return fmt.Sprintf("a file of zeros (%d bytes)", size)
	}
	if isText(head) {
		switch start := bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))); {
		case len(start) > 0 && (start[0] == '{' || start[0] == '['):
			return "JSON"
		case bytes.HasPrefix(start, []byte("version https://git-lfs")):
			return "a Git LFS pointer (git lfs pull fetches the file)"
		case len(start) > 0 && start[0] == '<':
			return "HTML or XML"
		}
		return "text"
	}
	return fmt.Sprintf(unknown+" (it begins with % x)", head[:min(len(head), 8)])
}

// instead says how to come by a file of weights.
func instead(what string) string {
	switch {
	case strings.Contains(what, "PyTorch"):
		return "safetensors.torch.save_file(model.state_dict(), FILE) writes one, for inkling import"
	case strings.Contains(what, "Keras"):
		return "numpy.savez(FILE, *model.get_weights()) writes an .npz, for inkling import"
	}
	return "best.safetensors of a run is one"
}

// inZip tells zip files apart by the names in them.
func inZip(f *os.File, size int64) string {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return "a zip archive, damaged"
	}
	for _, e := range z.File[:min(len(z.File), 1000)] {
		switch {
		case strings.HasSuffix(e.Name, "data.pkl"):
			return "a PyTorch file (torch.save)"
		case strings.HasSuffix(e.Name, ".npy"):
			return "NumPy arrays (.npz)"
		case e.Name == "config.json":
			return "a Keras model"
		}
	}
	return "a zip archive"
}

// isText reports whether b is the beginning of a text in UTF-8.
func isText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && len(b) >= utf8.UTFMax || r != utf8.RuneError && !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return false
		}
		b = b[n:]
	}
	return true
}
