package train

import (
	"encoding/json"
	"strings"

	"inkling/pkg/data"
	"inkling/pkg/nn"
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

// code is what would compute a run now. The number of workers does not matter.
func code() Code {
	kernels, _, _ := strings.Cut(nn.Kernels(), ",")
	return Code{Library: nn.Version()[:16], Data: data.Version()[:16], Kernels: kernels}
}
