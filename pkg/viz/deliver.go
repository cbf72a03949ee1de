package viz

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode"

	"gonum.org/v1/plot/vg"
)

// A document is a figure that is better read as text than as a picture: HTML in
// a notebook, plain text elsewhere.
type document interface {
	html() string
	text() string
}

// Show displays figures in order. In a notebook each becomes one output of the
// cell. Elsewhere pictures are written as PNG files to the directory
// $INKLING_FIGURES, or figures, named after their titles, and their names are
// printed; tables and texts are printed.
//
// In a notebook text printed by fmt travels by another pipe and may come out
// before or after; pass Text where the order matters.
func Show(figures ...Figure) {
	if notebook == nil {
		for _, f := range figures {
			if err := showOutside(os.Stdout, f); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		if s := systemFonts.untold(); s != "" {
			fmt.Fprintln(os.Stderr, "viz:", s)
		}
		return
	}
	for _, f := range figures {
		o, err := inline(f)
		if err != nil {
			o.html = "<pre>" + html.EscapeString(err.Error()) + "</pre>"
		}
		notebook.display(o)
	}
	if s := systemFonts.untold(); s != "" {
		notebook.display(output{html: Text("Note: " + s).html()})
	}
	notebook.sync()
}

// An output is what a notebook keeps of a figure. A picture is there twice, as
// HTML with its text for those who cannot see it, and as a PNG: exports to LaTeX,
// PDF and Markdown, and copying from the page, know no pictures in HTML.
type output struct {
	html          string
	png           []byte // nil: it is a text
	alt           string
	width, height int // of the picture, in CSS pixels
}

func inline(f Figure) (output, error) {
	if d, ok := f.(interface{ html() string }); ok { // a document, or what has one of figures
		return output{html: d.html()}, nil
	}
	var png bytes.Buffer
	l := withMark(f.layout())
	if err := writePNG(&png, l); err != nil {
		return output{}, err
	}
	alt, line := f.Alt(), markNow()
	if line != "" {
		alt += " Below it: " + line + "."
	}
	o := picture(png.Bytes(), l, alt)
	if d, ok := f.(interface{ page() string }); ok { // a page can do more than a picture, which others have
		o.html = d.page()
		if line != "" {
			o.html += Text(line).html()
		}
	}
	return o, nil
}

// picture is a figure in the page. The sheet is opaque and brings its own
// margin, so all a page can add is the rounding; height:auto keeps the
// proportions when a narrow page shrinks it.
func picture(png []byte, l layout, alt string) output {
	w, h := l.size()
	o := output{png: png, alt: alt, width: int(w + 0.5), height: int(h + 0.5)}
	var b htmlBuilder
	b.add(`<img src="data:image/png;base64,%s" alt="%s" width="%d" height="%d" `+
		`style="display:block;max-width:100%%;height:auto;margin:4px 0;border-radius:8px">`,
		base64.StdEncoding.EncodeToString(png), alt, o.width, o.height)
	o.html = b.String()
	return o
}

func showOutside(w io.Writer, f Figure) error {
	if d, ok := f.(document); ok {
		_, err := fmt.Fprintln(w, strings.TrimRight(d.text(), "\n"))
		return err
	}
	path := figurePath(f)
	if err := Save(path, f); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "figure: %s\n", path)
	return err
}

// shown holds the names this process has given, so that two figures of one
// title do not overwrite each other. Those of an earlier run are replaced.
var shown = struct {
	sync.Mutex
	n map[string]int
}{n: map[string]int{}}

func figurePath(f Figure) string {
	dir := os.Getenv("INKLING_FIGURES")
	if dir == "" {
		dir = "figures"
	}
	name := slug(f.name())
	shown.Lock()
	defer shown.Unlock()
	shown.n[name]++
	if k := shown.n[name]; k > 1 {
		name = fmt.Sprintf("%s-%d", name, k)
	}
	return filepath.Join(dir, name+".png")
}

// slug keeps letters and digits, so no title can name a path outside the folder.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "figure"
}

// cssPixels is for layouts that compute in whole device pixels.
func cssPixels(devicePixels int) vg.Length { return vg.Length(devicePixels) / pixelRatio }
