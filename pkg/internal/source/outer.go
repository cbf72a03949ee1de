package source

import (
	"slices"
	"strings"
)

// reads are the functions of ours that give what a file holds.
var reads = map[string]bool{"nn.Load": true}

// outer says whether a name of Go's library gives something that neither the
// code nor the value decides: the world outside, the time, chance, the state of
// the process, or memory by its address.
func outer(pkg, name string) bool {
	switch pkg {
	case "os":
		return !slices.Contains([]string{"Stdout", "Stderr", "ErrNotExist", "ErrExist", "ErrPermission", "ErrInvalid", "PathError", "FileMode", "Exit"}, name)
	case "time":
		return slices.Contains([]string{"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "LoadLocation", "Local"}, name)
	case "math/rand", "math/rand/v2":
		// A source that is made from a seed is known, the common one is not.
		return !strings.HasPrefix(name, "New") && !slices.Contains([]string{"Rand", "Source", "Source64", "PCG", "ChaCha8", "Zipf"}, name)
	case "fmt":
		return slices.Contains([]string{"Scan", "Scanf", "Scanln"}, name)
	case "runtime":
		return !slices.Contains([]string{"KeepAlive", "GC", "Gosched", "GOARCH", "GOOS"}, name)
	case "unsafe":
		return !slices.Contains([]string{"Sizeof", "Alignof", "Offsetof"}, name)
	case "flag", "syscall", "plugin", "embed", "hash/maphash", "crypto/rand", "io/ioutil", "expvar", "unique", "weak":
		return true
	}
	for _, tree := range []string{"net", "os", "runtime", "database/sql", "testing"} {
		if strings.HasPrefix(pkg, tree+"/") || pkg == tree {
			return pkg != "net/url" && pkg != "os/signal"
		}
	}
	return false
}
