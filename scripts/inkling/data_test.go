package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/data"
)

// A folder of images is judged before anyone trains on it: what is the matter with
// it is told, and shown.
func TestDataJudgesAFolder(t *testing.T) {
	w := newWorld(t)
	put := func(part, class string, i int, m image.Image) {
		dir := filepath.Join(w.dir, "scans", part, class)
		must(0, os.MkdirAll(dir, 0o755))
		f := must(os.Create(filepath.Join(dir, fmt.Sprintf("%03d.png", i))))
		must(0, png.Encode(f, m))
		must(0, f.Close())
	}
	s := data.Synthetic("digits", 4, 0, 1200)
	for i := range s.Len() {
		class := fmt.Sprint(s.Labels[i])
		switch part := map[bool]string{true: "test", false: "train"}[i%6 == 5]; {
		case class == "7" && i > 40: // hardly any of these
		default:
			put(part, class, i, s.Image(i))
		}
	}
	trained := func(class uint16) image.Image { // an image that is in train
		for i, y := range s.Labels {
			if y == class && i%6 != 5 {
				return s.Image(i)
			}
		}
		panic("none")
	}
	put("test", "1", 9000, trained(1))                               // in both parts
	put("train", "2", 9001, trained(3))                              // a 3 that is called 2
	put("train", "5", 9002, image.NewGray(image.Rect(0, 0, 28, 28))) // nothing on it

	code, stdout, stderr := w.run([]string{"data", "--sheet=sheet.png", "scans"})
	if code != 0 || stderr != "" {
		t.Fatalf("code %d, stderr %q", code, stderr)
	}
	for _, want := range []string{
		"scans: ", "prepared so", // digits as MNIST's, told by what they show
		"WARNING: 1 image of test is in train too", "WARNING: 1 image seen before under another label",
		"WARNING: 1 image of train has one value everywhere", "WARNING: fewer than 20 images to train on: 7", "always the most frequent class is right in",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	f := must(os.Open(filepath.Join(w.dir, "sheet.png")))
	defer f.Close()
	if m, err := png.Decode(f); err != nil || m.Bounds().Dx() < 500 || m.Bounds().Dy() < 500 {
		t.Errorf("the sheet: %v", err)
	}
	var v struct {
		Name, Prepared string
		Classes        []string
		Shape          []int
		Parts          []struct {
			Images int
			Counts []int
			SHA256 string
		}
		Findings []struct {
			Kind     string
			Warning  bool
			Examples []string
		}
	}
	code, stdout, stderr = w.run([]string{"data", "--json", "scans"})
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || code != 0 {
		t.Fatalf("%v, code %d, stderr %q", err, code, stderr)
	}
	if v.Name != "scans" || v.Prepared != "mnist" || len(v.Classes) != 10 || len(v.Parts) != 2 || v.Parts[0].Counts[7] == 0 || len(v.Parts[1].SHA256) != 64 ||
		len(v.Findings) < 5 || v.Findings[0].Kind != "both parts" || !v.Findings[0].Warning || len(v.Findings[0].Examples) != 2 {
		t.Errorf("%+v", v)
	}
	// Data with nothing the matter are told so, by the same door as everywhere.
	code, stdout, _ = w.run([]string{"data", "synthetic"})
	if code != 0 || !strings.Contains(stdout, "synthetic digits: ") || !strings.Contains(stdout, "nothing is conspicuous") {
		t.Errorf("code %d, %s", code, stdout)
	}
}
