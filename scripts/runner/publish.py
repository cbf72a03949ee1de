"""./scripts/report --publish: the reports as Markdown with PNG figures in docs/reports, for any code host.

It runs nothing: what it writes is made from the executed notebooks of a full report on MNIST, and
from nothing else. README's table and figures, between marks, follow it. Published twice, the same
reports come to the same bytes.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import html
import json
import re
import shutil
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import nbformat

import summary
from project import NOTEBOOKS, ROOT, Problem

MAX_FIGURE, MAX_ALL = 150 << 10, 5 << 20
FIGURES = "figures"
NOTE = "<!-- Written by ./scripts/report --publish: changes here are lost. -->\n\n"


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args(given)
    ours = {source.stem for source in NOTEBOOKS.glob("*.ipynb")}
    found = [r for r in summary.reports(args.output) if r.name in ours]  # and not those of one's own beside them
    refuse(found, args.output)
    target = ROOT / "docs" / "reports"
    size = publish(found, target)
    changed = into_readme(ROOT / "README.md", target)
    print(f"{len(found)} reports in docs/reports, {size / 1e6:.1f} MB" + ("; README.md follows them" if changed else "; README.md says the same already"))
    return 0


def refuse(found: list[summary.Report], folder: Path) -> None:
    """Only a full report on MNIST, of the notebooks as they are, is published."""
    there = {r.name: r for r in found}
    for source in sorted(NOTEBOOKS.glob("*.ipynb")):
        name = source.stem
        if name not in there:
            raise Problem(f"not published: {folder} has no report of {name}: ./scripts/report makes all")
        why = unfit(there[name], nbformat.read(source, as_version=4))
        if why:
            raise Problem(f"not published: the report of {name} {why}")


def unfit(report: summary.Report, source) -> str:
    """Why a report is not one to publish, "" if it is."""
    told = report.told
    if told["status"] != "ok":
        return f"{told['status']}: {told['error']}"
    if told["quick"]:
        return "has quick settings: make a full one, without --quick"
    data = [d for d in told["data"] if not d.startswith("MNIST: ")]
    if data or not told["data"]:
        return f"is of {data[0] if data else 'unknown data'}: want MNIST"
    undecided = [c for c in told.get("claims", ()) if c["verdict"] != "true"]
    if undecided:
        return f"has a claim that is {undecided[0]['verdict']}: {undecided[0]['text']}"
    if code(source) != code(report.notebook):
        return "is of another version of its code: make it again, its stored runs cost nothing"
    return ""


def code(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def publish(found: list[summary.Report], target: Path) -> int:
    """Writes all into a folder beside and puts that into the place of target; returns its size in bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".reports-") as scratch:
        folder = Path(scratch) / "reports"
        folder.mkdir()
        names = [r.name for r in found]
        for number, report in enumerate(found):
            (folder / f"{report.name}.md").write_text(Page(report, names, number, folder).text(), encoding="utf-8")
        (folder / "README.md").write_text(index(found), encoding="utf-8")
        (folder / "results.json").write_text(json.dumps(results(found), indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        if size > MAX_ALL:
            raise Problem(f"not published: the pages have {size / 1e6:.1f} MB, at most {MAX_ALL / 1e6:.1f}")
        old = Path(scratch) / "old"
        with contextlib.suppress(FileNotFoundError):
            target.rename(old)
        folder.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    return size


def results(found: list[summary.Report]) -> dict:
    """What programs read: the rows of the table, the claims, the headlines, how all was made."""
    return {
        "made": [list(line) for line in summary.made(found)],
        "results": [{**row, "notebook": r.name} for r, row in summary.rows(found)],
        "claims": [{"notebook": r.name, "verdict": c["verdict"], "text": c["text"]} for r in found for c in r.told.get("claims", ())],
        "headlines": {r.name: list(r.told["headlines"]) for r in found},
    }


class Page:
    """The Markdown of one report, and its figures."""

    def __init__(self, report: summary.Report, names: list[str], number: int, folder: Path):
        self.report, self.names, self.number, self.folder = report, names, number, folder
        self.parts: list[str] = []

    def text(self) -> str:
        for cell in self.report.notebook.cells:
            if cell.cell_type == "markdown":
                self.add(self.linked(cell.source))
            elif cell.cell_type == "code" and cell.source.strip():
                self.code(cell.source)
                self.cell(cell)
        return NOTE + "\n\n".join([self.way(), *self.parts, self.way()]) + "\n"

    def add(self, block: str) -> None:
        if block.strip():
            self.parts.append(block.strip("\n"))

    def code(self, source: str) -> None:
        """Code folds, that of cells which show nothing with that of the next."""
        begin, end = "<details><summary>code</summary>\n\n", "\n\n</details>"
        if self.parts and self.parts[-1].startswith(begin):
            begin = self.parts.pop().removesuffix(end) + "\n\n"
        self.add(begin + fenced(source, "go") + end)

    def way(self) -> str:
        """Links to the index and to the reports before and after."""
        links = ["[all reports](README.md)"]
        for word, place in (("before", self.number - 1), ("after", self.number + 1)):
            if 0 <= place < len(self.names):
                links.append(f"{word}: [{self.names[place]}]({quote(self.names[place])}.md)")
        return " · ".join(links)

    def linked(self, source: str) -> str:
        """Links to notebooks lead to their pages."""
        def to(match):
            return f"]({match[1]}.md{match[2] or ''})" if match[1] in map(quote, self.names) else match[0]

        return re.sub(r"\]\(([^()/:#\s]+)\.ipynb(#[^()\s]*)?\)", to, source)

    def cell(self, cell) -> None:
        pictures = 0
        for output in cell.outputs:
            if output.output_type == "stream":
                self.stream(output.text)
            elif output.output_type in ("display_data", "execute_result"):
                for block in blocks(output):
                    if isinstance(block, Picture):
                        pictures += 1
                        block = block.saved(self.folder, self.report.name, f"{cell.id}-{pictures}.png")
                    self.add(block)

    def stream(self, text: str) -> None:
        """What a cell has printed; what it claims and its headline are set apart, and the rows of results stand in the index."""
        plain: list[str] = []

        def flush():
            if "".join(plain).strip():
                self.add(fenced("\n".join(plain), "text"))
            plain.clear()

        text = re.sub(r"^(?:result: .*\n)?runs:.*\n?", "", text, flags=re.M)
        for line in text.rstrip().split("\n"):
            claim = re.fullmatch(r"claim \(true\): (.*)", line)
            headline = re.fullmatch(r"headline: +(.*)", line)
            if claim or headline:
                flush()
                self.add(f"✓ *{escaped(claim[1])}*" if claim else f"**{escaped(headline[1])}**")
            else:
                plain.append(line)
        flush()


def fenced(text: str, language: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"


def escaped(text: str) -> str:
    """Text of which Markdown and HTML make nothing else."""
    return re.sub(r"([\\`*_\[\]<>|$~])", r"\\\1", " ".join(text.split()))


class Picture:
    def __init__(self, png: bytes, alt: str):
        self.png, self.alt = png, alt

    def saved(self, folder: Path, report: str, name: str) -> str:
        if len(self.png) > MAX_FIGURE:
            raise Problem(f"not published: figure {report}/{name} has {len(self.png) >> 10} kB, at most {MAX_FIGURE >> 10}")
        path = folder / FIGURES / report / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.png)
        return f"![{escaped(self.alt)}]({FIGURES}/{quote(report)}/{quote(name)})"


def blocks(output) -> list[str | Picture]:
    """An output as blocks of Markdown and pictures."""
    data = output.data
    if "image/png" in data:  # what is HTML beside it shows the same, and more of it only in a page
        alt = output.get("metadata", {}).get("image/png", {}).get("alt") or output.get("metadata", {}).get("alt") or "Figure"
        return [Picture(base64.b64decode(data["image/png"]), alt)]
    if data.get("text/html", "").strip():
        reader = Reader()
        reader.feed(data["text/html"])
        reader.close()
        return reader.ended()
    for kind in ("text/markdown", "text/latex"):
        if data.get(kind, "").strip():
            return [data[kind]]
    return [fenced(data["text/plain"], "text")] if data.get("text/plain", "").strip() else []


class Reader(HTMLParser):
    """The HTML of our figures, as blocks: pictures, tables with their titles and notes, logs, lines of text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found: list[str | Picture] = []
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.right: list[bool] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "img":
            match = re.match(r"data:image/png;base64,(.*)", attrs.get("src") or "", re.S)
            if match:
                self.line()
                self.found.append(Picture(base64.b64decode(match[1]), attrs.get("alt") or "Figure"))
            return
        if tag in ("br", "hr", "input", "col", "meta"):
            self.words.append(" ")
            return
        if tag in ("div", "p", "table", "details", "pre", "figure", "figcaption"):
            self.line()
        if tag == "details":
            self.found.append("<details>")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.words.clear()
            if len(self.rows) == 1:
                self.right.append("text-align:right" in (attrs.get("style") or "").replace(" ", ""))
        self.inside.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.inside:
            return
        while self.inside.pop() != tag:
            pass
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append(escaped("".join(self.words)))
            self.words.clear()
        elif tag == "table":
            self.table()
        elif tag == "summary":
            self.found.append(f"<summary>{html.escape(' '.join(''.join(self.words).split()))}</summary>")
            self.words.clear()
        elif tag == "pre":
            if "".join(self.words).strip():
                self.found.append(fenced("".join(self.words), "text"))
            self.words.clear()
        elif tag in ("div", "p", "figure", "figcaption"):
            self.line()
        elif tag == "details":
            self.line()
            self.found.append("</details>")

    def handle_data(self, data):
        if not {"style", "script"} & set(self.inside):
            self.words.append(data)

    def line(self):
        text = escaped("".join(self.words))
        self.words.clear()
        if text:
            self.found.append(text)

    def table(self):
        rows = [row for row in self.rows if row]
        if rows:
            width = max(map(len, rows))
            head, *body = [row + [""] * (width - len(row)) for row in rows]
            right = (self.right + [False] * width)[:width]
            lines = [head, ["--:" if r else "---" for r in right], *body]
            self.found.append("\n".join("| " + " | ".join(line) + " |" for line in lines))
        self.rows, self.right = [], []

    def ended(self) -> list[str | Picture]:
        self.line()
        joined: list[str | Picture] = []
        for block in self.found:  # <details> and its <summary> are one block of HTML
            if joined and joined[-1] == "<details>" and isinstance(block, str) and block.startswith("<summary>"):
                joined[-1] += block
            else:
                joined.append(block)
        return joined


COLUMNS = ("question", "network and training", "made", "dev %", "test %", "original report, dev %")


def table(rows: list[dict]) -> str:
    """The rows of results, each with its question, its dev and test accuracy, and what the original report had."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---|---|---|--:|--:|--:|"]
    for row in rows:
        cells = (row["question"], row["what"] + ("" if row["data"] == "MNIST" else f" ({row['data']})"), row["made"], row["dev"], row["test"], row["original"])
        lines.append("| " + " | ".join("" if cell == summary.NONE else escaped(cell) for cell in cells) + " |")
    return "\n".join(lines)


def index(found: list[summary.Report]) -> str:
    parts = ["# The notebooks, executed", " ".join(map(escaped, summary.abstract(found)))]
    parts.append("\n".join(f"- [{escaped(r.told['title'].replace('$', ''))}]({quote(r.name)}.md)"
                           + "".join(f"\n  - {escaped(line)}" for line in r.told["headlines"]) for r in found))
    parts += ["## The original report against ours", table([row for _, row in summary.rows(found)]),
              "Accuracies in %, means ± standard deviations of seeds, as [results.json](results.json) has them. The original report is a numpy "
              "project of 2025; its figures are those of its text, on its own dev split.",
              "## How it was made", "\n".join(f"- {what}: {escaped(text)}" for what, text in summary.made(found))]
    return NOTE + "\n\n".join(parts) + "\n"


BLOCK = re.compile(r"(<!-- published: results -->\n).*?(\n<!-- end of results -->)", re.S)
FIGURE = re.compile(r"(<!-- published: figure (\S+) (\S+) -->\n!\[[^\]\n]*\])\([^)\n]*\)")


def into_readme(readme: Path, target: Path) -> bool:
    """Puts the table and the figures between README's marks; False if they stand there."""
    text = readme.read_text(encoding="utf-8")
    rows = json.loads((target / "results.json").read_text(encoding="utf-8"))["results"]

    def figure(match):
        path = target / FIGURES / match[2] / f"{match[3]}.png"
        if not path.is_file():
            raise Problem(f"README.md shows the figure {match[2]} {match[3]}, which the reports do not have")
        return f"{match[1]}({path.relative_to(readme.parent).as_posix()})"

    new = FIGURE.sub(figure, BLOCK.sub(lambda match: match[1] + table(rows) + match[2], text))
    if new == text:
        return False
    readme.write_text(new, encoding="utf-8")
    return True
