"""Writes what PyTorch computes, for the Go tests to compare with.

    python golden.py

from this folder writes layers.json, losses.json and training.json here and
../optim/testdata/steps.json and schedules.json. The committed files come from
PyTorch 2.15.0 (CPU), numpy 2.4.6 and Python 3.11.7.

Everything is computed in float64 from inputs that float32 holds exactly
(multiples of 1/32), so what differs in the Go tests is our rounding alone.
Names of parameters and architectures are those of package nn.
"""

import json

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
rng = np.random.default_rng(20240601)


def grid(*shape, scale=1.0):
    """Normal numbers, rounded to multiples of 1/32."""
    return torch.tensor(np.round(rng.standard_normal(shape) * scale * 32) / 32)


def flat(t):
    return [float(f"{v:.9g}") for v in t.detach().reshape(-1).tolist()]


def write(path, value):
    with open(path, "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(v, separators=(",", ":")) for v in value) + "\n]\n")


# --- layers ------------------------------------------------------------------


class Residual(nn.Module):
    def __init__(self, body, shortcut=None, relu=False):
        super().__init__()
        self.body, self.shortcut, self.relu = body, shortcut, relu

    def forward(self, x):
        y = self.body(x) + (x if self.shortcut is None else self.shortcut(x))
        return F.relu(y) if self.relu else y


def bottleneck(c, mid, out, stride):
    """The block of torchvision.models.resnet, stride on the 3×3."""
    body = nn.Sequential(
        nn.Conv2d(c, mid, 1, bias=False), nn.BatchNorm2d(mid), nn.ReLU(),
        nn.Conv2d(mid, mid, 3, stride, 1, bias=False), nn.BatchNorm2d(mid), nn.ReLU(),
        nn.Conv2d(mid, out, 1, bias=False), nn.BatchNorm2d(out),
    )
    shortcut = None
    if stride != 1 or c != out:
        shortcut = nn.Sequential(nn.Conv2d(c, out, 1, stride, bias=False), nn.BatchNorm2d(out))
    return Residual(body, shortcut, relu=True)


def names(module, prefix):
    """Our names of the parameters and states of a module, with its tensors."""
    params, states = {}, {}
    if isinstance(module, (nn.Linear, nn.Conv2d)):
        params[prefix + "W"] = module.weight
        if module.bias is not None:
            params[prefix + "b"] = module.bias
    elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
        params[prefix + "gamma"], params[prefix + "beta"] = module.weight, module.bias
        states[prefix + "running_mean"], states[prefix + "running_var"] = module.running_mean, module.running_var
    elif isinstance(module, Residual):
        for branch in ("body", "shortcut"):
            for i, m in enumerate(getattr(module, branch) or []):
                p, s = names(m, f"{prefix}{branch}.{i}.{KINDS[type(m)]}.")
                params |= p
                states |= s
    return params, states


KINDS = {
    nn.Linear: "linear", nn.Conv2d: "conv2d", nn.BatchNorm1d: "batchnorm", nn.BatchNorm2d: "batchnorm",
    nn.ReLU: "relu", nn.Tanh: "tanh",
}


def model(pairs):
    """The torch model, our architecture, parameters and states of (ours, torch) pairs."""
    net = nn.Sequential(*(m for _, m in pairs))
    params, states = {}, {}
    for i, (ours, m) in enumerate(pairs):
        p, s = names(m, f"{i}.{next(iter(ours))}.")
        params |= p
        states |= s
    return net, [ours for ours, _ in pairs], params, states


def fill(params):
    with torch.no_grad():
        for name, p in params.items():
            p.copy_(grid(*p.shape, scale=0.5))
            if name.endswith("gamma"):
                p.add_(1)


layers = []


def layer(name, shape, n, *pairs):
    net, arch, params, states = model(pairs)
    fill(params)
    c, h, w = shape
    x = grid(n, c) if h == w == 1 else grid(n, c, h, w)
    x.requires_grad_()
    net.train()
    y = net(x)
    dy = grid(*y.shape)
    y.backward(dy)
    after = {k: flat(v) for k, v in states.items()}
    net.eval()
    layers.append({
        "name": name, "in": shape, "n": n, "architecture": arch,
        "x": flat(x), "dy": flat(dy), "y": flat(y), "dx": flat(x.grad),
        "params": {k: flat(v) for k, v in params.items()},
        "grads": {k: flat(v.grad) for k, v in params.items()},
        "states": after, "eval": flat(net(x)),
    })


def conv(c, filters, kernel, stride=1, padding=0, bias=True):
    ours = {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding, "no_bias": not bias}
    return {"conv2d": ours}, nn.Conv2d(c, filters, kernel, stride, padding, bias=bias)


layer("linear", [4, 1, 1], 3, ({"linear": {"out": 3}}, nn.Linear(4, 3)))
layer("linear of an image, no bias", [2, 2, 3], 2,
      ({"flatten": {}}, nn.Flatten()), ({"linear": {"out": 2, "no_bias": True}}, nn.Linear(12, 2, bias=False)))
layer("conv 3x3", [1, 5, 4], 2, conv(1, 2, 3))
layer("conv 1x1", [3, 3, 2], 2, conv(3, 2, 1))
layer("conv stride 2, padding 1", [2, 5, 4], 2, conv(2, 2, 3, 2, 1))
layer("conv stride 2, no padding, no bias", [1, 6, 5], 1, conv(1, 2, 3, 2, 0, False))
layer("conv 5x5, padding 2", [1, 4, 5], 1, conv(1, 2, 5, 1, 2))
layer("conv stride 3 over kernel 2", [2, 6, 5], 1, conv(2, 1, 2, 3, 0))
layer("conv, kernel of the image", [2, 3, 3], 2, conv(2, 3, 3))
layer("maxpool 2", [2, 4, 5], 1, ({"maxpool2d": {"kernel": 2}}, nn.MaxPool2d(2)))
layer("maxpool 3, stride 2, padding 1", [2, 5, 4], 1, ({"maxpool2d": {"kernel": 3, "stride": 2, "padding": 1}}, nn.MaxPool2d(3, 2, 1)))
layer("maxpool 2, stride 1", [1, 3, 4], 2, ({"maxpool2d": {"kernel": 2, "stride": 1}}, nn.MaxPool2d(2, 1)))
layer("avgpool 2", [2, 4, 5], 1, ({"avgpool2d": {"kernel": 2}}, nn.AvgPool2d(2)))
layer("avgpool 3, stride 2, padding 1", [1, 5, 4], 2, ({"avgpool2d": {"kernel": 3, "stride": 2, "padding": 1}}, nn.AvgPool2d(3, 2, 1)))
layer("global avgpool", [3, 3, 2], 2, ({"globalavgpool": {}}, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())))
layer("batchnorm of vectors", [3, 1, 1], 5, ({"batchnorm": {}}, nn.BatchNorm1d(3)))
layer("batchnorm of images", [2, 3, 2], 3, ({"batchnorm": {}}, nn.BatchNorm2d(2)))
layer("batchnorm, own eps and momentum", [2, 2, 2], 2, ({"batchnorm": {"eps": 0.01, "momentum": 0.25}}, nn.BatchNorm2d(2, 0.01, 0.25)))
layer("batchnorm, one value a channel", [2, 1, 1], 2, ({"batchnorm": {}}, nn.BatchNorm1d(2)))
layer("relu", [7, 1, 1], 2, ({"relu": {}}, nn.ReLU()))
layer("linear, relu", [4, 1, 1], 3, ({"linear": {"out": 3}}, nn.Linear(4, 3)), ({"relu": {}}, nn.ReLU()))
layer("batchnorm, relu", [2, 2, 2], 2, ({"batchnorm": {}}, nn.BatchNorm2d(2)), ({"relu": {}}, nn.ReLU()))
layer("conv, relu", [1, 4, 4], 1, conv(1, 2, 3), ({"relu": {}}, nn.ReLU()))
layer("leaky relu", [7, 1, 1], 2, ({"leakyrelu": {}}, nn.LeakyReLU()))
layer("leaky relu 0.2", [7, 1, 1], 2, ({"leakyrelu": {"slope": 0.2}}, nn.LeakyReLU(0.2)))
layer("logistic", [7, 1, 1], 2, ({"logistic": {}}, nn.Sigmoid()))
layer("tanh", [7, 1, 1], 2, ({"tanh": {}}, nn.Tanh()))
layer("silu", [7, 1, 1], 2, ({"silu": {}}, nn.SiLU()))
layer("gelu", [7, 1, 1], 2, ({"gelu": {}}, nn.GELU()))
layer("softmax", [5, 1, 1], 3, ({"softmax": {}}, nn.Softmax(1)))
layer("residual", [3, 1, 1], 3, (
    {"residual": {"body": [{"linear": {"out": 3}}, {"tanh": {}}], "shortcut": []}},
    Residual(nn.Sequential(nn.Linear(3, 3), nn.Tanh()))))
layer("residual with a shortcut, relu", [2, 3, 3], 1, (
    {"residual": {"body": [{"conv2d": {"filters": 3, "kernel": 3, "padding": 1}}], "shortcut": [{"conv2d": {"filters": 3, "kernel": 1}}]}},
    Residual(nn.Sequential(nn.Conv2d(2, 3, 3, 1, 1)), nn.Sequential(nn.Conv2d(2, 3, 1)))), ({"relu": {}}, nn.ReLU()))
layer("bottleneck", [4, 3, 3], 2, ({"bottleneck": {"mid": 2, "out": 4}}, bottleneck(4, 2, 4, 1)))
layer("bottleneck, stride 2", [2, 4, 5], 2, ({"bottleneck": {"mid": 2, "out": 3, "stride": 2}}, bottleneck(2, 2, 3, 2)))

# Layers that share their work: these came later, and draw from a source of their
# own so that all other values stay as they are.
rng, before = np.random.default_rng(20240602), rng
layer("conv, relu, maxpool", [2, 6, 5], 2, conv(2, 3, 3), ({"relu": {}}, nn.ReLU()), ({"maxpool2d": {"kernel": 2}}, nn.MaxPool2d(2)))
layer("batchnorm, relu, overlapping maxpool", [2, 6, 5], 2, ({"batchnorm": {}}, nn.BatchNorm2d(2)), ({"relu": {}}, nn.ReLU()),
      ({"maxpool2d": {"kernel": 3, "stride": 2, "padding": 1}}, nn.MaxPool2d(3, 2, 1)))
layer("relu, maxpool", [2, 4, 4], 2, ({"relu": {}}, nn.ReLU()), ({"maxpool2d": {"kernel": 2}}, nn.MaxPool2d(2)))
layer("conv, maxpool, batchnorm, relu", [2, 6, 5], 3, conv(2, 3, 3), ({"maxpool2d": {"kernel": 2}}, nn.MaxPool2d(2)),
      ({"batchnorm": {}}, nn.BatchNorm2d(3)), ({"relu": {}}, nn.ReLU()))
rng = before
write("layers.json", layers)

# --- losses ------------------------------------------------------------------

losses = []


def loss(name, y, labels, f):
    y = y.clone().requires_grad_()
    value = f(y, torch.tensor(labels))
    value.backward()
    losses.append({"name": name, "n": len(labels), "labels": labels, "y": flat(y), "loss": value.item(), "dy": flat(y.grad)})


logits, labels = grid(4, 5, scale=2), [0, 4, 2, 2]
loss("cross-entropy", logits, labels, F.cross_entropy)
loss("cross-entropy, label smoothing 0.1", logits, labels, lambda y, t: F.cross_entropy(y, t, label_smoothing=0.1))
loss("cross-entropy, label smoothing 0.5", logits, labels, lambda y, t: F.cross_entropy(y, t, label_smoothing=0.5))
loss("cross-entropy of one", logits[:1], labels[:1], F.cross_entropy)
loss("mse", logits, labels, lambda y, t: F.mse_loss(y, F.one_hot(t, 5).to(y.dtype)))
p = torch.tensor([[1, 2, 4, 8, 17], [3, 5, 8, 8, 8], [20, 3, 3, 3, 3], [1, 1, 28, 1, 1]]) / 32.0
loss("probabilities", p, labels, lambda y, t: F.nll_loss(y.log(), t))
write("losses.json", losses)

# --- ten steps of training ---------------------------------------------------

training = []


def train(name, shape, pairs, make, decay, schedule):
    net, arch, params, states = model(pairs)
    fill(params)
    initial = {k: flat(v) for k, v in params.items()}
    batches = [(grid(4, *shape) if shape[1] > 1 else grid(4, shape[0]), rng.integers(0, 3, 4).tolist()) for _ in range(2)]
    weights = [p for k, p in params.items() if k.endswith(".W")]
    rest = [p for k, p in params.items() if not k.endswith(".W")]
    opt = make([{"params": weights, "weight_decay": decay}, {"params": rest, "weight_decay": 0}])
    values = []
    for step in range(10):
        x, t = batches[step % 2]
        for g in opt.param_groups:
            g["lr"] = schedule(step)
        opt.zero_grad()
        value = F.cross_entropy(net(x), torch.tensor(t))
        value.backward()
        opt.step()
        values.append(value.item())
    net.eval()
    training.append({
        "name": name, "in": shape, "architecture": arch, "params": initial,
        "batches": [{"x": flat(x), "labels": t} for x, t in batches],
        "lr": [schedule(s) for s in range(10)], "losses": values,
        "final": {k: flat(v) for k, v in params.items()}, "states": {k: flat(v) for k, v in states.items()},
        "eval": flat(net(batches[0][0])),
    })


train("MLP, momentum, decay 0.01", [6, 1, 1], [
    ({"linear": {"out": 5}}, nn.Linear(6, 5)), ({"relu": {}}, nn.ReLU()),
    ({"linear": {"out": 4}}, nn.Linear(5, 4)), ({"tanh": {}}, nn.Tanh()),
    ({"linear": {"out": 3}}, nn.Linear(4, 3)),
], lambda groups: optim.SGD(groups, lr=1, momentum=0.9), 0.01, lambda step: 0.125 * 0.5 ** (step // 4))
train("CNN, Adam", [1, 6, 6], [
    conv(1, 3, 3, padding=1, bias=False), ({"batchnorm": {}}, nn.BatchNorm2d(3)), ({"relu": {}}, nn.ReLU()),
    ({"maxpool2d": {"kernel": 2}}, nn.MaxPool2d(2)), conv(3, 2, 2), ({"relu": {}}, nn.ReLU()),
    ({"flatten": {}}, nn.Flatten()), ({"linear": {"out": 3}}, nn.Linear(8, 3)),
], lambda groups: optim.Adam(groups, lr=1), 0, lambda step: 0.015625)
write("training.json", training)

# --- ten steps of every optimizer --------------------------------------------

W0, B0 = grid(2, 3), grid(3)
GRADS = [(grid(2, 3), grid(3)) for _ in range(10)]
GRADS[4][0].zero_()  # a step without gradient for one of the two
LR = [0.0625 * 0.75 ** (t // 2) for t in range(10)]
steps = [{"name": "given", "lr": LR, "weights": [flat(W0), flat(B0)], "grads": [[flat(a), flat(b)] for a, b in GRADS]}]


def optimizer(name, make):
    params = [nn.Parameter(W0.clone()), nn.Parameter(B0.clone())]
    opt = make(params)
    trace = []
    for lr, grads in zip(LR, GRADS):
        for g in opt.param_groups:
            g["lr"] = lr
        for p, g in zip(params, grads):
            p.grad = g.clone()
        opt.step()
        trace.append(flat(params[0]) + flat(params[1]))
    steps.append({"name": name, "weights": trace})


def formula(name, step):
    """An optimizer that PyTorch does not have, from its formula, in numpy."""
    ws = [W0.numpy().copy(), B0.numpy().copy()]
    states = [{}, {}]
    trace = []
    for lr, grads in zip(LR, GRADS):
        for i, g in enumerate(grads):
            ws[i] = step(ws[i], g.numpy(), states[i], lr)
        trace.append(flat(torch.tensor(np.concatenate([w.reshape(-1) for w in ws]))))
    steps.append({"name": name, "weights": trace})


def lion(decay):
    """Chen et al. 2023, algorithm 2."""
    def step(w, g, s, lr):
        m = s.get("m", 0 * w)
        c = 0.9 * m + 0.1 * g
        s["m"] = 0.99 * m + 0.01 * g
        return w - lr * (np.sign(c) + decay * w)
    return step


def heavy_ball(mu, decay):
    """w(t+1) = w(t) - lr·g + mu·(w(t) - w(t-1))."""
    def step(w, g, s, lr):
        new = w - lr * (g + decay * w) + mu * (w - s.get("before", w))
        s["before"] = w
        return new
    return step


optimizer("sgd", lambda p: optim.SGD(p, lr=1))
optimizer("sgd, decay", lambda p: optim.SGD(p, lr=1, weight_decay=0.25))
optimizer("momentum", lambda p: optim.SGD(p, lr=1, momentum=0.9))
optimizer("momentum, decay", lambda p: optim.SGD(p, lr=1, momentum=0.5, weight_decay=0.25))
optimizer("nesterov", lambda p: optim.SGD(p, lr=1, momentum=0.9, nesterov=True))
optimizer("nesterov, decay", lambda p: optim.SGD(p, lr=1, momentum=0.5, nesterov=True, weight_decay=0.25))
formula("heavy ball", heavy_ball(0.9, 0))
formula("heavy ball, decay", heavy_ball(0.5, 0.25))
optimizer("adam", lambda p: optim.Adam(p, lr=1))
optimizer("adam, betas and eps", lambda p: optim.Adam(p, lr=1, betas=(0.5, 0.75), eps=0.03125))
optimizer("adam, decay", lambda p: optim.Adam(p, lr=1, weight_decay=0.25))
optimizer("adamw", lambda p: optim.AdamW(p, lr=1, weight_decay=0))
optimizer("adamw, decay", lambda p: optim.AdamW(p, lr=1, betas=(0.5, 0.75), weight_decay=0.25))
optimizer("rmsprop", lambda p: optim.RMSprop(p, lr=1))
optimizer("rmsprop, alpha, eps, decay", lambda p: optim.RMSprop(p, lr=1, alpha=0.75, eps=0.03125, weight_decay=0.25))
optimizer("rmsprop, momentum", lambda p: optim.RMSprop(p, lr=1, momentum=0.5))
optimizer("rmsprop, centered", lambda p: optim.RMSprop(p, lr=1, alpha=0.75, centered=True))
optimizer("rmsprop, centered, momentum, decay", lambda p: optim.RMSprop(p, lr=1, alpha=0.75, centered=True, momentum=0.5, weight_decay=0.25))
optimizer("adagrad", lambda p: optim.Adagrad(p, lr=1))
optimizer("adagrad, eps, decay", lambda p: optim.Adagrad(p, lr=1, eps=0.03125, weight_decay=0.25))
formula("lion", lion(0))
formula("lion, decay", lion(0.25))
write("../optim/testdata/steps.json", steps)

# --- schedules ---------------------------------------------------------------

schedules = []


def schedule(name, base, make, count=24):
    opt = optim.SGD([nn.Parameter(torch.zeros(1))], lr=base)
    s = make(opt)
    rates = []
    for _ in range(count):
        rates.append(opt.param_groups[0]["lr"])
        opt.step()
        if len(rates) < count:
            s.step()
    schedules.append({"name": name, "lr": rates})


lr = optim.lr_scheduler
schedule("step", 0.1, lambda o: lr.StepLR(o, 5, 0.5))
schedule("multistep", 0.1, lambda o: lr.MultiStepLR(o, [3, 9, 10], 0.3))
schedule("exponential", 0.1, lambda o: lr.ExponentialLR(o, 0.9))
schedule("cosine", 0.1, lambda o: lr.CosineAnnealingLR(o, 23, 0.01))
schedule("one cycle", 0.1, lambda o: lr.OneCycleLR(o, 0.1, total_steps=24, cycle_momentum=False))
schedule("one cycle, rise 0.5", 0.1, lambda o: lr.OneCycleLR(o, 0.1, total_steps=20, pct_start=0.5, cycle_momentum=False), 20)
schedule("linear", 0.1, lambda o: lr.LinearLR(o, 0.1, 1, 8))
schedule("joined", 0.1, lambda o: lr.SequentialLR(o, [lr.LinearLR(o, 0.1, 1, 5), lr.CosineAnnealingLR(o, 19)], [5]))

DEV = [3, 2.5, 2.6, 2.5, 2.7, 2.8, 2.4, 2.4, 2.4, 2.4, 2.5, 2.6, 2.7, 2.8, 2.9, 3, 2.3, 2.9, 2.9, 2.9, 2.9]


def plateau(name, **options):
    opt = optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    s = lr.ReduceLROnPlateau(opt, threshold=0, **options)
    rates = []
    for v in DEV:
        s.step(v)
        rates.append(opt.param_groups[0]["lr"])
    schedules.append({"name": name, "dev": DEV, "lr": rates})


plateau("plateau", factor=0.5, patience=2)
plateau("plateau, patience 0, min", factor=0.1, patience=0, min_lr=0.0005)
write("../optim/testdata/schedules.json", schedules)
