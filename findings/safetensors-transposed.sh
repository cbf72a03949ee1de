#!/usr/bin/env bash
# guess:    safetensors.numpy writes the array that it is given, or refuses one that does not lie row by row, as safetensors.torch does
# truth:    since 0.8.0 it writes the memory behind the array under the array's shape, without a word: a transposed matrix comes
#           back with every value in another place, every second row as the first half of the rows. 0.7.0 wrote both right. A matrix
#           of Keras or Flax is transposed for whoever wants [out, in], so it is weights that are scrambled
# versions: safetensors 0.8.0 and 0.7.0, numpy 2.4.6, Python 3.11
# date:     2026-11-28
# matters:  weights for inkling import that a script of numpy laid out anew: save numpy.ascontiguousarray(w.T), or .npz
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
for version in 0.7.0 0.8.0; do
	{ python3 -m venv "$version" && "$version/bin/pip" install -q --no-compile "safetensors==$version" numpy==2.4.6; } >install.log 2>&1 ||
		cannot "$(tail -1 install.log)"
done
cat >try.py <<'EOF'
import numpy
import safetensors
from safetensors.numpy import load, save

weights = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
for name, array in {
    "as it was made": weights,
    "transposed": weights.T,
    "every second column": numpy.arange(8, dtype=numpy.float32).reshape(2, 4)[:, ::2],
    "transposed and copied": numpy.ascontiguousarray(weights.T),
}.items():
    back = load(save({"w": array}))["w"]
    state = "the same" if numpy.array_equal(array, back) else f"scrambled: {array.tolist()} came back as {back.tolist()}"
    print(f"{safetensors.__version__} {name}: {state}")
EOF
for version in 0.7.0 0.8.0; do "$version/bin/python" try.py || echo "$version refused"; done | tee seen
[ "$(grep -c '^0.7.0 .*: the same$' seen)" = 4 ] && [ "$(grep -c '^0.8.0 .*: scrambled' seen)" = 2 ] &&
	grep -q '^0.8.0 transposed: scrambled' seen || {
	echo "no longer so: safetensors.numpy writes transposed arrays right, or refuses them"
	exit 1
}
