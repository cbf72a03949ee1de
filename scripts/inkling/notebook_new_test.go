package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"inkling/scripts/inkling/script"
)

// A notebook to begin with goes where none is, under names of its own, and makes a
// program (what it must be beside that, TestNotebooks and its sisters ask of new.ipynb
// itself, as of every notebook here).
func TestNewNotebook(t *testing.T) {
	w := newWorld(t)
	write := func(file, text string) { must(0, os.WriteFile(filepath.Join(w.dir, file), []byte(text), 0o644)) }
	must(0, os.MkdirAll(filepath.Join(w.dir, "notebooks", "of mine"), 0o755))
	write("go.mod", "module inkling\n")

	for _, c := range []struct{ given, file, id, question string }{
		{"My_idea", "notebooks/My_idea.ipynb", "My_idea-00", "my-idea"},
		{"notebooks/of mine/7up.ipynb", "notebooks/of mine/7up.ipynb", "7up-00", "7up"},
	} {
		code, said, wrong := w.run([]string{"notebook", "--new", c.given})
		if code != 0 || said != filepath.FromSlash(c.file)+"\n" || wrong != "" {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", c.given, code, said, wrong)
		}
		raw := must(os.ReadFile(filepath.Join(w.dir, c.file)))
		cells, title, err := script.Read(raw)
		if err != nil {
			t.Fatal(err)
		}
		text := string(must(script.Source(cells, title)))
		name := strings.TrimSuffix(c.id, "-00")
		for _, want := range []string{`notebook.Open("` + c.question + `")`, `notebook.Open("` + c.question + `-try")`, "// " + name + ": "} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %s in\n%s", c.given, want, text)
			}
		}
		if left := regexp.MustCompile(`.*("new[-"]|\bnew\\").*`).FindString(string(raw)); left != "" || !strings.Contains(string(raw), `"`+c.id+`"`) {
			t.Errorf("%s: has still %q, or no %s", c.given, left, c.id)
		}
	}

	write("notebooks/there.ipynb", "{}")
	for given, says := range map[string]string{
		"there":                         "there.ipynb is there already",
		"THERE":                         "there.ipynb is there already",
		"my_idea":                       "My_idea.ipynb is there already",
		"notebooks/of mine/7up.ipynb":   "7up.ipynb is there already",
		"index":                         "not index",
		"q 8":                           "letters, digits",
		"../up":                         "or a FILE.ipynb",
		"":                              "want a name",
		"MY":                            "My_idea.ipynb is what MY means",
		"gone/mine.ipynb":               "no folder gone",
		strings.Repeat("a", 41):         "at most 40",
		"notebooks/of mine/-new-.ipynb": "letters, digits",
	} {
		w.refuses([]string{"notebook", "--new", "--", given}, nil, says)
	}
	w.refuses([]string{"notebook", "--new"}, nil, "want one")
}
