#!/usr/bin/env bash
# guess:    gonum's four forms of Dgemm (A·B, Aᵀ·B, A·Bᵀ, Aᵀ·Bᵀ) stand alike: either the assembly changes the last bits of all, or of none
# truth:    only A·Bᵀ differs between assembly (amd64) and plain Go (-tags noasm, other processors): it alone is made of dot products,
#           which the assembly sums in several lanes; the other three add scaled rows, where the order of the sums is the same.
#           floats.Dot and floats.Sum differ likewise, floats.Norm does not
# versions: gonum v0.17.0, Go 1.26.8 linux/amd64
# date:     2026-11-28
# matters:  results stored or compared by bits across machines; our own products define one order of sums for all processors
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
[ "$(go env GOARCH)" = amd64 ] || cannot "needs GOARCH=amd64"
cd "$folder"
cat >go.mod <<'EOF'
module forms
go 1.26
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/floats"
)

const n = 200

func main() {
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func() []float64 {
		v := make([]float64, n*n)
		for i := range v {
			v[i] = rng.NormFloat64()
		}
		return v
	}
	a, b := draw(), draw()
	for _, form := range []struct {
		name string
		a, b blas.Transpose
	}{
		{"A·B", blas.NoTrans, blas.NoTrans},
		{"Aᵀ·B", blas.Trans, blas.NoTrans},
		{"A·Bᵀ", blas.NoTrans, blas.Trans},
		{"Aᵀ·Bᵀ", blas.Trans, blas.Trans},
	} {
		c := make([]float64, n*n)
		gonum.Implementation{}.Dgemm(form.a, form.b, n, n, n, 1, a, n, b, n, 0, c, n)
		h := fnv.New64a()
		fmt.Fprintf(h, "%x", c)
		fmt.Printf("%s %x\n", form.name, h.Sum64())
	}
	fmt.Printf("Dot %x\nSum %x\nNorm %x\n", floats.Dot(a, b), floats.Sum(a), floats.Norm(a, 2))
}
EOF
export GOWORK=off GOFLAGS=-mod=mod GOAMD64=v1
go get gonum.org/v1/gonum@v0.17.0 2>get.log || cannot "gonum v0.17.0 could not be had: $(tail -1 get.log)"
go run . >assembly
go run -tags noasm . >plain
paste -d' ' assembly plain | while read -r what x _ y; do
	if [ "$x" = "$y" ]; then echo "$what: the same bits"; else echo "$what: other bits without assembly"; fi
done | tee seen
differ=$(sed -n 's/: other.*//p' seen | tr '\n' ' ')
if [ "$differ" != "A·Bᵀ Dot Sum " ]; then
	echo "no longer so: other bits in: $differ"
	exit 1
fi
