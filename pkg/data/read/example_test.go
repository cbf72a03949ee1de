package read_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"inkling/pkg/data/read"
)

// A format of one's own: a file called NAME.dots, in which a line is the name of a
// class, a blank, and nine dots, white where there is an x.
func ExampleRegister() {
	read.Register(read.Format{
		Name:  "dots",
		Looks: "a file of lines such as \"cross x.x.x.x.x\"",
		Find: func(p *read.Place) (*read.Plan, error) {
			if len(p.Files) != 1 || filepath.Ext(p.Files[0].Name) != ".dots" {
				return nil, nil // something else
			}
			plan := &read.Plan{Files: p.Files}
			plan.Read = func(context.Context) (*read.Raw, error) {
				name := p.Files[0].Name
				text, err := p.ReadFile(name, 1<<20)
				if err != nil {
					return nil, err
				}
				raw := &read.Raw{C: 1, H: 3, W: 3, Names: map[int32]string{0: "cross", 1: "ring"}}
				part := &raw.Train
				for i, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
					class, dots, _ := bytes.Cut(line, []byte(" "))
					if len(dots) != 9 {
						return nil, fmt.Errorf("%s: line %d: %d dots, want 9", p.At(name), i+1, len(dots))
					}
					for _, c := range dots {
						part.Pixels = append(part.Pixels, map[byte]uint8{'x': 255}[c])
					}
					part.Labels = append(part.Labels, map[string]int32{"ring": 1}[string(class)])
				}
				return raw, nil
			}
			return plan, nil
		},
	})

	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "crosses.dots")
	os.WriteFile(path, bytes.Repeat([]byte("cross x.x.x.x.x\nring xxxx.xxxx\n"), 42), 0o644)

	d, err := read.Open(context.Background(), path, []string{"invert"}, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Format, d.Classes, len(d.Train.Labels), "for training,", len(d.Test.Labels), "for the test")
	fmt.Println(d.Train.Pixels[:9])
	fmt.Println(d.Notes)
	// Output:
	// dots [cross ring] 72 for training, 12 for the test
	// [0 0 0 0 255 0 0 0 0]
	// [12 of 84 images split off for the test, 14.3 % of each class, by seed 1 inverted]
}

// What a user wrote behind a path are options.
func ExampleSpec() {
	path, options := read.Spec("scans/letters,size=28x28,gray")
	fmt.Println(path, options)
	// Output:
	// scans/letters [size=28x28 gray]
}
