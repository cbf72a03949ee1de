package lab

import (
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
	"time"

	"inkling/pkg/data"
	"inkling/pkg/internal/printable"
	"inkling/pkg/lab/words"
)

// cellFlags are those of a cell with a flag of its own of every type.
func cellFlags() *flag.FlagSet {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	h := goodHyper()
	h.Register(fs)
	new(data.Augment).Register(fs)
	fs.Bool("fast", false, "a flag of the cell's own")
	fs.Duration("wait", time.Second, "another one")
	fs.Int("head", 0, "the head, 0 to 4")
	return fs
}

// lineOfCell is a %% line where cell is true, else one of a command.
func lineOfCell(fs *flag.FlagSet, cell bool) words.Line {
	l := Line("%%", fs)
	l.Cell = cell
	return l
}

// gonb splits a line as GoNB does: at spaces, straight quotes taken away, each
// byte taken for a letter of Latin-1.
func gonb(line string) (list []string) {
	part, started, quoted := "", false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case !quoted && (c == ' ' || c == '\t'):
			if started {
				list = append(list, part)
			}
			part, started = "", false
		case c == '"':
			quoted = !quoted
			started = true
		default:
			part += string(rune(c))
			started = true
		}
	}
	if started {
		list = append(list, part)
	}
	return list
}

func TestLinesThatAreRight(t *testing.T) {
	for line, want := range map[string]string{
		"":                                "",
		"--lr=0.2 --batch=32":             "lr=0.2 batch=32",
		"-lr=0.2 -batch 32":               "lr=0.2 batch=32",
		"--lr 0.2 --hidden 256,128":       "lr=0.2 hidden=256,128",
		"--lr=0.1 // try 0.2":             "lr=0.1",
		"--lr=0.1 # --lr=0.2":             "lr=0.1",
		"// nothing given":                "",
		`--name="my run" --lr=1`:          "name=my run lr=1",
		`--name=“my run” --lr=1`:          "name=my run lr=1",
		"--name='my run' --lr=1":          "name=my run lr=1",
		"--name=学习率":                      "name=学习率",
		"--hidden=“256,128”":              "hidden=256,128",
		"--fast --head=2":                 "fast=true head=2",
		"--fast=false --wait=1m":          "fast=false wait=1m",
		"--size=2_000 --lr=1_0.5":         "size=2000 lr=10.5",
		"--size=1_000":                    "size=1_000",
		"--lr=1e-3 --decay .5":            "lr=1e-3 decay=.5",
		"--milestones= --lr=0.2":          "milestones= lr=0.2",
		"--lr=0.2 --lr=0.2":               "lr=0.2 lr=0.2",
		"--lr=0.2\u00a0--batch=32":        "lr=0.2 batch=32",
		"--name=it's":                     "name=it's",
		"--schedule=step --milestones=7":  "schedule=step milestones=7",
		"--hidden=none --activation=relu": "",
		"--alpha=8 --sigma=4":             "alpha=8 sigma=4",
		"--decay=-1 --seed -3":            "decay=-1 seed=-3", // out of range, told by what they are for
	} {
		fs := cellFlags()
		rest, err := lineOfCell(fs, true).Parse(gonb(line))
		if line == "--hidden=none --activation=relu" {
			if err == nil || !strings.Contains(err.Error(), "--activation=relu has no effect with --hidden=none") {
				t.Errorf("%s: %v", line, err)
			}
			continue
		}
		if err != nil || len(rest) > 0 {
			t.Errorf("%%%% %s: rest %q, error %v", line, rest, err)
			continue
		}
		for _, pair := range strings.Split(want, " ") {
			if name, value, ok := strings.Cut(pair, "="); ok && name != "name" {
				same := cellFlags()
				same.Set(name, value)
				if got, want := fs.Lookup(name).Value.String(), same.Lookup(name).Value.String(); got != want {
					t.Errorf("%%%% %s: --%s is %s, want %s", line, name, got, want)
				}
			}
		}
		if _, after, ok := strings.Cut(want, "name="); ok {
			name, _, _ := strings.Cut(after, " lr=")
			if got := fs.Lookup("name").Value.String(); got != name {
				t.Errorf("%%%% %s: name %q, want %q", line, got, name)
			}
		}
	}
}

// Each line is an error that shows what was meant; where nothing can be known,
// the error says what is wrong. Nothing is set.
func TestLinesThatAreWrong(t *testing.T) {
	for line, want := range map[string]string{
		"lr=0.2 batch=32":                 `"lr=0.2" is no flag, want --name=value; write: %% --lr=0.2 --batch=32`,
		"–lr=0.2":                         `"–lr=0.2" begins with – instead of --; write: %% --lr=0.2`,
		"—lr=0.2":                         "; write: %% --lr=0.2",
		"−−lr=0.2":                        "; write: %% --lr=0.2",
		"-–lr 0.2":                        "; write: %% --lr=0.2",
		"---lr=0.2":                       "; write: %% --lr=0.2",
		"--size=600 lr=0.2 --batch=32":    "; write: %% --size=600 --lr=0.2 --batch=32",
		"--hidden 256 128 --lr=0.3":       "; write: %% --hidden=256,128 --lr=0.3",
		"--hidden=512, 256":               "; write: %% --hidden=512,256",
		"--hidden=512 , 256 --lr=0.3":     "; write: %% --hidden=512,256 --lr=0.3",
		"--hidden=512 ,256":               "; write: %% --hidden=512,256",
		"--lr = 0.1":                      "; write: %% --lr=0.1",
		"--lr =0.1":                       "; write: %% --lr=0.1",
		"--lr= 0.1":                       "; write: %% --lr=0.1",
		"lr = 0.1":                        "; write: %% --lr=0.1",
		"lr 0.1 batch 32":                 "; write: %% --lr=0.1 --batch=32",
		"lr:0.1":                          "; write: %% --lr=0.1",
		"-- lr=0.1":                       "; write: %% --lr=0.1",
		"- -lr=0.1":                       "; write: %% --lr=0.1",
		"-- lr = 0.1 batch = 32":          "; write: %% --lr=0.1 --batch=32",
		"--lr=0,1":                        "; write: %% --lr=0.1",
		"--lr=0.1, --batch=32":            "; write: %% --lr=0.1 --batch=32",
		"--lr=0.1; --batch=32;":           "; write: %% --lr=0.1 --batch=32",
		"--hiden=256":                     "unknown flag --hiden, did you mean --hidden?; write: %% --hidden=256",
		"--LR=0.1":                        "; write: %% --lr=0.1",
		"--learning-rate=0.1":             "; write: %% --lr=0.1",
		"--batch_size 64":                 "; write: %% --batch=64",
		"--size=1e3":                      "; write: %% --size=1000",
		"--size=1,000":                    "; write: %% --size=1000",
		"--epochs=5.0":                    "; write: %% --epochs=5",
		"--batch=064":                     "; write: %% --batch=64",
		"--batch=0x40":                    "; write: %% --batch=64",
		"--dropout=50%":                   "; write: %% --dropout=0.5",
		"--dropout=50 %":                  "; write: %% --dropout=0.5",
		"--lr=−0.1":                       "; write: %% --lr=-0.1",
		"--fast false":                    "; write: %% --fast=false",
		"fast lr=0.1":                     "; write: %% --fast=true --lr=0.1",
		`lr=0.1 --name="my run"`:          `; write: %% --lr=0.1 --name="my run"`,
		"lr=0.1 --name=学习率":               "; write: %% --lr=0.1 --name=学习率",
		"－－lr＝0.1 lr＝0.1":                 "; write: %% --lr=0.1 --lr=0.1",
		"--lr=0.1 0.2":                    `"0.2" is no flag, want --name=value`,
		"--lr=0.1 --lr=0.2":               "--lr is given twice, as 0.1 and as 0.2",
		"--lr":                            "--lr needs a value: learning rate",
		"--lr --batch=32":                 "--lr needs a value: learning rate",
		"--lr // 0.1":                     "--lr needs a value: learning rate",
		"--lr=big":                        `--lr "big", want a number: learning rate`,
		"--epochs=2.5":                    `--epochs "2.5", want a whole number: passes over the training split`,
		"--batch=99999999999999999999":    `want a whole number that is not as large: examples in a batch`,
		"--xylophone=1":                   "unknown flag --xylophone; known: --",
		"try it":                          `"try" is no flag, want --name=value`,
		"--gamma=0.5":                     "--gamma=0.5 has no effect with the schedule constant, only with exponential, multistep, plateau, step",
		"--milestones=5":                  "--milestones=5 has no effect with the schedule constant",
		"--optimizer=adam --momentum=0.5": "--momentum=0.5 has no effect with the optimizer adam",
		"--sigma=4":                       "--sigma=4 has no effect with no --alpha",
		"--keep=0.5":                      "--keep=0.5 has no effect with no other augmentation",
		"--hidden=none --dropout=0.5":     "--dropout=0.5 has no effect with --hidden=none",
	} {
		fs := cellFlags()
		_, err := lineOfCell(fs, true).Parse(gonb(line))
		switch {
		case err == nil:
			t.Errorf("%%%% %s: no error", line)
			continue
		case strings.Contains(OneLine(err), "\n"):
			t.Errorf("%%%% %s: more than a line: %v", line, err)
		case strings.HasPrefix(want, "; write") && !strings.HasSuffix(err.Error(), want), !strings.Contains(err.Error(), want):
			t.Errorf("%%%% %s: error %q, want %q", line, err, want)
		case !strings.Contains(want, "; write") && strings.Contains(err.Error(), "; write"):
			t.Errorf("%%%% %s: error %q, want no corrected line", line, err)
		}
		fs.Visit(func(f *flag.Flag) { t.Errorf("%%%% %s: --%s is set", line, f.Name) })
		// What the error proposes must be right.
		if _, fixed, ok := strings.Cut(err.Error(), "; write: %% "); ok {
			if _, err := lineOfCell(cellFlags(), true).Parse(gonb(fixed)); err != nil {
				t.Errorf("%%%% %s: the corrected line: %v", line, err)
			}
		}
	}
}

func TestHelpIsAskedFor(t *testing.T) {
	for _, word := range []string{"--help", "-help", "-h", "--h"} {
		if _, err := Line("", cellFlags()).Parse([]string{"--lr=1", word}); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%s: %v", word, err)
		}
	}
	var b strings.Builder
	FlagHelp(&b, cellFlags())
	cellFlags().VisitAll(func(f *flag.Flag) {
		if n := strings.Count(b.String(), "\n  --"+f.Name+" "); n != 1 {
			t.Errorf("help tells %d times of --%s:\n%s", n, f.Name, &b)
		}
	})
}

// A cell that is a Go test takes the flags of go test, which no list of flags shows; the flag
// that stands for a whole line is nobody's to write.
func TestFlagsInNoList(t *testing.T) {
	fs := cellFlags()
	verbose := fs.Bool("test.v", false, "")
	fs.String(cellFlag, "", "")
	if _, err := lineOfCell(fs, true).Parse([]string{"-test.v", "--lr=1"}); err != nil || !*verbose {
		t.Errorf("-test.v: %v, %v", *verbose, err)
	}
	if _, err := lineOfCell(fs, true).Parse([]string{"--" + cellFlag + "=x"}); err == nil {
		t.Errorf("--%s is taken", cellFlag)
	}
	_, err := lineOfCell(fs, true).Parse([]string{"--nothingofthekind=1"})
	if err == nil || !strings.Contains(err.Error(), "known: ") || strings.Contains(err.Error(), "test.v") || strings.Contains(err.Error(), cellFlag) {
		t.Errorf("an unknown flag: %v", err)
	}
}

// No words at all make the parser panic, loop or set anything beside an error.
func FuzzLine(f *testing.F) {
	for _, line := range []string{"--lr=0.1 --batch 32", "–lr = 0,1 # x", "--hidden=512, 256 '", "“ ” -- = : %", "--lr=\xff\x00", "--name=“a b", "=--=%,;"} {
		f.Add(line, true)
		f.Add(line, false)
	}
	f.Fuzz(func(t *testing.T, line string, cell bool) {
		parts := strings.Split(line, " ")
		if cell {
			parts = gonb(line)
		}
		fs := cellFlags()
		_, err := lineOfCell(fs, cell).Parse(parts)
		if err == nil || errors.Is(err, flag.ErrHelp) {
			return
		}
		fs.Visit(func(f *flag.Flag) { t.Errorf("--%s is set beside %v", f.Name, err) })
		if s := OneLine(err); s != printable.Text(s) || strings.Contains(s, "\n") {
			t.Errorf("error %q", s)
		}
	})
}

func TestPrintable(t *testing.T) {
	for s, want := range map[string]string{
		"784-600-10, λ = 0.1 · 学习率 ±2°": "784-600-10, λ = 0.1 · 学习率 ±2°",
		"a\nb\r\tc":                   `a\nb\r\tc`,
		"\x1b[31mred\x1b]0;t\a":       `\x1b[31mred\x1b]0;t\a`,
		"\u202eevil\u2066\u200f":      `\u202eevil\u2066\u200f`,
		"\u009b31m":                   `\u009b31m`,
		"zero\u200bwidth\ufeff\u2028": `zero\u200bwidth\ufeff\u2028`,
		"bad \xff\xfe utf":            `bad \xff\xfe utf`,
		"\ufffd":                      "\ufffd",
		"":                            "",
	} {
		if got := printable.Text(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
