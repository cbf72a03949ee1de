"""What notebooks cost: a model of their seconds, measured by ./scripts/report --measure-costs and kept in costs.json.

A notebook is made with a share of counts (epochs, seeds and the like) and one of numbers of
images, each 0 for quick settings and 1 for full ones; between them every number grows by equal
factors. Counts jump when they are rounded, so they are only taken as they were measured, at the
levels; images are fine, and from the measured number on training goes with them.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import toolchain
from project import ROOT, Problem, jupyter_env

FILE = Path(__file__).parent / "costs.json"
QUICK_IMAGES = 5000  # as pkg/lab has it
LEVELS = ((0.0, 0.0), (0.3, 0.2), (0.6, 0.45), (1.0, 1.0))  # counts and images, in order of cost


@dataclass(frozen=True)
class Level:
    """What a notebook cost, in seconds of the machine measured on: runs on all images, runs on a part of them, and all else."""

    counts: float
    images: float
    all: float
    part: float
    other: float

    @property
    def seconds(self) -> float:
        return self.all + self.part + self.other

    def times(self, factor: float) -> Level:
        return Level(self.counts, self.images, factor * self.all, factor * self.part, factor * self.other)


@dataclass(frozen=True)
class Choice:
    """Shares for a notebook, and what it is to cost with them."""

    counts: float
    images: float
    seconds: float

    @property
    def full(self) -> bool:
        return self.counts == self.images == 1

    @property
    def quick(self) -> bool:
        return self.counts == self.images == 0


@dataclass(frozen=True)
class Costs:
    """The model. images are those of a full training set, where it was measured or where it is asked."""

    images: int
    rates: tuple[float, ...]  # examples a second of scripts/speed
    notebooks: dict[str, list[Level]]
    here: int = 0  # images of the data at hand; 0: as measured

    def of(self, name: str) -> list[Level]:
        """The levels of a notebook; of one that nobody has measured those of a mean notebook."""
        if name in self.notebooks:
            return self.notebooks[name]
        known = list(self.notebooks.values())
        return [Level(*level, *(sum(getattr(n[i], part) for n in known) / len(known) for part in ("all", "part", "other")))
                for i, level in enumerate(LEVELS)]

    def count(self, share: float, full: int) -> float:
        """The number of images for a share."""
        quick = min(QUICK_IMAGES, full)
        return quick * (full / quick) ** share

    def seconds(self, name: str, level: Level, images: float) -> float:
        """What a notebook costs with the counts of a level and a share of images."""
        n = self.count(images, self.here or self.images)
        ratio = n / self.count(level.images, self.images)
        # Of runs on a part of the images some have a fixed part, some one that grows.
        return level.all * ratio + level.part * math.sqrt(ratio) + self.other(name, n)

    def other(self, name: str, n: float) -> float:
        """All but training, linear in images between the levels."""
        known = sorted((self.count(l.images, self.images), l.other) for l in self.of(name))
        for (n0, o0), (n1, o1) in zip(known, known[1:]):
            if n <= n1:
                return o0 + (o1 - o0) * max(n - n0, 0) / (n1 - n0)
        return known[-1][1]

    def along(self, name: str, share: float) -> float:
        """What a notebook costs with one share for all, by equal factors between the levels: smooth, and never less for more."""
        at = [(level.counts, self.seconds(name, level, level.images)) for level in self.of(name)]
        at = [(c, max(s for _, s in at[: i + 1])) for i, (c, s) in enumerate(at)]
        for (c0, s0), (c1, s1) in zip(at, at[1:]):
            if share <= c1:
                return s0 * (s1 / s0) ** ((share - c0) / (c1 - c0))
        return at[-1][1]

    def choose(self, name: str, seconds: float) -> Choice:
        """Shares with which a notebook costs so much: of the levels that can, the one whose images are nearest to its counts."""
        if seconds >= self.along(name, 1):
            return Choice(1, 1, self.along(name, 1))
        found = []
        for level in self.of(name):
            images = bisect(lambda f: self.seconds(name, level, f), seconds, 0, 1)
            images = math.floor(100 * images + 1e-6) / 100  # the same again for budgets that are nearly the same
            cost = self.seconds(name, level, images)
            found.append((round(20 * abs(math.log(cost / seconds))), abs(images - level.counts), Choice(level.counts, images, cost)))
        return min(found, key=lambda f: f[:2])[2]


def bisect(rising: Callable[[float], float], want: float, low: float, high: float) -> float:
    """Where a rising function has a value; an end where it has none."""
    if rising(low) >= want:
        return low
    if rising(high) <= want:
        return high
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) <= want else (low, middle)
    return low


def load(file: Path = FILE) -> Costs:
    try:
        told = json.loads(file.read_text())
        notebooks = {name: [Level(*(float(level[k]) for k in ("counts", "images", "all", "part", "other"))) for level in levels]
                     for name, levels in told["notebooks"].items()}
        if not notebooks or any([(l.counts, l.images) for l in levels] != list(LEVELS) for levels in notebooks.values()):
            raise ValueError("levels")
        return Costs(int(told["images"]), tuple(map(float, told["rates"])), notebooks)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise Problem(f"{file.name} beside the scripts says nothing of what notebooks cost: ./scripts/report --measure-costs writes it") from None


def keep(measured: dict[str, list[Level]], machine: str, speed: Speed, file: Path = FILE) -> None:
    """Puts the levels of notebooks into the file. Unless they are all that it has, they become seconds of the machine that the others
    were measured on."""
    notebooks = {name: [rounded(level) for level in levels] for name, levels in measured.items()}
    told = {"machine": machine, "images": speed.images, "rates": [round(r) for r in speed.rates]}
    known = load(file) if file.exists() else None
    if known and not set(known.notebooks) <= set(measured):
        if known.images != speed.images:
            raise Problem(f"{file.name} is about {known.images} training images, here are {speed.images}: measure all notebooks, or on the same data")
        factor = speed.factor(known)
        old = json.loads(file.read_text())
        told = {key: old[key] for key in told}
        notebooks = {**old["notebooks"], **{name: [rounded(level.times(1 / factor)) for level in levels] for name, levels in measured.items()}}
    told["notebooks"] = dict(sorted(notebooks.items()))
    text = json.dumps(told, indent=1, ensure_ascii=False)
    # A level a line.
    text = re.sub(r"\{\s*(\"counts\"[^{}]*?)\s*\}", lambda m: "{" + re.sub(r"\s+", " ", m[1]) + "}", text)
    file.write_text(text + "\n")


def rounded(level: Level) -> dict[str, float]:
    return {name: round(value, 2) for name, value in asdict(level).items()}


@dataclass(frozen=True)
class Speed:
    """What scripts/speed says of this machine now."""

    images: int
    rates: tuple[float, ...]
    processors: float

    def alone(self) -> Speed:
        """The same on as many processors as two runs take, if other programs had some of them."""
        most = max(self.processors, min(2, os.cpu_count() or 1))
        return Speed(self.images, tuple(r * most / self.processors for r in self.rates), most)

    def factor(self, costs: Costs) -> float:
        """How many times the seconds of the model things take here."""
        logs = [math.log(then / now) for then, now in zip(costs.rates, self.rates)]
        return math.exp(sum(logs) / len(logs))


def measure_speed(go: toolchain.Go) -> Speed:
    env = go.environment(**{k: v for k, v in jupyter_env().items() if k in ("MNIST_DIR", "INKLING_DATA")})
    run = subprocess.run([go.path, "run", "./scripts/speed"], cwd=ROOT, env=env, text=True, capture_output=True, stdin=subprocess.DEVNULL)
    try:
        told = json.loads(run.stdout)
        return Speed(told["images"], tuple(told["rates"]), told["processors"])
    except (ValueError, KeyError):
        said = [line for line in run.stderr.splitlines() if line.strip() and not line.startswith(("# ", "exit status"))]
        raise Problem(f"the speed of this machine cannot be measured: {said[0] if said else 'no answer'}") from None


def trained(store: Path) -> tuple[float, float]:
    """Processor seconds of the runs in a store: of those on all images of their set, and of those on a part."""
    whole = part = 0.0
    for file in store.glob("*/*/*/run.json"):
        record = json.loads(file.read_text())
        seconds = record.get("CPU") or record["Seconds"]
        if record["Hyper"].get("size"):
            part += seconds
        else:
            whole += seconds
    return whole, part
