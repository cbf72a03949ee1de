"""Whole notebooks with other values: ./scripts/report --set lr=0.05 q2.

A variant is a page of its own beside the standard one. It takes the values in the
environment, as INKLING_SET; the flags of the cell to try listen, and the cells that
ask notebook.Value. What compares values, or has chosen one, asks nobody.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import toolchain
from project import ROOT, Problem

BETWEEN = "--"  # of a notebook's name and a variant's
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}", re.I)

# Flags of the cell to try that say nothing where it gives the layers itself.
OF_AN_MLP = ("hidden", "activation", "dropout")
FIELDS = {"lr": "LR", "ema": "EMA"}  # of lab.Hyper; the others are the flags' names with a capital
VALUE = re.compile(r'notebook\.Value\("([\w-]+)", ((?:[^()]|\([^()]*(?:\([^()]*\)[^()]*)*\))*)\)')


@dataclass
class Variant:
    """Values that stand in the place of a notebook's own, or a budget of time."""

    name: str
    values: dict[str, str]
    standard: dict[str, str]  # what they replace, in words
    budget: str = ""  # in words
    share: float = 1.0  # of the way from quick settings to full ones: of counts, as of epochs and seeds
    images: float | None = None  # that of images, where it is another
    time: str = ""  # that the budget was given as: the shares are chosen when the notebook's turn comes
    cost: float = 0.0  # seconds that this part of it is

    def within(self, counts: float, images: float, cost: float) -> Variant:
        """The variant with shares for a budget of time."""
        return replace(self, share=counts, images=images, cost=cost)

    @property
    def full(self) -> bool:
        """Whether the budget is as good as none."""
        return bool(self.time) and self.share == self.images == 1

    def words(self) -> str:
        """"epochs=10, lr=0.05"."""
        return ", ".join([f"{name}={value}" for name, value in self.values.items()] + ([self.budget] if self.budget else []))

    def told(self, of: str) -> dict:
        return {**asdict(self), "of": of, "words": self.words(), "fact": self.fact()}

    def fact(self) -> str:
        """What the page's head says of it."""
        replaced = [f"{name}={value}" + (f" in place of {self.standard[name]}" if self.standard.get(name) else "") for name, value in self.values.items()]
        fact = "variant: " + ", ".join(replaced) + "; what compares values, or has chosen one, keeps its own" if replaced else ""
        return "; ".join(filter(None, [fact, self.within_budget()]))

    def within_budget(self) -> str:
        if not self.time:
            return self.budget
        if self.share == self.images:
            how = {0: "quick settings, the least there is", 1: "full settings"}.get(self.share, f"{self.share:g} of the way from quick settings to full ones")
        else:
            how = f"{self.share:g} of the way from quick settings to full ones in epochs, seeds and the like, {self.images:g} in images"
        return f"{self.budget}: {how}"

    def environment(self) -> dict[str, str]:
        if self.full and not self.values:
            return {}
        env = {"INKLING_UNDECIDED": "other values" if self.values else "a budget"}
        if self.values:
            env["INKLING_SET"] = " ".join(f"{name}={value}" for name, value in self.values.items())
        if self.budget and not self.full:
            env["INKLING_BUDGET"] = f"{self.share:.3f}" + (f",{self.images:.3f},{self.time}" if self.time else "")
        return env


def page_name(path: Path, variant: Variant | None) -> str:
    return path.stem + (BETWEEN + variant.name if variant else "")


def check_name(name: str) -> str:
    if not NAME.fullmatch(name) or BETWEEN in name:
        raise Problem(f"--name {name!r}, want letters, digits, dots and single dashes: it ends the name of the page")
    return name


def of_values(values: dict[str, str]) -> str:
    """A name made from values: epochs-10-lr-0.05."""
    return re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9.]+", "-", "-".join(f"{n}-{v}" for n, v in values.items()).lower())).strip("-")[:80]


def parse(words: list[str], go: toolchain.Go) -> dict[str, str]:
    """Values as the parser of the flags reads them, which says what is wrong."""
    run = subprocess.run([go.path, "run", "./scripts/given", *words], cwd=ROOT, env=go.environment(), text=True, capture_output=True, stdin=subprocess.DEVNULL)
    if run.returncode:
        lines = [line for line in run.stderr.splitlines() if line.strip() and not line.startswith("exit status")]
        raise Problem(f"--set: {lines[0] if lines else 'cannot be read'}")
    return dict(line.split("=", 1) for line in run.stdout.splitlines())


def listens(path: Path, names: list[str]) -> dict[str, str]:
    """Which of the names a notebook listens to, and what it has by them itself, in words."""
    source = code(path)
    tries = "lab.Flags(" in source
    found: dict[str, str] = {}
    for name in names:
        own = [standard(text, source) for n, text in VALUE.findall(source) if n == name]
        if tries and not (name in OF_AN_MLP and "hyper.Config(" not in source):
            field = FIELDS.get(name, name.capitalize())
            own += ["".join(m) for m in re.findall(rf'lab\.Hyper\{{[^}}]*\b{field}: (?:"([^"]*)"|([^,}}]+))', source)] or [""]
        if own:
            found[name] = listed(own)
    return found


def standard(text: str, source: str) -> str:
    """A value as it stands in the source: 0.1, or 5 of q2.IfQuick(1, 5); "" if it is worked out."""
    quick = re.fullmatch(r"\w+\.IfQuick\([^,]*, *(.*)\)", text)
    text = quick[1] if quick else text
    return text if re.fullmatch(r"[\d.e+-]+", text) else ""


def listed(values: list[str]) -> str:
    known = list(dict.fromkeys(v for v in values if v))
    return known[0] if len(known) == 1 else ", ".join(known[:-1]) + " and " + known[-1] if known else ""


def code(path: Path) -> str:
    cells = json.loads(path.read_text())["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


def make(paths: list[Path], words: list[str], name: str | None, go: toolchain.Go) -> dict[Path, Variant]:
    """The variants that --set asks for. A value that no notebook listens to is a mistake."""
    values = parse(words, go)
    heard = {path: listens(path, list(values)) for path in paths}
    for value in values:
        if not any(value in found for found in heard.values()):
            known = sorted({n for path in paths for n in listens(path, known_names(go))})
            raise Problem(f"--set {value}: {', '.join(p.stem for p in paths)} {'listens' if len(paths) == 1 else 'listen'} to {', '.join(known) or 'nothing'}")
    made = {}
    for path, found in heard.items():
        if found:
            mine = {n: v for n, v in values.items() if n in found}
            made[path] = Variant(check_name(name) if name else of_values(mine), mine, found)
    return made


def known_names(go: toolchain.Go) -> list[str]:
    run = subprocess.run([go.path, "run", "./scripts/given", "--"], cwd=ROOT, env=go.environment(), text=True, capture_output=True, stdin=subprocess.DEVNULL)
    known = run.stderr.split("one of ")[-1].splitlines()
    return known[0].split(", ") if known else []


def within(paths: list[Path], variants: dict[Path, Variant], budget: float | str, name: str | None) -> dict[Path, Variant]:
    """Variants, of values or of none, with a share of the way from quick settings to full ones, or within a time, 5m."""
    made = {}
    for path in paths:
        v = variants.get(path) or Variant("", {}, {})
        word = budget if isinstance(budget, str) else f"{budget:g}"
        v.name = check_name(name) if name else "-".join(filter(None, [v.name, f"budget-{word}"]))
        if isinstance(budget, str):
            v.time, v.budget, v.images = budget, f"budget {budget}", 1.0
        else:
            v.share, v.budget = budget, f"budget {budget:g} of the way from quick settings to full ones"
        made[path] = v
    return made
