#!/usr/bin/env bash
# guess:    image.Decode reads the formats that a program imports: blank imports of image/png and image/jpeg make a reader of PNG and JPEG
# truth:    any dependency adds formats for the whole program: with gonum/plot's vgimg somewhere in it, image.Decode and
#           image.DecodeConfig read TIFF as well, with a decoder that the reader's author never chose
# versions: Go 1.26.8, gonum.org/v1/plot v0.17.0
# date:     2026-11-28
# matters:  a library that decodes pictures of strangers has to look at the first bytes itself; the notebooks' programs draw figures
#           and read pictures
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
cat >go.mod <<'EOF'
module formats
go 1.26
EOF
mkdir alone beside
cat >alone/main.go <<'EOF'
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
)

func main() {
	// A grey TIFF of 2×2, without compression: header, four bytes, nine entries.
	var b bytes.Buffer
	put := func(v any) { binary.Write(&b, binary.LittleEndian, v) }
	b.WriteString("II*\x00")
	put(uint32(12))
	b.Write([]byte{0, 85, 170, 255})
	entries := [][3]uint32{{256, 3, 2}, {257, 3, 2}, {258, 3, 8}, {259, 3, 1}, {262, 3, 1}, {273, 4, 8}, {277, 3, 1}, {278, 3, 2}, {279, 4, 4}}
	put(uint16(len(entries)))
	for _, e := range entries {
		put(uint16(e[0]))
		put(uint16(e[1]))
		put([2]uint32{1, e[2]})
	}
	put(uint32(0))
	_, format, err := image.Decode(&b)
	fmt.Println(format, err)
}
EOF
sed 's|^	_ "image/png"|&\n	_ "gonum.org/v1/plot/vg/vgimg"|' alone/main.go >beside/main.go
export GOWORK=off GOFLAGS=-mod=mod
go get gonum.org/v1/plot@v0.17.0 2>get.log || cannot "gonum/plot v0.17.0 could not be had: $(tail -1 get.log)"
alone=$(go run ./alone) beside=$(go run ./beside)
echo "PNG and JPEG imported: $alone"
echo "gonum/plot beside:     $beside"
[ "$alone" = " image: unknown format" ] && [ "$beside" = "tiff <nil>" ] || {
	echo "no longer so: TIFF is read in both programs, or in neither"
	exit 1
}
