"""The drawing board: a page in which a network of a report answers.

A cell names the run, in a line `draw: PART/OF/THE/RUN/STORE` that notebook.Draw
prints. Its weights and the program scripts/draw, compiled to WebAssembly, are put
into the page, with what the same code says outside of a browser: see templates/draw.js.
"""

from __future__ import annotations

import array
import base64
import contextlib
import hashlib
import json
import lzma
import os
import subprocess
import sys
import zlib
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

import page
import summary
import toolchain
from outputs import printable, told
from project import ROOT, TOOLS, Problem
from weights import store

CACHE = TOOLS / "draw"
SIDE = 28
EXAMPLES = 20  # test images that a page holds
# Inlining makes the program larger, and no kernel faster; the page carries no symbols.
BUILD = ["build", "-trimpath", "-gcflags=all=-l", "-ldflags=-s -w"]
# What draw.js undoes. zlib's deflate makes 1.27 MB of what this makes 0.86 MB of.
FILTERS = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 23, "lc": 3, "lp": 0, "pb": 2, "nice_len": 273, "mf": lzma.MF_BT4, "depth": 200}]


def weights_of(run: str) -> Path:
    """The file of weights of a run, named as notebook.Draw does: mnist/q5/NAME."""
    path = (store() / run / "best.safetensors").resolve()
    if not path.is_relative_to(store().resolve()) or not path.is_file():
        raise Problem(f"no run {printable(run)!r} in the run store")
    return path


def asked(cells) -> dict | None:
    """The run that a cell wants a board for, the first that does, and which cell it is."""
    for index, cell in enumerate(cells):
        for run in told([cell], "draw"):
            return {"run": run, "cell": index}
    return None


class Program:
    """scripts/draw for the browser: its size, its text for a page, and the scripts that start it."""

    def __init__(self):
        CACHE.mkdir(parents=True, exist_ok=True)
        wasm = CACHE / "program.wasm"
        go([*BUILD, "-o", str(wasm), "./scripts/draw"], {"GOOS": "js", "GOARCH": "wasm"})
        content = wasm.read_bytes()
        self.size = len(content)
        self.sum = hashlib.sha256(content).hexdigest()
        packed = CACHE / f"{self.sum}.lzma"
        if not packed.is_file():
            for old in CACHE.glob("*.lzma"):
                old.unlink()
            keep(packed, lzma.compress(content, format=lzma.FORMAT_RAW, filters=FILTERS))
        self.text = base64.b64encode(packed.read_bytes()).decode()
        root = Path(go(["env", "GOROOT"], {}).strip())
        glue = next(p for p in (root / "lib/wasm/wasm_exec.js", root / "misc/wasm/wasm_exec.js") if p.is_file())
        self.scripts = (glue.read_text(), (page.TEMPLATES / "lzma.js").read_text(), (page.TEMPLATES / "draw.js").read_text())


def keep(path: Path, content: bytes) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)


def go(command: list[str], more: dict[str, str]) -> str:
    found = toolchain.find_go()
    ran = subprocess.run([found.path, *command], cwd=ROOT, env={**found.environment(), **more}, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ran.returncode:
        raise Problem(f"go {command[0]}: {toolchain.last_line(ran.stderr)}")
    return ran.stdout


def proof(weights: Path, program: Program) -> dict:
    """What the Go program says of the first test images, with kernels of plain Go and with this machine's."""
    data = [os.environ.get(name, "") for name in ("INKLING_DATA", "MNIST_DIR", "INKLING_KERNELS")]
    known = CACHE / f"{hashlib.sha256(repr((weights.read_bytes(), program.sum, data)).encode()).hexdigest()}.json"
    with contextlib.suppress(OSError, ValueError):
        return json.loads(known.read_text())
    found = prove(weights)
    keep(known, json.dumps(found).encode())
    return found


def prove(weights: Path) -> dict:
    plain, native = (json.loads(go(["run", "./scripts/draw", str(weights)], {"INKLING_KERNELS": k})) for k in ("generic", ""))
    images, logits = (base64.b64decode(plain[key]) for key in ("Images", "Logits"))
    classes = len(plain["Classes"])
    a, b = (array.array("f", base64.b64decode(told["Logits"])) for told in (plain, native))
    if sys.byteorder == "big":
        a.byteswap(), b.byteswap()
    best = [[max(range(classes), key=v[i:i + classes].__getitem__) for i in range(0, len(v), classes)] for v in (a, b)]
    return {
        "data": plain["Data"], "classes": plain["Classes"], "images": len(images) // SIDE**2, "logits": hashlib.sha256(logits).hexdigest(),
        "generic": plain["Kernels"], "native": native["Kernels"], "accuracy": 100 * plain["Accuracy"], "native_accuracy": 100 * native["Accuracy"],
        "difference": max(abs(x - y) for x, y in zip(a, b)), "same": sum(x == y for x, y in zip(*best)),
        "examples": base64.b64encode(images[:EXAMPLES * SIDE**2]).decode(), "example_count": EXAMPLES,
        "weights_count": plain["Weights"],
        "example_logits": hashlib.sha256(logits[:EXAMPLES * classes * 4]).hexdigest(),
    }


def board(run: str, title: str, href: str, program: Program) -> dict:
    """What templates/draw.html.j2 shows of a run, which the report at href tells of."""
    weights = weights_of(run)
    content = weights.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8:8 + length])
    about = header.pop("__metadata__")
    d = proof(weights, program)
    d.update(
        title=title, href=href, scripts=program.scripts, run=run, file=f"runs/{run}/best.safetensors", network=outline(json.loads(about["architecture"])),
        weights_sum=hashlib.sha256(content).hexdigest(), 
        packed=base64.b64encode(zlib.compress(b"".join(content[k::4] for k in range(4)), 9)).decode(), program=program.text)
    told = {"program": program.size, "weights": d["weights_sum"], "classes": d["classes"], "images": d["images"], "logits": d["logits"],
            "examples": d.pop("examples"), "exampleCount": d["example_count"], "exampleLogits": d["example_logits"]}
    d["told"] = Markup(json.dumps(told).replace("<", "\\u003c"))
    return d


class Boards:
    """The boards of a call of ./scripts/report: in the pages of their notebooks, and on pages of their own."""

    def __init__(self, folder: Path):
        self.folder, self.found, self.problem = folder, [], ""
        self.program: Program | None = None

    def of(self, name: str, told: dict) -> dict | None:
        """The board of a report, None if it has asked for none or there cannot be one."""
        if told["draw"] is None or self.problem:
            return None
        try:
            self.program = self.program or Program()
            found = board(told["draw"]["run"], told["title"].replace("$", ""), f"{quote(name)}.html", self.program)
        except (Problem, OSError, ValueError, KeyError) as error:
            self.problem = f"no drawing board: {printable(str(error))}"
            return None
        if "variant" not in told:
            self.found.append(found)
        return found

    def write(self, write, footer: str) -> None:
        """Writes the pages, also for the reports of earlier calls whose runs are still there."""
        here = {found["href"] for found in self.found}
        for report in summary.reports(self.folder) if self.found else ():
            if report.told.get("draw") and "variant" not in report.told and f"{quote(report.name)}.html" not in here:
                self.of(report.name, report.told)
        for name, text in pages(self.found, footer).items():
            write(self.folder / name, text)


def outline(layers: list[dict]) -> str:
    """A network in a few words: the layers that have weights of their own."""
    words = []
    for layer in layers:
        (kind, of), = layer.items()
        if kind == "conv2d":
            words.append(f"{of['filters']}c{of['kernel']}")
        elif kind == "linear":
            words.append(str(of["out"]))
        elif kind in ("bottleneck", "residual"):
            words.append(kind)
    convolves = any(kind in layer for layer in layers for kind in ("conv2d", "bottleneck", "residual"))
    return ("CNN " if convolves else "MLP 784-") + "-".join(words)


def pages(boards: list[dict], footer: str) -> dict[str, str]:
    """A page for each board, by its file's name: the most accurate network's is draw.html."""
    ranked = sorted(boards, key=lambda d: -d["accuracy"])
    name = {d["href"]: f"draw-{d['href']}" if at else "draw.html" for at, d in enumerate(ranked)}
    return {
        name[d["href"]]: page.render(
            "drawpage.html.j2", d["scripts"], wasm=True, title="Draw a digit", d=d, footer=footer,
            others=[{"page": name[o["href"]], "network": o["network"]} for o in ranked if o is not d])
        for d in ranked
    }
