#!/usr/bin/env bash
# guess:    Keras' BatchNormalization normalizes to mean 0 and variance 1 on every backend, up to rounding in the last bits
# truth:    on PyTorch and numpy the variance is the mean square less the squared mean, in float32: of values about 1000 with a
#           deviation of 0.1, a temperature say, it may come out negative, and everything behind the layer is NaN; about 300 the output
#           scatters by 64 in place of 1, or is NaN. TensorFlow and JAX subtract the mean first, and so does PyTorch's own
#           BatchNorm1d. GroupNormalization fails alike, on numpy LayerNormalization as well
# versions: keras 3.15.1, jax 0.10.2, numpy 2.4.6, Python 3.11; by hand torch 2.15.0 (3 GB, so not here) and tensorflow-cpu 2.21.0
# date:     2026-11-28
# matters:  weights and running variances that come from Keras on PyTorch; our batch norm subtracts the mean first
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install -q --no-compile keras==3.15.1 jax==0.10.2 numpy==2.4.6; } >install.log 2>&1 ||
	cannot "$(tail -1 install.log)"
cat >try.py <<'EOF'
import os

import keras
import numpy
from keras import layers

for mean in 0, 300, 1000:
    x = numpy.random.default_rng(1).normal(mean, 0.1, (64, 4)).astype(numpy.float32)
    told = []
    for layer in layers.BatchNormalization(epsilon=1e-6), layers.GroupNormalization(2, epsilon=1e-6), layers.LayerNormalization(epsilon=1e-6):
        out = keras.ops.convert_to_numpy(layer(x, training=True))
        told.append(f"{type(layer).__name__} {'NaN' if numpy.isnan(out).any() else f'{out.std():.1f}'}")
    print(f"{os.environ['KERAS_BACKEND']}, mean {mean}: deviation after", ", ".join(told))
EOF
for backend in jax numpy; do
	KERAS_BACKEND=$backend JAX_PLATFORMS=cpu CUDA_VISIBLE_DEVICES= venv/bin/python try.py 2>log || cannot "$(tail -1 log)"
done >seen
cat seen
all="BatchNormalization 1.0, GroupNormalization 1.0, LayerNormalization 1.0"
if [ "$(grep -c "^jax, .* $all$" seen)" != 3 ] || ! grep -q "^numpy, mean 0: .* $all$" seen || grep -q "^numpy, mean 1000: .*BatchNormalization 1.0" seen; then
	echo "no longer so: BatchNormalization gives the same on both backends"
	exit 1
fi
