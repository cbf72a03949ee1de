"""Brings the outputs of an executed cell into the state a reader should see.

A live cell sends its text in chunks, redraws lines with \\r and colours for a
terminal; what is kept is the last state, as plain text.
"""

from __future__ import annotations

import copy
import re

# CSI sequences (colours, cursor), OSC sequences (titles, links), and lone escapes.
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
# What GoNB writes on stderr when a cell's program or shell command fails; of the latter it says no more.
EXIT = re.compile(r"^(?:exit status \d+|signal: .+)$", re.M)
SHELL_LINE = re.compile(r"\A\s*%%(?:bash|sh|script)\b|^!", re.M)


def plain(text: str) -> str:
    """Text as a terminal would leave it: no ANSI codes, of \\r lines the last state."""
    return "\n".join(last_state(line) for line in ANSI.sub("", text).split("\n"))


def last_state(line: str) -> str:
    states = [state for state in line.split("\r") if state]
    return states[-1] if states else ""


def normalise(outputs: list) -> list:
    """Merges consecutive chunks of a stream, cleans their text, drops what shows nothing.

    The outputs given stay as they are.
    """
    kept = []
    for output in map(copy.copy, outputs):
        kind = output["output_type"]
        if kind == "stream" and kept and kept[-1]["output_type"] == "stream" and kept[-1]["name"] == output["name"]:
            kept[-1]["text"] += output["text"]
        elif not empty_display(output):
            kept.append(output)
    for output in kept:
        if output["output_type"] == "stream":
            output["text"] = plain(output["text"])
        elif output["output_type"] == "error":
            output["evalue"] = plain(output["evalue"])
            output["traceback"] = [plain(line) for line in output["traceback"]]
    return [o for o in kept if o["output_type"] != "stream" or o["text"].strip()]


def empty_display(output) -> bool:
    if output["output_type"] not in ("display_data", "execute_result"):
        return False
    data = output["data"]
    return all(isinstance(v, str) and not v.strip() for v in data.values())


def shell_failure(source: str, outputs: list) -> str | None:
    """GoNB counts a failing !command or %%bash cell as a success; its stderr tells."""
    if not SHELL_LINE.search(source):
        return None
    for output in outputs:
        if output["output_type"] == "stream" and output["name"] == "stderr":
            match = EXIT.search(output["text"])
            if match:
                return match.group()
    return None


def told(cells, word: str) -> list[str]:
    """What the cells' text says after WORD and a colon at the start of a line, each once."""
    return stdout_lines(cells, rf"{word}: +(.*\S)")


def data_used(cells) -> list[str]:
    """What `data:` lines say, or else the first line that describes the digits as pkg/data does."""
    return told(cells, "data") or stdout_lines(cells, r"((?:MNIST|synthetic digits): .*\S)")[:1]


def stdout_lines(cells, pattern: str) -> list[str]:
    found = []
    for cell in cells:
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream" and output["name"] == "stdout":
                found += re.findall(rf"^{pattern}", output["text"], re.M)
    return list(dict.fromkeys(found))
