"""Executes one notebook through Jupyter, cell by cell, and keeps what there is.

nbclient talks to the kernel; time-outs, interrupts and GoNB's quiet failures
are handled here, because each of them must still leave a notebook behind that
says what happened.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

import guard
import outputs
import signals
from project import JUPYTER, KERNEL, ROOT

# GoNB gives an interrupted cell 5 s before it kills it.
INTERRUPT_GRACE = 8.0
START_TIMEOUT = 60
STILL_RUNNING = 30.0


@dataclass
class Run:
    """What became of one notebook."""

    name: str
    status: str = "ok"  # ok, failed, interrupted
    error: str = ""  # one line
    failed_cell: int | None = None  # index into the notebook's cells
    seconds: float = 0.0
    signal: int | None = None
    headlines: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    claims: list[dict] = field(default_factory=list)
    results: list[dict] = field(default_factory=list)


class Progress:
    """One line per cell: [k/n], the time it took, its first line. What begins each line tells notebooks apart that run at a time."""

    def __init__(self, total: int, ends: float = 0.0, begins: str = ""):
        self.total, self.begins = total, begins
        self.ends = ends  # when the notebook should be done, 0 where nobody knows
        self.live = sys.stdout.isatty() and not begins
        self.drawn = 0  # columns of the line that stands there

    def begin(self, number: int, source: str) -> None:
        self.number, self.start = number, time.monotonic()
        self.label = first_line(source)
        self.told = self.start

    def tick(self) -> None:
        now = time.monotonic()
        if self.live:
            line = self.line(self.left())
            print(f"\r{line.ljust(self.drawn)}", end="", flush=True)
            self.drawn = len(line)
        elif now - self.told >= STILL_RUNNING:
            self.told = now
            print(f"{self.line()} … still running{self.left()}", flush=True)

    def end(self, word: str = "") -> None:
        line = self.line() + (f"  {word}" if word else "")
        print(("\r" if self.live else "") + line.ljust(self.drawn), flush=True)
        self.drawn = 0

    def left(self) -> str:
        """How long the notebook is to take from now on."""
        seconds = self.ends - time.monotonic()
        return "" if not self.ends else f", about {seconds:.0f} s to go" if seconds >= 1 else ", longer than expected"

    def line(self, more: str = "") -> str:
        width = len(str(self.total))
        seconds = time.monotonic() - self.start
        line = f"  {self.begins}[{self.number:{width}}/{self.total}] {seconds:7.1f} s{more}  {self.label}"
        columns = shutil.get_terminal_size().columns - 1 if self.live else 100
        return line if len(line) <= columns else line[: columns - 1] + "…"


def first_line(source: str) -> str:
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return next((line for line in lines if line != "%%"), lines[0] if lines else "")


def execute(path: Path, name: str, timeout: float, env: dict[str, str], log: Path, expected: float = 0):
    """Runs a notebook that is to take so many seconds, if one knows; returns it with its outputs, and what became of it.

    A signal ends the running cell, the notebook says so, and the caller is told in Run.signal.
    """
    with signals.noted() as note:
        return asyncio.run(executed(path, name, timeout, env, log, note, expected))


async def executed(path: Path, name: str, timeout: float, env: dict[str, str], log: Path, note: signals.Note, expected: float = 0, begins: str = ""):
    """execute, for a caller that takes the signals and perhaps runs several notebooks at a time."""
    notebook = nbformat.read(path, as_version=4)
    language = notebook.metadata.get("kernelspec", {}).get("language", "go")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    run = Run(name)
    start = time.monotonic()
    if language != "go":
        run.status, run.error = "failed", f"is a notebook for {language}, only Go notebooks run here"
    else:
        await Execution(notebook, path, run, timeout, env, log, start + expected if expected else 0, begins).go(note)
        run.signal = note.number
    run.seconds = time.monotonic() - start
    places = outputs.Places({**kernel_places(), **env}, str(ROOT))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = outputs.normalise(cell.outputs)
            places.take_from(cell.outputs)
    run.error = places.named(run.error)
    # GoNB leaves it empty, and Go would be coloured as Python.
    notebook.metadata.setdefault("language_info", {"name": "go", "file_extension": ".go"})["pygments_lexer"] = "go"
    run.headlines = outputs.told(notebook.cells, "headline")
    run.data = outputs.data_used(notebook.cells)
    run.claims, run.results = outputs.claims(notebook.cells), outputs.results(notebook.cells)
    refuted(run, notebook.cells)
    return notebook, run


def refuted(run: Run, cells) -> None:
    """A notebook that says what its runs do not bear out has failed, although all of it has run."""
    false = [claim for claim in run.claims if claim["verdict"] == "false"]
    if false and run.status == "ok":
        first = false[0]["cell"]
        more = f" (and {len(false) - 1} more)" if len(false) > 1 else ""
        run.status, run.failed_cell = "failed", first
        run.error = f"a claim is false{cell_id(cells[first])}: {false[0]['text']}{more}"


def kernel_places() -> dict[str, str]:
    """Where the kernel's Go keeps things."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        spec = json.loads((JUPYTER / "data" / "kernels" / KERNEL / "kernel.json").read_text())
        return {name: value.replace("$$", "$") for name, value in spec["env"].items()}
    return {}


class Execution:
    def __init__(self, notebook, path: Path, run: Run, timeout: float, env: dict[str, str], log: Path, ends: float = 0, begins: str = ""):
        self.ends, self.begins = ends, begins
        self.notebook, self.path, self.run, self.timeout, self.env, self.log = notebook, path, run, timeout, env, log
        self.stop = asyncio.Event()

    async def go(self, note: signals.Note) -> None:
        loop = asyncio.get_running_loop()

        def tell() -> None:
            loop.call_soon_threadsafe(self.stop.set)

        note.tell.append(tell)
        if note.number:
            self.stop.set()
        try:
            await self.with_kernel()
        finally:
            note.tell.remove(tell)

    async def with_kernel(self) -> None:
        manager = AsyncKernelManager(kernel_name=KERNEL)
        spec = manager.kernel_spec
        # Compiler errors as text; and no gopls, which nobody asks anything here.
        spec.argv.append("-raw_error")
        spec.env["PATH"] = os.pathsep.join(p for p in spec.env["PATH"].split(os.pathsep) if Path(p).name != "gopls")
        client = NotebookClient(self.notebook, km=manager, timeout=None, kernel_name=KERNEL)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("w") as log:
            try:
                await manager.start_kernel(cwd=str(self.path.parent), env=self.env, stdout=log, stderr=log)
                group = getattr(manager.provisioner, "pid", None)
                client.kc = manager.client()
                client.kc.start_channels()
                client.kc.allow_stdin = False
                await client.kc.wait_for_ready(timeout=START_TIMEOUT)
            except RuntimeError as error:
                self.fail(None, f"the Go kernel did not start: {error} (its log: {self.log})")
                await self.shut_down(manager, client, None)
                return
            try:
                await self.cells(manager, client)
            finally:
                await self.shut_down(manager, client, group)

    async def cells(self, manager, client) -> None:
        code = [i for i, c in enumerate(self.notebook.cells) if c.cell_type == "code" and c.source.strip()]
        progress = Progress(len(code), self.ends, self.begins)
        for number, index in enumerate(code, 1):
            cell = self.notebook.cells[index]
            progress.begin(number, cell.source)
            error = outputs.misread(cell.source) or await self.cell(manager, client, cell, index, progress)
            if error is None and "raises-exception" not in cell.metadata.get("tags", []):
                status = outputs.shell_failure(cell.source, outputs.normalise(cell.outputs))
                error = status and f"a shell command failed: {status}"
            if self.stop.is_set():
                self.run.status, self.run.failed_cell = "interrupted", index
                self.run.error = f"interrupted in cell {number} of {len(code)}"
                progress.end("interrupted")
                return
            if error:
                self.fail(index, f"cell {number} of {len(code)}{cell_id(cell)}: {error}")
                progress.end("FAILED")
                return
            progress.end()

    async def cell(self, manager, client, cell, index: int, progress: Progress) -> str | None:
        """Executes one cell; returns None or what went wrong in one line."""
        task = asyncio.ensure_future(client.async_execute_cell(cell, index))
        stopping = asyncio.ensure_future(self.stop.wait())
        deadline = time.monotonic() + self.timeout
        try:
            while not task.done() and not self.stop.is_set() and time.monotonic() < deadline:
                await asyncio.wait({task, stopping}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                if not task.done():
                    progress.tick()
            timed_out = not task.done() and not self.stop.is_set()
            if not task.done():
                await manager.interrupt_kernel()
                await asyncio.wait({task}, timeout=INTERRUPT_GRACE)
            if not task.done():
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            return f"took longer than {self.timeout:g} s" if timed_out else None
        except CellExecutionError as error:
            return f"took longer than {self.timeout:g} s" if timed_out else failure(cell, error)
        except DeadKernelError:
            return f"the Go kernel died (its log: {self.log})"
        finally:
            stopping.cancel()

    def fail(self, index: int | None, error: str) -> None:
        self.run.status, self.run.failed_cell, self.run.error = "failed", index, error

    async def shut_down(self, manager, client, group: int | None) -> None:
        """Ends the kernel, and a cell's program that outlived it."""
        with contextlib.suppress(Exception):
            await manager.shutdown_kernel(now=self.run.status != "ok")
        if client.kc is not None:
            with contextlib.suppress(Exception):
                client.kc.stop_channels()
        if group:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
            # The kernel's watcher ends what has left the group and removes its folder.
            for _ in range(100):
                if not any(Path(tempfile.gettempdir()).glob(f"{guard.PREFIX}{group}-*")):
                    break
                await asyncio.sleep(0.1)


def failure(cell, error: CellExecutionError) -> str:
    """What went wrong in one line: the compiler's first complaint, or what the program said was the cause."""
    lines = meaningful(outputs.plain(str(getattr(error, "evalue", "") or error)))
    if lines and outputs.EXIT.fullmatch(lines[0]):
        told = outputs.cause(outputs.normalise(cell.outputs))
        return f"{told} ({lines[0]})" if told else lines[0]
    return re.sub(r"^\S*main(?:_test)?\.go:[\d:]+ ", "", lines[0]) if lines else "failed"


def cell_id(cell) -> str:
    return f" ({cell['id']})" if cell.get("id") else ""


def meaningful(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]
