#!/usr/bin/env bash
# guess:    a Keras model computes the same on each of its backends, up to the last bits: its loss for a confident mistake, and what
#           a step of training changes
# truth:    for softmax outputs and the loss "sparse_categorical_crossentropy", the usual pair, TensorFlow finds the logits behind the
#           softmax and computes with them: loss 60, and the step moves the weights. JAX (and PyTorch, by the same lines) clip the
#           probability at 1e-7: loss 16.1, and a gradient of exactly 0, so nothing is learned from the worst mistakes.
#           The same loss called with the predictions gives 16.1 on TensorFlow, too
# versions: keras 3.15.1, tensorflow-cpu 2.21.0, jax 0.10.2, numpy 2.4.6, Python 3.11
# date:     2026-11-28
# matters:  losses and curves compared with Keras': give it logits and from_logits=True, then all backends agree with ours
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install -q --no-compile keras==3.15.1 tensorflow-cpu==2.21.0 jax==0.10.2 numpy==2.4.6; } \
	>install.log 2>&1 || cannot "$(tail -1 install.log)"
cat >try.py <<'EOF'
import os

import keras
import numpy

x, y = numpy.array([[0, 1]], numpy.float32), numpy.array([0])  # the network is sure that it is class 1
for name, activation, loss in (
    ("softmax", "softmax", "sparse_categorical_crossentropy"),
    ("logits", None, keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, use_bias=False, activation=activation)])
    model.set_weights([60 * numpy.eye(2, dtype=numpy.float32)])
    model.compile(keras.optimizers.SGD(1.0), loss)
    told = model.train_on_batch(x, y)
    moved = numpy.abs(model.get_weights()[0] - 60 * numpy.eye(2)).max()
    print(f"{os.environ['KERAS_BACKEND']} {name}: loss {told:.1f}, weights moved by {moved:.1f}")
EOF
for backend in tensorflow jax; do
	KERAS_BACKEND=$backend JAX_PLATFORMS=cpu CUDA_VISIBLE_DEVICES= TF_CPP_MIN_LOG_LEVEL=3 venv/bin/python try.py 2>log || cannot "$(tail -1 log)"
done >seen
cat seen
diff seen - >/dev/null <<'EOF' || { echo "no longer so: Keras' backends agree on this loss"; exit 1; }
tensorflow softmax: loss 60.0, weights moved by 1.0
tensorflow logits: loss 60.0, weights moved by 1.0
jax softmax: loss 16.1, weights moved by 0.0
jax logits: loss 60.0, weights moved by 1.0
EOF
