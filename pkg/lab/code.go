package lab

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"inkling/pkg/data"
	"inkling/pkg/internal/source"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
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
// train is one for what a configuration holds.
func ours(pkg string) bool {
	return slices.Contains([]string{"inkling/pkg/nn", "inkling/pkg/nn/internal/f32", "inkling/pkg/nn/optim", "inkling/pkg/data", "inkling/pkg/nn/train"}, pkg)
}

// library is a digest of all code of the library that decides a run but for the
// batches: each package has its own, so that code can move without its runs
// being made anew for nothing more than that.
var library = sync.OnceValue(func() string {
	return source.Sum(strings.Join([]string{nn.Version(), optim.Version(), train.Version()}, " "))[:16]
})

// today is what of the library would compute a run now. The number of workers
// does not matter.
func today() Code {
	return Code{Library: library(), Data: data.Version(), Kernels: nn.Bits(), Compiler: source.Compiler()}
}

// sum is a digest of all parts.
func (c Code) sum() string { return source.Sum(fmt.Sprintf("%#v", c)) }

// ofState is a digest of what must be the same for a state to be continued. Code
// that cannot be told may be continued by who knows that nothing has changed: this
// process, and nobody else.
func (c Code) ofState() string {
	if c.Unknown != "" {
		c.Once = processID
	}
	return c.sum()
}

// identify says what identifies a run of c. The key writes out all that decides a
// run and is in the configuration, name left out: every value, what pointers
// point to, and types and functions by name. The code is what would run: what is
// not the library's in c counts with all that it reaches. Where that cannot be
// known, the run is told from every other.
func identify(c train.Config) (key string, by Code) {
	c.Name = ""
	d := source.Describe(c, ours)
	by = today()
	own := d.Own(known)
	if by.Own, by.Unknown = own.Digest, own.Unknown; by.Unknown != "" {
		by.Once = processID + "-" + strconv.FormatUint(once.Add(1), 10)
	}
	return d.Text, by
}

// ofThisProcess reports whether c is the code of a run of this process that nobody
// can tell from others.
func (c Code) ofThisProcess() bool { return strings.HasPrefix(c.Once, processID) }

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

// Old reports whether the run is of other code of the library's than today's:
// it can be looked at, but neither shown as the run that would be made now nor
// continued.
func (r *Result) Old() bool {
	now := today()
	return r.Code.Library != now.Library || r.Code.Data != now.Data
}
