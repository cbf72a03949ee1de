package scripts

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The first notebook trains one network by hand, with the loop and in the lab.
// The cells as they stand there, run one after the other, end with the same bits.
func TestThreeWaysToTrainGiveTheSameBits(t *testing.T) {
	raw, err := os.ReadFile("../notebooks/00_start_here.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	var first struct {
		Cells []struct {
			ID     string
			Kind   string `json:"cell_type"`
			Source []string
		}
	}
	if err := json.Unmarshal(raw, &first); err != nil {
		t.Fatal(err)
	}
	ways := []string{"00-by-hand", "00-loop", "00-lab"}
	program, calls := "package main\n", ""
	for _, cell := range first.Cells {
		source := strings.Join(cell.Source, "")
		if cell.Kind != "code" || strings.HasPrefix(source, "%noautoget") {
			continue
		}
		declared, body, _ := strings.Cut("\n"+source, "\n%%")
		_, body, _ = strings.Cut(body, "\n") // the rest of the line are flags
		program += declared + "\n"
		name := "cell_" + strings.ReplaceAll(cell.ID, "-", "_")
		program += "func " + name + "() {\n" + body + "\n}\n"
		for _, way := range ways {
			if cell.ID == way {
				calls += name + "()\n"
			}
		}
	}
	program += "func main() {\n" + calls + "}\n"

	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main.go": program,
		"go.mod":  "module notebook\n\ngo 1.26.0\n",
		"go.work": "go 1.26.0\n\nuse (\n\t" + `"` + filepath.ToSlash(root) + `"` + "\n\t.\n)\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "run", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(dir, "go.work"), "GOFLAGS=", "CGO_ENABLED=0",
		"INKLING_DATA=synthetic", "INKLING_QUICK=1", "INKLING_RUNS="+filepath.Join(dir, "runs"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the cells %q: %v\n%s", ways, err, out)
	}
	digests := regexp.MustCompile(`(?m)^weights [a-z ]+: ([0-9a-f]{16})$`).FindAllStringSubmatch(string(out), -1)
	if len(digests) != len(ways) {
		t.Fatalf("%d digests of weights, want %d:\n%s", len(digests), len(ways), out)
	}
	for i, digest := range digests {
		if digest[1] != digests[0][1] {
			t.Errorf("cell %s ends with the weights %s, cell %s with %s", ways[i], digest[1], ways[0], digests[0][1])
		}
	}
}
