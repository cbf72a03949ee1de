#!/usr/bin/env bash
# guess:    a Keras network with weights that are not a number says so: its outputs and its loss are NaN, and TerminateOnNaN ends fit
# truth:    on TensorFlow with oneDNN, the default on x86-64, only a call of the model does. In predict, evaluate and fit a ReLU is
#           fused into the layer before it, and that one makes 0 of NaN: a perceptron whose first layer is all NaN predicts 0.1 for
#           each of ten classes, has the loss ln 10 and trains on. Max pooling drops NaN even without oneDNN: a window of nothing
#           else gives -3.4e38, and a ReLU behind it 0
# versions: tensorflow-cpu 2.21.0, keras 3.15.1, numpy 2.4.6, Python 3.11, linux/amd64 with AVX-512 and with ONEDNN_MAX_CPU_ISA=AVX2
# date:     2026-11-28
# matters:  inkling import refuses weights that are not finite, whatever the loss of their training said; our ReLU and pooling hand NaN on
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
[ "$(uname -m)" = x86_64 ] || cannot "needs x86-64"
{ python3 -m venv venv && venv/bin/pip install -q --no-compile tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6; } >install.log 2>&1 ||
	cannot "$(tail -1 install.log)"
cat >try.py <<'EOF'
import sys

import keras
import numpy
from keras import layers

x, y = numpy.random.default_rng(1).random((64, 8, 8, 1)).astype(numpy.float32), numpy.arange(64) % 10
for name, hidden in {
    "perceptron": [layers.Flatten(), layers.Dense(32, activation="relu")],
    "max pooling": [layers.Conv2D(8, 3), layers.MaxPooling2D(), layers.ReLU(), layers.Flatten()],
}.items():
    model = keras.Sequential([keras.Input((8, 8, 1)), *hidden, layers.Dense(10, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    weights = model.get_weights()
    weights[0][:] = numpy.nan
    model.set_weights(weights)
    called = float(keras.ops.convert_to_numpy(model(x))[0, 0])
    predicted = model.predict(x, verbose=0)[0, 0]
    loss = model.evaluate(x, y, verbose=0)
    epochs = len(model.fit(x, y, epochs=2, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()]).epoch)
    still = "still all NaN" if numpy.isnan(model.get_weights()[0]).all() else "repaired"
    print(f"{sys.argv[1]}, {name}: called {called:.2f}, predict {predicted:.2f}, evaluate {loss:.2f}, fit ran {epochs} epochs, layer {still}")
EOF
export KERAS_BACKEND=tensorflow CUDA_VISIBLE_DEVICES= TF_CPP_MIN_LOG_LEVEL=3
for on in 1 0; do TF_ENABLE_ONEDNN_OPTS=$on venv/bin/python try.py "oneDNN $on" 2>log || cannot "$(tail -1 log)"; done >said
grep "^oneDNN" said >seen
cat seen
diff seen - >/dev/null <<'EOF' || { echo "no longer so: TensorFlow hands NaN on"; exit 1; }
oneDNN 1, perceptron: called nan, predict 0.10, evaluate 2.30, fit ran 2 epochs, layer still all NaN
oneDNN 1, max pooling: called 0.10, predict 0.10, evaluate 2.30, fit ran 2 epochs, layer still all NaN
oneDNN 0, perceptron: called nan, predict nan, evaluate nan, fit ran 1 epochs, layer still all NaN
oneDNN 0, max pooling: called 0.10, predict 0.10, evaluate 2.30, fit ran 2 epochs, layer still all NaN
EOF
