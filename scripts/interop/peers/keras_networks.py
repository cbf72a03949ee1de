"""Networks of Keras, exported with the backend that is set: images are rows ×
columns × channels there."""

import keras
import numpy as np
from keras import layers as L
from peer import pair


def residual():
    x = image = keras.Input((16, 16, 3))
    x = L.Conv2D(8, 3, padding="same")(x)
    y = L.Activation("relu")(L.BatchNormalization()(x))
    y = L.Add()([L.Conv2D(8, 3, padding="same")(y), x])
    return keras.Model(image, L.Dense(10)(L.Flatten()(L.MaxPooling2D()(y))))


def networks(gelu):
    yield "mlp", keras.Sequential([
        keras.Input((28, 28)), L.Rescaling(1 / 255), L.Flatten(), L.Dense(32, activation="relu"), L.Dropout(0.2), L.Dense(10, activation="softmax")])
    yield "cnn", keras.Sequential([
        keras.Input((28, 28, 1)), L.Conv2D(8, 3, activation="relu"), L.BatchNormalization(), L.MaxPooling2D(2),
        L.Conv2D(6, 3, padding="same", activation=gelu), L.AveragePooling2D(2), L.Flatten(), L.Dense(16, activation="silu"), L.Dense(10)])
    yield "padded", keras.Sequential([
        keras.Input((20, 20, 3)), L.ZeroPadding2D(1), L.Conv2D(8, 3, strides=2, activation="leaky_relu"), L.BatchNormalization(),
        L.GlobalAveragePooling2D(), L.Dense(10)])
    yield "residual", residual()
    # Zeros on one side alone, which inkling's convolution does not have.
    yield "refused-same", keras.Sequential([keras.Input((20, 20, 3)), L.Conv2D(8, 3, strides=2, padding="same"), L.Flatten(), L.Dense(10)])


def export(folder, gelu="gelu"):
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    for name, net in networks(gelu):
        for w in net.weights:
            if len(w.shape) == 1:  # biases and statistics, all at work
                w.assign(keras.ops.convert_to_numpy(w) + np.abs(rng.normal(size=w.shape) * 0.1))
        x = rng.normal(size=(6,) + net.input_shape[1:]).astype(np.float32)
        y = keras.ops.convert_to_numpy(net(x, training=False))
        path = f"{folder}/{name}.onnx"
        net.export(path, format="onnx", verbose=False)
        pair(path, x if x.ndim < 4 else x.transpose(0, 3, 1, 2), y)
