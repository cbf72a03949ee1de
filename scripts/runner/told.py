"""Compares the epochs and seeds that executed notebooks tell of with the runs in the store.

    told.py RUNS NOTEBOOK.ipynb…

A headline, or a row of results, names its runs in the line below it, and its numbers must be those of
their histories. Any other number of epochs or seeds in an output must be one
that a run of the notebook's questions bears out. Uses the standard library only.
"""

from __future__ import annotations

import html
import json
import re
import sys
from pathlib import Path

EPOCHS = re.compile(r"(?<![\d.,])(?:(\d+) to )?\b(\d+) epochs?\b(?! together)")  # of a run, not of many together
SEEDS = re.compile(r"(?<![\d.,])\b(\d+) seeds?\b(?! \d)")  # not the end of "lr 0.06 seed 1"
SEED = re.compile(r"\bseed (\d+)\b")
HEADLINE = re.compile(r"^(?:headline|result): +(.*\S)(?:\nruns:(.*))?$", re.M)
# Words that stand for numbers are found in texts, which are written by hand.
NUMBER = r"(?:\d[\d,]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|forty)"
IN_TEXT = re.compile(rf"\b{NUMBER} (?:more )?(?:epochs?|seeds|passes)\b", re.I)


class Store:
    """What the run store says, by the end of a run's folder."""

    def __init__(self, root: Path):
        self.runs = {}
        for record in sorted(root.glob("*/*/*/run.json")):
            told = json.loads(record.read_text())
            events = [json.loads(line) for line in (record.parent / "history.jsonl").read_text().splitlines()]
            run = {
                "folder": str(record.parent.relative_to(root)), "question": told["Question"],
                "record": (told["Epochs"], told["Seed"]),
                "epochs": 1 + max((e["epoch"] for e in events), default=told["Epochs"] - 1),
                "seed": seed_of(told), "whole": told["Status"] == "finished",
            }
            self.runs.setdefault(record.parent.name.rsplit("-", 1)[1], []).append(run)

    def of(self, notebook: str) -> list[dict]:
        """The runs of a notebook's questions: q1 and q1-try of q1_mlp."""
        question = notebook.split("_")[0]
        return [r for same in self.runs.values() for r in same if r["question"].split("-")[0] == question]


def seed_of(told: dict) -> int:
    """The seed as the configuration has it, not as the record repeats it."""
    found = re.search(r"\bSeed\W+(0x[0-9a-f]+|\d+)", json.dumps(told["Config"]))
    return int(found[1], 0) if found else told["Seed"]


def untruths(name: str, notebook: dict, store: Store) -> list[str]:
    wrong = []
    mine = store.of(name)
    for run in mine:
        # A run that diverged may have begun an epoch without an event.
        if run["record"][1] != run["seed"] or run["whole"] and run["record"][0] != run["epochs"]:
            wrong.append(f"{run['folder']}: the record says epochs and seed {run['record']}, "
                         f"history and configuration {(run['epochs'], run['seed'])}")
    lengths = {e for r in mine for e in (r["epochs"], r["record"][0])}
    seeds = {r["seed"] for r in mine}
    for number, cell in enumerate(notebook["cells"]):
        for text in texts(cell):
            for headline, ids in HEADLINE.findall(text):
                wrong += [f"{name}, cell {number}: “{headline}”: {what}" for what in check(headline, ids.split(), store)]
            for low, high in EPOCHS.findall(text):
                for n in filter(None, (low, high)):
                    if int(n) not in lengths:
                        wrong.append(f"{name}, cell {number}: {n} epochs, the runs have {sorted(lengths)}: {around(text, high)}")
            for n in SEEDS.findall(text):
                if not 1 <= int(n) <= len(seeds):
                    wrong.append(f"{name}, cell {number}: {n} seeds, the runs have {sorted(seeds)}: {around(text, n)}")
            for n in SEED.findall(text):
                if int(n) not in seeds and "split seed" not in around(text, n):
                    wrong.append(f"{name}, cell {number}: seed {n}, the runs have {sorted(seeds)}: {around(text, n)}")
    return wrong


def check(headline: str, ids: list[str], store: Store) -> list[str]:
    epochs, seeds = EPOCHS.findall(headline), SEEDS.findall(headline)
    if not ids:
        return ["names no runs, but epochs or seeds"] if epochs or seeds else []
    unknown = [i for i in ids if i not in store.runs]
    if unknown:
        return [f"no run ends in {' or '.join(unknown)}"]
    runs = [store.runs[i][0] for i in ids]
    lengths = sorted({r["epochs"] for r in runs})
    wrong = []
    if len(epochs) != 1 or [int(n) for n in epochs[0] if n] != [lengths[0], lengths[-1]][-len(lengths):]:
        wrong.append(f"its runs have {lengths} epochs")
    if len(seeds) != 1 or int(seeds[0]) != len({r["seed"] for r in runs}):
        wrong.append(f"its runs have the seeds {sorted({r['seed'] for r in runs})}")
    return wrong


def texts(cell: dict):
    """What a cell's outputs say: streams whole, and the text and alternative texts of HTML."""
    for output in cell.get("outputs", ()):
        if output["output_type"] == "stream":
            yield joined(output["text"])
        page = joined(output.get("data", {}).get("text/html", ""))
        yield from map(html.unescape, re.findall(r'alt="([^"]*)"', page))
        yield html.unescape(re.sub(r"<[^>]*>", " ", page))


def joined(text) -> str:
    return text if isinstance(text, str) else "".join(text)


def around(text: str, word: str) -> str:
    at = text.find(word)
    return " ".join(text[max(at - 40, 0): at + 40].split())


def unsaid(notebook: dict) -> list[str]:
    """Sentences of texts that give a number of epochs or seeds and do not say that it is that of a full run.

    What a report of others did, and what an exercise asks for, are no statements about the runs.
    """
    found = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "markdown":
            continue
        text = joined(cell["source"]).split("## Exercises")[0]
        for paragraph in text.split("\n"):
            if paragraph.startswith("**The report this repeats**"):
                continue
            for sentence in re.split(r"(?<=[.:;!?]) ", paragraph):
                if IN_TEXT.search(sentence) and "full" not in sentence:
                    found.append(sentence.strip())
    return found


def main(runs: str, *notebooks: str) -> int:
    store, wrong, headlines = Store(Path(runs)), [], 0
    for path in map(Path, notebooks):
        notebook = json.loads(path.read_text())
        if notebook["metadata"].get("inkling", {}).get("variant"):
            continue  # what is told elsewhere is not of its runs
        wrong += untruths(path.stem, notebook, store)
        headlines += sum(bool(ids) for cell in notebook["cells"] for text in texts(cell) for _, ids in HEADLINE.findall(text))
    for line in wrong:
        print(line)
    print(f"{headlines} headlines and results with their runs in {len(notebooks)} notebooks: {len(wrong)} untrue")
    return int(bool(wrong) or not headlines)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
