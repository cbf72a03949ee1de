"""The best network of each report, as files that programs of others read: weights, ONNX, a card.

They lie in weights/ beside the pages. A run's own folder in the run store is left as it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path

import toolchain
from project import ROOT, TOOLS, Problem
from summary import NONE

FORMS = (".safetensors", ".onnx")


class Exporter:
    """Writes the networks, with a command of ours that is built when it is first asked for."""

    def __init__(self, folder: Path):
        self.folder, self.program, self.problem = folder, TOOLS / "inkling", ""
        self.go: toolchain.Go | None = None

    def export(self, name: str, results: list[dict]) -> dict | None:
        """Writes the best run of a report; returns what the page says of it, None if there is none."""
        self.remove(name)
        run = best_run(store(), results)
        if run is None or self.problem:
            return None
        try:
            self.build()
            self.folder.mkdir(exist_ok=True)
            files = [f"--{form[1:]}={self.folder / (name + form)}" for form in FORMS]
            self.call([str(self.program), "export", *files, str(run)])
        except (Problem, OSError) as error:
            self.problem = f"no weights beside the pages: {error}"
            self.remove(name)
            return None
        return {"file": name, "run": run.name}

    def remove(self, name: str) -> None:
        for ending in (*FORMS, ".md"):
            with contextlib.suppress(OSError):
                (self.folder / (name + ending)).unlink()

    def build(self) -> None:
        if self.go is None:
            go = toolchain.find_go()
            self.call([go.path, "build", "-o", str(self.program), "./scripts/inkling"], go)
            self.go = go

    def call(self, command: list[str], go: toolchain.Go | None = None) -> None:
        run = subprocess.run(command, cwd=ROOT, env=(go or self.go).environment(), text=True, capture_output=True, stdin=subprocess.DEVNULL)
        if run.returncode:
            raise Problem(toolchain.last_line(run.stderr))


def store() -> Path:
    return Path(os.environ.get("INKLING_RUNS") or ROOT / "runs")


def best_run(root: Path, results: list[dict]) -> Path | None:
    """The folder of the run that was best on dev, of those in a report's rows that are judged there."""
    found = []
    for row in results:
        for run in row["runs"] if row["dev"] != NONE else ():
            for folder in root.glob(f"*/*/*-{run}"):
                with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                    record = json.loads((folder / "run.json").read_text())
                    found.append((-record["Best"]["score"], record["Best"]["loss"], str(folder)))
    return Path(min(found)[2]) if found else None
