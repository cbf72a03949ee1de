"""The JSON documents of inkling, evaluated by what their description says."""

import json
import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from peer import difference, pairs

erf = np.vectorize(math.erf)


def windows(x, a, fill):
    p, (k, _), (s, _) = a["pads"][0], a["kernel_shape"], a["strides"]
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), constant_values=fill)
    return sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::s, ::s]


def normalized(x, gamma, beta, mean, variance, epsilon):
    shape = (1, -1) + (1,) * (x.ndim - 2)
    gamma, beta, mean, variance = (v.reshape(shape) for v in (gamma, beta, mean, variance))
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def conv(x, a, w, b=None):
    y = np.einsum("ncijuv,fcuv->nfij", windows(x, a, 0), w)
    return y if b is None else y + b.reshape(1, -1, 1, 1)


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


OPERATORS = {
    "Gemm": lambda n, a, x, w, b=0.0: x @ w.T + b,
    "Conv": lambda n, a, x, *wb: conv(x, a, *wb),
    "BatchNormalization": lambda n, a, x, *arrays: normalized(x, *arrays, a["epsilon"]),
    "MaxPool": lambda n, a, x: windows(x, a, -np.inf).max(axis=(4, 5)),
    "AveragePool": lambda n, a, x: windows(x, a, 0).mean(axis=(4, 5)),
    "GlobalAveragePool": lambda n, a, x: x.mean(axis=(2, 3), keepdims=True),
    "Relu": lambda n, a, x: np.maximum(x, 0),
    "LeakyRelu": lambda n, a, x: np.where(x > 0, x, a["alpha"] * x),
    "Sigmoid": lambda n, a, x: 1 / (1 + np.exp(-x)),
    "Tanh": lambda n, a, x: np.tanh(x),
    "Gelu": lambda n, a, x: x * (1 + erf(x / math.sqrt(2))) / 2,
    "Swish": lambda n, a, x: x / (1 + np.exp(-x)),
    "Softmax": lambda n, a, x: softmax(x),
    "Add": lambda n, a, x, y: x + y,
    "Flatten": lambda n, a, x: x.reshape(len(x), -1),
    "Reshape": lambda n, a, x: x.reshape([len(x)] + n["shape"]),
    "Identity": lambda n, a, x: x,
}


def evaluate(document, x):
    arrays = {name: np.array(a["values"], dtype=np.float64).reshape(a["shape"]) for name, a in document["arrays"].items()}
    values = {document["input"]["name"]: x.astype(np.float64)}
    for n in document["nodes"]:
        inputs = [values[i] for i in n["inputs"]] + [arrays[a] for a in n.get("arrays", [])]
        values[n["output"]] = OPERATORS[n["op"]](n, n.get("attributes", {}), *inputs)
    return values[document["output"]["name"]]


def ours(folder):
    for path, x, y in pairs(folder, ".json"):
        yield path.stem, difference(evaluate(json.loads(path.read_text()), x), y)
