package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn"
)

const breaks = " \t\n\"'@><=;|&(:" // COMP_WORDBREAKS, as bash has it

// What is typed is what the program would get, and what bash replaces is put as the
// quotes demand.
func TestLexLine(t *testing.T) {
	for _, c := range []struct{ line, last, candidate, insert string }{
		{`inkling tr`, `tr`, `train`, `train`},
		{`inkling runs show `, ``, `lr 0.1`, `lr\ 0.1`},
		{`inkling runs show lr\ 0`, `lr 0`, `lr 0.1 (a)`, `lr\ 0.1\ \(a\)`},
		{`inkling runs show "lr 0`, `lr 0`, `lr 0.1 "$x"`, `lr 0.1 \"\$x\"`},
		{`inkling runs show 'lr 0`, `lr 0`, `lr 0.1 $`, `lr 0.1 $`},
		{`inkling train --optimizer=ad`, `--optimizer=ad`, `--optimizer=adam`, `adam`},
		{`inkling train --data="my im`, `--data=my im`, `--data=my images/`, `my images/`},
		{`inkling runs show a:b`, `a:b`, `a:b c`, `b\ c`},
		{`inkling data ~/x`, `~/x`, `~/x y`, `~/x\ y`},
		{`inkling data ünder`, `ünder`, `ünder wasser`, `ünder\ wasser`},
	} {
		l := lexLine(c.line, breaks)
		if got, ok := l.insert(c.candidate); l.last != c.last || !ok || got != c.insert || l.words[0] != "inkling" {
			t.Errorf("%s: %q, words %q; for %q %q (%v), want %q", c.line, l.last, l.words, c.candidate, got, ok, c.insert)
		}
	}
	if _, ok := lexLine(`inkling show 'it`, breaks).insert("it's"); ok {
		t.Error("a quote within the quotes that it ends")
	}
}

func TestCandidates(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("INKLING_RUNS", filepath.Join(dir, "runs"))
	must(0, os.MkdirAll("my images", 0o755))
	must(0, os.WriteFile("my net.safetensors", nil, 0o644))
	must(0, os.WriteFile(".hidden", nil, 0o644))
	for _, c := range []struct{ line, has, hasNot string }{
		{"|", "train runs watch export completion help", "__complete"},
		{"t|", "train test", "runs"},
		{"help|", "layers cluster train", "help"},
		{"help|runs|", "show prune", "list"},
		{"help|search|m", "method momentum min-epochs", "--method="},
		{"train|--layers=", "--layers=conv2d: --layers=relu, --layers=linear: --layers=batchnorm: --layers=batchnorm,", "--layers=linear, --layers=residual:"},
		{"train|--layers=conv2d:", "--layers=conv2d:filters= --layers=conv2d:kernel=", "--layers=conv2d:out="},
		{"search|--layers|conv2d:filters=8:", "conv2d:filters=8:kernel=", "conv2d:filters=8:filters="},
		{"train|--layers=relu,lin", "--layers=relu,linear:", "--layers=linear:"},
		{"train|--layers=[", "", "--layers=[relu,"},
		{"search|--optimizer=sgd,", "--optimizer=sgd,adam", "--optimizer=adam"},
		{"train|--", "--lr= --optimizer= --help --layers=", "--lr --old"},
		{"train|--lr=1|--", "--optimizer=", "--lr="},
		{"search|--method=", "--method=grid --method=random --method=halving", "grid"},
		{"train|--optimizer=", "--optimizer=adam --optimizer=sgd", "adam"},
		{"train|--activation|", "relu tanh", "sgd"},
		{"train|--schedule|c", "constant cosine", "step"},
		{"runs|", "show rename rm prune", "list"},
		{"runs|--j", "--json", "--yes"},
		{"runs|prune|--", "--older= --yes", "--limit="},
		{"runs|show|--json|", "", "show"},
		{"predict|", "my\u00a0images/ my\u00a0net.safetensors", ".hidden"},
		{"predict|.", ".hidden", ""},
		{"data|--sheet=m", "--sheet=my\u00a0images/", "my\u00a0images/"},
		{"export|--tensorboard=", "--tensorboard=my\u00a0images/", ""},
		{"import|--from|", "keras pytorch", "onnx"},
		{"completion|", "bash zsh", ""},
		{"completion|bash|", "", "bash"},
		{"nothing|", "", "train"},
	} {
		words := strings.Split(c.line, "|")
		if words[0] == "" || len(words) == 1 {
			words = words[len(words)-1:]
		}
		if c.line == "t|" {
			words = []string{"t"}
		}
		if c.line == "help|" {
			words = []string{"help", ""}
		}
		got := candidates(words[:len(words)-1], words[len(words)-1])
		for i := range got {
			got[i] = strings.ReplaceAll(got[i], " ", "\u00a0")
		}
		for _, want := range strings.Fields(strings.ReplaceAll(c.has, "\u00a0", "\x01")) {
			if want = strings.ReplaceAll(want, "\x01", "\u00a0"); !slices.Contains(got, want) {
				t.Errorf("%s: no %s among %q", c.line, want, got)
			}
		}
		if c.hasNot != "" {
			for _, not := range strings.Fields(strings.ReplaceAll(c.hasNot, "\u00a0", "\x01")) {
				if not = strings.ReplaceAll(not, "\x01", "\u00a0"); slices.Contains(got, not) {
					t.Errorf("%s: %s is among %q", c.line, not, got)
				}
			}
		}
	}
	// Every command tells its flags and nothing else where they are asked for.
	for _, c := range commands {
		if flags := flagsOf([]string{c.name}); flags == nil {
			t.Errorf("%s does not tell its flags: its help is not by func help", c.name)
		}
	}
}

// Every kind of layer has an example that is one, in both ways to write it.
func TestLayersHelp(t *testing.T) {
	var b strings.Builder
	must(0, layersHelp(&b))
	rows := strings.Split(b.String(), "\n")
	for _, k := range nn.Kinds() {
		i := slices.IndexFunc(rows, func(row string) bool { return strings.HasPrefix(row, k.Name+" ") })
		if i < 0 {
			t.Fatalf("nothing on %s:\n%s", k.Name, b.String())
		}
		cells := strings.FieldsFunc(strings.ReplaceAll(rows[i], "  ", "\x00"), func(r rune) bool { return r == 0 })
		json := strings.TrimSpace(cells[len(cells)-1])
		layers, err := parseLayers("[" + json + "]")
		if err != nil {
			t.Fatalf("%s: %v", json, err)
		}
		if _, err := nn.New(1, nn.CHW(4, 8, 8), layers...); err != nil {
			t.Errorf("%s: %v", json, err)
		}
		if short := strings.TrimSpace(cells[len(cells)-2]); strings.HasPrefix(short, k.Name) && len(cells) > 2 {
			if again, err := parseLayers(short); err != nil || string(must(nn.EncodeLayers(again))) != string(must(nn.EncodeLayers(layers))) {
				t.Errorf("%s is %v (%v), want %v", short, again, err, layers)
			}
		} else if k.Name != "residual" {
			t.Errorf("no short form of %s: %q", k.Name, cells)
		}
	}
	w := newWorld(t)
	if code, out, _ := w.run([]string{"help", "layers"}); code != 0 || out != b.String() {
		t.Errorf("help layers: code %d, %q", code, out)
	}
	if code, out, _ := w.run([]string{"help", "train"}); code != 0 || !strings.Contains(out, "--optimizer") {
		t.Errorf("help train: code %d, %q", code, out)
	}
	for words, want := range map[string]string{
		"help cluster": "--dask=local:4", "help runs show": "runs show [--json] RUN", "help runs prune": "--older", "help train lr": "--lr          learning rate",
		"help search --budget=10m draw": "--draw", "help runs since": "--since", "help export tensorboard": "--tensorboard",
	} {
		if code, out, stderr := w.run(strings.Fields(words)); code != 0 || stderr != "" || !strings.Contains(out, want) {
			t.Errorf("%s: code %d, %q, %q", words, code, out, stderr)
		}
	}
	w.refuses([]string{"help", "layer"}, nil, `no help on "layer", did you mean layers?`, "want one of: layers, cluster, train")
	w.refuses([]string{"help", "layers", "relu"}, nil, `help layers is all there is, want no "relu"`)
	w.refuses([]string{"help", "runs", "prun"}, nil, `no help on runs "prun", did you mean prune?`, "since", "rename")
	w.refuses([]string{"help", "train", "lrr"}, nil, `no help on train "lrr", did you mean lr?`)
	w.refuses([]string{"help", "completion", "bash"}, nil, `help completion is all there is`)
	w.refuses([]string{"completion", "zhs"}, nil, "did you mean zsh?")
	w.refuses([]string{"completion"}, nil, "want one: bash or zsh")
}
