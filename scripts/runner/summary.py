"""What all reports of a folder come to: their rows of results, an abstract, how they were made.

Words follow numbers: nothing is said here that the reports' cells have not told.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat

# What the runner tells about a run, in the executed notebook's metadata.
KEY = "inkling"
NONE = "–"


@dataclass
class Report:
    name: str
    notebook: nbformat.NotebookNode
    told: dict


def reports(folder: Path) -> list[Report]:
    """The standard reports in a folder, also those of earlier runs."""
    return [r for r in everything(folder) if not r.told.get("variant")]


def variants(folder: Path) -> list[Report]:
    """The reports with other values than the notebooks' own: no result of theirs is one of the standard ones."""
    return [r for r in everything(folder) if r.told.get("variant")]


def everything(folder: Path) -> list[Report]:
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        try:
            notebook = nbformat.read(path, as_version=4)
            found.append(Report(path.stem, notebook, notebook.metadata[KEY]))
        except (ValueError, KeyError, AttributeError, OSError):
            continue  # not one of ours
    return found


def question(name: str) -> str:
    """"5" of q5_cnn, or the name."""
    match = re.match(r"q(\d+)", name)
    return match[1] if match else name


def rows(found: list[Report]) -> list[tuple[Report, dict]]:
    return [(r, {"loss": "", "original_loss": "", **row, "what": grouped(row["what"]), "question": question(r.name)})
            for r in found for row in r.told.get("results", ())]


def grouped(text: str) -> str:
    """Counts of five digits and more in groups of three: 158,778 weights."""
    return re.sub(r"(?<![\w.,/-])\d{5,}(?= (?:weights|images|training|test|dev|for training)\b)", lambda m: f"{int(m[0]):,}", text)


def mean(value: str) -> float | None:
    """98.02 of "98.02 ± 0.12"."""
    match = re.match(r"-?\d+(?:\.\d+)?", value)
    return float(match[0]) if match else None


def between(values: list[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:.2f} %" if low == high else f"{low:.2f} to {high:.2f} %"


def abstract(found: list[Report]) -> list[str]:
    """Sentences that the reports' rows and claims bear out."""
    all_rows = [row for _, row in rows(found)]
    if not all_rows:
        return []
    data = list(dict.fromkeys(row["data"] for _, row in rows(found)))
    said = [f"{count(len(found), 'notebook')} {'ask' if len(found) > 1 else 'asks'} what a neural network needs to read images, and train "
            f"their networks with a library written from scratch in Go, on {' and '.join(data)}."]
    beside = [(mean(row["original"]), mean(row["dev"])) for row in all_rows]
    beside = [(theirs, ours) for theirs, ours in beside if theirs is not None and ours is not None]
    if beside:
        results = len({theirs for theirs, _ in beside})  # one may stand beside two of ours
        said.append(f"Of the report that they repeat, {count(results, 'result')} {'have' if results > 1 else 'has'} a counterpart here: "
                    f"{between([b[0] for b in beside])} right on its dev images, {between([b[1] for b in beside])} on ours.")
    tested = [row for row in all_rows if mean(row["test"]) is not None]
    if tested:
        best = max(tested, key=lambda row: mean(row["test"]))
        said.append(f"The best on the test set is {best['test']} %: {best['what']} ({best['made']}).")
    claims = [claim for r in found for claim in r.told.get("claims", ())]
    if claims:
        counts = {word: sum(c["verdict"].startswith(word) for c in claims) for word in ("true", "false", "not decided")}
        said.append(f"Of {count(len(claims), 'claim')} in the text " + ", ".join(
            f"{n} {'is' if n == 1 else 'are'} {word}" for word, n in counts.items() if n) + ".")
    if any(r.told["quick"] for r in found):
        said.append("These are quick settings, to try things out: on fewer images and with fewer epochs, so the numbers say little.")
    return said


def count(n: int, what: str) -> str:
    return f"{n} {what}" + "s" * (n != 1)


def span(numbers: list[int], what: str) -> str:
    """"1 to 12 epochs"."""
    low, high = min(numbers, default=0), max(numbers, default=0)
    return count(high, what) if low == high else f"{low} to {count(high, what)}"


def period(dates: list[str]) -> str:
    """From the first of some dates, as render.py writes them, to the last."""
    try:
        known = sorted(dict.fromkeys(dates), key=lambda date: time.strptime(date, "%d %B %Y, %H:%M"))
    except ValueError:
        return "; ".join(dict.fromkeys(dates))
    if len(known) < 2:
        return "".join(known)
    (first, begin), (last, end) = (date.split(", ") for date in (known[0], known[-1]))
    return f"{first}, {begin} to {end}" if first == last else f"{known[0]} to {known[-1]}"


def made(found: list[Report]) -> list[tuple[str, str]]:
    """How the reports were made: a term and a text each."""
    if not found:
        return []

    def every(values) -> str:
        return "; ".join(dict.fromkeys(v for v in values if v))

    told = [r.told for r in found]
    runs = {run for _, row in rows(found) for run in row["runs"]}
    seconds = sum(t["seconds"] for t in told)
    versions = every(", ".join(f"{name} {v}" for name, v in t.get("versions", {}).items() if v) for t in told)
    data = [d for t in told for d in t["data"]]
    lengths = [int(n) for _, row in rows(found) for n in re.findall(r"\d+(?= epochs?\b| to \d+ epochs?\b)", row["made"])]
    seeds = [int(n) for _, row in rows(found) for n in re.findall(r"\d+(?= seeds?\b)", row["made"])]
    lines = [
        ("data", grouped(every(d for d in data if not any(other != d and other.startswith(d) for other in data)))),
        ("runs", f"{len(runs)} in the table above: {span(lengths, 'epoch')}, {span(seeds, 'seed')}" if runs else ""),
        ("settings", "quick" if all(t["quick"] for t in told) else "full" if not any(t["quick"] for t in told) else "some of them quick"),
        ("machine and source", every(t["machine"] for t in told)),
        ("kernels", every(k for t in told for k in t.get("kernels", ()))),
        ("versions", versions),
        ("when", period([t["date"] for t in told])),
        ("time", f"{seconds / 60:.0f} minutes for {count(len(found), 'notebook')}{', two of which ran at a time' if any(t.get('at_once', 1) > 1 for t in told) else ''}: "
         + ", ".join(f"{r.name} {r.told['seconds']:.0f} s" for r in found) + ". Runs that were stored before cost nothing."),
    ]
    return [(what, text) for what, text in lines if text]
