package main

import (
	"errors"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"

	"inkling/pkg/nn"
)

// versionCommand says which inkling this is and what its results depend on: a
// line each for the commit, the network's sources, the compiler and the kernels.
func versionCommand(args []string) (int, error) {
	fs := newFlags()
	asJSON := fs.Bool("json", false, "print an object with commit, network, go, os, arch, kernels")
	rest, err := parseWords("version", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help("version", fs)
		return 0, nil
	case err != nil:
		return 0, err
	case len(rest) > 0:
		return 0, fmt.Errorf("unexpected argument %.40q, want none", rest[0])
	}
	if *asJSON {
		return 0, printJSON(struct {
			Commit  string `json:"commit"`
			Network string `json:"network"`
			Go      string `json:"go"`
			OS      string `json:"os"`
			Arch    string `json:"arch"`
			Kernels string `json:"kernels"`
		}{commit(), nn.Version()[:16], runtime.Version(), runtime.GOOS, runtime.GOARCH, nn.Kernels()})
	}
	fmt.Println("inkling", commit())
	fmt.Println("network:", nn.Version()[:16], "(a digest of the sources of package nn)")
	fmt.Println("compiler:", runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	fmt.Println("kernels:", nn.Kernels())
	return 0, nil
}

// commit is what the go command noted of the sources when it built this.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown sources"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	said := map[string]string{}
	for _, s := range info.Settings {
		said[s.Key] = s.Value
	}
	if said["vcs.revision"] == "" {
		return "of no known commit (go run notes none, go build does)"
	}
	s := fmt.Sprintf("commit %.12s of %s", said["vcs.revision"], said["vcs.time"])
	if said["vcs.modified"] == "true" {
		s += ", with changes that are not committed"
	}
	return s
}
