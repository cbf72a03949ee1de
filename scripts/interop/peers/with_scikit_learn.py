"""ONNX files that skl2onnx writes of scikit-learn's networks."""

import pathlib
import warnings

import numpy as np
from peer import pair
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")

NETWORKS = {
    "mlp": MLPClassifier((32, 16), max_iter=20, random_state=1),
    "tanh": MLPClassifier((8,), activation="tanh", max_iter=20, random_state=1),
    "logistic": MLPClassifier((8,), activation="logistic", max_iter=20, random_state=1),
    "scaled": make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=20, random_state=1)),
    "regression": LogisticRegression(),
}

OPTIONS = {
    "zipmap": dict(),
    "plain": dict(options={"zipmap": False}),
    "opset12": dict(options={"zipmap": False}, target_opset={"": 12, "ai.onnx.ml": 2}),
}


def theirs(folder):
    rng = np.random.default_rng(1)
    x = rng.random((300, 64)).astype(np.float32)
    labels = rng.integers(0, 5, 300)
    for name, net in NETWORKS.items():
        net.fit(x, labels)
        for how, options in OPTIONS.items():
            path = pathlib.Path(folder) / f"{how}-{name}.onnx"
            path.write_bytes(to_onnx(net, x[:1], **options).SerializeToString())
            pair(path, x[:6], net.predict_proba(x[:6]))
    two = MLPClassifier((8,), max_iter=5, random_state=1).fit(x, labels % 2)  # one output, and 1 − it joined to it
    (pathlib.Path(folder) / "refused-binary.onnx").write_bytes(to_onnx(two, x[:1]).SerializeToString())
