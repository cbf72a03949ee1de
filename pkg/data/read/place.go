package read

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"inkling/pkg/internal/atomicfile"
)

// Limits that hold for every format. The largest set that we know of is EMNIST
// ByClass with 814,255 images of 28×28, 638 MB.
const (
	maxClasses = 1000
	maxSide    = 1024
	maxPixels  = 640 << 20 // bytes of one part
	maxFile    = 4 << 30   // bytes
	maxNames   = 1_000_000 // files and folders
)

// Place is a folder, or one file of it, in which a Format looks for its files.
type Place struct {
	Files []File   // in the folder itself; of a single file that one
	Dirs  []string // names of folders in it

	path    string // as the user wrote it, for errors
	under   string // the folder, slash-separated, below root
	root    *os.Root
	single  bool // the user named a file
	hidden  int
	options *options
	names   *int // seen in all
}

// File is one file of a Place, by its name below the folder.
type File struct {
	Name string
	Size int64

	changed time.Time // when it got its content, at the latest
	time    time.Time // of modification
}

// open makes a Place of a path. Close the root when done.
func open(path string, o *options) (*Place, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	p := &Place{path: path, options: o, under: ".", names: new(int)}
	dir := path
	if !info.IsDir() {
		if f, err := atomicfile.Open(path, maxFile); err != nil { // a FIFO, a device
			return nil, fmt.Errorf("%s: %w", path, cause(err))
		} else {
			f.Close()
		}
		dir, p.single, p.path = filepath.Dir(path), true, filepath.Dir(path)
	}
	if p.root, err = os.OpenRoot(dir); err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	if p.single {
		p.Files = []File{newFile(filepath.Base(path), info)}
		return p, nil
	}
	if p.Files, p.Dirs, err = p.list("."); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close gives the folder back.
func (p *Place) Close() error { return p.root.Close() }

// sub is the Place of a folder in p.
func (p *Place) sub(name string) (*Place, error) {
	s := &Place{path: filepath.Join(p.path, name), under: path.Join(p.under, name), root: p.root, options: p.options, names: p.names}
	var err error
	s.Files, s.Dirs, err = s.list(".")
	return s, err
}

// Option is the value of an option, "" where it was not given.
func (p *Place) Option(key string) string { return p.options.get(key) }

// At is the path of a file of p as errors have it.
func (p *Place) At(name string) string { return filepath.Join(p.path, filepath.FromSlash(name)) }

// Open opens a regular file of at most limit bytes within the folder.
func (p *Place) Open(name string, limit int64) (*os.File, error) {
	f, err := atomicfile.OpenWithin(p.root, path.Join(p.under, name), limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.At(name), inside(err))
	}
	return f, nil
}

// ReadFile reads a file of at most limit bytes within the folder.
func (p *Place) ReadFile(name string, limit int64) ([]byte, error) {
	f, err := p.Open(name, limit)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.At(name), cause(err))
	}
	return b, nil
}

// list names the files and the folders of a folder in p, sorted. What operating
// systems leave behind is skipped and counted.
func (p *Place) list(dir string) (files []File, dirs []string, err error) {
	wrong := func(name string, err error) ([]File, []string, error) {
		return nil, nil, fmt.Errorf("%s: %w", p.At(path.Join(dir, name)), inside(err))
	}
	d, err := p.root.Open(path.Join(p.under, dir))
	if err != nil {
		return wrong("", err)
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(4096)
		for _, e := range entries {
			if *p.names++; *p.names > maxNames {
				return wrong("", fmt.Errorf("more than %d files and folders", maxNames))
			}
			name := path.Join(dir, e.Name())
			if hidden(e.Name()) {
				p.hidden++
				continue
			}
			info, err := e.Info()
			if err == nil && info.Mode()&fs.ModeSymlink != 0 {
				info, err = p.root.Stat(path.Join(p.under, name))
			}
			switch {
			case err != nil:
				return wrong(e.Name(), err)
			case info.IsDir():
				dirs = append(dirs, name)
			case info.Mode().IsRegular():
				files = append(files, newFile(name, info))
			default: // a FIFO, a device: Open says what
				_, err := p.Open(name, maxFile)
				return nil, nil, err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return wrong("", err)
		}
	}
	slices.Sort(dirs)
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return files, dirs, nil
}

func newFile(name string, info fs.FileInfo) File {
	return File{Name: name, Size: info.Size(), time: info.ModTime(), changed: atomicfile.Changed(info)}
}

// file returns the file of that name in the folder, beside a single file too.
func (p *Place) file(name string) (File, bool) {
	if at := slices.IndexFunc(p.Files, func(f File) bool { return f.Name == name }); at >= 0 {
		return p.Files[at], true
	}
	if !p.single {
		return File{}, false
	}
	info, err := p.root.Stat(path.Join(p.under, name))
	if err != nil || !info.Mode().IsRegular() {
		return File{}, false
	}
	return newFile(name, info), true
}

// hidden reports whether a name is that of what operating systems leave behind.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r", "$recycle.bin"}, strings.ToLower(name))
}

// cause leaves out the path that package os puts in front of an error, since
// ours already names the file.
func cause(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// inside words what os.Root says of a link that leads out of it.
func inside(err error) error {
	err = cause(err)
	if err.Error() == "path escapes from parent" {
		return errors.New("a link that leads out of the folder, allowed are links within it")
	}
	return err
}
