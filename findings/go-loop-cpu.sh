#!/usr/bin/env bash
# guess:    go test -bench X -cpu 1,2 runs each benchmark with GOMAXPROCS 1 and then 2, as the names BenchmarkX and BenchmarkX-2 say
# truth:    one that is written with b.Loop runs the first time, to its end, before GOMAXPROCS is set: with that of the last number in
#           the list. BenchmarkX then tells the time of two processors as that of one. With b.N it is as the name says
# versions: Go 1.26.8 linux/amd64
# date:     2026-11-28
# matters:  times on one core and on two are compared all over the kernels: call -cpu 1 and -cpu 2 apart
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf 'module x\n\ngo 1.24\n' >go.mod
cat >x_test.go <<'EOF'
package x

import (
	"runtime"
	"testing"
)

func BenchmarkLoop(b *testing.B) {
	procs := runtime.GOMAXPROCS(0)
	for b.Loop() {
	}
	b.ReportMetric(float64(procs), "GOMAXPROCS")
}

func BenchmarkN(b *testing.B) {
	procs := runtime.GOMAXPROCS(0)
	for range b.N {
	}
	b.ReportMetric(float64(procs), "GOMAXPROCS")
}
EOF
GOWORK=off GOFLAGS= go test -run - -bench . -benchtime 10x -cpu 1,3 >out
awk '/^Benchmark/ { print $1 ": " $(NF-1), $NF }' out
told() { awk -v name="$1" '$1 == name { print int($(NF-1)) }' out; }
if [ "$(told BenchmarkN)" != 1 ]; then
	echo "cannot tell: b.N with -cpu 1 ran with $(told BenchmarkN) processors" >&2
	exit 2
fi
if [ "$(told BenchmarkLoop)" = 1 ]; then
	echo "no longer so: b.Loop runs with the GOMAXPROCS of its name"
	exit 1
fi
