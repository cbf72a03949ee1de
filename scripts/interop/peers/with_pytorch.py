"""PyTorch: the programs that inkling writes, and ONNX files of both exporters."""

import importlib.util
import logging
import os
import subprocess
import sys

import torch
from peer import difference, pair, pairs
from torch import nn

logging.disable(logging.WARNING)
torch.manual_seed(1)


def ours(folder):
    for path, x, y in pairs(folder, ".py"):
        spec = importlib.util.spec_from_file_location("twin", path)
        twin = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(twin)
        with torch.no_grad():
            yield path.stem, difference(twin.load()(torch.from_numpy(x)), y)
    said = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True).stdout
    yield path.stem + " (as a program)", float(said.split(":")[1])


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1))

    def forward(self, x):
        return torch.relu(x + self.body(x))


class View(nn.Module):
    """A shape that is computed, and activations without modules."""

    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2d(1, 4, 5, stride=2), nn.Linear(4 * 12 * 12, 10)

    def forward(self, x):
        x = nn.functional.gelu(self.conv(x))
        return self.last(x.view(x.size(0), -1))


class Mean(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.last = nn.Conv2d(1, 4, 5, stride=2), nn.BatchNorm2d(4), nn.Linear(4, 10)

    def forward(self, x):
        return self.last(nn.functional.silu(self.norm(self.conv(nn.functional.pad(x, (1, 1, 1, 1))))).mean((2, 3)))


def networks():
    yield "mlp", nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 32), nn.GELU(), nn.BatchNorm1d(32), nn.Linear(32, 10))
    yield "cnn", nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8), nn.LeakyReLU(0.1), nn.AvgPool2d(3, 2, 1), Block(8), nn.Dropout2d(0.2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    yield "view", View()
    yield "mean", Mean()
    yield "softmax", nn.Sequential(nn.Flatten(), nn.Linear(784, 300), nn.Tanh(), nn.Linear(300, 10), nn.Sigmoid(), nn.Softmax(-1))


# What inkling has no layer for.
REFUSED = {
    "groups": nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, groups=2)),
    "hardswish": nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.Hardswish()),
    "upsample": nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(1, 2, 3)),
    "instancenorm": nn.Sequential(nn.InstanceNorm2d(1), nn.Flatten(), nn.Linear(784, 8)),
}

EXPORTERS = {
    "torchscript": dict(dynamo=False, dynamic_axes={"input": {0: "n"}}),
    "torchscript-11": dict(dynamo=False, opset_version=11, do_constant_folding=False),
    "dynamo": dict(dynamo=True, dynamic_shapes=({0: torch.export.Dim("n")},), external_data=True, verbose=False),
    "dynamo-plain": dict(dynamo=True, optimize=False, external_data=False, verbose=False),
}


def theirs(folder):
    example = torch.randn(2, 1, 28, 28)
    for name, net in networks():
        for _ in range(5):  # moves the running statistics
            net.train()(torch.randn(16, 1, 28, 28))
        net.eval()
        x = torch.randn(6, 1, 28, 28)
        for how, options in EXPORTERS.items():
            path = f"{folder}/{how}-{name}.onnx"
            torch.onnx.export(net, (example,), path, input_names=["input"], **options)
            pair(path, x.numpy(), net(x).detach().numpy())
    for name, net in REFUSED.items():
        torch.onnx.export(net.eval(), (example,), f"{folder}/refused-{name}.onnx", dynamo=False)
    path = f"{folder}/refused-without-its-weights.onnx"
    torch.onnx.export(nn.Linear(784, 10), (torch.randn(2, 784),), path, dynamo=True, external_data=True, verbose=False)
    os.remove(path + ".data")
