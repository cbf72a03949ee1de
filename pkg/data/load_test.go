package data

import (
	"context"
	"io"
	"os"
	"testing"
)

// mnistDir returns the folder of the real MNIST, or skips the test.
func mnistDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MNIST_DIR")
	if dir == "" {
		t.Skip("MNIST_DIR is not set: set it to the folder of the four MNIST files")
	}
	return resolve(dir)
}

func TestLoadMNISTDir(t *testing.T) {
	mnistDir(t)
	d, err := Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.String(), "MNIST: 60000 training and 10000 test images of 28×28 (from MNIST_DIR, SHA-256 verified)"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got, want := d.Train.Counts(), [10]int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}; got != want {
		t.Errorf("counts %v, want %v", got, want)
	}
}

func BenchmarkLoadMNIST(b *testing.B) {
	dir := mnistDir(b)
	env := environment{getenv: func(k string) string {
		if k == "MNIST_DIR" {
			return dir
		}
		return ""
	}, log: io.Discard}
	for b.Loop() {
		if _, err := env.load(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
