"""Why a cell does not know a name that the notebook has: the sentence under the compiler's "undefined: open"."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from pathlib import Path

NAME = re.compile(r"\bundefined: (\w+)")
SHOWN = 3  # names in one sentence


def explain(shown: str, notebook: Path) -> str:
    """One line on the undefined names in what a cell has shown (HTML or text), or nothing where the notebook does not have them."""
    lines = re.sub(r"</?(?:br|p|div|pre|li|tr)\b[^>]*>", "\n", shown)
    names = list(dict.fromkeys(NAME.findall(html.unescape(re.sub(r"<[^>]*>", "", lines)))))
    if not names:
        return ""
    try:
        cells = [text(c["source"]) for c in json.loads(notebook.read_text())["cells"] if c["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    declared = {n: line for n in names if (line := line_of(cells, declaration(n)))}
    values = {n: line for n in names if n not in declared and (line := line_of(cells, assignment(n)))}
    said = []
    if declared:
        said.append(f"{listed(declared)}: declared in another cell, which this kernel has not run yet. "
                    "Run the cells above first (Run ▸ Run All Above Selected Cell).")
    if values:
        said.append(f"{listed(values)}: a value of another cell. Cells are programs of their own: declarations carry over, values do not, "
                    "so this cell needs that line too.")
    return " ".join(said)


def text(source) -> str:
    return source if isinstance(source, str) else "".join(source)


def declaration(name: str) -> re.Pattern:
    """At the start of a line, in a group of declarations, or as the last part of an import."""
    return re.compile(rf'^(?:func|type|var|const) {name}\b.*|^var (?:\w+, )*{name}\b.*|^\t{name}\s+(?:=|struct\b|func\b|interface\b|\[).*'
                      rf'|^(?:import |\t)(?:"(?:[\w./-]+/)?{name}(?:/v\d+)?"|{name} ".*").*', re.M)


def assignment(name: str) -> re.Pattern:
    return re.compile(rf"^[ \t]*(?:\w+, )*{name}(?:, \w+)* :=.*", re.M)


def line_of(cells: list[str], pattern: re.Pattern) -> str:
    """The line that does it; of several, the one that most cells have."""
    found = Counter(m.group().strip() for c in cells for m in pattern.finditer(c))
    return max(found, key=found.get, default="")


def listed(lines: dict[str, str]) -> str:
    some = [f"{name} ({line if len(line) <= 60 else line[:59] + '…'})" for name, line in list(lines.items())[:SHOWN]]
    return ", ".join(some) + (f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else "")
