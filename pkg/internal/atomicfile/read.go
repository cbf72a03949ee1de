package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Open opens a file for reading that must be a regular one, or a link to one, of
// at most limit bytes. Anything else that a path can name is refused at once: a
// FIFO would wait for a writer for ever, a device may have no end, and either
// can lie where a file of ours is expected. What the caller reads is bounded by
// limit only if it stops there: a file can grow.
func Open(path string, limit int64) (*os.File, error) {
	f, _, err := open(path, limit, os.Stat, os.OpenFile)
	return f, err
}

func open(path string, limit int64, stat func(string) (fs.FileInfo, error), openFile func(string, int, fs.FileMode) (*os.File, error)) (*os.File, fs.FileInfo, error) {
	// Looking before opening spares devices that do something when opened; the
	// look after it is the one that counts.
	info, err := stat(path)
	if err == nil {
		err = check(path, info, limit)
	}
	if err != nil {
		return nil, nil, err
	}
	f, err := openFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = check(path, info, limit)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// OpenIn is Open of a file that another file names: name is a path within folder,
// and neither it nor a link on the way may lead out of it.
func OpenIn(folder, name string, limit int64) (*os.File, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return OpenWithin(root, name, limit)
}

// OpenWithin is OpenIn for who opens many files of a folder.
func OpenWithin(folder *os.Root, name string, limit int64) (*os.File, error) {
	f, _, err := open(name, limit, folder.Stat, folder.OpenFile)
	return f, err
}

// ReadFile is os.ReadFile of what Open opens.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, info, err := open(path, limit, os.Stat, os.OpenFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, info.Size())
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, refusal(path, fmt.Errorf("while it was read: %w", err))
	}
	return b, nil
}

// OpenOwn opens a file of ours for writing: path must name a regular file that
// has no other name, or nothing if flag has os.O_CREATE. A link, symbolic or
// hard, would let us write into somebody else's file, and is refused.
func OpenOwn(path string, flag int) (*os.File, error) {
	if err := Own(path); err != nil && !(errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0) {
		return nil, err
	}
	f, err := os.OpenFile(path, flag|nofollow|nonblock, 0o644)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = own(path, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Own reports why path is not a regular file with this one name. Where nothing is
// there, the error is fs.ErrNotExist.
func Own(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	return own(path, info)
}

func own(path string, info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return refusal(path, fmt.Errorf("is %s, nothing is written there: remove it", kind(info.Mode())))
	case names(info) > 1:
		return refusal(path, fmt.Errorf("is one of %d names of a file (hard links), nothing is written there: remove it", names(info)))
	}
	return nil
}

// OwnFolder reports why path is not a folder itself: a link to one may lead
// anywhere. Where nothing is there, the error is fs.ErrNotExist.
func OwnFolder(path string) error {
	info, err := os.Lstat(path)
	if err == nil && !info.IsDir() {
		err = refusal(path, fmt.Errorf("is %s, want a folder or nothing", kind(info.Mode())))
	}
	return err
}

func check(path string, info fs.FileInfo, limit int64) error {
	switch {
	case !info.Mode().IsRegular():
		return refusal(path, fmt.Errorf("is %s, want a regular file of at most %s", kind(info.Mode()), size(limit)))
	case info.Size() > limit:
		return refusal(path, fmt.Errorf("is a file of %d bytes, want one of at most %s", info.Size(), size(limit)))
	}
	return nil
}

// refusal is shaped like the errors of package os, so that callers can leave the
// path out where they name it themselves.
func refusal(path string, err error) error { return &fs.PathError{Op: "open", Path: path, Err: err} }

// kind says what is no regular file.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a file"
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeSymlink != 0:
		return "a link"
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO (named pipe)"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "of an unknown kind"
}

// size writes limits, which are whole numbers of units.
func size(n int64) string {
	for i, unit := range []string{"GiB", "MiB", "KiB"} {
		if u := int64(1) << (30 - 10*i); n >= u && n%u == 0 {
			return fmt.Sprint(n/u, " ", unit)
		}
	}
	return fmt.Sprint(n, " bytes")
}
