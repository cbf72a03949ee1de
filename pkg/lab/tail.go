package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/internal/parallel"
	"inkling/pkg/nn/train"
)

// InTraining reports whether a process makes the run now. The trainer is left
// alone: its lock is looked at, not asked for.
func (r *Result) InTraining() bool {
	return r.Status == Interrupted && held(filepath.Join(r.Dir, "lock"))
}

// TrainingNow are the runs of a question, or of all if it is "", that some process
// makes now.
func TrainingNow(question string) ([]*Result, error) {
	places, err := places()
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, dir := range places {
		if question == "" || filepath.Base(dir) == question {
			runs, _ := folders(dir, "")
			dirs = append(dirs, runs...)
		}
	}
	// A lock that nobody has is empty: most runs are not opened.
	is := make([]bool, len(dirs))
	parallel.Each(len(dirs), 64, func() func(int) {
		return func(i int) { is[i] = held(filepath.Join(dirs[i], "lock")) }
	})
	var list []string
	for i, dir := range dirs {
		if is[i] {
			list = append(list, dir)
		}
	}
	all, err := readAll(list)
	var now []*Result
	for _, r := range all {
		if r.Status == Interrupted {
			now = append(now, r)
		}
	}
	return now, err
}

// Again reads what the store holds of the run now.
func (r *Result) Again() (*Result, error) {
	now, err := readHead(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("lab: somebody removed %s", r.short())
	}
	return now, err
}

// Tail follows the history of the run while some process writes it.
func (r *Result) Tail() *Tail { return &Tail{path: filepath.Join(r.Dir, historyFile)} }

// Tail is a history that grows.
type Tail struct {
	path string
	file os.FileInfo // as it was at the last look
	at   int64       // read so far, whole lines
}

// Next are the events that have come since the last call. A history that was begun
// anew, as that of a run which is continued, comes from its beginning: anew says so.
func (t *Tail) Next() (events History, anew bool, err error) {
	f, err := atomicfile.Open(t.path, maxHistory)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	if t.file != nil && (!os.SameFile(t.file, info) || info.Size() < t.at) {
		t.at, anew = 0, true
	}
	t.file = info
	b, err := io.ReadAll(io.NewSectionReader(f, t.at, info.Size()-t.at))
	if err != nil {
		return nil, anew, err
	}
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 { // the rest of a line is still to come
			return events, anew, nil
		}
		var e train.Event
		if err := json.Unmarshal(b[:i], &e); err != nil || !e.Kind.Known() {
			return events, anew, fmt.Errorf("lab: %s is damaged at byte %d", t.path, t.at)
		}
		events, b, t.at = append(events, e), b[i+1:], t.at+int64(i)+1
	}
}
