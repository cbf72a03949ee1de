"""Weights of tinygrad, saved by itself."""

import atexit
import os
import pathlib
import shutil
import tempfile

os.environ["DEV"] = "CPU"
if not shutil.which("clang"):  # its kernels are C, and gcc takes all but one flag and the way out
    cc = pathlib.Path(tempfile.mkdtemp()) / "cc"
    cc.write_text("""#!/bin/bash
flags=()
for flag; do case $flag in --target=*) ;; *) flags+=("$flag") ;; esac; done
cc "${flags[@]:0:${#flags[@]}-2}" -fno-stack-protector -o "$0.o" && cat "$0.o"
""")
    cc.chmod(0o755)
    os.environ["CC"], os.environ["NOOPT"] = str(cc), "1"  # vectors are written for clang alone
    atexit.register(shutil.rmtree, cc.parent)

import weights
from tinygrad import Tensor, nn
from tinygrad.nn.state import get_state_dict, load_state_dict, safe_save


class MLP:
    def __init__(self):
        self.l1, self.l2, self.l3 = nn.Linear(784, 64), nn.Linear(64, 64), nn.Linear(64, 10)

    def __call__(self, x):
        return self.l3(self.l2(self.l1(x.flatten(1)).relu()).relu())


class CNN:
    def __init__(self):
        self.c1, self.c2 = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)
        self.bn1, self.bn2, self.bn3 = nn.BatchNorm(8), nn.BatchNorm(8), nn.BatchNorm(96)
        self.l1, self.l2 = nn.Linear(96, 32), nn.Linear(32, 10)

    def __call__(self, x):
        x = self.bn1(self.c1(x)).relu().max_pool2d(2)
        x = self.bn2(self.c2(x)).relu().flatten(1)
        return self.l2(self.l1(self.bn3(x)).relu())


def theirs(folder):
    for network, m in (("mlp", MLP()), ("cnn", CNN())):
        state = get_state_dict(m)
        load_state_dict(m, {k: Tensor(weights.drawn(k, v.shape)) if v.ndim else v for k, v in state.items()}, verbose=False)
        x = weights.batch(network)
        y = m(Tensor(x)).numpy()
        weights.put(folder, network, "tinygrad", network, lambda path: safe_save(get_state_dict(m), path), x, y)
