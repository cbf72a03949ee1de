package lab

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
	"sync"

	"inkling/pkg/data"
	"inkling/pkg/internal/source"
)

// on names the data of a run, split and all: its state is continued on no
// other.
func (r *Record) on() string {
	return source.Sum(fmt.Sprintf("%s\n%s\n%v", r.Data, r.DataSum, r.Split))
}

// key identifies a run, and id is as much of it as stands in its folder's name.
func (r *Result) key() string { return source.Sum(source.Sum(r.Config) + r.on() + r.Code.sum()) }
func (r *Result) id() string  { return r.key()[:idLength] }

const idLength = 12

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
		if err != nil || old.Code.Once == "" || old.Code.ofThisProcess() {
			continue
		}
		was := old.Code
		was.Once = ""
		if was == now && old.Config == r.Config && old.DataSum == r.DataSum && old.Split == r.Split && old.Name == r.Name {
			if err := os.RemoveAll(dir); err != nil {
				return fmt.Errorf("lab: run store: %w", err)
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
	return source.Sum(l.dataSum + l.Train.Fingerprint() + l.Dev.Fingerprint())
}

// hashSeed makes quickSum; it means nothing outside of the process.
var hashSeed = maphash.MakeSeed()

// quickSum tells the splits from changed ones in a few milliseconds.
func (l *Lab) quickSum() uint64 {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	for _, s := range []*data.Set{l.Train, l.Dev} {
		maphash.WriteComparable(&h, [4]int{s.C, s.H, s.W, s.Len()})
		for _, name := range s.Classes {
			maphash.WriteComparable(&h, name)
		}
		h.Write(s.Pixels)
		binary.Write(&h, binary.LittleEndian, s.Labels)
	}
	return h.Sum64()
}
