#!/usr/bin/env bash
# guess:    GOAMD64 chooses instructions, not results: the same plain float64 program prints the same number at v1, v2 and v3
# truth:    from v3 on the compiler turns x*y + z into one fused multiply-add with one rounding, and the last bits differ; a
#           conversion, float64(x*y) + z, forbids it
# versions: Go 1.26.8 linux/amd64
# date:     2026-11-28
# matters:  Go code with a twin in assembly, and results that are compared by bits, need explicit rounding or a key that names GOAMD64
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
[ "$(go env GOARCH)" = amd64 ] || cannot "needs GOARCH=amd64"
grep -qw fma /proc/cpuinfo 2>/dev/null || cannot "needs a CPU with FMA"
cd "$folder"
cat >main.go <<'EOF'
package main

import "fmt"

func main() {
	// Gradient descent with momentum on w²/2, as one writes it and with every
	// product rounded.
	w, v := 1.0, 0.0
	p, q := 1.0, 0.0
	for range 1000 {
		v = 0.9*v + 0.3*w
		w = w - 0.01*v
		q = float64(0.9*q) + float64(0.3*p)
		p = p - float64(0.01*q)
	}
	fmt.Printf("%x %x\n", w, p)
}
EOF
for level in v1 v2 v3; do
	GOWORK=off GOFLAGS= GOAMD64=$level go run main.go >$level
	echo "GOAMD64=$level: as written, rounded: $(cat $level)"
done
plain() { cut -d' ' -f1 "$1"; }
rounded() { cut -d' ' -f2 "$1"; }
if [ "$(plain v1)" = "$(plain v3)" ] || [ "$(rounded v1)" != "$(rounded v3)" ]; then
	echo "no longer so: GOAMD64=v3 does not fuse, or fuses through a conversion"
	exit 1
fi
