#!/usr/bin/env bash
# guess:    a program that `go run` started is younger than the sources it was built from: it has just been linked
# truth:    since Go 1.24 its executable comes from the build cache. Sources that are changed and changed back run the executable
#           of the first time, which is older than they are by now; os.Executable then lies in the cache, not in a temporary folder
# versions: Go 1.26.8 linux/amd64
# date:     2026-11-28
# matters:  whether a running program is what the sources say cannot be told by times
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOCACHE=$folder/cache GOWORK=off GOFLAGS=
cat >go.mod <<'EOF'
module finding

go 1.24
EOF
say() {
	cat >main.go <<EOF
package main

import (
	"fmt"
	"os"
)

func main() {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	program, err := os.Stat(path)
	if err != nil {
		panic(err)
	}
	source, err := os.Stat("main.go")
	if err != nil {
		panic(err)
	}
	fmt.Println("$1 older than its source:", program.ModTime().Before(source.ModTime()))
}
EOF
}
say first && go run . >told
sleep 1
say second && go run . >>told
sleep 1
say first && go run . >>told
cat told
[ "$(tail -1 told)" = "first older than its source: true" ] || { echo "no longer so: go run links anew what was changed back"; exit 1; }
