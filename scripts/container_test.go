package scripts

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The container has the Go of go.mod, copies only what is named, and the dev
// container takes a stage and a user that the file has.
func TestContainer(t *testing.T) {
	read := func(file string) string {
		raw, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	docker, mod := read(".binder/Dockerfile"), read("go.mod")
	want := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(mod)
	froms := regexp.MustCompile(`(?m)^FROM (\S+) AS (\S+)$`).FindAllStringSubmatch(docker, -1)
	if len(froms) != strings.Count(docker, "\nFROM ") || len(froms) == 0 {
		t.Fatalf("%d stages with names of %d", len(froms), strings.Count(docker, "\nFROM "))
	}
	var stages []string
	for _, from := range froms {
		image, tag, _ := strings.Cut(from[1], ":")
		switch {
		case slices.Contains(stages, from[1]):
		case image != "golang" || !regexp.MustCompile(`^`+regexp.QuoteMeta(want[1])+`\.\d+-[a-z]+$`).MatchString(tag):
			t.Errorf("FROM %s: want golang:%s.N-RELEASE, or a stage above", from[1], want[1])
		}
		stages = append(stages, from[2])
	}
	var dev struct {
		Build                                            struct{ Dockerfile, Context, Target string }
		RemoteUser, PostCreateCommand, PostAttachCommand string
	}
	if err := json.Unmarshal([]byte(read(".devcontainer/devcontainer.json")), &dev); err != nil {
		t.Fatal(err)
	}
	if filepath.Join(".devcontainer", dev.Build.Dockerfile) != ".binder/Dockerfile" || filepath.Join(".devcontainer", dev.Build.Context) != "." {
		t.Errorf("the dev container is built from %q in %q", dev.Build.Dockerfile, dev.Build.Context)
	}
	if !slices.Contains(stages, dev.Build.Target) {
		t.Errorf("the dev container takes the stage %q of %q", dev.Build.Target, stages)
	}
	if !strings.Contains(docker, "ARG NB_USER="+dev.RemoteUser+"\n") {
		t.Errorf("the dev container's user %q is not the image's", dev.RemoteUser)
	}
	for _, command := range []string{dev.PostCreateCommand, dev.PostAttachCommand} {
		program, _, _ := strings.Cut(command, " ")
		if _, err := os.Stat(filepath.Join("..", program)); err != nil {
			t.Errorf("the dev container starts %q: %v", command, err)
		}
	}
	// What git does not hold stays out of the image.
	for line := range strings.Lines(read(".gitignore")) {
		folder := strings.Trim(strings.TrimSpace(line), "/")
		if strings.HasSuffix(strings.TrimSpace(line), "/") && strings.HasPrefix(line, "/") && !slices.Contains(strings.Fields(read(".binder/Dockerfile.dockerignore")), folder) {
			t.Errorf("git ignores %s, the image does not", folder)
		}
	}
}
