"""Weights of Keras: get_weights() in an .npz, or by their paths."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import weights
from keras import layers


def build(network):
    if network == "mlp":
        return keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(64, "relu"), layers.Dense(64, "relu"), layers.Dense(10)])
    return keras.Sequential([
        keras.Input((14, 12, 3)), layers.Conv2D(8, 3), layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D(2),
        layers.Conv2D(8, 3), layers.BatchNormalization(), layers.ReLU(), layers.Flatten(), layers.BatchNormalization(),
        layers.Dropout(0.5), layers.Dense(32, "relu"), layers.Dense(10)])


def theirs(folder):
    for network in weights.NETWORKS:
        m = build(network)
        m.set_weights([weights.drawn(w.path, w.shape) for w in m.weights])
        x = weights.batch(network)
        y = np.asarray(m(np.transpose(x, (0, 2, 3, 1)), training=False))
        named = {w.path: np.asarray(w) for w in m.weights}
        for case, arrays in ((network + "-list", m.get_weights()), (network + "-named", named), (network + "-npz", named)):
            weights.put(folder, case, "keras", network, arrays, x, y, eps=1e-3)
