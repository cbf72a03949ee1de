"""Weights of MLX, saved by itself."""

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import weights
from mlx.utils import tree_flatten

mx.set_default_device(mx.cpu)


class Flatten(nn.Module):
    def __call__(self, x):
        return x.reshape(x.shape[0], -1)


def build(network):
    if network == "mlp":
        return nn.Sequential(Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3), nn.BatchNorm(8), nn.ReLU(),
        Flatten(), nn.BatchNorm(96), nn.Linear(96, 32), nn.ReLU(), nn.Linear(32, 10))


def theirs(folder):
    for network in weights.NETWORKS:
        m = build(network)
        m.load_weights([(k, mx.array(weights.drawn(k, v.shape))) for k, v in tree_flatten(m.parameters())])
        m.eval()
        x = weights.batch(network)
        y = np.array(m(mx.array(np.transpose(x, (0, 2, 3, 1)))))
        weights.put(folder, network, "mlx", network, lambda path: m.save_weights(path), x, y)
        weights.put(folder, network + "-npz", "mlx", network, {k: np.array(v) for k, v in tree_flatten(m.parameters())}, x, y)
