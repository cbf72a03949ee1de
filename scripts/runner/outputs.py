"""Brings the outputs of an executed cell into the state a reader should see.

A live cell sends its text in chunks, redraws lines with \\r and colours for a
terminal; what is kept is the last state, as plain text.
"""

from __future__ import annotations

import copy
import html
import json
import os
import re
import tempfile
from urllib.parse import quote

import guard

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


class Places:
    """Puts names in the place of folders that say who ran a notebook and where.

    $MNIST_DIR, ~ and the like mean the same to a reader, on any machine.
    """

    def __init__(self, env: dict[str, str], project: str):
        named = [(env.get("MNIST_DIR"), "$MNIST_DIR"), (project, "."), (env.get("HOME") or os.path.expanduser("~"), "~"),
                 (tempfile.gettempdir(), "$TMPDIR"), (env.get("TMPDIR"), "$TMPDIR")]
        named += [(env.get(name), f"${name}") for name in ("GOROOT", "GOPATH", "GOMODCACHE", "GOCACHE", "XDG_CACHE_HOME")]
        self.names: dict[str, str] = {}
        for folder, name in named:
            if folder and os.path.isabs(folder):
                for way in (os.path.normpath(folder), os.path.realpath(folder)):
                    for written in (way, html.escape(way), html.escape(way, quote=False), quote(way), json.dumps(way)[1:-1]):
                        if way != "/":
                            self.names.setdefault(written, name)
        longest_first = sorted(self.names, key=len, reverse=True)
        kernel = rf"(?P<kernel>/{guard.PREFIX}[0-9]+-\w+)?"
        self.pattern = re.compile(rf"(?<![\w.~$-])(?P<folder>{'|'.join(map(re.escape, longest_first))}){kernel}(?![\w-]|\.\w)")

    def named(self, text: str) -> str:
        return self.pattern.sub(lambda match: self.names[match["folder"]], text)

    def take_from(self, outputs: list) -> None:
        for output in outputs:
            for key in ("text", "evalue"):
                if key in output:
                    output[key] = self.named(output[key])
            if "traceback" in output:
                output["traceback"] = [self.named(line) for line in output["traceback"]]
            if "data" in output:
                output["data"] = {kind: self.anywhere(value) if is_text(kind) else value for kind, value in output["data"].items()}

    def anywhere(self, value):
        """A value of JSON with the texts in it named."""
        if isinstance(value, str):
            return self.named(value)
        if isinstance(value, list):
            return [self.anywhere(v) for v in value]
        return {k: self.anywhere(v) for k, v in value.items()} if isinstance(value, dict) else value


def is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind.endswith(("json", "xml", "javascript"))


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


# How a program's complaint begins; a panic's stack and a list of flags come after it.
COMPLAINT = re.compile(r"(?i)^(?:panic|fatal error|fatal|error|invalid value|flag provided but not defined|signal)\b")


def cause(outputs: list) -> str:
    """The line in which a program that failed said why, or nothing.

    A panic, or else a complaint by its first word, on stderr or then on stdout;
    or else the last line on stderr, where a program may have said it in its own words.
    """
    said = {name: [line.strip() for o in outputs if o["output_type"] == "stream" and o["name"] == name
                   for line in o["text"].splitlines() if line.strip() and not EXIT.fullmatch(line.strip())]
            for name in ("stderr", "stdout")}
    panics = [line for line in said["stderr"] if line.startswith(("panic:", "fatal error:"))]
    complaints = [line for name in ("stderr", "stdout") for line in said[name] if COMPLAINT.match(line)]
    line = [*panics, *complaints, *said["stderr"][-1:], ""][0]
    return re.sub(r"^error: ", "", line)


def misread(source: str) -> str:
    """What GoNB would make of a cell's %% line without a word: code that does not run, or its own end."""
    lines = [line.strip() for line in source.splitlines() if re.match(r"%%(\s|$)", line)]
    if any(line.endswith("\\") for line in lines):
        return "its %% line ends in a backslash, for which GoNB takes the next line as a part of it and does not run that"
    if len(lines) > 1:
        return f"it has {len(lines)} lines %%, of which GoNB takes one: part the cell"
    return ""


def printable(text: str) -> str:
    """Text with what is not seen, or turns the direction of writing, as its number: it may be shown in a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def told(cells, word: str) -> list[str]:
    """What the cells' text says after WORD and a colon at the start of a line, each once."""
    return stdout_lines(cells, rf"{word}: +(.*\S)")


def data_used(cells) -> list[str]:
    """What `data:` lines say, or else the first line that describes the digits as pkg/data does."""
    return told(cells, "data") or stdout_lines(cells, r"((?:MNIST|synthetic digits): .*\S)")[:1]


CLAIM = re.compile(r"^claim \((true|false|not decided[^)\n]*)\): (.*\S)", re.M)
RESULT = re.compile(r"^result: dev (?P<dev>[^|\n]*?) \| test (?P<test>[^|\n]*?) \| original (?P<original>[^|\n]*?) \| "
                    r"(?:loss (?P<loss>[^|\n]*?) \| original loss (?P<original_loss>[^|\n]*?) \| )?(?P<what>.*)"
                    r"; (?P<made>[\d a-z]*epochs?, \d+ seeds?), (?P<data>.*)\nruns:(?P<runs>.*)$", re.M)


def claims(cells) -> list[dict]:
    """What notebook.Claim has said: the verdict, the sentence, and the cell by its place among all."""
    return [{"cell": index, "verdict": verdict, "text": printable(text)}
            for index, said in stdout(cells) for verdict, text in CLAIM.findall(said)]


def results(cells) -> list[dict]:
    """The rows that notebook.Tell has said, as texts; "–" is no value."""
    return [{**{k: printable(v) for k, v in found.groupdict().items() if v is not None}, "runs": found["runs"].split()}
            for _, said in stdout(cells) for found in RESULT.finditer(said)]


def stdout(cells):
    for index, cell in enumerate(cells):
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream" and output["name"] == "stdout":
                yield index, output["text"]


def stdout_lines(cells, pattern: str) -> list[str]:
    found = [line for _, said in stdout(cells) for line in re.findall(rf"^{pattern}", said, re.M)]
    return list(dict.fromkeys(map(printable, found)))
