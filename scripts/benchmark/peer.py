"""PyTorch, numpy and onnxruntime as peers of scripts/bench: the protocol is that of
pkg/nn/internal/bench. Usage: peer.py torch|torch-bf16|torch-compiled|numpy|onnxruntime [start|train]"""
import gzip
import json
import os
import shutil
import struct
import sys
import time

KIND = sys.argv[1]
MOMENTUM, DECAY, RATE = 0.9, 5e-4, 0.01
ENOUGH = 2  # seconds for a workload whose repetitions are long; the others make three at least
COMPILE = 60  # seconds that torch.compile may take in all; what comes later is missing


def main():
    if len(sys.argv) > 2:
        return once(sys.argv[2])
    build, version = PEERS[KIND]()
    print("ready", version, flush=True)
    built, large = {}, None
    for line in sys.stdin:
        name, seconds = line.split()
        if name not in built:
            if name.startswith("scale:"):  # only one is kept
                built.pop(large, None)
                large = name
            built[name] = build(name)
        work = built[name]
        if work is None:
            print(json.dumps({"missing": True}), flush=True)
            continue
        begin = time.perf_counter()
        for _ in range(3):
            work()
            if time.perf_counter() - begin > 1:
                break
        times, start = [], time.perf_counter()
        while True:
            t = time.perf_counter_ns()
            work()
            times.append(time.perf_counter_ns() - t)
            took = time.perf_counter() - start
            if took >= float(seconds) and (len(times) >= 3 or took >= ENOUGH):
                break
        mean = sum(times) // len(times)
        times.sort()
        print(json.dumps({"ns": times[len(times) // 2], "mean": mean, "n": len(times)}), flush=True)


def torch_peer():
    import torch
    import torch.nn.functional as F
    from torch import nn

    threads = int(os.environ["PEER_THREADS"])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    about = f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"
    if KIND == "torch-bf16":  # float32 in memory, products and convolutions of bfloat16
        torch.set_float32_matmul_precision("medium")
        torch.backends.mkldnn.matmul.fp32_precision = torch.backends.mkldnn.conv.fp32_precision = "bf16"
        about += ", products in bfloat16"
    compiled = KIND == "torch-compiled"
    if compiled:
        if not any(map(shutil.which, ("g++", "clang++", "c++"))):
            print("missing torch.compile needs a C++ compiler, and there is none", flush=True)
            sys.exit()
        about += ", torch.compile"
    compiling = [0.0]

    def cnn(*body, flat):
        return nn.Sequential(*body, nn.Flatten(), nn.Linear(flat, 256), nn.ReLU(), nn.Linear(256, 10))

    def block(i, o):
        return [nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU()]

    models = {
        "mlp": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10)),
        "cnn-a": lambda: cnn(nn.Conv2d(1, 16, 3), nn.ReLU(), flat=10816),
        "cnn-b": lambda: cnn(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2), flat=2704),
        "cnn-c": lambda: nn.Sequential(*block(1, 32), *block(32, 32), nn.MaxPool2d(2), *block(32, 64), *block(64, 64),
                                       nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)),
    }

    def trainer(name, batch, last, how):
        if name.startswith("scale"):
            w = int(name[5:])
            m = nn.Sequential(nn.Flatten(), nn.Linear(784, w), nn.ReLU(), nn.Linear(w, w), nn.ReLU(), nn.Linear(w, 10))
        else:
            m = models[name]()
        x = torch.rand(batch, 1, 28, 28)
        if last:
            m, x = m.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
        t = torch.randint(0, 10, (batch,))
        if compiled:
            m = torch.compile(m)
        opt = torch.optim.SGD(m.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY, **how)

        def work():
            opt.zero_grad(set_to_none=True)
            F.cross_entropy(m(x), t).backward()
            opt.step()
        return work

    def fastest(candidates):
        """The setting that serves PyTorch best is the one to compare with."""
        best, least = None, float("inf")
        for work in candidates:
            begin = time.perf_counter()
            work()
            if compiled:
                compiling[0] += time.perf_counter() - begin
            took, end = [], time.perf_counter() + 0.3
            while not took or len(took) == 1 and took[0] < 0.5 or time.perf_counter() < end:
                t = time.perf_counter()
                work()
                took.append(time.perf_counter() - t)
            if sorted(took)[len(took) // 2] < least:
                best, least = work, sorted(took)[len(took) // 2]
        return best

    def build(name):
        kind, _, rest = name.partition(":")
        if compiled and (name not in COMPILED or compiling[0] > COMPILE):
            return None
        if kind == "matmul":
            layout, size = rest.split("/")
            m, n, k = map(int, size.split("x"))
            a = torch.rand(k, m).t() if layout == "TN" else torch.rand(m, k)
            b = torch.rand(n, k).t() if layout == "NT" else torch.rand(k, n)
            c = torch.empty(m, n)
            return lambda: torch.mm(a, b, out=c)
        if kind == "step":
            model, batch = rest.split("/")
            lasts = [False] if model == "mlp" or compiled else [False, True]
            hows = ({"fused": True},) if compiled else ({"foreach": True}, {"foreach": False}, {"fused": True})
            return fastest([trainer(model, int(batch), last, how) for last in lasts for how in hows])
        if kind == "scale":
            batch, width = map(int, rest.split("x"))
            hows = ({"foreach": False}, {"fused": True}) if batch * width * width < 1 << 31 else ({"fused": True},)
            return fastest([trainer(f"scale{width}", batch, False, how) for how in hows])
        if kind == "single":
            m, images = models[rest]().eval(), torch.rand(1000, 1, 28, 28).split(1)
            if compiled:
                m = torch.compile(m)

            def one_by_one():
                with torch.inference_mode():
                    for x in images:
                        m(x)
            return fastest([one_by_one])
        if kind == "infer":
            x = torch.rand(10000, 1, 28, 28)

            def infer(size, last):
                m = models[rest]().eval()
                if compiled:
                    m = torch.compile(m)
                batches = x.split(size)
                if last:
                    m, batches = m.to(memory_format=torch.channels_last), [b.to(memory_format=torch.channels_last) for b in batches]

                def work():
                    with torch.inference_mode():
                        for b in batches:
                            m(b)
                return work
            lasts = [False] if rest == "mlp" or compiled else [False, True]
            return fastest([infer(size, last) for last in lasts for size in ((500,) if compiled else (250, 500, 1000))])
        return None

    return build, about


def numpy_peer():
    import numpy as np
    rng = np.random.default_rng(1)

    def mlp_step(batch):
        """A good float32 step: preallocated, in place, no Python loop over examples."""
        x = rng.random((batch, 784), dtype=np.float32)
        labels, rows = rng.integers(0, 10, batch), np.arange(batch)
        sizes = [784, 512, 256, 10]
        w = [rng.standard_normal((i, o), dtype=np.float32) * np.float32((2 / i) ** 0.5) for i, o in zip(sizes, sizes[1:])]
        b = [np.zeros(o, np.float32) for o in sizes[1:]]
        vw, vb = [np.zeros_like(v) for v in w], [np.zeros_like(v) for v in b]
        gw, out = [np.empty_like(v) for v in w], [np.empty((batch, o), np.float32) for o in sizes[1:]]

        def work():
            a = [x]
            for i in range(3):
                np.matmul(a[i], w[i], out=out[i])
                out[i] += b[i]
                if i < 2:
                    np.maximum(out[i], 0, out=out[i])
                a.append(out[i])
            d = np.exp(a[3] - a[3].max(1, keepdims=True))
            d /= d.sum(1, keepdims=True)
            -np.log(d[rows, labels]).mean()
            d[rows, labels] -= 1
            d *= np.float32(1 / batch)
            for i in (2, 1, 0):
                np.matmul(a[i].T, d, out=gw[i])
                gb = d.sum(0)
                if i:
                    d = d @ w[i].T
                    d *= a[i] > 0
                gw[i] += np.float32(DECAY) * w[i]
                vw[i] *= np.float32(MOMENTUM)
                vw[i] += gw[i]
                w[i] -= np.float32(RATE) * vw[i]
                vb[i] *= np.float32(MOMENTUM)
                vb[i] += gb
                b[i] -= np.float32(RATE) * vb[i]
        return work

    def build(name):
        kind, _, rest = name.partition(":")
        if kind == "matmul":
            layout, size = rest.split("/")
            m, n, k = map(int, size.split("x"))
            a = rng.random((k, m), dtype=np.float32).T if layout == "TN" else rng.random((m, k), dtype=np.float32)
            b = rng.random((n, k), dtype=np.float32).T if layout == "NT" else rng.random((k, n), dtype=np.float32)
            c = np.empty((m, n), np.float32)
            return lambda: np.matmul(a, b, out=c)
        if kind == "step" and rest.startswith("mlp/"):
            return mlp_step(int(rest[4:]))
        return None

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return build, f"numpy {np.__version__}, {blas['name']} {blas['version']}"


def onnxruntime_peer():
    """The networks as inkling exports them, from the folder INKLING_BENCH_ONNX."""
    import numpy as np
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ["PEER_THREADS"])

    def build(name):
        kind, _, rest = name.partition(":")
        if kind not in ("infer", "single"):
            return None
        session = onnxruntime.InferenceSession(
            os.path.join(os.environ["INKLING_BENCH_ONNX"], rest + ".onnx"), options, providers=["CPUExecutionProvider"])
        images = np.random.default_rng(1).random((10000 if kind == "infer" else 1000, 1, 28, 28), dtype=np.float32)

        def classify(size):
            batches = [{"input": images[i:i + size]} for i in range(0, len(images), size)]

            def work():
                for b in batches:
                    session.run(None, b)
            return work
        if kind == "single":
            return classify(1)
        best, least = None, float("inf")
        for work in map(classify, (250, 500, 1000)):
            work()
            begin = time.perf_counter()
            work()
            if time.perf_counter() - begin < least:
                best, least = work, time.perf_counter() - begin
        return best

    return build, f"onnxruntime {onnxruntime.__version__}, {options.intra_op_num_threads} threads"


def once(what):
    """The same as a whole process: read MNIST_DIR, train the MLP."""
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import nn
    torch.set_num_threads(int(os.environ["PEER_THREADS"]))

    def read(name):
        for suffix, opener in (("", open), (".gz", gzip.open)):
            path = os.path.join(os.environ["MNIST_DIR"], name + suffix)
            if os.path.exists(path):
                with opener(path, "rb") as f:
                    rank = f.read(4)[3]
                    dims = struct.unpack(f">{rank}I", f.read(4 * rank))
                    return np.frombuffer(f.read(), np.uint8).reshape(dims)
        sys.exit(f"{name} is not in {os.environ['MNIST_DIR']}")

    x = torch.from_numpy(read("train-images-idx3-ubyte").copy())[:50000]
    y = torch.from_numpy(read("train-labels-idx1-ubyte").copy())[:50000].long()
    m = nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))
    opt = torch.optim.SGD(m.parameters(), lr=RATE, momentum=MOMENTUM)
    order = torch.randperm(len(x))
    for i in range(0, 64 if what == "start" else len(x), 64):
        j = order[i:i + 64]
        opt.zero_grad(set_to_none=True)
        F.cross_entropy(m(x[j].float() / 255), y[j]).backward()
        opt.step()
    print("done")


# What torch.compile is tried on: each takes it ten seconds and more.
COMPILED = ("step:mlp/64", "step:mlp/256", "step:cnn-b/64", "infer:mlp")

PEERS = {"torch": torch_peer, "torch-bf16": torch_peer, "torch-compiled": torch_peer, "numpy": numpy_peer, "onnxruntime": onnxruntime_peer}

if __name__ == "__main__":
    main()
