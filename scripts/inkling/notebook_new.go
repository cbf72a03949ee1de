package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// newNotebook is a whole notebook, small and in the form of ours, of the question "new".
//
//go:embed new.ipynb
var newNotebook []byte

// newNames are good as the name of a file on any system, of a question, and in the ids of cells.
var newNames = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{0,39}$`)

// startNotebook writes a notebook to begin with, where there is none of that name: by a
// name beside those of this project, or as a file. It returns where.
func startNotebook(given string) (string, error) {
	folder, name := filepath.Dir(given), strings.TrimSuffix(filepath.Base(given), ".ipynb")
	if !strings.HasSuffix(given, ".ipynb") {
		if given != filepath.Base(given) {
			return "", fmt.Errorf("notebook %.60q: want a name, which goes to notebooks/, or a FILE.ipynb", given)
		}
		if folder = notebooksFolder(); folder == "" {
			return "", fmt.Errorf("notebook %.60q: a name goes to inkling's sources, which are not around this folder; want a file, %.60s.ipynb", given, given)
		}
	}
	if !newNames.MatchString(name) || strings.EqualFold(name, "index") {
		return "", fmt.Errorf("notebook %.60q: want a name of at most 40 letters, digits, - and _, and not index", name)
	}
	there, err := os.ReadDir(folder)
	if err != nil {
		return "", fmt.Errorf("no folder %s for a notebook: %w", folder, errors.Unwrap(err))
	}
	for _, entry := range there { // of some file systems, and of pages, A is a
		if strings.EqualFold(entry.Name(), name+".ipynb") {
			return "", fmt.Errorf("%s is there already, and stays as it is", filepath.Join(folder, entry.Name()))
		}
		if strings.HasPrefix(strings.ToLower(entry.Name()), strings.ToLower(name)+"_") && strings.HasSuffix(entry.Name(), ".ipynb") {
			return "", fmt.Errorf("%s is what %s means and has the question of: want another name", filepath.Join(folder, entry.Name()), name)
		}
	}
	file := filepath.Join(folder, name+".ipynb")
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("%s is there already, and stays as it is", file)
	} else if err != nil {
		return "", err
	}
	_, err = f.Write(underName(name))
	return file, errors.Join(err, f.Close())
}

// underName is the notebook to begin with under a name of its own: the ids of its cells, by
// which other tools tell the cells of several notebooks apart, and its question in the store.
func underName(name string) []byte {
	question := strings.ReplaceAll(strings.ToLower(name), "_", "-")
	raw := bytes.ReplaceAll(newNotebook, []byte(`"id": "new-`), []byte(`"id": "`+name+"-"))
	for _, store := range []string{"new", "new-try"} {
		raw = bytes.ReplaceAll(raw, []byte(`Open(\"`+store+`\")`), []byte(`Open(\"`+strings.Replace(store, "new", question, 1)+`\")`))
	}
	return bytes.Replace(raw, []byte("# New: "), []byte("# "+name+": "), 1)
}
