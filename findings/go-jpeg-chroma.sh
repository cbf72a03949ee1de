#!/usr/bin/env bash
# guess:    a JPEG decoded by Go's image/jpeg has the pixels that Python's Pillow (libjpeg) sees, within a level or two of rounding
# truth:    that holds for grey and 4:4:4; with halved colour (4:2:0, what cameras and most encoders write) Go repeats each colour
#           sample where libjpeg blends neighbours, and pixels beside an edge of colour differ by tens of levels
# versions: Go 1.26.8, Pillow 13.0.0, Python 3.11
# date:     2026-11-28
# matters:  a network fed by Go does not see the bytes that one fed by Python saw; our reader's tests allow for it in colour
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
python3 -m venv venv && venv/bin/pip install -q --disable-pip-version-check pillow==13.0.0 >pip.log 2>&1 || cannot "pillow could not be had: $(tail -1 pip.log)"
cat >make.py <<'EOF'
from PIL import Image

# Six bars of colour, six pixels each: edges that do not fall on the 2×2 blocks of 4:2:0.
bars = [(200, 40, 40), (40, 160, 60), (50, 70, 200), (220, 200, 60), (120, 120, 120), (180, 60, 180)]
image = Image.new("RGB", (36, 24))
image.putdata([bars[((x + 1) // 6) % 6] for y in range(24) for x in range(36)])
for name, picture, how in [("grey", image.convert("L"), {}), ("444", image, {"subsampling": 0}), ("420", image, {"subsampling": 2})]:
    picture.save(name + ".jpg", quality=95, **how)
    open(name + ".raw", "wb").write(Image.open(name + ".jpg").convert("RGB").tobytes())
EOF
cat >main.go <<'EOF'
package main

import (
	"fmt"
	"image/jpeg"
	"os"
)

func main() {
	for _, name := range os.Args[1:] {
		f, err := os.Open(name + ".jpg")
		if err != nil {
			panic(err)
		}
		m, err := jpeg.Decode(f)
		if err != nil {
			panic(err)
		}
		want, err := os.ReadFile(name + ".raw")
		if err != nil {
			panic(err)
		}
		worst, i := 0, 0
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() {
				r, g, b, _ := m.At(x, y).RGBA()
				for _, v := range []uint32{r >> 8, g >> 8, b >> 8} {
					worst = max(worst, int(v)-int(want[i]), int(want[i])-int(v))
					i++
				}
			}
		}
		fmt.Println(name, worst)
	}
}
EOF
venv/bin/python make.py
GOWORK=off GOFLAGS= GO111MODULE=off go run main.go grey 444 420 | tee seen
awk '{ worst[$1] = $2 } END { exit !(worst["grey"] <= 3 && worst["444"] <= 3 && worst["420"] >= 20) }' seen || {
	echo "no longer so: the largest differences are other than ≤ 3, ≤ 3 and ≥ 20 levels"
	exit 1
}
