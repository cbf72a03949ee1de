package lab

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/internal/source"
	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// elsewhere is a lab that has of l's data what is sent: the training set, in a
// file, and its name.
func elsewhere(t *testing.T, l *Lab) *Lab {
	t.Helper()
	path := filepath.Join(t.TempDir(), "images")
	sum := must(l.WriteImages(path))
	if got := source.Sum(string(must(os.ReadFile(path)))); got != sum {
		t.Errorf("SHA-256 %s, want %s", sum, got)
	}
	s := must(ReadImages(path))
	other := New(l.Question, &data.Dataset{Name: l.Data.Name, Source: "sent", Train: s}, t.TempDir(), l.Quick)
	other.Log = t.Output()
	return other
}

// sendThere makes a run of a elsewhere and returns its parcel.
func sendThere(t *testing.T, a *Away, there *Lab, cfg train.Config) []byte {
	t.Helper()
	dir := t.TempDir()
	from := filepath.Join(dir, "from")
	if written := must(a.WriteParcel(from)); !written {
		from = ""
	}
	var o Order
	must(0, json.Unmarshal(must(json.Marshal(a.Order())), &o)) // as it travels
	cfg.Name = "its own name there"
	must(0, o.Make(t.Context(), there, Part{Config: cfg}, from, filepath.Join(dir, "out")))
	return must(os.ReadFile(filepath.Join(dir, "out")))
}

// file is a file of these bytes.
func file(t *testing.T, b []byte) string {
	path := filepath.Join(t.TempDir(), "file")
	must(0, os.WriteFile(path, b, 0o644))
	return path
}

// taken is the run of a configuration, taken.
func taken(t *testing.T, l *Lab, p Part) *Away {
	t.Helper()
	a := must(l.Away(p))[0]
	if r, err := a.Take(); r != nil || err != nil {
		t.Fatalf("a run that is not there: %v, %v", r, err)
	}
	t.Cleanup(a.GiveUp)
	return a
}

// A run that was made elsewhere, from the images that were sent, is the run that
// would have been made here: in one go, or in parts on machines that know nothing
// of each other, or diverged.
func TestParcel(t *testing.T) {
	diverges := diverging()
	for name, c := range map[string]struct {
		cfg   train.Config
		parts []int
	}{"mlp": {mlp(), []int{0}}, "cnn in parts": {cnn(), []int{1, 2, 0}}, "diverged": {diverges, []int{0}}} {
		t.Run(name, func(t *testing.T) {
			local := testLab(t, t.TempDir())
			want := there(local.Fit(c.cfg))[0]
			l := testLab(t, t.TempDir())
			for _, until := range c.parts {
				a := taken(t, l, Part{c.cfg, until})
				b := sendThere(t, a, elsewhere(t, l), c.cfg)
				r := must(a.Enter(file(t, b)))
				if until > 0 && (r.Status != Interrupted || r.Epochs < until) {
					t.Errorf("until epoch %d: %s after %d", until, r.Status, r.Epochs)
				}
			}
			got := there(l.Fit(c.cfg))[0]
			if !got.Stored || got.Status != want.Status || got.Error != want.Error || got.Name != want.Name || filepath.Base(got.Dir) != filepath.Base(want.Dir) {
				t.Errorf("%s %s %q in %s, stored %v; want %s %s %q in %s", got.Name, got.Status, got.Error, got.Dir, got.Stored, want.Name, want.Status, want.Error, want.Dir)
			}
			mustEqual(t, name, got.History, want.History, nil, nil)
			if want.Judged() {
				a, b := must(got.Model()), must(want.Model())
				for i, p := range a.Params() {
					mustEqual(t, p.Name, nil, nil, p.Data, b.Params()[i].Data)
				}
				for i, p := range bestOf(l).Params() {
					mustEqual(t, "best of the question", nil, nil, p.Data, bestOf(local).Params()[i].Data)
				}
			}
			names := func(dir string) (list []string) {
				for _, e := range must(os.ReadDir(dir)) {
					list = append(list, e.Name())
				}
				return list
			}
			if a, b := names(got.Dir), names(want.Dir); !slices.Equal(a, b) {
				t.Errorf("files %q, want %q", a, b)
			}
			if a, b := names(filepath.Dir(got.Dir)), names(filepath.Dir(want.Dir)); !slices.Equal(a, b) {
				t.Errorf("beside it %q, want %q", a, b)
			}
			if s, err := got.Test(); name != "diverged" && (err != nil || s != must(want.Test())) {
				t.Errorf("test %v, %v; want %v", s, err, must(want.Test()))
			}
		})
	}
}

// bestOf is the best model of the lab's question.
func bestOf(l *Lab) *nn.Model {
	m, _, err := l.BestModel(l.Question)
	return must(m, err)
}

// A run that is taken is nobody else's until it is entered or given up; one that
// is stored is not taken.
func TestTake(t *testing.T) {
	root := t.TempDir()
	l, other := testLab(t, root), testLab(t, root)
	p := Part{Config: mlp()}
	a := taken(t, l, p)
	b := must(other.Away(p))[0]
	if r, err := b.Take(); r != nil || !InUse(err) {
		t.Errorf("taken twice: %v, %v", r, err)
	}
	if _, err := other.Fit(p.Config); !InUse(err) {
		t.Errorf("made beside: %v", err)
	}
	if _, err := a.Take(); err == nil || InUse(err) {
		t.Errorf("taken again: %v", err)
	}
	if runs := must(runsIn(l)); len(runs) != 0 {
		t.Errorf("%d runs of one that has not begun", len(runs))
	}
	parcel := sendThere(t, a, elsewhere(t, l), p.Config)
	must(a.Enter(file(t, parcel)))
	if _, err := a.Enter(file(t, parcel)); err == nil {
		t.Error("entered twice")
	}
	if r, err := b.Take(); r == nil || err != nil || !r.Stored {
		t.Errorf("stored: %v, %v", r, err)
	}
	if r := must(other.Fit(p.Config))[0]; !r.Stored {
		t.Error("made twice")
	}
	c := taken(t, l, Part{Config: cnn()})
	c.GiveUp()
	taken(t, other, Part{Config: cnn()}).GiveUp()
	own := mlp()
	rate := float64(len(t.Name()))
	own.Schedule = untold{func() float64 { return rate / 100 }}
	fork := mlp()
	fork.Fork = a.job.result.At(1)
	if _, err := l.Away(Part{Config: fork}); err == nil || !strings.Contains(err.Error(), "goes on from a run that is here") {
		t.Errorf("a fork: %v", err)
	}
	if _, err := l.Away(Part{Config: own}); err == nil || !strings.Contains(err.Error(), "cannot be made elsewhere") {
		t.Errorf("code that cannot be told: %v", err)
	}
}

// runsIn are the runs in the store of l.
func runsIn(l *Lab) ([]*Result, error) { return readRuns(filepath.Join(l.store, l.Question)) }

type untold struct{ f func() float64 }

func (u untold) LR(int) float64 { return u.f() }

// A machine on which the run would be another makes nothing.
func TestElsewhere(t *testing.T) {
	l := testLab(t, t.TempDir())
	a := taken(t, l, Part{Config: mlp()})
	for name, change := range map[string]func(o *Order, there *Lab, cfg *train.Config){
		`want "other"`:  func(o *Order, _ *Lab, _ *train.Config) { o.Code.Kernels = "other" },
		`want "go1.99`:  func(o *Order, _ *Lab, _ *train.Config) { o.Code.Compiler = "go1.99 mips" },
		`want "0123"`:   func(o *Order, _ *Lab, _ *train.Config) { o.Code.Library = "0123" },
		"other images":  func(_ *Order, there *Lab, _ *train.Config) { there.dataSum = "0123" },
		"configuration": func(_ *Order, _ *Lab, cfg *train.Config) { cfg.Seed++ },
	} {
		o, there, cfg := a.Order(), elsewhere(t, l), mlp()
		change(&o, there, &cfg)
		out := filepath.Join(t.TempDir(), "out")
		err := o.Make(t.Context(), there, Part{Config: cfg}, "", out)
		var why Elsewhere
		if err == nil || errors.As(err, &why) != strings.HasPrefix(name, "want ") || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		mustBeOneLine(t, err)
		if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) || len(must(runsIn(there))) != 0 {
			t.Errorf("%s: something was made", name)
		}
	}
	for _, folder := range []string{"", "x", "../" + a.Order().Folder, "a/" + a.Order().Folder, a.Order().Folder + "/."} {
		o := a.Order()
		o.Folder = folder
		if err := o.Make(t.Context(), elsewhere(t, l), Part{Config: mlp()}, "", filepath.Join(t.TempDir(), "out")); err == nil {
			t.Errorf("folder %q is taken", folder)
		}
	}
}

// entry is a file of an archive.
type entry struct {
	tar.Header
	content []byte
}

func archive(entries ...entry) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if e.Typeflag == 0 {
			e.Typeflag = tar.TypeReg
		}
		if e.Size == 0 {
			e.Size = int64(len(e.content))
		}
		must(0, w.WriteHeader(&e.Header))
		w.Write(e.content)
	}
	w.Flush()
	b.Write(make([]byte, 1024))
	return b.Bytes()
}

// opened are the files of a parcel.
func opened(parcel []byte) (list []entry) {
	for r := tar.NewReader(bytes.NewReader(parcel)); ; {
		h, err := r.Next()
		if err != nil {
			return list
		}
		var content bytes.Buffer
		must(content.ReadFrom(r))
		list = append(list, entry{tar.Header{Name: h.Name}, content.Bytes()})
	}
}

// with is a parcel with the record changed.
func with(parcel []byte, change func(r *Record)) []byte {
	list := opened(parcel)
	record := &list[len(list)-1]
	var r Record
	must(0, r.decode(record.content))
	change(&r)
	record.content = must(json.Marshal(r))
	return archive(list...)
}

// What comes back is refused in one line unless it is the run, whatever it is
// instead; the store is then as it was, and the run can be made.
func TestHostileParcels(t *testing.T) {
	l := testLab(t, t.TempDir())
	cfg := mlp()
	there := elsewhere(t, l)
	first := taken(t, l, Part{Config: cfg})
	good := sendThere(t, first, there, cfg)
	first.GiveUp()
	other := mlp()
	other.Seed = 2
	second := taken(t, l, Part{Config: other})
	ofOther := sendThere(t, second, there, other)
	second.GiveUp()
	third := taken(t, l, Part{cnn(), 1})
	part := sendThere(t, third, there, cnn())
	third.GiveUp()
	files, others := opened(good), opened(ofOther)
	record := files[2]
	swap := func(i int, e entry) []byte {
		list := slices.Clone(files)
		list[i] = e
		return archive(list...)
	}
	edit := func(i int, old, new string) []byte {
		if !bytes.Contains(files[i].content, []byte(old)) {
			t.Fatalf("%s has no %q", files[i].Name, old)
		}
		return swap(i, entry{files[i].Header, bytes.Replace(files[i].content, []byte(old), []byte(new), 1)})
	}
	// told is the parcel with the first event changed for which change is true.
	told := func(change func(*train.Event) bool) []byte {
		var b bytes.Buffer
		done := false
		for _, e := range must(scanHistory(bytes.NewReader(files[0].content))) {
			other := e
			if !done && change(&other) {
				e, done = other, true
			}
			must(0, writeLine(&b, e))
		}
		return swap(0, entry{files[0].Header, b.Bytes()})
	}
	var whole Record
	must(0, whole.decode(record.content))
	best := whole.Best.Step
	flipped := slices.Clone(files[1].content)
	flipped[len(flipped)-3] ^= 0x40
	named := func(name string) []byte {
		return archive(append(slices.Clone(files[:2]), entry{tar.Header{Name: name}, []byte("x")}, record)...)
	}
	link := func(kind byte, to string) []byte {
		return archive(entry{tar.Header{Name: bestFile, Typeflag: kind, Linkname: to}, nil}, record)
	}
	store := fmt.Sprint(tree(t, l.store))
	for name, c := range map[string]struct {
		parcel []byte
		want   string
	}{
		"nothing":                  {nil, "no run.json"},
		"noise":                    {bytes.Repeat([]byte("noise"), 1000), "no archive of a run"},
		"cut short":                {good[:len(good)/2], ""},
		"without its end":          {good[:len(good)-len(record.content)-1024], ""},
		"a file above":             {named("../../../best.safetensors"), "want regular files"},
		"an absolute path":         {named("/tmp/x"), "want regular files"},
		"a file of another name":   {named("lock"), "want regular files"},
		"a path to a file of ours": {named("./run.json"), "want regular files"},
		"a symbolic link":          {link(tar.TypeSymlink, "/etc/passwd"), "want regular files"},
		"a hard link":              {link(tar.TypeLink, historyFile), "want regular files"},
		"a folder":                 {archive(entry{tar.Header{Name: bestFile, Typeflag: tar.TypeDir}, nil}, record), "want regular files"},
		"a device":                 {archive(entry{tar.Header{Name: bestFile, Typeflag: tar.TypeChar}, nil}, record), "want regular files"},
		"a file twice":             {archive(files[0], files[0], files[1], record), "twice"},
		"behind the record":        {archive(files[0], record, files[1]), "behind run.json"},
		"a huge history":           {archive(entry{tar.Header{Name: historyFile, Size: 1 << 40}, []byte("{}")}), "want at most"},
		"a huge model":             {archive(entry{tar.Header{Name: bestFile, Size: 1 << 33}, []byte("{}")}), "want at most"},
		"no record":                {archive(files[:2]...), "no run.json"},
		"no history":               {archive(files[1], record), "history.jsonl"},
		"no model":                 {archive(files[0], record), "best.safetensors"},
		"another run":              {ofOther, "another configuration"},
		"a part of another run":    {part, "another configuration"},
		"another run's model":      {swap(1, others[1]), "not the model of its best evaluation"},
		"a weight changed":         {swap(1, entry{files[1].Header, flipped}), ""},
		"no model at all":          {swap(1, entry{files[1].Header, []byte("PK")}), ""},
		"other kernels":            {with(good, func(r *Record) { r.Code.Kernels = "generic" }), `kernels "generic", want "`},
		"other code":               {with(good, func(r *Record) { r.Code.Library = "0" }), `library "0", want "`},
		"own code":                 {with(good, func(r *Record) { r.Code.Own = "0" }), `own code`},
		"unknown code":             {with(good, func(r *Record) { r.Code.Once = "0" }), `other code`},
		"another configuration":    {with(good, func(r *Record) { r.Config += " " }), "another configuration"},
		"other data":               {with(good, func(r *Record) { r.DataSum = others[0].Name }), "other data"},
		"another split":            {with(good, func(r *Record) { r.Split.Seed++ }), "other data"},
		"another question":         {with(good, func(r *Record) { r.Question = "../q" }), "contradicts"},
		"other layers":             {with(good, func(r *Record) { r.Layers = json.RawMessage(`[{"relu":{}}]`) }), "contradicts"},
		"a test":                   {with(good, func(r *Record) { r.Test = &train.Score{N: 1} }), "tested"},
		"interrupted":              {with(good, func(r *Record) { r.Status = Interrupted }), "interrupted after"},
		"another status":           {with(good, func(r *Record) { r.Status = "done" }), "status"},
		"too many steps":           {with(good, func(r *Record) { r.Steps = 1 << 40 }), "steps"},
		"too few steps":            {with(good, func(r *Record) { r.Steps = r.Best.Step }), ""},
		"negative time":            {with(good, func(r *Record) { r.Seconds = -1 }), "cannot be"},
		"negative epochs":          {with(good, func(r *Record) { r.Epochs = -1 }), "epochs"},
		"more events":              {with(good, func(r *Record) { r.Events++ }), "damaged"},
		"a better score":           {told(func(e *train.Event) bool { e.Score = 1; return e.Kind == train.Dev }), "best evaluation"},
		"another loss":             {told(func(e *train.Event) bool { e.Loss /= 2; return e.Kind == train.Dev && e.Step == best }), "its history tells of"},
		"a step of the past":       {edit(0, `"step":5`, `"step":-5`), ""},
		"an epoch of the future":   {edit(0, `"epoch":0`, `"epoch":7`), "epoch 7"},
	} {
		t.Run(name, func(t *testing.T) {
			a := taken(t, l, Part{Config: cfg})
			r, err := a.Enter(file(t, c.parcel))
			if err == nil {
				t.Fatalf("%v is accepted", r)
			}
			mustBeOneLine(t, err)
			if !strings.Contains(err.Error(), c.want) || len(err.Error()) > 600 {
				t.Errorf("%v, want %q", err, c.want)
			}
			if now := fmt.Sprint(tree(t, l.store)); now != store {
				t.Errorf("the store held\n%s\nand holds\n%s", store, now)
			}
		})
	}
	a := taken(t, l, Part{Config: cfg})
	if r := must(a.Enter(file(t, good))); r.Status != Finished {
		t.Error(r)
	}
}

// tree is the files below a folder but for the locks and what there is in them.
func tree(t *testing.T, dir string) (list []string) {
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			t.Error(err)
		}
		info, _ := e.Info()
		list = append(list, strings.TrimPrefix(path, dir))
		if e.Type().IsRegular() {
			list = append(list, fmt.Sprint(info.Size()))
		}
		return nil
	})
	return list
}

// A driver may die at any moment while a run comes in: the run is then there, or
// goes on, or is made anew, and ends in the same bits.
func TestEnterIsAtomic(t *testing.T) {
	cfg := cnn()
	want := must(testLab(t, t.TempDir()).Fit(cfg))[0]
	home := testLab(t, t.TempDir())
	a := taken(t, home, Part{Config: cfg})
	parcel := sendThere(t, a, elsewhere(t, home), cfg)
	for _, begun := range []bool{false, true} { // here, before it was sent away
		for stop := range 4 {
			l := testLab(t, t.TempDir())
			if begun {
				must(l.FitParts(t.Context(), []Part{{cfg, 1}}, nil))
			}
			a := taken(t, l, Part{Config: cfg})
			dir := a.job.result.Dir
			whole := filepath.Join(t.TempDir(), "whole")
			must(0, unpack(bytes.NewReader(parcel), whole, a.job.limit))
			for _, name := range []string{historyFile, bestFile, recordFile}[:stop] {
				must(0, os.Rename(filepath.Join(whole, name), filepath.Join(dir, name)))
			}
			a.GiveUp() // as the kernel does for one that was killed
			r := must(l.Fit(cfg))[0]
			if r.Status != Finished || r.Stored != (stop == 3) {
				t.Errorf("begun %v, killed after %d files: %s, stored %v", begun, stop, r.Status, r.Stored)
			}
			mustEqual(t, "history", r.History, want.History, nil, nil)
			a1, b1 := must(r.Model()), must(want.Model())
			for i, p := range a1.Params() {
				mustEqual(t, p.Name, nil, nil, p.Data, b1.Params()[i].Data)
			}
		}
	}
}

// An archive of any bytes is refused in one line, or is the run; it writes nothing
// beside the folder of the run, and fills no memory.
func FuzzParcel(f *testing.F) {
	l := New("test", tiny(120), f.TempDir(), false)
	l.Log = f.Output()
	cfg := mlp()
	cfg.Epochs = 1
	must(l.Fit(cfg))
	r := must(runsIn(l))[0]
	var b bytes.Buffer
	must(0, pack(&b, r.Dir))
	good := b.Bytes()
	f.Add(good)
	f.Add(good[:len(good)-1024])
	f.Add(with(good, func(r *Record) { r.Steps-- }))
	f.Add(archive(entry{tar.Header{Name: "../x"}, []byte("x")}))
	f.Add(archive(entry{tar.Header{Name: bestFile, Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, nil}))
	j := must(l.planParts([]Part{{Config: cfg}}))[0]
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<20 {
			return
		}
		dir := filepath.Join(t.TempDir(), "in")
		var err error
		if got, limit := allocated(func() { err = unpack(bytes.NewReader(b), dir, j.limit) }), uint64(32*len(b)+16<<20); got > limit {
			t.Errorf("%d bytes had %d bytes allocated, allowed %d", len(b), got, limit)
		}
		if err == nil {
			var p *Result
			if p, err = readResult(dir); err == nil {
				err = j.check(l, p)
			}
		}
		if err != nil {
			mustBeOneLine(t, err)
		}
		for _, e := range must(os.ReadDir(filepath.Dir(dir))) {
			if e.Name() != "in" {
				t.Errorf("it wrote %s", e.Name())
			}
		}
	})
}

// What is no file of images is refused in one line and fills no memory.
func FuzzImages(f *testing.F) {
	var b bytes.Buffer
	must(0, New("test", tiny(12), f.TempDir(), false).writeImages(&b))
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()-1])
	f.Add([]byte(`{"Inkling":"images 1","C":1,"H":8192,"W":8192,"N":67108863,"Classes":["0","1"]}` + "\n"))
	f.Add([]byte(`{"Inkling":"images 1","C":3,"H":1,"W":1,"N":1,"Classes":["0","1"]}` + "\n\x00\x00\x00\x07\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s *data.Set
		var err error
		if got, limit := allocated(func() { s, err = readImages(bytes.NewReader(b), int64(len(b))) }), uint64(64*len(b)+8<<20); got > limit {
			t.Errorf("%d bytes had %d bytes allocated, allowed %d", len(b), got, limit)
		}
		if err != nil {
			mustBeOneLine(t, err)
			return
		}
		must(0, s.Check())
	})
}
