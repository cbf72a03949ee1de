package source

import (
	"slices"
	"strings"
)

// reads are the functions of ours that give what a file holds.
var reads = map[string]bool{"nn.Load": true}

// pure are the packages of Go's library of which everything follows from what
// it is given: no file, no environment, no clock, no chance, no address. What
// is in none of the tables here is taken for the opposite.
var pure = words(`bufio bytes cmp compress/bzip2 compress/flate compress/gzip compress/lzw compress/zlib container/heap container/list container/ring
	crypto/md5 crypto/sha1 crypto/sha256 crypto/sha3 crypto/sha512 encoding encoding/ascii85 encoding/base32 encoding/base64 encoding/binary encoding/csv
	encoding/gob encoding/hex encoding/json encoding/pem encoding/xml errors hash hash/adler32 hash/crc32 hash/crc64 hash/fnv html image image/color
	image/color/palette image/draw image/gif image/jpeg image/png index/suffixarray io iter maps math math/big math/bits math/cmplx net/url path regexp
	regexp/syntax slices sort strconv strings sync sync/atomic text/scanner text/tabwriter unicode unicode/utf16 unicode/utf8`)

// pureNames are those of the other packages, and writing to a terminal, of
// which nothing comes back.
var pureNames = map[string]map[string]bool{
	"context": words("AfterFunc Background CancelCauseFunc CancelFunc Canceled Cause Context DeadlineExceeded TODO WithCancel WithCancelCause WithValue WithoutCancel"),
	"fmt": words(`Append Appendf Appendln Errorf FormatString Formatter Fprint Fprintf Fprintln Fscan Fscanf Fscanln GoStringer Print Printf Println
		ScanState Scanner Sprint Sprintf Sprintln Sscan Sscanf Sscanln State Stringer`),
	"log":           words("Fatal Fatalf Fatalln Panic Panicf Panicln Print Printf Println"),
	"os":            words("ErrExist ErrInvalid ErrNotExist ErrPermission Exit FileMode PathError Stderr Stdout"),
	"path/filepath": words("Base Clean Dir Ext FromSlash IsAbs IsLocal Join ListSeparator Match Rel Separator Split SplitList ToSlash VolumeName"),
	"runtime":       words("GC GOARCH GOOS Gosched KeepAlive"),
	"time": words(`ANSIC Date Duration FixedZone Friday Hour January Kitchen Layout Microsecond Millisecond Minute Monday Month Nanosecond ParseDuration
		RFC3339 RFC3339Nano Saturday Second Sleep Sunday Thursday Time Tuesday UTC Wednesday Weekday February March April May June July August September
		October November December DateOnly DateTime TimeOnly`),
	"unsafe": words("Alignof Offsetof Sizeof"),
}

// quiet are the packages that call no method of a value which they are given
// but those of its interface that the text names.
var quiet = words(`cmp iter maps math math/bits math/cmplx math/rand math/rand/v2 slices strconv strings sync sync/atomic time unicode unicode/utf16 unicode/utf8`)

func words(names string) map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields(names) {
		m[name] = true
	}
	return m
}

// outer says whether a name of Go's library gives something that neither the
// code nor the value decides: the world outside, the time, chance, the state of
// the process, or memory by its address.
func outer(pkg, name string) bool {
	switch pkg {
	case "math/rand", "math/rand/v2":
		// A source that is made from a seed is known, the common one is not.
		return !strings.HasPrefix(name, "New") && !slices.Contains([]string{"Rand", "Source", "Source64", "PCG", "ChaCha8", "Zipf"}, name)
	}
	return !pure[pkg] && !pureNames[pkg][name]
}
