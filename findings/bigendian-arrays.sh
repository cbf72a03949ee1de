#!/usr/bin/env bash
# guess:    a numpy array means its values: 1, 2, 3 are 1, 2, 3 in any byte order, or are refused, as JAX does
# truth:    onnxruntime and tinygrad take the bytes of an array of the other byte order for their own: 1, 2, 3 become 16777216,
#           33554432, 50331648, and floats become numbers near zero, without a word. IDX files are big-endian, and idx2numpy
#           leaves whatever is wider than a byte that way (QMNIST's labels, or images of float32). safetensors converts
# versions: onnxruntime 1.31.1, onnx 1.23.2, tinygrad 0.14.0, jax 0.10.2, safetensors 0.8.0, idx2numpy 1.2.3, numpy 2.4.6, Python 3.11
# date:     2026-11-28
# matters:  peers that are asked about the same data: hand them array.astype(array.dtype.newbyteorder("="))
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
{
	python3 -m venv venv && venv/bin/pip install -q --no-compile onnxruntime==1.31.1 onnx==1.23.2 tinygrad==0.14.0 jax==0.10.2 \
		safetensors==0.8.0 idx2numpy==1.2.3 numpy==2.4.6
} >install.log 2>&1 || cannot "$(tail -1 install.log)"
cat >try.py <<'EOF'
import struct

import idx2numpy
import jax.numpy
import numpy
import onnx
import onnxruntime
from safetensors.numpy import load, save
from tinygrad import Tensor


def idx(code, letter, values):
    """The bytes of an IDX file of one dimension."""
    return bytes([0, 0, code, 1]) + struct.pack(f">I{len(values)}{letter}", len(values), *values)


def runtime(array):
    kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype.newbyteorder("="))
    x, y = (onnx.helper.make_tensor_value_info(name, kind, [3]) for name in "xy")
    graph = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["x"], ["y"])], "g", [x], [y])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": array})[0]


for array in (
    idx2numpy.convert_from_string(idx(0x0C, "i", [1, 2, 3])),
    idx2numpy.convert_from_string(idx(0x0D, "f", [1, 2, 3])),
):
    for name, take in {
        "onnxruntime": runtime,
        "tinygrad": lambda a: Tensor(a).numpy(),
        "jax": lambda a: numpy.asarray(jax.numpy.asarray(a)),
        "safetensors": lambda a: load(save({"a": a}))["a"],
    }.items():
        try:
            got = take(array).tolist()
        except TypeError:
            got = "refused"
        print(f"{array.dtype.str} {array.tolist()} in {name}: {got}")
EOF
JAX_PLATFORMS=cpu venv/bin/python try.py 2>log | tee seen
for reader in onnxruntime tinygrad; do
	grep -Fq ">i4 [1, 2, 3] in $reader: [16777216, 33554432, 50331648]" seen && grep -Eq ">f4 .* in $reader: .*e-4" seen || {
		echo "no longer so: $reader minds the byte order: $(tail -1 log)"
		exit 1
	}
done
