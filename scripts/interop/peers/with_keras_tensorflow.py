"""ONNX files that Keras writes on TensorFlow, through tf2onnx."""

import os

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")


def theirs(folder):
    import keras_networks

    keras_networks.export(folder, gelu="tanh")  # tf2onnx 1.17 has no Erfc, which TensorFlow's exact GELU is made of
