"""The part of ./scripts/report that needs Jupyter: executes, writes the pages, sums up."""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import json
import os
import platform
import re
import subprocess
import tempfile
import time
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import nbformat

import budget
import costs
import draw
import page
import pdf
import signals
import summary
import toolchain
import weights
from variant import Variant, page_name
from execute import Run, executed
from outputs import EXIT, told
from project import ROOT, SCRIPTS, TOOLS, Problem, known_notebooks


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--timeout", type=float, required=True)
    parser.add_argument("--go", required=True)
    parser.add_argument("--budget", default="")
    parser.add_argument("--began", type=float, default=0.0)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--note", action="append", default=[])
    parser.add_argument("--variant", action="append", default=[], type=json.loads)
    parser.add_argument("notebooks", nargs="+", type=Path)
    args = parser.parse_args(given)

    for note in args.note:
        print(note)
    args.variants = {Path(v.pop("path")): Variant(**v) for v in args.variant}
    machine = describe_machine(args.go)
    plan = planned(args) if args.budget else None
    exporter = weights.Exporter(args.output / "weights")
    start = time.monotonic()
    boards = draw.Boards(args.output)
    # What a signal finds is put away and told: its kernel, its page, the summary.
    with signals.noted() as note:
        runs = asyncio.run(everything(args, machine, exporter, boards, note, plan))
        boards.write(write, machine)
        write(args.output / "index.html", page.index(args.output, machine))
        said = document(args.output, machine) if not note.number and all(run.signal is None for run in runs) else ""
        write(args.output / "index.html", page.index(args.output, machine))  # with the document, or without
        for problem in filter(None, (exporter.problem, boards.problem, said)):
            print(problem)
        failed = sum_up(runs, args, time.monotonic() - start)
        if plan:
            print(plan.outcome())
        number = next((run.signal for run in runs if run.signal), note.number)
        return 128 + number if number else failed


def planned(args: argparse.Namespace) -> budget.Plan:
    """The plan for a budget of time, told."""
    model = costs.load()
    speed = costs.measure_speed(toolchain.find_go())
    plan = budget.Plan(args.budget, replace(model, here=speed.images), speed.factor(model), args.began)
    for line in plan.outlook([path.stem for path in args.notebooks]):
        print(line)
    if any(v.values for v in args.variants.values()):
        print("what notebooks cost was measured with their own values: with others they may take longer, for which the notebooks after them make up")
    return plan


def turn(plan: budget.Plan, path: Path, args: argparse.Namespace, done: int) -> tuple[costs.Choice, str]:
    """Chooses the settings of a notebook whose turn it is; returns what to say of that."""
    left = [p.stem for p in args.notebooks[done:]]
    choice = plan.next(left)
    args.variants[path] = args.variants[path].within(choice.counts, choice.images, choice.seconds)
    of = f"of {budget.words(plan.left())} for {len(left)} notebook{'s' * (len(left) != 1)}" if plan.left() > 0 else "and no time is left"
    return choice, f": about {budget.words(choice.seconds)} {of}"


async def everything(args: argparse.Namespace, machine: str, exporter: weights.Exporter, boards: draw.Boards, note: signals.Note,
                     plan: budget.Plan | None = None) -> list[Run]:
    """Runs the notebooks, args.at_once at a time, and writes the page of one while the next ones run; returns what became of those begun.
    Those that keep runs of one question, as a copy of a notebook does, come one after the other: a run that another process makes is refused.
    Under a plan one comes after the other, page and all: the time that it took decides what the next ones get."""
    room, writing = asyncio.Semaphore(args.at_once), asyncio.Lock()
    asked = collections.defaultdict(asyncio.Lock)

    async def one(number: int, path: Path) -> Run | None:
        async with contextlib.AsyncExitStack() as held:
            for question in sorted(questions(path)) if args.at_once > 1 else ():  # in one order, so that none waits for one that waits for it
                await held.enter_async_context(asked[question])
            await held.enter_async_context(room)
            if note.number:
                return None
            choice, told = turn(plan, path, args, number - 1) if plan else (None, "")
            other = args.variants.get(path)
            name = page_name(path, other)
            print(f"[{number}/{len(args.notebooks)}] {path.stem}{f', {other.words()}' if other else ''}{told}", flush=True)
            began, date = time.monotonic(), time.strftime("%-d %B %Y, %H:%M")
            env = {**os.environ, **(other.environment() if other else {})}
            if args.at_once > 1 and not quick():
                env["INKLING_TURN"] = str(TOOLS / "turn")  # who trains; see pkg/lab/turn.go. What is quick is not worth waiting for
            # Notebooks that share the machine take as much longer as there are of them.
            notebook, run = await executed(
                path, name, args.timeout * args.at_once, env,
                TOOLS / "log" / f"kernel-{name}.log", note, other.cost if other else 0, f"{name} " if args.at_once > 1 else "")
            show_failure(notebook, run)
            print(f"  {f'{name} ' if args.at_once > 1 else ''}{run.status} in {run.seconds:.0f} s" + (f": {run.error}" if run.error else ""), flush=True)
            if plan:
                await written(path, notebook, run, date)
                if run.status == "ok":
                    plan.done(choice, time.monotonic() - began)
        if not plan:
            await written(path, notebook, run, date)
        return run

    async def written(path: Path, notebook, run: Run, date: str) -> None:
        async with writing:
            await asyncio.to_thread(write_page, path, notebook, run, date, args, machine, exporter, boards)

    runs = await asyncio.gather(*(one(number, path) for number, path in enumerate(args.notebooks, 1)))
    return [run for run in runs if run is not None]


def questions(path: Path) -> set[str]:
    """Whose runs a notebook asks for, by name."""
    try:
        return set(re.findall(r'\bOpen\(\s*\\"([^"\\]+)\\"', path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return set()  # who executes it says why


def write_page(path: Path, notebook, run: Run, date: str, args: argparse.Namespace, machine: str, exporter: weights.Exporter, boards: draw.Boards) -> None:
    """Writes the page of an executed notebook and what lies beside it; one at a time."""
    other = args.variants.get(path)
    notebook.metadata[page.KEY] = {
        "title": page.title(notebook, run.name), "status": run.status, "error": run.error,
        "failed_cell": run.failed_cell, "headlines": run.headlines, "data": run.data, "date": date,
        "claims": run.claims, "results": run.results, "kernels": told(notebook.cells, "kernels"), "versions": versions(args.go),
        "seconds": round(run.seconds, 1), "at_once": args.at_once, "quick": quick(), "machine": machine,
        **({"variant": other.told(path.stem)} if other else {}),
        "weights": exporter.export(run.name, run.results),
        "draw": draw.asked(notebook.cells),
    }
    board = boards.of(run.name, notebook.metadata[page.KEY])
    write(args.output / f"{run.name}.ipynb", nbformat.writes(notebook))
    write(args.output / f"{run.name}.html", page.report(notebook, path.parent, run.name, names(args), board))


def quick() -> bool:
    return os.environ.get("INKLING_QUICK", "").strip().lower() in ("1", "true")


def document(output: Path, machine: str) -> str:
    """The whole as one document, where all notebooks have full reports; returns "", or why there is none."""
    whole = {r.name for r in summary.reports(output) if not r.told["quick"]}
    if not {path.stem for path in known_notebooks()} <= whole:
        (output / "report.pdf").unlink(missing_ok=True)  # of other pages
        return ""
    return pdf.make(output, machine)


def names(args: argparse.Namespace) -> list[str]:
    """All that have a page once this is done, in the order of the index."""
    there = [r.name for r in summary.reports(args.output)]
    return sorted({*there, *(path.stem for path in args.notebooks if path not in args.variants)})


def show_failure(notebook, run: Run) -> None:
    """Prints what the failing cell said: the compiler's text, the program's stderr."""
    if run.status != "failed" or run.failed_cell is None:
        return
    for output in notebook.cells[run.failed_cell].outputs:
        if output.output_type == "error" and not EXIT.fullmatch(output.evalue):
            text = "\n".join(output.traceback)
        elif output.output_type == "stream" and output.name == "stderr":
            text = output.text
        else:
            continue
        print("\n".join(f"    {line}" for line in text.strip().splitlines()[-40:]))


def write(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8") as file:
            try:
                file.write(text)
                file.flush()
                os.chmod(file.name, 0o644)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise Problem(f"cannot write {path}: {error.strerror}") from None


def sum_up(runs: list[Run], args: argparse.Namespace, seconds: float) -> int:
    print()
    for run in runs:
        print(f"{run.status:12}{run.name:24}{run.seconds:6.0f} s  {args.output / run.name}.html")
        for line in run.headlines:
            print(f"{'':12}{line}")
        if run.claims:
            print(f"{'':12}{page.claims_told(run.claims)}")
    counts = [(word, sum(run.status == word for run in runs)) for word in ("ok", "failed", "interrupted")]
    counts.append(("not run", len(args.notebooks) - len(runs)))
    print(f"{seconds:.0f} s in all: " + ", ".join(f"{n} {word}" for word, n in counts if n))
    print(f"open {args.output / 'index.html'}")
    return int(any(run.status != "ok" for run in runs))


def versions(go: str) -> dict[str, str]:
    """What ran the notebooks: Go, the kernel, and Jupyter's parts."""
    pinned = re.search(r"github\.com/janpfeifer/gonb (v\S+)", (SCRIPTS / "tools" / "go.mod").read_text())
    found = {"Go": go.removeprefix("go"), "GoNB": pinned[1].removeprefix("v") if pinned else ""}
    for name in ("jupyterlab", "nbclient", "nbconvert"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return {**found, "Python": platform.python_version()}


def describe_machine(go_version: str) -> str:
    """What the numbers were measured on, for the foot of every page."""
    cpu = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    source = ""
    with contextlib.suppress(OSError):  # no git here
        commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], text=True, capture_output=True)
        source = f", source {commit.stdout.strip()}" if commit.returncode == 0 else ""
    return f"{platform.system()} {platform.machine()}, {cpu}, {os.cpu_count()} cores, {go_version}{source}"
