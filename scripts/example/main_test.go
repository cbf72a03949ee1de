package main

import (
	"os"
	"strings"
	"testing"
)

// The README shows this program; it must stay the one that runs.
func TestReadmeShowsTheProgram(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(source), "func main() {")
	if !strings.Contains(string(readme), "func main() {"+body) {
		t.Error("README.md does not show scripts/example/main.go as it is")
	}
}
