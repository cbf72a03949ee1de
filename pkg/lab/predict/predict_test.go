package predict

import (
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/metric"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// trained is a small network that has learned synthetic digits, made once, in a
// store of its own.
var trained = sync.OnceValue(func() *lab.Result {
	dir := must(os.MkdirTemp("", "predict"))
	d := &data.Dataset{Name: "few digits", Train: data.Synthetic("train", 1, 0, 12000), Test: data.Synthetic("test", 1, 12000, 500)}
	l := lab.New("predict", d, dir, false)
	l.Quiet = true
	runs := must(l.Fit(train.Config{
		Layers:    []nn.Layer{nn.Conv2D{Filters: 12, Kernel: 5}, nn.MaxPool2D{Kernel: 2}, nn.ReLU{}, nn.Linear{Out: 64}, nn.ReLU{}, nn.Linear{Out: 10, Init: nn.LeCun}},
		Optimizer: optim.SGD{Momentum: 0.9}, Schedule: optim.OneCycle{Max: 0.2}, Batch: 64, Epochs: 3, Seed: 1,
	}))
	return runs[0]
})

// TestMain removes what trained has made.
func TestMain(m *testing.M) {
	dir := must(os.MkdirTemp("", "predict-test"))
	os.Setenv("TMPDIR", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// What is scattered over pictures, found there and prepared anew is read about as
// well as it was: our preparation is that of the set. For MNIST and a network of
// 99 % and more it is measured by inkling test --scatter=1000.
func TestTransfer(t *testing.T) {
	r := must(Of(trained()))
	n := 500
	if testing.Short() {
		n = 200
	}
	s := data.Synthetic("test", 1, 12000, n)
	as, again := 100*metric.Judge(r.Model, s).Accuracy(), 100*must(r.Transfer(s, 1)).Accuracy()
	t.Logf("of %d images %.2f %% are read, of them scattered %.2f %%", n, as, again)
	if as < 90 || again < as-2 {
		t.Errorf("of %d images %.2f %% are read, of them scattered %.2f %%, want at most 2 points less", n, as, again)
	}
	// Had nothing been prepared, nothing could be read.
	plain := *r.Kind
	plain.Prepared = ""
	resized := s.Select("resized", nil)
	for i := range s.Len() {
		pixels, _, _ := plain.Fit(s.Scatter(i, 1))
		resized.Pixels, resized.Labels = append(resized.Pixels, pixels...), append(resized.Labels, s.Labels[i])
	}
	if got := 100 * metric.Judge(r.Model, resized).Accuracy(); got > 50 {
		t.Errorf("%.2f %% are read of pictures that are only resized: the test shows nothing", got)
	}
	if _, err := (&Reader{Model: r.Model, Kind: &plain}).Transfer(s, 1); err == nil {
		t.Error("images that were not prepared are scattered")
	}
}

func write(t *testing.T, path string, m image.Image) string {
	t.Helper()
	f := must(os.Create(path))
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
	return path
}

// One bad file, or a blank page, among many does not lose the others.
func TestRead(t *testing.T) {
	r := must(Of(trained()))
	s := data.Synthetic("digits", 9, 0, 10)
	dir := t.TempDir()
	blank := write(t, filepath.Join(dir, "a blank page.png"), image.NewGray(image.Rect(0, 0, 90, 90)))
	var right int
	for i := range s.Len() {
		write(t, filepath.Join(dir, "d"+string(rune('0'+i))+".png"), s.Scatter(i, 2))
	}
	must(0, os.WriteFile(filepath.Join(dir, "e.jpg"), []byte("no picture"), 0o644))
	must(0, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644))
	must(0, os.Mkdir(filepath.Join(dir, "below.png"), 0o755))
	files := must(Files(dir, filepath.Join(dir, "absent.png")))
	if len(files) != 13 || files[0] != blank || !slices.IsSorted(files[:12]) {
		t.Fatalf("files %q", files)
	}
	answers := r.Read(files...)
	for i, a := range answers {
		switch {
		case a.File != files[i]:
			t.Errorf("answer %d is of %s, want %s", i, a.File, files[i])
		case i == 0 || i > 10:
			if a.Err == nil || strings.Count(a.Err.Error(), files[i]) != 1 || strings.Contains(a.Err.Error(), "\n") || a.Image != nil {
				t.Errorf("%s: %v, want an error that names it", a.File, a.Err)
			}
			continue
		case a.Err != nil:
			t.Errorf("%v", a.Err)
			continue
		}
		var sum float64
		for _, p := range a.P {
			sum += float64(p)
		}
		if a.First.Probability < a.Second.Probability || a.First.Class == a.Second.Class || math.Abs(sum-1) > 1e-4 ||
			a.First.Name != r.Kind.Classes[a.First.Class] || a.Image.Bounds().Dx() != 28 {
			t.Errorf("%+v", a)
		}
		for c, p := range a.P {
			if float64(p) > a.First.Probability+1e-6 || c != a.First.Class && float64(p) > a.Second.Probability+1e-6 {
				t.Errorf("%s: class %d has %v, said are %+v and %+v", a.File, c, p, a.First, a.Second)
			}
		}
		if a.First.Class == int(s.Labels[i-1]) {
			right++
		}
	}
	if right < 8 {
		t.Errorf("%d of 10 digits are read", right)
	}
	if !strings.Contains(answers[0].Err.Error(), "nothing is written there") {
		t.Errorf("a blank page: %v", answers[0].Err)
	}
	if rows := Table(answers).Rows; len(rows) != 13 || rows[0][1] != "–" || rows[1][1] != answers[1].First.Name {
		t.Errorf("table %v", rows)
	}
	if f := Figure("digits", answers); len(f.Tiles) != 10 || !strings.Contains(f.Note, "without an answer: 3") {
		t.Errorf("%d tiles, %q", len(f.Tiles), f.Note)
	}
	var read []struct {
		File, Error   string
		First, Second *struct {
			Class       string
			Probability float64
		}
		Probabilities []float64
	}
	if err := json.Unmarshal(must(json.Marshal(answers)), &read); err != nil {
		t.Fatal(err)
	}
	if read[0].Error == "" || read[0].First != nil || read[1].First.Class != answers[1].First.Name || len(read[1].Probabilities) != 10 {
		t.Errorf("JSON: %+v, %+v", read[0], read[1])
	}
	// Pictures that are in no file get the same answers.
	for i, a := range r.Pictures(s.Scatter(0, 2), image.NewGray(image.Rect(0, 0, 9, 9)), s.Scatter(1, 2)) {
		if want := answers[1+i/2]; (a.Err != nil) != (i == 1) || a.Err == nil && a.First != want.First {
			t.Errorf("picture %d: %+v, want %+v", i, a.First, want.First)
		}
	}
}

func TestFilesRefused(t *testing.T) {
	if _, err := Files(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no PNG, JPEG or GIF file") {
		t.Errorf("an empty folder: %v", err)
	}
}

// Several signs in a picture are told.
func TestSeveral(t *testing.T) {
	r := must(Of(trained()))
	s := data.Synthetic("digits", 9, 0, 2)
	two := image.NewGray(image.Rect(0, 0, 80, 40))
	for i := range 2 {
		for j, v := range s.Image(i).(*image.Gray).Pix {
			two.SetGray(40*i+6+j%28, 6+j/28, color.Gray{v})
		}
	}
	a := r.Pictures(two)[0]
	if a.Err != nil || a.Signs != 2 || !strings.Contains(a.Note(), "2 signs") || !Figure("", []Answer{a}).Tiles[0].Wrong {
		t.Errorf("%+v, %q", a, a.Note())
	}
}

// A model of pictures in colour gets them so, resized, and names its classes.
func TestColour(t *testing.T) {
	m := must(nn.New(1, nn.CHW(3, 4, 6), nn.Linear{Out: 2}))
	path := filepath.Join(t.TempDir(), "lights.safetensors")
	if err := m.Save(path, map[string]string{"name": "lights\x1b", "classes": `["stop","go"]`}); err != nil {
		t.Fatal(err)
	}
	r := must(Load(path))
	if strings.Contains(r.Name, "\x1b") || !strings.Contains(r.How(), "resized to 4×6, in colour") {
		t.Errorf("%q, %q", r.Name, r.How())
	}
	for i := range 3 * 24 { // the weights of "go": red, since there is nothing else to learn from
		m.Params()[0].Data[i], m.Params()[0].Data[72+i] = 0, 0
		if i < 24 {
			m.Params()[0].Data[72+i] = 1
		}
	}
	r.Model = m
	red, green := image.NewRGBA(image.Rect(0, 0, 50, 50)), image.NewRGBA(image.Rect(0, 0, 50, 50))
	for i := 0; i < len(red.Pix); i += 4 {
		red.Pix[i], red.Pix[i+3] = 255, 255
		green.Pix[i+1], green.Pix[i+3] = 255, 255
	}
	answers := r.Pictures(red, green)
	if answers[0].First.Name != "go" || answers[0].First.Probability < 0.99 || answers[1].First.Probability > 0.6 || answers[0].Signs != 0 {
		t.Errorf("%+v", answers)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "absent.safetensors")); err == nil {
		t.Error("a model of nothing")
	}
}

// A network whose weights are no numbers any more has no answer.
func TestNoAnswer(t *testing.T) {
	m := must(nn.New(1, nn.CHW(1, 28, 28), nn.Linear{Out: 10}))
	m.Params()[0].Data[400] = float32(math.NaN())
	s := data.Synthetic("digits", 9, 0, 1)
	r := &Reader{Model: m, Kind: s}
	if a := r.Pictures(s.Scatter(0, 1))[0]; a.Err == nil || a.Note() != "no answer" {
		t.Errorf("%+v", a)
	}
}
