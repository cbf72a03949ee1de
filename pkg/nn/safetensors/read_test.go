package safetensors

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
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

// Files that people take for a model are told by what they are.
func TestLoadSaysWhatAFileLooksLike(t *testing.T) {
	picture := image.NewGray(image.Rect(0, 0, 28, 28))
	picture.SetGray(3, 4, color.Gray{Y: 200})
	made := func(write func(w io.Writer) error) []byte {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	zipped := func(names ...string) []byte {
		return made(func(w io.Writer) error {
			z := zip.NewWriter(w)
			for _, name := range names {
				f, err := z.Create(name)
				if err != nil {
					return err
				}
				io.WriteString(f, "content")
			}
			return z.Close()
		})
	}
	pt := zipped("archive/data.pkl", "archive/data/0")
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"digit.png", made(func(w io.Writer) error { return png.Encode(w, picture) }), "a PNG image"},
		{"digit.jpg", made(func(w io.Writer) error { return jpeg.Encode(w, picture, nil) }), "a JPEG image"},
		{"digit.gif", made(func(w io.Writer) error { return gif.Encode(w, picture, nil) }), "a GIF image"},
		{"digit.webp", []byte("RIFF\x24\x00\x00\x00WEBPVP8 "), "a WebP image"},
		{"digit.bmp", append([]byte("BM\x46\x04\x00\x00\x00\x00\x00\x00\x36\x04"), make([]byte, 100)...), "a BMP image"},
		{"paper.pdf", []byte("%PDF-1.7\n"), "a PDF document"},
		{"best.safetensors.gz", made(func(w io.Writer) error {
			z := gzip.NewWriter(w)
			io.WriteString(z, "content")
			return z.Close()
		}), "a gzip file"},
		{"model.zip", zipped("readme.txt"), "a zip archive"},
		{"cut.zip", pt[:len(pt)/2], "a zip archive, damaged"},
		{"model.npz", zipped("w0.npy", "b0.npy"), "NumPy arrays (.npz)"},
		{"model.npy", []byte("\x93NUMPY\x01\x00v\x00{'descr': '<f4'"), "a NumPy array (.npy)"},
		{"model.pt", pt, "a PyTorch file (torch.save)"},
		{"old.pt", []byte("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M"), "a Python pickle"},
		{"model.pkl", []byte("\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00}"), "a Python pickle"},
		{"model.onnx", []byte("\x08\x08\x12\x07pytorch\x1a\x051.13.\x3a\x90\x01"), "an ONNX model"},
		{"model.h5", []byte("\x89HDF\r\n\x1a\n\x00\x00\x00"), "an HDF5 file (Keras)"},
		{"model.keras", zipped("metadata.json", "config.json", "model.weights.h5"), "a Keras model"},
		{"model.gguf", []byte("GGUF\x03\x00\x00\x00\x00\x00\x00\x00"), "a GGUF model"},
		{"train-images-idx3-ubyte", []byte("\x00\x00\x08\x03\x00\x00\xea\x60\x00\x00\x00\x1c"), "an IDX file"},
		{"run.json", []byte("{\n  \"Name\": \"mlp\"\n}\n"), "JSON"},
		{"history.jsonl", []byte("{\"kind\":\"train\",\"epoch\":0}\n"), "JSON"},
		{"page.html", []byte("<!DOCTYPE html>\n<html>"), "HTML or XML"},
		{"pointer.safetensors", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n"), "a Git LFS pointer"},
		{"notes.txt", []byte("die beste Größe für 28×28\n"), "text"},
		{"long.txt", []byte(strings.Repeat("ö", 1000)), "text"}, // 512 bytes end within a rune or not
		{"long2.txt", []byte("a" + strings.Repeat("ö", 1000)), "text"},
		{"lock", []byte("4711"), "text"},
		{"zeros", make([]byte, 4096), "a file of zeros (4096 bytes)"},
		{"noise", []byte("\x9d\xc1\x02\xf3\x55\xe1\x00\x17\x99"), "something else (it begins with 9d c1 02 f3 55 e1 00 17)"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, c.content, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		if want := path + ": looks like " + c.want; err == nil || !strings.HasPrefix(err.Error(), want) ||
			!strings.Contains(err.Error(), ", want a safetensors file") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// What only begins like one of ours is not read to its end.
func TestLoadOfAHugeFile(t *testing.T) {
	for name, head := range map[string]string{"zeros": "", "claims a header": "\x10\x00\x00\x00\x00\x00\x00\x00"} {
		path := filepath.Join(t.TempDir(), name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString(head)
		if err := f.Truncate(MaxFile); err != nil {
			t.Skip(err) // a file system without holes or with small files
		}
		f.Close()
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "looks like") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
