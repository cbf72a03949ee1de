package scripts

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Limits of what ./scripts/report --publish may put into docs/reports.
const (
	maxFigure    = 150 << 10
	maxPublished = 5 << 20
)

const published = "docs/reports"

// README says what the published report says, row by row and figure by figure.
func TestREADMESaysWhatIsPublished(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", published, "results.json"))
	if os.IsNotExist(err) {
		t.Skip("nothing is published yet: ./scripts/report --publish")
	}
	var told struct {
		Results []struct{ Question, What, Made, Dev, Test, Original, Data string }
		Claims  []struct{ Notebook, Verdict, Text string }
	}
	if err = json.Unmarshal(raw, &told); err != nil || len(told.Results) < 10 || len(told.Claims) < 10 {
		t.Fatalf("results.json: %v, %d results and %d claims", err, len(told.Results), len(told.Claims))
	}
	for _, c := range told.Claims {
		if c.Verdict != "true" {
			t.Errorf("%s: a claim that is %s is published: %s", c.Notebook, c.Verdict, c.Text)
		}
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(readme), "<!-- published: results -->\n")
	block, _, ended := strings.Cut(after, "\n<!-- end of results -->")
	if !found || !ended {
		t.Fatal("README has no marks around its table of results")
	}
	lines := strings.Split(block, "\n")[2:]
	if len(lines) != len(told.Results) {
		t.Fatalf("README has %d results, %d are published", len(lines), len(told.Results))
	}
	plain := strings.NewReplacer(`\`, "")
	for i, r := range told.Results {
		var cells []string
		for _, c := range regexp.MustCompile(`(^|[^\\])\|`).Split(lines[i], -1) {
			cells = append(cells, strings.TrimSpace(plain.Replace(c)))
		}
		want := []string{r.Question, r.What, r.Made, r.Dev, r.Test, r.Original}
		if r.Data != "MNIST" {
			want[1] += " (" + r.Data + ")"
		}
		for j, w := range want {
			if w == "–" {
				w = ""
			}
			if len(cells) != 8 || cells[j+1] != w {
				t.Errorf("README: %s, published is %q", lines[i], want)
				break
			}
		}
	}
	figures := regexp.MustCompile(`<!-- published: figure (\S+) (\S+) -->\n!\[[^\]\n]+\]\(([^)\n]*)\)`).FindAllStringSubmatch(string(readme), -1)
	if marks := strings.Count(string(readme), "<!-- published: figure "); len(figures) != marks || marks == 0 {
		t.Errorf("README has %d figures behind %d marks", len(figures), marks)
	}
	for _, f := range figures {
		if want := path.Join(published, "figures", f[1], f[2]+".png"); f[3] != want {
			t.Errorf("README shows %s, published is %s", f[3], want)
		}
	}
}

// What is published is small, whole and readable where it lies: every link leads
// to a file, every figure has words, and no file is left over.
func TestPublishedReport(t *testing.T) {
	var files []string
	total := 0
	for _, file := range tracked(t) {
		if strings.HasPrefix(file, published+"/") {
			files = append(files, file)
		}
	}
	if len(files) == 0 {
		t.Skip("nothing is published yet: ./scripts/report --publish")
	}
	used := map[string]bool{path.Join(published, "README.md"): true}
	link := regexp.MustCompile(`(!?)\[((?:[^\]\\]|\\.)*)\]\(([^)\s]*)\)`)
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			continue // removed, and not yet committed
		}
		total += len(raw)
		switch path.Ext(file) {
		case ".png":
			if _, err := png.DecodeConfig(bytes.NewReader(raw)); err != nil || len(raw) > maxFigure {
				t.Errorf("%s: %d kB, at most %d; %v", file, len(raw)>>10, maxFigure>>10, err)
			}
		case ".md":
			for _, m := range link.FindAllStringSubmatch(withoutCode(string(raw)), -1) {
				to, err := url.Parse(m[3])
				if err != nil || to.IsAbs() || to.Path == "" {
					if m[1] == "!" {
						t.Errorf("%s: the picture %s lies elsewhere", file, m[3])
					}
					continue
				}
				target := path.Join(path.Dir(file), to.Path)
				if _, err := os.Stat(filepath.Join("..", target)); err != nil {
					t.Errorf("%s leads to %s: %v", file, m[3], err)
				}
				if m[1] == "!" && strings.TrimSpace(m[2]) == "" {
					t.Errorf("%s: the picture %s has no words", file, m[3])
				}
				used[target] = true
			}
		case ".json":
			used[file] = true
		default:
			t.Errorf("%s: only pages, figures and results are published", file)
		}
	}
	for _, file := range files {
		if !used[file] {
			t.Errorf("%s: no page leads there", file)
		}
	}
	if names, _ := notebooks(t); !slices.ContainsFunc(files, func(f string) bool { return path.Base(f) == names[0]+".md" }) {
		t.Errorf("%s has no page in %s", names[0], published)
	}
	if total > maxPublished {
		t.Errorf("%s has %d kB, at most %d", published, total>>10, maxPublished>>10)
	}
}

// withoutCode is Markdown without its fenced blocks and code spans.
func withoutCode(text string) string {
	var kept []string
	fence := ""
	for _, line := range strings.Split(text, "\n") {
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
		case fence == "":
			kept = append(kept, line)
		case line == fence:
			fence = ""
		}
	}
	return regexp.MustCompile("`[^`\n]*`").ReplaceAllString(strings.Join(kept, "\n"), "")
}
