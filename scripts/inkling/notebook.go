package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/lab"
	"inkling/scripts/inkling/script"
)

const maxNotebook = 64 << 20 // bytes; with figures they have a few

// notebookCommand prints a notebook as a Go program, or writes one to begin with.
func notebookCommand(args []string) (int, error) {
	flags := newFlags()
	start := flags.Bool("new", false, "write a notebook to begin with: NAME in notebooks/, or FILE.ipynb; none is overwritten")
	rest, err := parseWords("notebook", flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help("notebook NAME|FILE.ipynb >FOLDER/main.go\nA folder of this module, then: go run ./FOLDER. Or: notebook --new NAME", flags)
		return 0, nil
	case err != nil:
		return 0, err
	case len(rest) != 1:
		return 0, fmt.Errorf("%d notebooks, want one: a name (q1) or a file", len(rest))
	}
	if *start {
		file, err := startNotebook(rest[0])
		if err == nil {
			fmt.Println(file)
		}
		return 0, err
	}
	raw, err := readNotebook(rest[0])
	if err != nil {
		return 0, err
	}
	cells, title, err := script.Read(raw)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", rest[0], err)
	}
	source, err := script.Source(cells, title)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", rest[0], err)
	}
	_, err = os.Stdout.Write(source)
	return 0, err
}

// readNotebook finds a file, or a notebook of this project by its name or the start of it.
func readNotebook(given string) ([]byte, error) {
	if strings.HasSuffix(given, ".ipynb") {
		return readIn(filepath.Dir(given), filepath.Base(given))
	}
	folder := notebooksFolder()
	if folder == "" {
		return nil, fmt.Errorf("notebook %.60q: names are those of inkling's sources, which are not around this folder; want a file, %.60s.ipynb", given, given)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.ipynb"))
	if err != nil {
		return nil, err
	}
	var names, fit []string
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".ipynb")
		names = append(names, name)
		if strings.HasPrefix(name, given) {
			fit = append(fit, name)
		}
	}
	switch {
	case slices.Contains(fit, given):
		fit = []string{given}
	case len(fit) == 0:
		return nil, fmt.Errorf("no notebook %.60q%s, want one of %s, the beginning of its name, or a file", given, lab.DidYouMean(given, names), strings.Join(names, ", "))
	case len(fit) > 1:
		return nil, fmt.Errorf("notebook %.60q may be any of %s", given, strings.Join(fit, ", "))
	}
	return readIn(folder, fit[0]+".ipynb")
}

// notebooksFolder is notebooks/ of this module as seen from here, "" outside of it.
func notebooksFolder() string {
	root := lab.ModuleRoot()
	if root == "" {
		return ""
	}
	folder := filepath.Join(root, "notebooks")
	if here, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(here, folder); err == nil {
			return rel
		}
	}
	return folder
}

// readIn reads a regular file of bounded size that lies in a folder.
func readIn(folder, name string) ([]byte, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("no notebook %s", filepath.Join(folder, name))
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > maxNotebook:
		return nil, fmt.Errorf("%s is no regular file of at most %d MB", filepath.Join(folder, name), maxNotebook>>20)
	}
	return root.ReadFile(name)
}
