package read

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"inkling/pkg/internal/printable"
)

// classify maps the labels of all parts to 0, 1, … in the order of their values.
func (d *Data) classify(raw *Raw) error {
	index := map[int32]uint16{}
	names := raw.Names
	if names == nil {
		seen := map[int32]bool{}
		for _, y := range raw.Train.Labels {
			if !seen[y] {
				seen[y] = true
				if len(seen) > maxClasses {
					return fmt.Errorf("%s: more than %d different labels", raw.Train.At, maxClasses)
				}
			}
		}
		names = map[int32]string{}
		for y := range seen {
			names[y] = fmt.Sprint(y)
		}
	}
	for _, y := range slices.Sorted(maps.Keys(names)) {
		index[y] = uint16(len(d.Classes))
		d.Classes = append(d.Classes, names[y])
	}
	if n := len(d.Classes); n < 2 || n > maxClasses {
		return fmt.Errorf("%s: %s, allowed 2 to %d", raw.Train.At, printable.Count(n, "class label"), maxClasses)
	}
	for i, out := range []*Images{&d.Train, &d.Test} {
		part := []*Part{&raw.Train, &raw.Test}[i]
		out.Labels = make([]uint16, len(part.Labels))
		for i, y := range part.Labels {
			k, ok := index[y]
			if !ok {
				return fmt.Errorf("%s: label %d at index %d, allowed %s", part.At, y, i, among(names))
			}
			out.Labels[i] = k
		}
		part.Labels = nil
	}
	counts := make([]int, len(d.Classes))
	for _, y := range d.Train.Labels {
		counts[y]++
	}
	var none []string
	for k, n := range counts {
		if n == 0 {
			none = append(none, d.Classes[k])
		}
	}
	if len(none) > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("no training images of %.200s", strings.Join(none, ", ")))
	}
	return nil
}

// among lists labels, shortly.
func among(names map[int32]string) string {
	all := slices.Sorted(maps.Keys(names))
	first, last := all[0], all[len(all)-1]
	if int(last)-int(first) == len(all)-1 {
		return fmt.Sprintf("%d to %d", first, last)
	}
	return fmt.Sprintf("the %d labels of the training images, %d to %d", len(all), first, last)
}

// beside looks for a file that names the classes of a set: NIST's
// emnist-letters-mapping.txt, with a label and the codes of its characters in a
// row; CODH's kmnist_classmap.csv; or classes.txt, with the name of class i in
// line i. It adds the file to those of the plan. The classes of Fashion-MNIST, which
// no file names, are known.
func beside(p *Place, set string, plan *Plan) (func() (map[int32]string, error), bool) {
	for _, c := range []struct {
		name string
		read func([]byte) (map[int32]string, error)
	}{
		{set + "-mapping.txt", mapping},
		{set + "_classmap.csv", classmap},
		{"classes.txt", lines},
	} {
		f, ok := p.file(c.name)
		if !ok {
			continue
		}
		plan.Files = append(plan.Files, f)
		plan.Notes = append(plan.Notes, "classes named by "+c.name)
		return func() (map[int32]string, error) {
			b, err := p.ReadFile(c.name, 1<<20)
			if err != nil {
				return nil, err
			}
			names, err := c.read(b)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.At(c.name), err)
			}
			return names, nil
		}, true
	}
	where := []string{filepath.Base(filepath.Dir(p.path)), filepath.Base(p.path), set} // FashionMNIST/raw of torchvision
	if strings.Contains(strings.ToLower(strings.Join(where, "/")), "fashion") {
		plan.Notes = append(plan.Notes, "classes named as Fashion-MNIST's")
		return fashion, true
	}
	return nil, false
}

// fashion are the classes of Fashion-MNIST, whose files do not name them.
// Source: https://github.com/zalandoresearch/fashion-mnist
func fashion() (map[int32]string, error) {
	names := map[int32]string{}
	for i, name := range []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"} {
		names[int32(i)] = name
	}
	return names, nil
}

func mapping(b []byte) (map[int32]string, error) {
	return rows(b, func(line string) (int, string, error) {
		fields := strings.Fields(line)
		if len(fields) < 2 || len(fields) > 9 {
			return 0, "", fmt.Errorf("%d numbers, allowed a label and 1 to 8 codes of characters", len(fields))
		}
		var name strings.Builder
		y, err := strconv.Atoi(fields[0])
		for _, f := range fields[1:] {
			code, e := strconv.ParseUint(f, 10, 21)
			err = cmp.Or(err, e)
			name.WriteRune(rune(code))
		}
		if err != nil {
			return 0, "", fmt.Errorf("%.60q, allowed are numbers", line)
		}
		return y, name.String(), nil
	})
}

func classmap(b []byte) (map[int32]string, error) {
	_, b, _ = bytes.Cut(b, []byte("\n")) // index,codepoint,char
	return rows(b, func(line string) (int, string, error) {
		fields := strings.Split(line, ",")
		y, err := strconv.Atoi(fields[0])
		if err != nil || len(fields) != 3 {
			return 0, "", fmt.Errorf("%.60q, allowed is index,codepoint,char", line)
		}
		return y, fields[2], nil
	})
}

func lines(b []byte) (map[int32]string, error) {
	n := -1
	return rows(b, func(line string) (int, string, error) {
		n++
		return n, strings.TrimSpace(line), nil
	})
}

// rows reads a class from each line. Empty lines are allowed at the end alone.
func rows(b []byte, row func(line string) (int, string, error)) (map[int32]string, error) {
	names := map[int32]string{}
	used := map[string]bool{}
	b = bytes.TrimRight(bytes.TrimPrefix(b, []byte("\ufeff")), " \r\n\t")
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		y, name, err := row(strings.TrimRight(lines.Text(), "\r"))
		if err == nil {
			err = checkName(name)
		}
		_, twice := names[int32(y)]
		switch {
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", n, err)
		case y < -1<<31 || y > 1<<31-1:
			return nil, fmt.Errorf("line %d: label %d, allowed are numbers of 32 bits", n, y)
		case twice || used[name]:
			return nil, fmt.Errorf("line %d: class %d (%q) comes twice", n, y, name)
		case n > maxClasses:
			return nil, fmt.Errorf("more than %d classes", maxClasses)
		}
		names[int32(y)], used[name] = name, true
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(names) < 2 {
		return nil, fmt.Errorf("%s, allowed 2 to %d", printable.Count(len(names), "class label"), maxClasses)
	}
	return names, nil
}

// checkName refuses what is no name of a class.
func checkName(name string) error {
	bad := strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError })
	if name == "" || len(name) > 100 || bad {
		return fmt.Errorf("class name %.60q, allowed are 1 to 100 bytes of text in one line", name)
	}
	return nil
}
