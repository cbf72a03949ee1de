package train

import (
	"crypto/rand"
	"embed"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"inkling/pkg/data"
	"inkling/pkg/internal/source"
	"inkling/pkg/nn"
	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/optim"
)

// Code is all that computes a run and is not its configuration, as a record
// holds it: a run is shown again only where every part of it is the same. It is
// comparable, so that what differs between two runs can be named.
type Code struct {
	Library  string // the library's sources that compute, a digest
	Data     string // those that make batches and splits, a digest
	Kernels  string // the bits that the kernels give, by name
	Compiler string // what of Go and of the machine changes bits

	// Own is a digest of code that is not the library's: what the methods and
	// functions that the configuration holds are made of. Unknown says why that
	// cannot be told, and Once then tells the run from every other.
	Own     string `json:",omitempty"`
	Unknown string `json:",omitempty"`
	Once    string `json:",omitempty"`

	Older string `json:",omitempty"` // what a record of before Code had parts says
}

// UnmarshalJSON reads the plain string of older records as well: code that is
// never today's.
func (c *Code) UnmarshalJSON(b []byte) error {
	*c = Code{}
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &c.Older)
	}
	type plain Code
	return json.Unmarshal(b, (*plain)(c))
}

// ours are the packages whose code is known by a digest of its own. Package
// train is one for what a configuration holds; of its files, only the loop's
// decide a run.
func ours(pkg string) bool {
	return slices.Contains([]string{"inkling/pkg/nn", "inkling/pkg/nn/internal/f32", "inkling/pkg/nn/optim", "inkling/pkg/data", "inkling/pkg/nn/train"}, pkg)
}

//go:embed *.go
var sources embed.FS

// loop are the files of this package that decide a run.
var loop = []string{"config.go", "evaluate.go", "subset.go", "trainer.go"}

// library is a digest of all code of the library that decides a run but for the
// batches: each package has its own, so that code can move without its runs
// being made anew for nothing more than that.
var library = sync.OnceValue(func() string {
	var aside []string
	entries, err := sources.ReadDir(".")
	if err != nil {
		panic(err) // the files are part of the program
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") && !slices.Contains(loop, e.Name()) {
			aside = append(aside, e.Name())
		}
	}
	return sum(strings.Join([]string{nn.Version(), f32.Version(), optim.Version(), source.Digest(sources, aside...)}, " "))[:16]
})

// code is what of the library would compute a run now. The number of workers
// does not matter.
func code() Code {
	return Code{Library: library(), Data: data.Version(), Kernels: f32.Bits(), Compiler: source.Compiler()}
}

// sum is a digest of all parts.
func (c Code) sum() string { return sum(fmt.Sprintf("%#v", c)) }

// Key writes out all that decides a run and is in the configuration, name left
// out: every value, what pointers point to, and types and functions by name.
func (c Config) Key() string {
	c.Name = ""
	return source.Describe(c, ours).Text
}

// identify says what identifies a run of c: its key, and the code that would
// run. What is not the library's in c counts with all that it reaches. Where
// that cannot be known, the run is told from every other.
func (c Config) identify() (key string, by Code) {
	c.Name = ""
	d := source.Describe(c, ours)
	by = code()
	own := d.Own(known)
	if by.Own, by.Unknown = own.Digest, own.Unknown; by.Unknown != "" {
		by.Once = processID + "-" + strconv.FormatUint(once.Add(1), 10)
	}
	return d.Text, by
}

// known are the packages that code of others may use without being followed
// there: all of them computes, and is in the digests.
func known(pkg string) bool {
	return ours(pkg) && pkg != "inkling/pkg/data" && pkg != "inkling/pkg/nn/train"
}

// process tells this process from all others, and once the runs in it.
var (
	processID = rand.Text()[:12]
	once      atomic.Uint64
)

// identity is what the state of r belongs to.
func (r *Result) identity() identity {
	return identity{config: sum(r.Config), data: sum(fmt.Sprintf("%s\n%s\n%v", r.Data, r.DataSum, r.Split)), code: r.Code.sum()}
}

// id is the part of a run's folder that identifies it.
func (r *Result) id() string {
	id := r.identity()
	return sum(id.config + id.data + id.code)[:12]
}

// sayUnknown tells once why a run that may have been made before is made anew.
func (l *Lab) sayUnknown(c Code) {
	mu.Lock()
	defer mu.Unlock()
	if c.Unknown == "" || l.said[c.Unknown] {
		return
	}
	if l.said == nil {
		l.said = map[string]bool{}
	}
	l.said[c.Unknown] = true
	fmt.Fprintln(l.Log, "run made anew:", c.Unknown)
}

var mu sync.Mutex // of Lab.said

// supersede removes what earlier processes have left of the same run, if that
// is one which can never be met again: it would fill the disk.
func (l *Lab) supersede(r *Result) error {
	if r.Code.Once == "" {
		return nil
	}
	dirs, err := folders(filepath.Join(l.store, l.Question), "")
	if err != nil {
		return err
	}
	now := r.Code
	now.Once = ""
	for _, dir := range dirs {
		old, err := readResult(dir)
		if err != nil || old.Code.Once == "" || strings.HasPrefix(old.Code.Once, processID) {
			continue
		}
		was := old.Code
		was.Once = ""
		if was == now && old.Config == r.Config && old.DataSum == r.DataSum && old.Split == r.Split && old.Name == r.Name {
			if err := os.RemoveAll(dir); err != nil {
				return fmt.Errorf("train: run store: %w", err)
			}
		}
	}
	return nil
}

// look finds out whether someone has changed or replaced Train or Dev since the
// last look; what was drawn from them is then drawn anew.
func (l *Lab) look() {
	if now := l.quickSum(); now != l.now {
		l.now, l.drawn = now, new(subsets)
	}
}

// sum identifies the data, as they were at the last look: what the splits were
// cut from, and their content where someone has changed them since.
func (l *Lab) sum() string {
	if l.now == l.made {
		return l.dataSum
	}
	return sum(l.dataSum + l.Train.Fingerprint() + l.Dev.Fingerprint())
}

// hashSeed makes quickSum; it means nothing outside of the process.
var hashSeed = maphash.MakeSeed()

// quickSum tells the splits from changed ones in a few milliseconds.
func (l *Lab) quickSum() uint64 {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	for _, s := range []*data.Set{l.Train, l.Dev} {
		maphash.WriteComparable(&h, [3]int{s.H, s.W, s.Len()})
		h.Write(s.Pixels)
		h.Write(s.Labels)
	}
	return h.Sum64()
}
