"""Weights of Flax (linen): its tree of variables, made flat."""

import os

os.environ["JAX_PLATFORMS"] = "cpu"

import flax.linen as nn
import jax
import numpy as np
import weights
from flax.traverse_util import flatten_dict, unflatten_dict


class MLP(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = x.reshape(len(x), -1)
        x = nn.relu(nn.Dense(64)(x))
        x = nn.relu(nn.Dense(64)(x))
        return nn.Dense(10)(x)


class CNN(nn.Module):
    @nn.compact
    def __call__(self, x):
        norm = lambda: nn.BatchNorm(use_running_average=True)
        x = nn.relu(norm()(nn.Conv(8, (3, 3), padding="VALID")(x)))
        x = nn.max_pool(x, (2, 2), (2, 2))
        x = nn.relu(norm()(nn.Conv(8, (3, 3), padding="VALID")(x)))
        x = norm()(x.reshape(len(x), -1))
        x = nn.relu(nn.Dense(32)(x))
        return nn.Dense(10)(x)


def theirs(folder):
    for network, m in (("mlp", MLP()), ("cnn", CNN())):
        x = weights.batch(network)
        last = np.transpose(x, (0, 2, 3, 1))
        flat = flatten_dict(m.init(jax.random.key(0), last), sep="/")
        flat = {k: weights.drawn(k, v.shape) for k, v in flat.items()}
        with jax.default_matmul_precision("highest"):
            y = np.asarray(m.apply(unflatten_dict(flat, sep="/"), last))
        weights.put(folder, network, "flax", network, flat, x, y)
        weights.put(folder, network + "-npz", "flax", network, flat, x, y)
