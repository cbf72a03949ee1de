package read

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/internal/code"
	"inkling/pkg/internal/picture"
)

// What took long to read is kept as one file in the user's cache, under a name
// made of everything that decides its content: the folder, the options, the name,
// size and times of every file, this package and that of pictures, the versions of what
// decodes and resizes. A file that is changed makes another name, so that what is kept is
// never stale; it is written under another name first, and ends in its own hash.

//go:embed *.go
var sources embed.FS

var version = sync.OnceValue(func() string {
	v := code.Digest(sources) + " " + code.Digest(picture.Sources) + " " + runtime.Version()
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "golang.org/x/image" { // which resizes
				v += " " + m.Version
			}
		}
	}
	return v
})

// settled is how long the files must have been left alone before they were listed.
// A change within the tick of a file system's clock (2 seconds on FAT) cannot be
// told by its time. Tests do not wait.
var settled = 3 * time.Second

// How many results are kept, and how many bytes of them beside the newest; the ones
// that were not used longest go.
const (
	mostKept  = 8
	mostBytes = 2 << 30
)

const keptMagic = "inkling images 1\n"

type keeper struct {
	path string // "" to keep nothing
	at   *Place
	plan *Plan
	find func(*Place) (*Plan, error)
}

// keptHead is what stands before the bytes.
type keptHead struct {
	C, H, W     int
	Classes     []string
	Train, Test int
	Notes       []string
}

func newKeeper(dir string, f Format, at *Place, plan *Plan) *keeper {
	k := &keeper{at: at, plan: plan, find: f.Find}
	abs, err := filepath.Abs(at.path)
	if dir == "" || !plan.Slow || err != nil {
		return k
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%q\n%s\n", version(), f.Name, abs, at.options.text())
	for _, file := range plan.Files {
		if time.Since(file.changed) < settled {
			return k
		}
		file.hash(h)
	}
	k.path = filepath.Join(dir, hex.EncodeToString(h.Sum(nil)[:12])+".images")
	return k
}

func (f File) hash(h hash.Hash) {
	fmt.Fprintf(h, "%q %d %d %d\n", f.Name, f.Size, f.time.UnixNano(), f.changed.UnixNano())
}

// load returns what is kept, or nil. What is broken is no reason to fail.
func (k *keeper) load() *Data {
	if k.path == "" {
		return nil
	}
	d, err := readKept(k.path)
	if err != nil {
		return nil
	}
	now := time.Now()
	os.Chtimes(k.path, now, now) // the order in which they go
	return d
}

// save keeps d if no file has changed since it was listed. A cache that cannot be
// written costs time only.
func (k *keeper) save(d *Data) {
	if k.path == "" || !k.unchanged() || os.MkdirAll(filepath.Dir(k.path), 0o755) != nil {
		return
	}
	if atomicfile.Write(k.path, func(w io.Writer) error { return writeKept(w, d) }) == nil {
		sweep(filepath.Dir(k.path))
	}
}

func (k *keeper) unchanged() bool {
	again, err := open(k.at.path, k.at.options)
	if k.at.single {
		again, err = open(filepath.Join(k.at.path, k.at.Files[0].Name), k.at.options)
	}
	if err != nil {
		return false
	}
	defer again.Close()
	plan, err := k.find(again)
	return err == nil && plan != nil && slices.EqualFunc(plan.Files, k.plan.Files, func(a, b File) bool {
		return a.Name == b.Name && a.Size == b.Size && a.time.Equal(b.time) && a.changed.Equal(b.changed)
	})
}

func writeKept(w io.Writer, d *Data) error {
	head, err := json.Marshal(keptHead{d.C, d.H, d.W, d.Classes, len(d.Train.Labels), len(d.Test.Labels), d.Notes})
	if err != nil {
		return err
	}
	h := sha256.New()
	out := io.MultiWriter(w, h)
	var labels []byte
	for _, part := range [][]uint16{d.Train.Labels, d.Test.Labels} {
		for _, y := range part {
			labels = binary.LittleEndian.AppendUint16(labels, y)
		}
	}
	for _, b := range [][]byte{[]byte(keptMagic), binary.LittleEndian.AppendUint32(nil, uint32(len(head))), head, labels, d.Train.Pixels, d.Test.Pixels} {
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	_, err = w.Write(h.Sum(nil))
	return err
}

func readKept(path string) (*Data, error) {
	f, err := atomicfile.Open(path, 2*maxPixels+1<<24)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return parseKept(bufio.NewReaderSize(f, 1<<16), info.Size())
}

// parseKept reads what is kept in size bytes, and refuses what is not whole.
func parseKept(r io.Reader, size int64) (*Data, error) {
	h := sha256.New()
	in := io.TeeReader(r, h)
	start := make([]byte, len(keptMagic)+4)
	if _, err := io.ReadFull(in, start); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(start[len(keptMagic):])
	if !bytes.HasPrefix(start, []byte(keptMagic)) || n > 1<<20 || int64(n) > size {
		return nil, errors.New("not what is kept")
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(in, text); err != nil {
		return nil, err
	}
	var head keptHead
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, err
	}
	each := int64(head.C) * int64(head.H) * int64(head.W)
	bounded := (head.C == 1 || head.C == 3) && head.H > 0 && head.H <= maxSide && head.W > 0 && head.W <= maxSide &&
		len(head.Classes) >= 2 && len(head.Classes) <= maxClasses && head.Train >= 0 && head.Test >= 0 && head.Train < 1<<30 && head.Test < 1<<30
	all := int64(head.Train) + int64(head.Test)
	if !bounded || size != int64(len(start))+int64(n)+all*(2+each)+sha256.Size {
		return nil, errors.New("another size than its header says")
	}
	d := &Data{C: head.C, H: head.H, W: head.W, Classes: head.Classes, Notes: head.Notes}
	labels := make([]byte, 2*all)
	d.Train.Pixels, d.Test.Pixels = make([]uint8, int64(head.Train)*each), make([]uint8, int64(head.Test)*each)
	for _, b := range [][]byte{labels, d.Train.Pixels, d.Test.Pixels} {
		if _, err := io.ReadFull(in, b); err != nil {
			return nil, err
		}
	}
	var sum [sha256.Size]byte
	if _, err := io.ReadFull(r, sum[:]); err != nil {
		return nil, err
	}
	if !bytes.Equal(sum[:], h.Sum(nil)) {
		return nil, errors.New("other bytes than were kept")
	}
	ys := make([]uint16, all)
	for i := range ys {
		if ys[i] = binary.LittleEndian.Uint16(labels[2*i:]); int(ys[i]) >= len(d.Classes) {
			return nil, errors.New("a label without a class")
		}
	}
	d.Train.Labels, d.Test.Labels = ys[:head.Train:head.Train], ys[head.Train:]
	return d, nil
}

// sweep removes what was not used longest, and what programs that were killed
// left behind.
func sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	type kept struct {
		path string
		used time.Time
		size int64
	}
	var all []kept
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		switch {
		case atomicfile.Temporary(e.Name()):
			if time.Since(info.ModTime()) > time.Hour {
				os.Remove(path)
			}
		case strings.HasSuffix(e.Name(), ".images"):
			all = append(all, kept{path, info.ModTime(), info.Size()})
		}
	}
	slices.SortFunc(all, func(a, b kept) int { return b.used.Compare(a.used) })
	sum := int64(0)
	for i, old := range all {
		if sum += old.size; i >= mostKept || i > 0 && sum > mostBytes {
			os.Remove(old.path)
		}
	}
}
