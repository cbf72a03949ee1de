"""Networks whose weights alone go to inkling, and how they are written.

A peer builds them in its framework and writes, with put(), a file of weights, what
inkling is to be told of it (NAME.told), and a batch with its outputs."""

import json
import pathlib

import numpy as np
from peer import pair
from safetensors.numpy import save_file

# As inkling has them: channels first.
NETWORKS = {
    "mlp": ((1, 28, 28), [{"flatten": {}}, {"linear": {"out": 64}}, {"relu": {}}, {"linear": {"out": 64}}, {"relu": {}}, {"linear": {"out": 10}}]),
    "cnn": ((3, 14, 12), [
        {"conv2d": {"filters": 8, "kernel": 3}}, {"batchnorm": {}}, {"relu": {}}, {"maxpool2d": {"kernel": 2}},
        {"conv2d": {"filters": 8, "kernel": 3}}, {"batchnorm": {}}, {"relu": {}}, {"flatten": {}}, {"batchnorm": {}},
        {"linear": {"out": 32}}, {"relu": {}}, {"linear": {"out": 10}}]),
}

RNG = np.random.default_rng(16)


def batch(name):
    """100 inputs, channels first."""
    return RNG.standard_normal((100, *NETWORKS[name][0])).astype(np.float32)


def drawn(name, shape):
    """Values for an array, so that all of them are at work: variances are positive."""
    last = name.replace("/", ".").split(".")[-1]
    if "var" in last:
        return RNG.uniform(0.5, 2, shape).astype(np.float32)
    if last in ("gamma", "scale"):
        return RNG.uniform(0.5, 1.5, shape).astype(np.float32)
    spread = 1 / np.sqrt(np.prod(shape) / min(shape)) if len(shape) > 1 else 0.3
    return (spread * RNG.standard_normal(shape)).astype(np.float32)


def put(folder, case, framework, network, arrays, x, y, eps=None):
    """Writes arrays, as .npz if they are a list or case says so, and the rest. x is
    channels first."""
    shape, layers = NETWORKS[network]
    layers = [{"batchnorm": {"eps": eps}} if eps and "batchnorm" in l else l for l in layers]
    path = pathlib.Path(folder) / case
    if isinstance(arrays, list):
        np.savez(path.with_suffix(".npz"), *arrays)
    elif case.endswith("npz"):
        np.savez(path.with_suffix(".npz"), **{k: np.asfortranarray(v) for k, v in arrays.items()})
    elif framework in ("pytorch", "tinygrad", "mlx") and callable(arrays):
        arrays(str(path.with_suffix(".safetensors")))
    else:
        save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, path.with_suffix(".safetensors"))
    save_file({}, path.with_suffix(".told"), metadata={"from": framework, "input": ",".join(map(str, shape)), "layers": json.dumps(layers)})
    pair(path, x, y)
