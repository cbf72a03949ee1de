// Package memory says whether what is about to be allocated can be had, so that
// a slip of the keyboard or a file from a stranger ends in one line and not in
// the death of the program.
package memory

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
)

// A Part is memory for one purpose.
type Part struct {
	Name  string
	Bytes int64
}

// Machine tells how much memory this process can have at most and how much of
// that is free now; not ok where that is not known. Only tests change it.
var Machine = machine

// least is what is not worth a look.
const least = 64 << 20

// Check reports that parts, which are about to be allocated, are more than is
// free. who is what needs them: "train: the run".
func Check(who string, parts ...Part) error {
	var need int64
	for _, p := range parts {
		need += p.Bytes
	}
	if need < least {
		return nil
	}
	total, free, ok := Machine()
	if ok && need > usable(free) { // what the runtime has in hand counts as free
		runtime.GC()
		debug.FreeOSMemory()
		total, free, ok = Machine()
	}
	if !ok || need <= usable(free) {
		soften(need, free)
		return nil
	}
	var list []string
	for _, p := range parts {
		if p.Bytes > 0 {
			list = append(list, p.Name+" "+GB(p.Bytes))
		}
	}
	return fmt.Errorf("%s needs about %s of memory (%s); the machine has %s, %s of it free, of which a tenth is left to others", who, GB(need), strings.Join(list, ", "), GB(total), GB(free))
}

// usable leaves a tenth of what is free to others, and to what no estimate knows.
func usable(free int64) int64 { return free - free/10 }

// soften makes the collector work harder before memory ends where a quarter of
// what is free is asked for: by itself it lets the heap grow to twice what is in
// use. A limit that the user has set stays.
func soften(need, free int64) {
	if free <= 0 || need < free/4 || debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return
	}
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	debug.SetMemoryLimit(int64(now.Sys-now.HeapReleased) + free/10*9)
}

// GB writes a number of bytes for people.
func GB(bytes int64) string {
	if bytes < 100e6 {
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
}
