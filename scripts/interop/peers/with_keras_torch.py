"""ONNX files that Keras writes on PyTorch."""

import os

os.environ["KERAS_BACKEND"] = "torch"


def theirs(folder):
    import keras_networks

    keras_networks.export(folder)
