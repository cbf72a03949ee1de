#!/usr/bin/env bash
# guess:    Keras' model.export(format="onnx") either writes a valid ONNX file or fails
# truth:    with the exact GELU (the default of activation="gelu") on TensorFlow it returns normally, without an exception, and has
#           written a file with an operator Erfc that ONNX does not have: no checker and no runtime takes it. tf2onnx only logs the
#           operator; the tanh approximation exports well
# versions: keras 3.15.1, tensorflow-cpu 2.21.0, tf2onnx 1.17.0, onnx 1.23.2, Python 3.11
# date:     2026-11-28
# matters:  inkling import refuses such a file by the operator's name; a script that trusts the exporter's silence ships it
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
python3 -m venv venv && venv/bin/pip install -q --disable-pip-version-check --no-compile \
	keras==3.15.1 tensorflow-cpu==2.21.0 tf2onnx==1.17.0 onnx==1.23.2 >pip.log 2>&1 ||
	cannot "the packages could not be had: $(tail -1 pip.log)"
cat >export.py <<'EOF'
import os

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
import keras
import numpy as np
import onnx

for approximate in True, False:
    name = "tanh" if approximate else "exact"
    model = keras.Sequential([
        keras.Input((4,)),
        keras.layers.Dense(3, activation=lambda x, a=approximate: keras.activations.gelu(x, approximate=a)),
    ])
    model(np.zeros((1, 4), "float32"))
    try:
        model.export(name + ".onnx", format="onnx", verbose=False)
    except Exception as e:
        print(name, "raised", type(e).__name__)
        continue
    graph = onnx.load(name + ".onnx")
    try:
        onnx.checker.check_model(graph, full_check=True)
        print(name, "valid")
    except Exception as e:
        print(name, "returned, invalid:", str(e).splitlines()[0])
EOF
venv/bin/python export.py 2>log >seen || cannot "$(tail -1 log)"
cat seen
grep -q '^tanh valid' seen && grep -q '^exact returned, invalid: .*Erfc' seen || {
	echo "no longer so: the exact GELU is exported validly, or refused"
	exit 1
}
