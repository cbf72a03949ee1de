#!/usr/bin/env bash
# guess:    one binary of a Go program without assembly of its own gives the same bits on every amd64 machine: GOAMD64=v1 has no
#           fused multiply-add
# truth:    math.Exp looks at the CPU when the program starts and uses FMA where there is one, so some results differ in the last
#           bit between machines, or on one machine with GODEBUG=cpu.fma=off
# versions: Go 1.26.8 linux/amd64
# date:     2026-11-28
# matters:  what is to have the same bits everywhere must not call math.Exp, or must say so in its key
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
[ "$(go env GOARCH)" = amd64 ] || cannot "needs GOARCH=amd64"
grep -qw fma /proc/cpuinfo 2>/dev/null || cannot "needs a CPU with FMA"
cd "$folder"
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"math"
)

func main() {
	for i := range 100000 {
		x := float64(i)/10000 - 5
		fmt.Printf("exp(%v) = %x\n", x, math.Exp(x))
	}
}
EOF
GOWORK=off GOFLAGS= GOAMD64=v1 go build -o exp main.go
./exp >with
GODEBUG=cpu.fma=off ./exp >without
n=$(diff with without | grep -c '^<' || true)
echo "$n of $(wc -l <with) values differ between a CPU with FMA and one without, the first of them:"
diff with without | grep '^[<>]' | sort -k1.3,1.20 -s | head -2
[ "$n" -gt 0 ] || { echo "no longer so: math.Exp gives the same bits with and without FMA"; exit 1; }
