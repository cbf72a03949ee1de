#!/usr/bin/env bash
# guess:    onnx.version_converter either keeps what a model computes or says that it cannot: where the meaning of an operator
#           changed it has an adapter, as for Softmax from 12 to 13
# truth:    it returns a valid model that computes something else, without a word: Softmax of four dimensions downwards (13 to 12, where
#           12 normalizes over all axes from `axis` on), Hardmax upwards (the same change, no adapter), linear Resize from 10 to 11
#           (whose points of sampling moved). No checker can see it
# versions: onnx 1.23.2, onnxruntime 1.31.1, numpy 2.4.6, Python 3.11
# date:     2026-11-28
# matters:  inkling import reads old and new operator sets as they are; a file that somebody converted first may answer otherwise
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install -q --no-compile onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6; } >install.log 2>&1 ||
	cannot "$(tail -1 install.log)"
cat >try.py <<'EOF'
import numpy
import onnx
import onnxruntime
from onnx import helper


def model(kind, opset, shape, scales=None, **attributes):
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [None] * len(shape))
    weights = [] if scales is None else [onnx.numpy_helper.from_array(numpy.array(scales, numpy.float32), "scales")]
    node = helper.make_node(kind, ["x"] + [w.name for w in weights], ["y"], **attributes)
    graph = helper.make_graph([node], "g", [x], [y], weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(made, full_check=True)
    return made


def run(made, x):
    return onnxruntime.InferenceSession(made.SerializeToString()).run(None, {"x": x})[0]


for (kind, before, after), shape, more in (
    (("Softmax", 12, 13), [2, 3, 4, 5], {"axis": 1}),
    (("Softmax", 13, 12), [2, 3], {"axis": 1}),
    (("Softmax", 13, 12), [2, 3, 4, 5], {"axis": 1}),
    (("Hardmax", 12, 13), [2, 3, 4, 5], {"axis": 1}),
    (("Resize", 10, 11), [1, 1, 2, 2], {"mode": "linear", "scales": [1, 1, 2, 2]}),
):
    old = model(kind, before, shape, **more)
    new = onnx.version_converter.convert_version(old, after)
    onnx.checker.check_model(new, full_check=True)
    x = numpy.arange(numpy.prod(shape), dtype=numpy.float32).reshape(shape) / 10
    a, b = run(old, x), run(new, x)
    apart = numpy.abs(a - b).max()
    state = "the same" if apart < 1e-6 else f"something else: {apart:.2f} apart, sums {a.sum():.2f} and {b.sum():.2f}"
    print(f"{kind} {before} to {after}, {len(shape)} dimensions: valid, computes {state}")
EOF
venv/bin/python try.py 2>log >seen || cannot "$(tail -1 log)"
cat seen
[ "$(sed -n 's/^\([A-Z].* to [0-9]*\), \(.\) .*something else.*/\1 \2/p' seen | tr '\n' ',')" = "Softmax 13 to 12 4,Hardmax 12 to 13 4,Resize 10 to 11 4," ] &&
	[ "$(grep -c 'the same$' seen)" = 2 ] || {
	echo "no longer so: these conversions keep what is computed, or are refused"
	exit 1
}
