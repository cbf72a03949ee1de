"""ONNX files of inkling: checked in full by onnx, run by onnxruntime."""

import numpy as np
import onnx
import onnxruntime
from peer import difference, pairs


def ours(folder):
    for path, x, y in pairs(folder, ".onnx"):
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        assert {p.key for p in model.metadata_props} >= {"classes", "architecture", "seed"}
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (i,), (o,) = session.get_inputs(), session.get_outputs()
        assert i.shape[0] == o.shape[0] == "N" and list(i.shape[1:]) == list(x.shape[1:]), (i.shape, o.shape)
        yield path.stem, difference(session.run(None, {i.name: x})[0], y)
        one = [session.run(None, {i.name: x[k : k + 1]})[0] for k in range(len(x))]
        yield path.stem + " (one at a time)", difference(np.concatenate(one), y)
