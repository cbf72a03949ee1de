#!/usr/bin/env bash
# guess:    sync.OnceValue is sync.Once with less to write: a program that imports a package and calls nothing that needs its embedded
#           file does not contain the file, as the linker drops what nobody reaches
# truth:    a variable of a package that is initialised by sync.OnceValue(f) keeps f and all that it reaches, embedded files above
#           all, in every program that imports the package, since the call belongs to the package's initialisation. With a sync.Once
#           inside a function the file is gone
# versions: Go 1.26.8 linux/amd64
# date:     2026-11-28
# matters:  pkg/nn/optim and pkg/nn/train embed their sources in this way, for a digest: every program that imports them carries them,
#           which counts in WebAssembly, where a page carries the program
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
export GOWORK=off GOFLAGS=
printf 'module x\n\ngo 1.24\n' >go.mod
mkdir once oncevalue
cat >once/once.go <<'EOF'
package lib

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed words.txt
var text string

var (
	once  sync.Once
	words []string
)

func Words() []string {
	once.Do(func() { words = strings.Fields(text) })
	return words
}

func Other() int { return 1 }
EOF
cat >oncevalue/oncevalue.go <<'EOF'
package lib

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed words.txt
var text string

var Words = sync.OnceValue(func() []string { return strings.Fields(text) })

func Other() int { return 1 }
EOF
for way in once oncevalue; do
	yes embedded | head -c 8000000 >"$way/words.txt"
	for use in 'lib.Other()' 'len(lib.Words())'; do
		printf 'package main\n\nimport lib "x/%s"\n\nfunc main() { println(%s) }\n' "$way" "$use" >main.go
		go build -o program . || cannot "it does not build"
		has=$(grep -c -a -m 1 'embedded$' program || true)
		echo "$way, $use: $(wc -c <program) bytes, embedded file in it: $has"
	done
done | tee seen
[ "$(sed 's/.*: //' seen | tr '\n' ' ')" = "0 1 1 1 " ] || { echo "no longer so: both ways the file is there, or not"; exit 1; }
