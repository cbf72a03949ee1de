"""Runs one peer: python peer.py NAME FOLDER.

A peer is a file beside this one. Its function ours(folder) reads what inkling wrote
into FOLDER/ours and yields (case, difference) for each network; its function
theirs(folder) writes into FOLDER/theirs what its framework writes, with put() or
pair(). Either may be missing. What inkling cannot read, and must say so of, is
called refused-….
"""

import importlib
import json
import pathlib
import sys
import warnings

import numpy as np
from safetensors.numpy import load_file, save_file

warnings.filterwarnings("ignore")


def pair(path, x, y):
    """Writes a batch and what the framework makes of it beside the model at path."""
    arrays = {"x": x, "y": y}
    save_file({k: np.ascontiguousarray(v, dtype=np.float32) for k, v in arrays.items()}, pathlib.Path(path).with_suffix(".pair"))


def pairs(folder, ending):
    """The files of inkling with that ending: path, batch, outputs."""
    for path in sorted((pathlib.Path(folder) / "ours").glob("*.pair")):
        arrays = load_file(path)
        yield path.with_suffix(ending), arrays["x"], arrays["y"]


def difference(got, want):
    """The largest one."""
    got = np.asarray(got, dtype=np.float32)
    return float(np.abs(got - want).max()) if got.shape == want.shape else float("inf")


def main():
    name, folder = sys.argv[1:]
    module = importlib.import_module(name)
    for case, d in getattr(module, "ours", lambda folder: [])(folder):
        print(json.dumps({"case": case, "difference": d if np.isfinite(d) else 1e30}), flush=True)
    getattr(module, "theirs", lambda folder: None)(str(pathlib.Path(folder) / "theirs"))


if __name__ == "__main__":
    sys.modules["peer"] = sys.modules["__main__"]  # peers import it by that name
    main()
