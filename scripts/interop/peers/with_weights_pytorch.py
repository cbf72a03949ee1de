"""Weights of PyTorch, saved by safetensors.torch."""

import torch
import weights
from safetensors.torch import save_file
from torch import nn


def build(network):
    if network == "mlp":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Flatten(), nn.BatchNorm1d(96), nn.Linear(96, 32), nn.ReLU(), nn.Linear(32, 10))


def theirs(folder):
    for network in weights.NETWORKS:
        m = build(network).eval()
        state = {k: torch.from_numpy(weights.drawn(k, v.shape)) if v.ndim else v for k, v in m.state_dict().items()}
        m.load_state_dict(state)
        x = weights.batch(network)
        with torch.no_grad():
            y = m(torch.from_numpy(x)).numpy()
        weights.put(folder, network, "pytorch", network, lambda path: save_file(m.state_dict(), path), x, y)
        half = {k: v.to(torch.bfloat16).float() if v.is_floating_point() else v for k, v in m.state_dict().items()}
        m.load_state_dict(half)
        with torch.no_grad():
            y = m(torch.from_numpy(x)).numpy()
        state = {k: v.to(torch.bfloat16) if v.is_floating_point() else v for k, v in m.state_dict().items()}
        weights.put(folder, network + "-bfloat16", "pytorch", network, lambda path: save_file(state, path, {"format": "pt"}), x, y)
