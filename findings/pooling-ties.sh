#!/usr/bin/env bash
# guess:    the gradient of 2×2 max pooling goes to one place of each window: the first of the largest
# truth:    in MLX and tinygrad, places that are equally large share it: four zeros of a black border get a quarter each. Flax gives it
#           to the first (as PyTorch and TensorFlow), and even within JAX it depends on how one asks: jnp.max shares, reduce_window
#           does not. After a ReLU most windows of MNIST are such ties, so one step from the same weights already differs
# versions: mlx 0.32.4, tinygrad 0.14.0, flax 0.12.8, jax 0.10.2, numpy 2.4.6, Python 3.11
# date:     2026-11-28
# matters:  training side by side with them: gradients of ours are those of PyTorch, and differ from MLX's and tinygrad's behind a
#           pool without either being wrong
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
{
	python3 -m venv venv &&
		venv/bin/pip install -q --no-compile "mlx[cpu]==0.32.4" tinygrad==0.14.0 flax==0.12.8 jax==0.10.2 numpy==2.4.6
} >install.log 2>&1 || cannot "$(tail -1 install.log)"
cat >try.py <<'EOF'
import flax.linen
import jax
import jax.numpy as jnp
import mlx.core as mx
import mlx.nn
import numpy
from tinygrad import Tensor

black = numpy.zeros((2, 2), numpy.float32)  # one window, all of it equally large


def with_flax():
    return jax.grad(lambda x: flax.linen.max_pool(x, (2, 2), (2, 2)).sum())(black.reshape(1, 2, 2, 1))


def with_jnp_max():
    return jax.grad(jnp.max)(black)


def with_mlx():
    pool = mlx.nn.MaxPool2d(2, 2)
    return mx.grad(lambda x: pool(x).sum())(mx.array(black.reshape(1, 2, 2, 1)))


def with_tinygrad():
    x = Tensor(black.reshape(1, 1, 2, 2))
    return x.max_pool2d().sum().gradient(x)[0].numpy()


for name, gradient in {"flax": with_flax, "jnp.max": with_jnp_max, "mlx": with_mlx, "tinygrad": with_tinygrad}.items():
    print(name, numpy.array(gradient()).ravel().tolist())
EOF
# tinygrad's interpreter in Python needs no compiler on the machine.
JAX_PLATFORMS=cpu DEV=PYTHON venv/bin/python try.py 2>log >seen || cannot "$(tail -1 log)"
cat seen
diff seen - >/dev/null <<'EOF' || { echo "no longer so: these libraries treat ties of max pooling alike"; exit 1; }
flax [1.0, 0.0, 0.0, 0.0]
jnp.max [0.25, 0.25, 0.25, 0.25]
mlx [0.25, 0.25, 0.25, 0.25]
tinygrad [0.25, 0.25, 0.25, 0.25]
EOF
