package read

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"inkling/pkg/internal/parallel"
	"inkling/pkg/internal/printable"
)

// An image folder has one folder for each class and in it images, of any names:
//
//	PATH/cat/1.png                    a test part is split off
//	PATH/train/cat/1.png, PATH/test/cat/7.png, and val/ if there is one
//
// Images of other sizes than that of most are resized to it. They are grey if all
// are, whatever kinds of files they are.
var _ = Register(Format{
	Name:    "images",
	Looks:   "folders of PNG, JPEG or GIF images, one a class, with or without train/ and test/ above them",
	Options: []string{"ground=white|black"},
	Find:    findImages,
})

// imageFolder is what was found.
type imageFolder struct {
	classes []string
	parts   [3][]classFile // by the order of parts
}

type classFile struct {
	File
	class int32
}

// isImage goes by the name; what is in the file shows when it is read. Names of
// other kinds of images count: they are refused, and not passed over.
func isImage(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic"},
		strings.ToLower(path.Ext(name)))
}

func findImages(p *Place) (*Plan, error) {
	if p.single {
		if isImage(p.Files[0].Name) {
			return nil, fmt.Errorf("%s: one image; a set is a folder with one folder for each class", p.At(p.Files[0].Name))
		}
		return nil, nil
	}
	dirs := map[string]string{}
	for _, d := range p.Dirs {
		if part := partWords[strings.ToLower(d)]; part != "" {
			if dirs[part] != "" {
				return nil, fmt.Errorf("%s: two folders of %s images, want one: %s, %s", p.path, words(part), dirs[part], d)
			}
			dirs[part] = d
		}
	}
	var set imageFolder
	plan := &Plan{Slow: true}
	var err error
	if dirs["train"] != "" {
		err = set.findParts(p, dirs, plan)
	} else {
		err = set.findClasses(p, 0, p.Dirs, ".")
		if loose := slices.IndexFunc(p.Files, func(f File) bool { return isImage(f.Name) }); err == nil && loose >= 0 && len(set.parts[0]) == 0 {
			err = fmt.Errorf("%s: an image that lies in no folder of a class, want one folder for each class", p.At(p.Files[loose].Name))
		}
	}
	switch {
	case err != nil:
		return nil, err
	case len(set.parts[0]) == 0:
		return nil, nil
	case len(p.Files) > 0:
		plan.Notes = append(plan.Notes, fmt.Sprintf("%s beside the folders left aside", printable.Count(len(p.Files), "file")))
	}
	for _, part := range set.parts {
		for _, f := range part {
			plan.Files = append(plan.Files, f.File)
		}
	}
	plan.Read = func(ctx context.Context) (*Raw, error) { return set.read(ctx, p) }
	return plan, nil
}

func (s *imageFolder) findParts(p *Place, dirs map[string]string, plan *Plan) error {
	var aside []string
	for _, d := range p.Dirs {
		if partWords[strings.ToLower(d)] == "" {
			aside = append(aside, d)
		}
	}
	if aside != nil {
		plan.Notes = append(plan.Notes, fmt.Sprintf("beside train left aside: %.200s", strings.Join(aside, ", ")))
	}
	for i, part := range parts {
		dir, ok := dirs[part]
		if !ok {
			continue
		}
		files, classes, err := p.list(dir)
		if err != nil {
			return err
		}
		if loose := slices.IndexFunc(files, func(f File) bool { return isImage(f.Name) }); loose >= 0 {
			if part != "train" && len(classes) == 0 { // as competitions have it
				plan.Notes = append(plan.Notes, fmt.Sprintf("%s in %s without a class left aside", printable.Count(len(files), "image"), dir))
				continue
			}
			return fmt.Errorf("%s: an image that lies in no folder of a class, want one folder for each class", p.At(files[loose].Name))
		}
		if err := s.findClasses(p, i, classes, dir); err != nil {
			return err
		}
		if i > 0 && len(s.parts[i]) == 0 && len(s.parts[0]) > 0 {
			return fmt.Errorf("%s: no images", p.At(dir))
		}
	}
	return nil
}

// findClasses lists the folders of classes. If none of them has an image, they are
// something else, and nothing was found.
func (s *imageFolder) findClasses(p *Place, part int, dirs []string, under string) error {
	var all []classFile
	names := make([]string, len(dirs))
	for i, d := range dirs {
		names[i] = path.Base(d)
	}
	byNumber(names)
	if part == 0 {
		s.classes = names
	}
	empty, stray := "", ""
	for _, name := range names {
		class := slices.Index(s.classes, name)
		dir := path.Join(under, name)
		files, folders, err := p.list(dir)
		if err != nil {
			return err
		}
		images := 0
		for _, f := range files {
			if isImage(f.Name) {
				images++
			} else {
				stray = cmp.Or(stray, f.Name)
			}
			all = append(all, classFile{f, int32(class)})
		}
		if len(folders) > 0 {
			stray = cmp.Or(stray, folders[0])
		}
		switch {
		case images > 0 && class < 0:
			return fmt.Errorf("%s: a class that %s does not have, allowed are %.200s", p.At(dir), "the training part", strings.Join(s.classes, ", "))
		case images == 0 && part == 0:
			empty = cmp.Or(empty, dir)
		}
	}
	if !slices.ContainsFunc(all, func(f classFile) bool { return isImage(f.Name) }) {
		return nil
	}
	switch n := len(s.classes); {
	case stray != "":
		return fmt.Errorf("%s: not an image, allowed in the folder of a class are PNG, JPEG and GIF", p.At(stray))
	case empty != "":
		return fmt.Errorf("%s: a class without images, want one or more, or no such folder", p.At(empty))
	case n < 2 || n > maxClasses:
		return fmt.Errorf("%s: %s of classes, allowed 2 to %d", p.At(under), printable.Count(n, "folder"), maxClasses)
	}
	for _, name := range names {
		if err := checkName(name); err != nil {
			return fmt.Errorf("%s: %w", p.At(under), err)
		}
	}
	s.parts[part] = all
	return nil
}

// byNumber sorts names: by number if all are numbers, else as text.
func byNumber(names []string) {
	numbers := map[string]int{}
	for _, s := range names {
		n, err := strconv.Atoi(s)
		if err != nil {
			slices.Sort(names)
			return
		}
		numbers[s] = n
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(numbers[a], numbers[b]), strings.Compare(a, b)) })
}

// read decodes all images: first only their headers, which tell the size, so that
// nothing is made room for that cannot be used.
func (s *imageFolder) read(ctx context.Context, p *Place) (*Raw, error) {
	raw := &Raw{C: 1, Names: map[int32]string{}}
	for i, name := range s.classes {
		raw.Names[int32(i)] = name
	}
	all := slices.Concat(s.parts[0], s.parts[1], s.parts[2])
	sizes := make([][2]int, len(all))
	err := forAll(ctx, len(all), func(d *decoder, i int) (err error) {
		sizes[i][0], sizes[i][1], err = d.size(p, all[i].Name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if raw.H, raw.W, err = p.size(); err != nil {
		return nil, err
	}
	if raw.H == 0 {
		if raw.H, raw.W, err = usual(p, sizes[:len(s.parts[0])]); err != nil {
			return nil, err
		}
	}
	asked := p.options.has("gray") || p.options.has("rgb")
	if p.options.has("rgb") {
		raw.C = 3
	}
	black := p.Option("ground") == "black"
	clear, err := s.decode(ctx, p, raw, black, !asked)
	if err == errColour {
		raw.C = 3
		clear, err = s.decode(ctx, p, raw, black, false)
	}
	if err != nil {
		return nil, err
	}
	others := 0
	for _, hw := range sizes {
		if hw != [2]int{raw.H, raw.W} {
			others++
		}
	}
	if others > 0 {
		raw.Notes = append(raw.Notes, fmt.Sprintf("%d of %d images resized to %d×%d", others, len(all), raw.H, raw.W))
	}
	if clear > 0 {
		ground := "white; ground=black lays them on black"
		if black {
			ground = "black"
		}
		raw.Notes = append(raw.Notes, fmt.Sprintf("%d of %d images, transparent in places, laid on %s", clear, len(all), ground))
	}
	return raw, nil
}

// errColour says that not all images are grey.
var errColour = errors.New("an image in colour")

// decode fills the parts of raw with images of its size, and counts those that were
// transparent in places. If all must be grey, it ends with errColour at the first
// that is not: most sets that are not show it at once, and those that are need a
// third of the memory.
func (s *imageFolder) decode(ctx context.Context, p *Place, raw *Raw, black, grey bool) (clear int64, err error) {
	size := raw.C * raw.H * raw.W
	var seen atomic.Int64
	for k, part := range []*Part{&raw.Train, &raw.Test, &raw.More} {
		files := s.parts[k]
		if !fits(len(files), raw.C, raw.H, raw.W) {
			return 0, fmt.Errorf("%s: %d images of %d×%d×%d (channels, height, width), allowed are %d MiB; size=28x28 makes them smaller", p.path, len(files), raw.C, raw.H, raw.W, maxPixels>>20)
		}
		*part = Part{Pixels: make([]uint8, len(files)*size), Labels: make([]int32, len(files)), At: p.path}
		err := forAll(ctx, len(files), func(d *decoder, i int) error {
			isGrey, solid, err := d.decode(p, files[i].Name, raw.H, raw.W, black)
			switch {
			case err != nil:
				return err
			case grey && !isGrey:
				return errColour
			case !solid:
				seen.Add(1)
			}
			d.write(part.Pixels[i*size:(i+1)*size], raw.C)
			part.Labels[i] = files[i].class
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return seen.Load(), nil
}

// usual is the size of more than half of the images.
func usual(p *Place, sizes [][2]int) (h, w int, err error) {
	counts := map[[2]int]int{}
	var most [2]int
	for _, hw := range sizes {
		if counts[hw]++; counts[hw] > counts[most] {
			most = hw
		}
	}
	if n := counts[most]; 2*n <= len(sizes) {
		return 0, 0, fmt.Errorf("%s: %d images of %d sizes, none the size of more than half (%d are %d×%d); choose one that all are resized to: size=28x28",
			p.path, len(sizes), len(counts), n, most[0], most[1])
	}
	if most[0] > maxSide || most[1] > maxSide {
		return 0, 0, fmt.Errorf("%s: images of %d×%d, allowed at most %d×%d; size=64x64 resizes them", p.path, most[0], most[1], maxSide, maxSide)
	}
	return most[0], most[1], nil
}

// forAll does work on 0 … n-1 on all cores and returns the error of the least
// index that had one, whatever the order was in which they were tried.
func forAll(ctx context.Context, n int, work func(d *decoder, i int) error) error {
	var mu sync.Mutex
	var failed atomic.Int64
	failed.Store(int64(n))
	var why error
	parallel.Each(n, 16, func() func(int) {
		d := &decoder{}
		return func(i int) {
			if int64(i) > failed.Load() || ctx.Err() != nil {
				return
			}
			if err := work(d, i); err != nil {
				mu.Lock()
				if int64(i) < failed.Load() {
					failed.Store(int64(i))
					why = err
				}
				mu.Unlock()
			}
		}
	})
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	return why
}
