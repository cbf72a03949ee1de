package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// binary is the command, built once for all tests of this package.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "inkling")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "inkling")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Printf("go build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint("unexpected error: ", err))
	}
	return v
}

// world is where the command runs: a folder, a run store, the digits.
type world struct {
	t     *testing.T
	dir   string
	store string
	env   []string
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir()}
	w.store = filepath.Join(w.dir, "runs")
	w.env = append(os.Environ(), "INKLING_RUNS="+w.store, "INKLING_QUICK=1")
	if os.Getenv("MNIST_DIR") == "" {
		w.env = append(w.env, "INKLING_DATA=synthetic")
	}
	return w
}

// command prepares the program; later environment variables win.
func (w *world) command(args []string, env ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	cmd = exec.Command(program, args...)
	cmd.Dir, cmd.Env = w.dir, append(w.env, env...)
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// run runs the program to its end.
func (w *world) run(args []string, env ...string) (code int, stdout, stderr string) {
	cmd, out, err := w.command(args, env...)
	cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

// files lists everything below the world's folder.
func (w *world) files() (list []string) {
	filepath.WalkDir(w.dir, func(path string, _ fs.DirEntry, _ error) error {
		list = append(list, strings.TrimPrefix(path, w.dir))
		return nil
	})
	return list
}

// refuses checks that args end with code 2, one line on stderr that holds all
// of want, nothing on stdout, and no file touched.
func (w *world) refuses(args []string, env []string, want ...string) {
	w.t.Helper()
	before := fmt.Sprint(w.files())
	code, stdout, stderr := w.run(args, env...)
	if code != 2 {
		w.t.Errorf("exit code %d, want 2", code)
	}
	if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "inkling: ") || len(stderr) > 600 || strings.Contains(stderr, "goroutine") {
		w.t.Errorf("stderr %q, want one line", stderr)
	}
	for _, part := range want {
		if !strings.Contains(stderr, part) {
			w.t.Errorf("stderr %q does not say %q", stderr, part)
		}
	}
	if stdout != "" {
		w.t.Errorf("stdout %q, want nothing", stdout)
	}
	if after := fmt.Sprint(w.files()); after != before {
		w.t.Errorf("files were %v, are %v", before, after)
	}
}

// Every mistake in a flag is told with what was given and what is allowed.
func TestBadFlags(t *testing.T) {
	for _, c := range []struct {
		args string // of train, parted by |
		want []string
	}{
		{"--lr=0", []string{"lr 0", "1e-12 ≤ lr"}},
		{"--lr=-1", []string{"lr -1", "1e-12 ≤ lr"}},
		{"--lr|-1", []string{"lr -1", "1e-12 ≤ lr"}},
		{"--lr=NaN", []string{"lr NaN", "1e-12 ≤ lr"}},
		{"--lr=Inf", []string{"lr +Inf", "1e-12 ≤ lr"}},
		{"--lr=1e9", []string{"lr 1e+09", "1e-12 ≤ lr ≤ 1e+06"}},
		{"--lr=fast", []string{`--lr "fast"`, "a number"}},
		{"--lr=", []string{`--lr ""`, "a number"}},
		{"--lr", []string{"--lr needs a value"}},
		{"--fork=", []string{"--fork is empty", "RUN or RUN@EPOCH"}},
		{"--layers=", []string{"--layers is empty", "relu"}},
		{"--data=", []string{"--data is empty", "synthetic"}},
		{"--lr=1e999", []string{`--lr "1e999"`, "not as large"}},
		{"--epochs=0", []string{"epochs 0", "want 1 to"}},
		{"--epochs=-3", []string{"epochs -3", "want 1 to"}},
		{"--epochs=1.5", []string{`--epochs "1.5"`, "a whole number"}},
		{"--epochs=99999999999", []string{"epochs 99999999999", "want 1 to"}},
		{"--epochs=99999999999999999999", []string{"--epochs", "not as large"}},
		{"--batch=0", []string{"batch 0", "want 1 to"}},
		{"--batch=-1", []string{"batch -1", "want 1 to"}},
		{"--batch=1000000", []string{"batch 1000000", "want 1 to 5000"}},
		{"--hidden=", []string{`hidden ""`, "512,256", "none"}},
		{"--hidden=0", []string{`"0"`, "from 1 to"}},
		{"--hidden=abc", []string{`"abc"`, "whole number"}},
		{"--hidden=1e9", []string{`"1e9"`, "whole number"}},
		{"--hidden=512,", []string{`--hidden "512,"`, "write: inkling train --hidden=512"}},
		{"--hidden=512,-4", []string{`"-4"`, "from 1 to"}},
		{"--hidden=1048576,1048576", []string{"weights", "the limit"}},
		{"--activation=rellu", []string{`unknown activation "rellu"`, "did you mean relu?"}},
		{"--activation=", []string{`unknown activation ""`, "known: gelu"}},
		{"--optimizer=adma", []string{`unknown optimizer "adma"`, "did you mean adam?", "known: adagrad"}},
		{"--schedule=cosin", []string{`unknown schedule "cosin"`, "did you mean cosine?"}},
		{"--dropout=1", []string{"dropout 1", "0 ≤ dropout < 1"}},
		{"--dropout=-0.1", []string{"dropout -0.1"}},
		{"--dropout=NaN", []string{"dropout NaN"}},
		{"--momentum=1", []string{"Momentum 1", "< 1"}},
		{"--momentum=NaN", []string{"Momentum NaN"}},
		{"--momentum=0|--optimizer=nesterov", []string{"Momentum 0", "--optimizer=nesterov"}},
		{"--decay=-1", []string{"Decay -1", "0 ≤ Decay"}},
		{"--decay=NaN", []string{"Decay NaN"}},
		{"--schedule=step", []string{`milestones ""`, "one number"}},
		{"--schedule=multistep|--milestones=800,x", []string{`"x"`, "whole number"}},
		{"--schedule=multistep|--milestones=900,800", []string{"900,800", "rising"}},
		{"--schedule=multistep|--gamma=-1", []string{"gamma -1", "0 ≤ gamma < 1"}},
		{"--schedule=multistep", []string{"milestones", "want steps as 800,2400"}},
		{"--schedule=exponential|--gamma=1.5", []string{"gamma 1.5", "< 1"}},
		{"--schedule=exponential|--gamma=0.5|--epochs=30", []string{"gamma 0.5, want 0.74 or more", "30 epochs"}},
		{"--schedule=exponential|--gamma=NaN", []string{"gamma NaN"}},
		{"--warmup=-1", []string{"warmup -1", "want 0 to"}},
		{"--warmup=100000", []string{"warmup 100000", "less than the steps"}},
		{"--warmup=5|--schedule=plateau", []string{"warmup 5", "want 0 with the schedule plateau"}},
		{"--smoothing=1", []string{"smoothing 1", "0 ≤ smoothing < 1"}},
		{"--seed=-1", []string{"seed -1", "at least 0"}},
		{"--size=-1", []string{"size -1", "want 0 to"}},
		{"--patience=-2", []string{"patience -2"}},
		{"--ema=1", []string{"ema 1", "< 1"}},
		{"--ema=NaN", []string{"ema NaN"}},
		{"--rotate=200", []string{"Rotate 200", "allowed 0 to 180"}},
		{"--alpha=8|--sigma=0", []string{"Elastic.Sigma 0 (--sigma)", "allowed 1 to 16"}},
		{"--question=", []string{`question ""`, "a-z"}},
		{"--question=../../up", []string{`question "../../up"`, "a-z"}},
		{"--question=Q 1", []string{`question "Q 1"`}},
		{"--layers={", []string{"--layers", "JSON"}},
		{`--layers=[{"lineer":{"out":10}}]`, []string{`unknown kind "lineer"`, "linear"}},
		{`--layers=[{"linear":{"outs":10}}]`, []string{`unknown field "outs"`}},
		{`--layers=[]`, []string{"no layers"}},
		{`--layers=[{"linear":{"out":5}}]`, []string{"output of 5", "want 10"}},
		{`--layers=[{"conv2d":{"filters":4,"kernel":99}},{"linear":{"out":10}}]`, []string{"layer 0", "conv2d", "1×28×28"}},
		{`--layers=[{"linear":{"out":99999999999}}]`, []string{"Out 99999999999"}},
		{"--lrr=3", []string{"unknown flag --lrr, did you mean --lr?"}},
		{"--hiden|600", []string{"unknown flag --hiden, did you mean --hidden?"}},
		{"--xyzzy", []string{"unknown flag --xyzzy", "known: --activation"}},
		{"600", []string{`"600" is no flag`}},
		{"lr=0.2|batch=32", []string{`"lr=0.2" is no flag`, "write: inkling train --lr=0.2 --batch=32"}},
		{"--hidden|256|128|--lr=0.3", []string{"write: inkling train --hidden=256,128 --lr=0.3"}},
		{"–lr=0.2", []string{"write: inkling train --lr=0.2"}},
		{"--lr=0,1", []string{"write: inkling train --lr=0.1"}},
		{"--lr=0.1|--lr=0.2", []string{"--lr is given twice"}},
		{"--gamma=0.3", []string{"--gamma=0.3 has no effect with the schedule cosine"}},
		{`--hidden=8|--layers=[{"linear":{"out":10}}]`, []string{"--hidden=8 has no effect with --layers"}},
		{"--name=a\nb\x1b[31m", []string{`name "a\nb\x1b[31m"`, "printable"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			newWorld(t).refuses(append([]string{"train"}, strings.Split(c.args, "|")...), nil, c.want...)
		})
	}
}

// Sizes beyond the data are mistakes, but for a quick lab, which has less.
func TestSizeBeyondTheData(t *testing.T) {
	w := newWorld(t)
	w.refuses([]string{"train", "--size=50001"}, []string{"INKLING_QUICK="}, "size 50001", "want 1 to 50000")
}

func TestBadCommands(t *testing.T) {
	for _, c := range []struct {
		args string
		want []string
	}{
		{"", []string{"no command", "known: train, "}},
		{"trian", []string{`unknown command "trian"`, "did you mean train?"}},
		{"--lr=1", []string{`unknown command "--lr=1"`, "known: train"}},
		{"data|extra", []string{`"extra", allowed auto, mnist, synthetic or PATH`}},
		{"data|one|more", []string{`unexpected argument "more", want one PATH`}},
		{"data|--data=mnist|synthetic", []string{"want one of them"}},
		{"data|--sheet=a.txt|synthetic", []string{"ends in .png, .svg or .pdf"}},
		{"data|--lr=1", []string{"unknown flag --lr"}},
		{"runs|a|b", []string{"2 questions"}},
		{"runs|nothing", []string{`"nothing"`, "the run store is empty"}},
		{"test", []string{"nothing to test"}},
		{"test|q1", []string{`"q1" is neither a file nor a question`, "the run store is empty"}},
		{"test|--fast", []string{"unknown flag --fast"}},
		{"test|--shifts=9|q1", []string{"--shifts 9", "want 0 to 3"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			var args []string
			if c.args != "" {
				args = strings.Split(c.args, "|")
			}
			newWorld(t).refuses(args, nil, c.want...)
		})
	}
}

func TestHelp(t *testing.T) {
	for _, args := range []string{"help", "--help", "train --help", "test -h", "runs --help", "data -help", "version --help"} {
		code, stdout, stderr := newWorld(t).run(strings.Fields(args))
		if code != 0 || !strings.Contains(stdout, "usage: go run ./scripts/inkling") || stderr != "" {
			t.Errorf("%s: code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
	_, stdout, _ := newWorld(t).run([]string{"train", "--help"})
	for _, flag := range []string{"--hidden", "--lr ", "--ema", "--question", "(512,256)"} {
		if !strings.Contains(stdout, flag) {
			t.Errorf("help does not tell of %s", flag)
		}
	}
}

// A notebook goes by its name where the sources are.
func TestNotebookNames(t *testing.T) {
	w := newWorld(t)
	w.refuses([]string{"notebook", "q9"}, nil, `notebook "q9": names are those of inkling's sources`, "want a file, q9.ipynb")
	w.refuses([]string{"notebook", "q9.ipynb"}, nil, "no notebook q9.ipynb")
	w.dir = must(filepath.Abs("."))
	for given, want := range map[string]string{"q9": "want one of 00_start_here, q1_mlp", "q": "may be any of q1_mlp, q2_"} {
		w.refuses([]string{"notebook", given}, nil, want)
	}
	if code, out, stderr := w.run([]string{"notebook", "q1"}); code != 0 || !strings.Contains(out, "package main") || stderr != "" {
		t.Errorf("code %d, %.200q, %q", code, out, stderr)
	}
}

// What is no model is refused, with the file's name.
func TestNotAModel(t *testing.T) {
	w := newWorld(t)
	save := func(name string, in nn.Shape, change func(*safetensors.File)) string {
		m := must(nn.New(1, in, nn.Linear{Out: 10}))
		f := must(m.File(nil))
		change(f)
		path := filepath.Join(w.dir, name)
		must(0, f.Save(path))
		return path
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(w.dir, name)
		must(0, os.WriteFile(path, b, 0o644))
		return path
	}
	mnist := nn.CHW(1, 28, 28)
	good := must(os.ReadFile(save("good.safetensors", mnist, func(*safetensors.File) {})))
	flipped := bytes.Clone(good)
	flipped[len(flipped)-3] ^= 4
	for _, c := range []struct {
		name, path string
		want       []string
	}{
		{"missing", filepath.Join(w.dir, "no", "such.safetensors"), []string{"no such file"}},
		{"a folder without one", w.dir, []string{"best.safetensors: no such file"}},
		{"empty", write("empty.safetensors", nil), []string{"0 bytes"}},
		{"text", write("text", []byte("accuracy: 99 %, honestly\n")), []string{"text: looks like text, want a safetensors file: best.safetensors of a run is one"}},
		{"cut", write("cut.safetensors", good[:len(good)/2]), []string{"cut short?"}},
		{"a bit flipped", write("flipped.safetensors", flipped), []string{"damaged"}},
		{"newer", save("newer.safetensors", mnist, func(f *safetensors.File) { f.Meta["version"] = "2" }), []string{`version "2"`, "reads 1"}},
		{"somebody else's", save("else.safetensors", mnist, func(f *safetensors.File) { f.Meta["format"] = "pt" }), []string{`format "pt"`}},
		{"another dtype", write("half.safetensors", bytes.Replace(good, []byte(`"F32"`), []byte(`"F16"`), 1)), []string{`tensor "0.linear.W" at bytes 0 to`, "want 0 to"}},
		{"unknown layer", save("layer.safetensors", mnist, func(f *safetensors.File) { f.Meta["architecture"] = `[{"attention":{}}]` }), []string{`unknown kind "attention"`}},
		{"weights of another shape", save("shape.safetensors", mnist, func(f *safetensors.File) {
			f.Meta["architecture"] = `[{"linear":{"out":11}}]`
		}), []string{"linear"}},
		{"a state", save("state.safetensors", mnist, func(f *safetensors.File) { f.Meta["progress"] = "{}" }), []string{"state of an unfinished run"}},
		{"other images", save("wide.safetensors", nn.CHW(1, 32, 32), func(*safetensors.File) {}), []string{"a model of images of 32×32", "those of 28×28", "--data says on which images to test it"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := *w
			w.t = t
			w.refuses([]string{"test", c.path}, nil, c.want...)
		})
	}
}

// idx is an IDX file of zeros.
func idx(dims ...int) []byte {
	b := []byte{0, 0, 8, byte(len(dims))}
	n := 1
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
		n *= d
	}
	return append(b, make([]byte, n)...)
}

func zipped(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	must(w.Write(b))
	must(0, w.Close())
	return z.Bytes()
}

// The first file of MNIST is wrong in many ways.
func TestBadData(t *testing.T) {
	const name = "train-images-idx3-ubyte"
	another := zipped(idx(60000, 28, 28))
	for _, c := range []struct {
		what, file string
		content    []byte
		want       []string
	}{
		{"0 bytes", name, nil, []string{name}},
		{"gz of 0 bytes", name + ".gz", nil, []string{name + ".gz"}},
		{"gz truncated", name + ".gz", another[:5000], []string{name + ".gz"}},
		{"gz of another set", name + ".gz", another, []string{"not MNIST"}},
		{"28×27", name + ".gz", zipped(idx(60000, 28, 27)[:1<<20]), []string{"27", "28"}},
		{"the test images", name + ".gz", zipped(idx(10000, 28, 28)[:1<<20]), []string{"10000", "60000"}},
		{"labels instead of images", name, idx(60000), []string{name}},
		{"magic swapped", name, append([]byte{0, 0, 3, 8}, idx(60000, 28, 28)[4:1<<20]...), []string{name}},
		{"one byte short", name, idx(60000, 28, 28)[:47040015], []string{name}},
		{"one byte more", name, append(idx(60000, 28, 28), 0), []string{name}},
		{"text", name, []byte("hello"), []string{name}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			must(0, os.WriteFile(filepath.Join(w.dir, c.file), c.content, 0o644))
			w.refuses([]string{"data"}, []string{"INKLING_DATA=", "MNIST_DIR=" + w.dir}, append(c.want, "MNIST_DIR")...)
		})
	}
	t.Run("missing folder", func(t *testing.T) {
		w := newWorld(t)
		w.refuses([]string{"data"}, []string{"INKLING_DATA=", "MNIST_DIR=" + w.dir + "/no"}, "no such file", "MNIST_DIR")
	})
	t.Run("a file", func(t *testing.T) {
		w := newWorld(t)
		path := filepath.Join(w.dir, "file")
		must(0, os.WriteFile(path, nil, 0o644))
		w.refuses([]string{"train"}, []string{"INKLING_DATA=", "MNIST_DIR=" + path}, "not a folder", "MNIST_DIR")
	})
	t.Run("unknown choice", func(t *testing.T) {
		newWorld(t).refuses([]string{"data"}, []string{"INKLING_DATA=minst"}, `"minst"`, "auto", "mnist", "synthetic")
	})
}

// Other images of 28×28 are refused as MNIST, with the way out, and that way leads
// to runs of their own, under the name of their folder.
func TestOtherImages(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(w.dir, "Fashion MNIST")
	must(0, os.Mkdir(dir, 0o755))
	for part, n := range map[string]int{"train": 6000, "t10k": 100} {
		images, labels := idx(n, 28, 28), idx(n)
		for i := range n {
			labels[8+i] = byte(i % 10)
			copy(images[16+784*i+28*(i%10):], bytes.Repeat([]byte{200}, 28)) // the label is a row of ink
		}
		must(0, os.WriteFile(filepath.Join(dir, part+"-images-idx3-ubyte.gz"), zipped(images), 0o644))
		must(0, os.WriteFile(filepath.Join(dir, part+"-labels-idx1-ubyte.gz"), zipped(labels), 0o644))
	}
	w.refuses([]string{"data"}, []string{"INKLING_DATA=", "MNIST_DIR=" + dir}, "MNIST_DIR: ", "holds 6000×28×28 bytes, want 60000×28×28",
		"INKLING_DATA="+dir+` reads the 6000 and 100 images that are there as "Fashion MNIST"`)
	w.env = append(w.env, "INKLING_DATA="+dir, "INKLING_QUICK=")
	code, out, stderr := w.run([]string{"data"})
	if code != 0 || !strings.HasPrefix(out, "Fashion MNIST: 6000 training and 100 test images of 28×28 in 10 classes, T-shirt/top, Trouser, Pullover … Ankle boot (from INKLING_DATA; ") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, stderr)
	}
	if code, out, stderr := w.run(small); code != 0 || !strings.Contains(out, "Fashion MNIST") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, stderr)
	}
	if made := must(filepath.Glob(filepath.Join(w.store, "*"))); len(made) != 1 || !regexp.MustCompile(`^fashion-mnist-[0-9a-f]{12}$`).MatchString(filepath.Base(made[0])) {
		t.Errorf("the run store holds %q", made)
	}
	if code, out, stderr := w.run([]string{"test", "command"}); code != 0 || !strings.Contains(out, "accuracy 100.00 % (0 of 100 wrong)") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, stderr)
	}

	// --data says the same, whatever INKLING_DATA is: it finds the stored run.
	w.env = append(w.env, "INKLING_DATA=synthetic")
	of := "--data=" + dir
	if code, out, stderr := w.run([]string{"data", of}); code != 0 || !strings.HasPrefix(out, "Fashion MNIST: 6000 training and 100 test images of 28×28 in 10 classes, T-shirt/top, Trouser, Pullover … Ankle boot (from "+dir+"; ") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, stderr)
	}
	if code, out, stderr := w.run(append(slices.Clone(small), of)); code != 0 || !strings.Contains(out, "stored") || !strings.Contains(out, "test --data='"+dir+"' command\n") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, stderr)
	}
	if code, out, stderr := w.run([]string{"test", of, "command"}); code != 0 || !strings.Contains(out, "accuracy 100.00 % (0 of 100 wrong)") {
		t.Errorf("code %d, stdout %q, stderr %q", code, out, stderr)
	}
	for _, args := range [][]string{{"data"}, {"train"}, {"test", "command"}} {
		w.refuses(append(args, "--data=minst"), nil, `"minst", allowed auto, mnist, synthetic`)
	}
}

// With the real images at hand, the labels are wrong.
func TestBadLabels(t *testing.T) {
	real := os.Getenv("MNIST_DIR")
	if real == "" {
		t.Skip("MNIST_DIR is not set")
	}
	const name = "train-labels-idx1-ubyte"
	bad := idx(60000)
	bad[8+1234] = 10
	for _, c := range []struct {
		what    string
		content []byte
		want    []string
	}{
		{"one short", idx(59999), []string{"59999", "60000"}},
		{"of the other split", idx(10000), []string{"10000", "60000"}},
		{"label 10", bad, []string{"label 10 at index 1234", "0 to 9"}},
		{"of another set", idx(60000), []string{"not MNIST"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			for _, e := range must(os.ReadDir(real)) {
				if strings.HasSuffix(e.Name(), ".gz") && !strings.HasPrefix(e.Name(), name) {
					must(0, os.Symlink(filepath.Join(real, e.Name()), filepath.Join(w.dir, e.Name())))
				}
			}
			must(0, os.WriteFile(filepath.Join(w.dir, name), c.content, 0o644))
			w.refuses([]string{"data"}, []string{"INKLING_DATA=", "MNIST_DIR=" + w.dir}, append(c.want, name)...)
		})
	}
}

// small is a run of a second or less.
var small = []string{"train", "--hidden=none", "--epochs=1", "--size=500", "--batch=50"}

func TestTrainTestRuns(t *testing.T) {
	w := newWorld(t)
	code, first, stderr := w.run(small)
	if code != 0 || stderr != "" || !strings.Contains(first, "epoch: 0, iteration: 10\n[Train] loss: ") ||
		!strings.Contains(first, "[Dev] loss: ") || !strings.Contains(first, "best accuracy performance has been updated: 0.") {
		t.Fatalf("code %d, stderr %q, stdout:\n%s", code, stderr, first)
	}
	named := "the same on synthetic digits: dev"
	if os.Getenv("MNIST_DIR") != "" {
		named = "the same: dev" // MNIST goes without saying
	}
	if code, out, _ := w.run(append(small, "--name=the same")); code != 0 || !strings.Contains(out, named) || !strings.Contains(out, ", stored ") {
		t.Errorf("code %d, again:\n%s", code, out)
	}
	code, out, stderr := w.run([]string{"test", "command"})
	if code != 0 || stderr != "" {
		t.Fatalf("code %d, stderr %q", code, stderr)
	}
	for _, want := range []string{
		`training and 2000 test images`, `0\.linear +10 +7,850`, `accuracy \d\d\.\d\d % \(\d+ of 2000 wrong\)`,
		`class +images +precision % +recall % +F1 %`, `(?m)^ +9 +\d+ +\d`, `most often taken: \d as \d`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("test does not say %s:\n%s", want, out)
		}
	}
	// The same model by its file and by its folder.
	var folder string
	for _, f := range w.files() {
		if strings.HasSuffix(f, "run.json") {
			folder = filepath.Join(w.dir, filepath.Dir(f))
		}
	}
	code, both, stderr := w.run([]string{"test", filepath.Join(folder, "best.safetensors"), folder})
	line := regexp.MustCompile(`(?m)^accuracy .*`)
	if got := line.FindAllString(both, -1); code != 0 || len(got) != 2 || got[0] != got[1] || got[0] != line.FindString(out) {
		t.Errorf("code %d, stderr %q, by question %q, by file and folder %q", code, stderr, line.FindString(out), got)
	}
	// Views moved by a pixel are told beside the plain figure, which stays.
	code, views, stderr := w.run([]string{"test", "--shifts=1", folder})
	mean := regexp.MustCompile(`(?m)^mean of 9 views moved by up to 1 px: accuracy \d\d\.\d\d %`)
	if code != 0 || line.FindString(views) != line.FindString(out) || !mean.MatchString(views) {
		t.Errorf("code %d, stderr %q, with views:\n%s", code, stderr, views)
	}
	code, table, _ := w.run([]string{"runs"})
	if rows := strings.Split(strings.TrimSpace(table), "\n"); code != 0 || len(rows) != 2 || !strings.Contains(rows[1], "the same") {
		t.Errorf("code %d, runs:\n%s", code, table)
	}
	w.refuses([]string{"test", "comand"}, nil, "did you mean command?", "questions with runs: command")
	w.refuses([]string{"runs", "comand"}, nil, "did you mean command?")

	// Of a run that was killed before its state was saved, its history tells how far it was.
	record := filepath.Join(folder, "run.json")
	whole := must(os.ReadFile(record))
	var killed map[string]any
	must(0, json.Unmarshal(whole, &killed))
	killed["Status"], killed["Steps"], killed["Seconds"] = "interrupted", 0, 0
	delete(killed, "Best")
	delete(killed, "Last")
	must(0, os.WriteFile(record, must(json.Marshal(killed)), 0o644))
	id := folder[strings.LastIndex(folder, "-")+1:]
	if code, out, stderr := w.run([]string{"watch", id}); code != 0 || !strings.Contains(out, ": ended unsaved after iteration ") || !strings.Contains(out, "best dev ") {
		t.Errorf("code %d, stderr %q, watched:\n%s", code, stderr, out)
	}
	if _, out, _ := w.run([]string{"runs", "show", id}); !regexp.MustCompile(`dev +\d+\.\d+ % at iteration [1-9]`).MatchString(out) {
		t.Errorf("shown:\n%s", out)
	}
	// Of one that was killed when it had been continued, also for how long.
	killed["Steps"] = 10
	must(0, os.WriteFile(record, must(json.Marshal(killed)), 0o644))
	var told []struct{ Seconds float64 }
	if _, out, _ := w.run([]string{"runs", "--json"}); json.Unmarshal([]byte(out), &told) != nil || len(told) != 1 || told[0].Seconds == 0 {
		t.Errorf("%v of\n%s", told, out)
	}
	must(0, os.WriteFile(record, whole, 0o644))

	// A damaged record is one line; the other runs are shown all the same.
	if code, _, stderr := w.run(append(small, "--seed=2")); code != 0 {
		t.Fatal(stderr)
	}
	must(0, os.WriteFile(filepath.Join(folder, "run.json"), []byte(`{"Name":`), 0o644))
	code, table, stderr = w.run([]string{"runs"})
	if code != 2 || strings.Count(table, "\n") != 2 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "run.json is damaged") {
		t.Errorf("code %d, stderr %q, runs:\n%s", code, stderr, table)
	}
	for _, args := range [][]string{
		{"runs", "rm", "nobody"}, {"runs", "rename", "nobody", "x"}, {"runs", "prune", "--older=0d"},
		{"compare", "nobody", "784"}, {"test", "nobody"}, {"train", "--fork=nobody@1"},
	} {
		code, _, stderr = w.run(args)
		if code != 2 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "run.json is damaged") {
			t.Errorf("%q: code %d, stderr %q", args, code, stderr)
		}
	}
	another := must(filepath.Glob(filepath.Join(filepath.Dir(folder), "*", "run.json")))
	for _, path := range another {
		must(0, os.WriteFile(path, []byte("{"), 0o644))
	}
	if code, out, stderr := w.run([]string{"runs"}); code != 2 || out != "" || strings.Count(stderr, "run.json is damaged") != len(another) {
		t.Errorf("a store of damaged runs: code %d, stderr %q, runs:\n%s", code, stderr, out)
	}
	code, _, stderr = w.run(small)
	if code != 2 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "run.json is damaged") || !strings.Contains(stderr, "remove the folder") {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
}

func TestLayersAsJSON(t *testing.T) {
	code, out, stderr := newWorld(t).run(append(small[:1:1], "--epochs=1", "--size=200", "--batch=50", "--lr=0.01",
		`--layers=[{"conv2d":{"filters":4,"kernel":5,"stride":3}},{"relu":{}},{"maxpool2d":{"kernel":2}},{"linear":{"out":10}}]`))
	if code != 0 || !strings.Contains(out, "0.conv2d") || !strings.Contains(out, "conv4-pool-10 sgd") {
		t.Errorf("code %d, stderr %q, stdout:\n%s", code, stderr, out)
	}
}

// A run on images that change is another run than one on those that do not.
func TestAugmentationFlags(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{small, append(small, "--shift=2", "--rotate=10", "--alpha=8", "--sigma=4")} {
		if code, out, stderr := w.run(args); code != 0 || strings.Contains(out, ", stored ") {
			t.Errorf("%s: code %d, stderr %q, stdout:\n%s", args, code, stderr, out)
		}
	}
	runs := 0
	for _, f := range w.files() {
		if strings.HasSuffix(f, "run.json") {
			record := string(must(os.ReadFile(filepath.Join(w.dir, f))))
			if strings.Contains(record, "Shift:2, Rotate:10") {
				runs++
			}
		}
	}
	if runs != 1 {
		t.Errorf("%d runs with augmentation in the store, want 1", runs)
	}
}

// Decay and learning rate multiply the weights by -9e5 at every step.
func TestDivergedRun(t *testing.T) {
	w := newWorld(t)
	args := append(small, "--lr=1e6", "--decay=0.9", "--momentum=0", "--schedule=constant")
	for range 2 { // the second time from the store
		code, _, stderr := w.run(args)
		if code != 1 || !regexp.MustCompile(`^inkling: .* at step \d+ of epoch 0 with learning rate 1e\+06.*\n$`).MatchString(stderr) {
			t.Errorf("code %d, stderr %q, want 1 and step, epoch and learning rate", code, stderr)
		}
	}
}

func TestStoreThatCannotBeMade(t *testing.T) {
	w := newWorld(t)
	must(0, os.WriteFile(filepath.Join(w.dir, "file"), nil, 0o644))
	code, _, stderr := w.run(small, "INKLING_RUNS="+filepath.Join(w.dir, "file", "runs"))
	if code != 2 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "run store") {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
}

// Runs are called by what differs, named, shown and removed.
func TestManageRuns(t *testing.T) {
	w := newWorld(t)
	ok := func(args ...string) string {
		t.Helper()
		code, out, stderr := w.run(args)
		if code != 0 || stderr != "" {
			t.Fatalf("%q: code %d, stderr %q", args, code, stderr)
		}
		return out
	}
	for _, more := range []string{"--lr=0.1", "--lr=0.2", "--lr=0.3"} {
		ok(append(small, more)...)
	}
	rows := strings.Split(strings.TrimSpace(ok("runs")), "\n")
	ids := map[string]string{}
	for _, row := range rows[1:] {
		for _, lr := range []string{"lr 0.1", "lr 0.2", "lr 0.3"} {
			if strings.Contains(row, "  "+lr+"  ") && regexp.MustCompile(`\d kB`).MatchString(row) {
				ids[lr], _, _ = strings.Cut(row, " ")
			}
		}
	}
	if len(rows) != 4 || len(ids) != 3 {
		t.Fatalf("%d runs are told apart in:\n%s", len(ids), strings.Join(rows, "\n"))
	}
	for _, want := range []string{"lr  ", "0.2", "optimizer", "sgd", "linear", ids["lr 0.2"]} {
		if out := ok("runs", "show", "lr 0.2"); !strings.Contains(out, want) {
			t.Errorf("show does not say %q:\n%s", want, out)
		}
	}
	if out := ok("runs", "rename", ids["lr 0.2"][:4], "mine"); !strings.Contains(out, "is now called mine") {
		t.Error(out)
	}
	if out := ok("runs", "command"); !strings.Contains(out, "  mine  ") {
		t.Errorf("after the renaming:\n%s", out)
	}
	w.refuses([]string{"runs", "rm", "784"}, nil, `2 runs are meant by "784"`, ids["lr 0.1"], ids["lr 0.3"])
	w.refuses([]string{"runs", "rm", "mime"}, nil, `no run "mime"`, "did you mean mine?")
	w.refuses([]string{"runs", "rm", "mine", "nothing"}, nil, `no run "nothing"`)
	w.refuses([]string{"runs", "rm"}, nil, "want RUN or --old")
	w.refuses([]string{"runs", "rename"}, nil, "takes a run and its new name")
	w.refuses([]string{"runs", "rename", "mine", ""}, nil, `no new name for "mine"`)
	w.refuses([]string{"runs", "command", "--question=other"}, nil, `--question=other and "command", want one of them`)
	w.refuses([]string{"runs", "--question=command", "--question="}, nil, `as command and as ""`)
	w.refuses([]string{"runs", "rename", "mine", "a\nb"}, nil, `name "a\nb"`)
	w.refuses([]string{"runs", "show"}, nil, "takes one run")
	w.refuses([]string{"runs", "--old"}, nil, "--old is for runs rm")
	if out := ok("runs", "rm", "--old"); !strings.Contains(out, "no runs of older code") {
		t.Error(out)
	}

	// The question's best model goes with its run, and the next best takes over.
	best := func() string {
		out := ok("test", "command")
		return regexp.MustCompile(`question command, run \S*-(\w+)`).FindStringSubmatch(out)[1]
	}
	first := best()
	if out := ok("runs", "rm", first); !regexp.MustCompile(`removed .*, \d+ kB`).MatchString(out) {
		t.Error(out)
	}
	if second := best(); second == first || !strings.Contains(ok("runs"), second) {
		t.Errorf("after the removal of %s the best is that of %s", first, second)
	}

	// Runs of older code are marked, and offered to be removed.
	for _, f := range w.files() {
		if strings.HasSuffix(f, "run.json") && strings.Contains(f, best()) {
			path := filepath.Join(w.dir, f)
			b := must(os.ReadFile(path))
			must(0, os.WriteFile(path, regexp.MustCompile(`"Library": "\w+"`).ReplaceAll(b, []byte(`"Library": "0123"`)), 0o644))
		}
	}
	if out := ok("runs"); !strings.Contains(out, ", older code ") || !strings.Contains(out, "1 run of older code, ") {
		t.Errorf("runs:\n%s", out)
	}
	ok("runs", "rm", "--old")
	if out := ok("runs"); strings.Contains(out, "older") || strings.Count(out, "\n") != 2 {
		t.Errorf("runs:\n%s", out)
	}
	var list []map[string]any
	must(0, json.Unmarshal([]byte(ok("runs", "--json")), &list))
	if h := list[0]["settings"].(map[string]any); len(list) != 1 || h["optimizer"] != "sgd" || h["batch"] != 50.0 {
		t.Errorf("list %v", list)
	}
	var one map[string]any
	must(0, json.Unmarshal([]byte(ok("runs", "show", "--json", list[0]["id"].(string))), &one))
	for name, v := range list[0] { // what the list tells of a run is told again
		if !reflect.DeepEqual(one[name], v) {
			t.Errorf("%s is %v in the list and %v shown alone", name, v, one[name])
		}
	}
	if one["trained_on"] == "" || one["best"].(map[string]any)["kind"] != "dev" {
		t.Errorf("shown %v", one)
	}
}

// An empty store is a list of nothing to a program.
func TestNoRunsAsJSON(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{{"runs", "--json"}, {"runs", "prune", "--older=1d", "--json"}, {"runs", "prune", "--older=1d", "--yes", "--json"}} {
		if code, out, stderr := w.run(args); code != 0 || out != "[]\n" || stderr != "" {
			t.Errorf("%q: code %d, stdout %q, stderr %q", args, code, out, stderr)
		}
	}
}

// Which runs are listed, and which go: by name, age, size, data and question; runs
// that have a name of their own, or are in training, stay.
func TestChosenRuns(t *testing.T) {
	w := newWorld(t)
	ok := func(args ...string) string {
		t.Helper()
		code, out, stderr := w.run(args)
		if code != 0 || stderr != "" {
			t.Fatalf("%q: code %d, stderr %q", args, code, stderr)
		}
		return out
	}
	for i, more := range [][]string{{"--lr=0.1"}, {"--lr=0.2"}, {"--lr=0.3", "--name=my/best"}, {"--seed=5", "--question=wide"}} {
		ok(slices.Concat(small, more)...)
		// As if made so many days ago.
		records := must(filepath.Glob(filepath.Join(w.store, "*", "*", "*", "run.json")))
		for _, path := range records {
			b := must(os.ReadFile(path))
			today := []byte(`"Started": "` + time.Now().UTC().Format("2006"))
			if day := time.Now().UTC().AddDate(0, 0, -10*(i+1)); bytes.Contains(b, today) && day.Year() >= 2000 && !bytes.Contains(b, []byte("T00:00:0")) {
				b = regexp.MustCompile(`"Started": "[^"]*"`).ReplaceAll(b, []byte(day.Format(`"Started": "2006-01-02T00:00:0`)+fmt.Sprint(i)+`Z"`))
				must(0, os.WriteFile(path, b, 0o644))
			}
		}
	}
	names := func(args ...string) string {
		t.Helper()
		var list []struct{ Label, Name string }
		must(0, json.Unmarshal([]byte(ok(append([]string{"runs", "--json"}, args...)...)), &list))
		var all []string
		for _, r := range list {
			all = append(all, r.Label)
		}
		return strings.Join(all, "; ")
	}
	wide := names("wide")
	for _, c := range []struct{ args, want string }{
		{"", "lr 0.1; lr 0.2; my/best; " + wide},
		{"--limit=2", "lr 0.1; lr 0.2"},
		{"--question=command", "lr 0.1; lr 0.2; my/best"},
		{"--since=25d", "lr 0.1; lr 0.2"},
		{"--since=2w", "lr 0.1"},
		{"--since=" + time.Now().AddDate(0, 0, -35).Format("2006-01-02"), "lr 0.1; lr 0.2; my/best"},
		{"--name=lr", "lr 0.1; lr 0.2; " + wide}, // in the names that follow from settings
		{"--name=lr*2", "lr 0.2"},
		{"--name=best", "my/best"},
		{"--name=my*", "my/best"},
		{"--data=" + filepath.Base(must(filepath.Glob(filepath.Join(w.store, "*")))[0]) + "|--limit=1", "lr 0.1"},
		{"--since=1h", ""},
	} {
		if got := names(strings.FieldsFunc(c.args, func(r rune) bool { return r == '|' })...); got != c.want {
			t.Errorf("%s: %q, want %q", c.args, got, c.want)
		}
	}
	if out := ok("runs", "--limit=1"); !strings.Contains(out, "lr 0.1") || strings.Contains(out, "lr 0.2") || !strings.Contains(out, "and 3 more") {
		t.Error(out)
	}
	w.refuses([]string{"runs", "--since=yesterday"}, nil, `--since "yesterday", want an age as 12h`)
	w.refuses([]string{"runs", "--limit=-1"}, nil, "--limit -1, want 0 for all")
	w.refuses([]string{"runs", "--name=[", "--limit=1"}, nil, `--name "["`)
	w.refuses([]string{"runs", "--data=mnits"}, nil, "--data=mnits", "there are runs on ")
	w.refuses([]string{"runs", "prun"}, nil, "did you mean prune?")
	w.refuses([]string{"runs", "prune"}, nil, "nothing says which runs to remove")
	w.refuses([]string{"runs", "prune", "--older=1d", "--yes", "--dry-run"}, nil, "want one of them")
	w.refuses([]string{"runs", "prune", "--larger=big"}, nil, `--larger "big", want a size`)
	w.refuses([]string{"runs", "--yes"}, nil, "--yes is for runs prune")
	w.refuses([]string{"runs", "prune", "command"}, nil, "runs prune takes flags alone", "--question=command")
	if _, list, stderr := w.run([]string{"runs", "list"}); stderr != "" || list == "" {
		t.Errorf("runs list: %s%s", list, stderr)
	}

	before := fmt.Sprint(w.files())
	out := ok("runs", "prune", "--older=15d")
	if !regexp.MustCompile(`(?s)lr 0\.2 .*\n2 runs of 4 would be removed, and free \d+ kB: --yes does it\n1 run with a name of its own kept`).MatchString(out) || strings.Contains(out, "  lr 0.1  ") {
		t.Error(out)
	}
	if after := fmt.Sprint(w.files()); after != before {
		t.Errorf("a look removed files: %v, were %v", after, before)
	}
	if out := ok("runs", "prune", "--older=15d", "--larger=1GB"); out != "nothing to remove among 4 runs\n" {
		t.Error(out)
	}
	if out := ok("runs", "prune", "--older=15d", "--yes", "--question=command"); !regexp.MustCompile(`^removed 1 run of 3, freed \d+ kB\n1 run with`).MatchString(out) {
		t.Error(out)
	}
	if got, want := names(), "lr 0.1; my/best; "+wide; !strings.Contains(got, "my/best") || strings.Count(got, ";") != strings.Count(want, ";") {
		t.Errorf("left are %q", got)
	}
	if out := ok("runs", "prune", "--older=0d", "--larger=1kB", "--named", "--yes"); !strings.Contains(out, "removed 3 runs of 3") {
		t.Error(out)
	}
	if out := ok("runs"); out != "the run store is empty\n" {
		t.Error(out)
	}
}

// What a file says of itself cannot forge a line of the screen.
func TestTextFromFilesIsPrintable(t *testing.T) {
	w := newWorld(t)
	if code, _, stderr := w.run(small); code != 0 {
		t.Fatal(stderr)
	}
	const evil = "nice\naccuracy 99.99 % (1 of 10000 wrong)\x1b[2J\u202e\r\u009b31m"
	var folder string
	for _, f := range w.files() {
		if strings.HasSuffix(f, "run.json") {
			folder = filepath.Join(w.dir, filepath.Dir(f))
		}
	}
	f := must(safetensors.Load(filepath.Join(folder, "best.safetensors")))
	for k := range f.Meta {
		switch k {
		case "name", "question", "run", "data", "dev_accuracy", "step":
			f.Meta[k] = evil
		}
	}
	delete(f.Meta, "data_sha256")
	forged := filepath.Join(w.dir, "forged.safetensors")
	must(0, f.Save(forged))
	path := filepath.Join(folder, "run.json")
	var record map[string]any
	must(0, json.Unmarshal(must(os.ReadFile(path)), &record))
	for _, k := range []string{"Name", "Question", "Data", "Error", "Kernels"} {
		record[k] = evil
	}
	record["Named"] = true
	record["Hyper"].(map[string]any)[evil] = evil
	record["Layers"] = []any{map[string]any{evil: map[string]any{evil: evil}}}
	must(0, os.WriteFile(path, must(json.Marshal(record)), 0o644))
	for _, args := range [][]string{{"test", forged}, {"runs"}, {"runs", "show", "nice"}, {"runs", "rm", "x"}, {"test", "nothing"}, small} {
		_, out, stderr := w.run(args)
		for _, c := range out + stderr {
			if c != '\n' && !unicode.IsPrint(c) {
				t.Errorf("%q: %q in what is shown:\n%q", args, c, out+stderr)
				break
			}
		}
		if strings.Contains(out, "\naccuracy 99.99 %") {
			t.Errorf("%q: a forged line:\n%s", args, out)
		}
	}
	// What is no model and says so with escape codes.
	for i, header := range []string{
		`{"\u001b[2J":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
		`{"a":{"dtype":"\u001b[2J","shape":[1],"data_offsets":[0,4]}}`,
		`{"a":{"dtype":"F32","shape":["\u001b[2J"],"data_offsets":[0,4]}}`,
		`{"a":"\u001b[2J\nforged"}`,
		`{"__metadata__":{"format":"\u001b[2J\nforged"}}`,
		`{"__metadata__":{"format":"inkling","version":"\u202e\n9"}}`,
		`{"__metadata__":{"sha256":"\u001b[2J\n\u001b[2J","data_sha256":"\u001b[2J\n","header_sha256":"\u001b[2J\n"}}`,
		"{\x1b[2J}",
	} {
		path := filepath.Join(w.dir, fmt.Sprint(i, ".safetensors"))
		header += strings.Repeat(" ", (8-len(header)%8)%8)
		b := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
		must(0, os.WriteFile(path, append(b, 0, 0, 0, 0), 0o644))
		w.refuses([]string{"test", path}, nil)
		if _, _, stderr := w.run([]string{"test", path}); strings.ContainsAny(stderr, "\x1b\u202e") {
			t.Errorf("%s: %q", header, stderr)
		}
	}
}

func TestVersion(t *testing.T) {
	code, stdout, stderr := newWorld(t).run([]string{"version"})
	if code != 0 || stderr != "" || !regexp.MustCompile(`^inkling .+\nnetwork: [0-9a-f]{16} .*\ncompiler: go1.*\nkernels: .+\n$`).MatchString(stdout) {
		t.Errorf("code %d, stderr %q, stdout %q", code, stderr, stdout)
	}
}
