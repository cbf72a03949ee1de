package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"inkling/pkg/data"
)

func dataCommand(args []string) (int, error) {
	fs := newFlags()
	of := dataFlag(fs)
	rest, err := parseWords("data", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help("data [--data=WHAT]", fs)
		return 0, nil
	case err != nil:
		return 0, err
	case len(rest) > 0:
		return 0, fmt.Errorf("unexpected argument %.40q, want none", rest[0])
	}
	d, err := data.Open(context.Background(), *of)
	if err != nil {
		return 0, err
	}
	fmt.Println(d)
	for _, s := range []*data.Set{d.Train, d.Test} {
		fmt.Printf("%v; of each class %d; SHA-256 %.16s\n", s, s.Counts(), s.Fingerprint())
	}
	return 0, nil
}
