"""Makes the pages: a report from an executed notebook, and the index of all.

Everything a page needs is inside of it. No script runs in it but those of ours
that it was made with, which its Content-Security-Policy names by hash: a script
that came in with a cell's output would not run even if it got past sanitize.py.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import itertools
import json
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, unquote

import jinja2
import nbformat
from markupsafe import Markup
from nbconvert import HTMLExporter
from traitlets.config import Config

import mathfont
import sanitize
import summary
from formulas import Formulas

TEMPLATES = Path(__file__).parent / "templates"
# Pictures and tables before their text twins; scripts never.
PRIORITY = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex", "text/plain"]
KEY = summary.KEY


def pages() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True,
                              undefined=jinja2.StrictUndefined)


def style() -> Markup:
    return Markup((TEMPLATES / "style.css").read_text())


POLICY = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
WASM = " 'wasm-unsafe-eval'"


def render(template: str, scripts: tuple[str, ...] = (), wasm: bool = False, **values) -> str:
    """A page of a template, at whose end these scripts of ours run, in this order, and no others."""
    return pages().get_template(template).render(policy=policy(scripts, wasm), scripts=[Markup(s) for s in map(inline, scripts)],
                                                 style=style(), **values)


def policy(scripts: tuple[str, ...], wasm: bool) -> Markup:
    """The Content-Security-Policy of a page with these scripts; wasm lets them compile WebAssembly."""
    if not scripts:
        return Markup(POLICY)
    allowed = [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in dict.fromkeys(scripts)]
    return Markup(f"{POLICY}; script-src {' '.join(allowed)}{WASM if wasm else ''}")


def inline(script: str) -> str:
    """The script, if HTML hands it on as it is: else its hash would be another's."""
    if re.search(r"<!--|</?script|[\r\x00]", script, re.I):
        raise ValueError("an inline script holds <!--, <script, </script, a carriage return or a zero")
    return script


def slider(body: str) -> tuple[str, ...]:
    """The script of figures over moments of a training, where a page has one."""
    return ((TEMPLATES / "epochs.js").read_text(encoding="utf-8"),) if 'class="epochs"' in body else ()


# Where the template of cells leaves a place for the drawing board.
BOARD = '<div class="board-place"></div>'


def report(notebook, folder: Path, name: str = "", names: Sequence[str] = (), board: dict | None = None) -> str:
    """The page of an executed notebook whose source lies in folder; names are those of all reports beside it, in their order.
    A drawing board, as draw.py makes it, stands behind the cell that asked for it."""
    told = notebook.metadata[KEY]
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    formulas, number = Formulas(), itertools.count(1)
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            cell.source = formulas.take(cell.source)
        elif cell.cell_type == "code":
            cell.metadata["inkling_failed"] = index == told["failed_cell"]
            cell.metadata["inkling_board"] = board is not None and index == told["draw"]["cell"]
            for output in cell.outputs:
                latex = output.get("data", {}).get("text/latex")
                if latex:
                    output["data"]["text/latex"] = formulas.take(latex)
                as_picture(output)
    exporter = HTMLExporter(config=Config({"NbConvertBase": {"display_data_priority": PRIORITY}}),
                            template_name="inkling", extra_template_basedirs=[str(TEMPLATES)],
                            embed_images=True, exclude_anchor_links=False)
    exporter.register_filter("clean", sanitize.clean)
    exporter.register_filter("base64_only", sanitize.base64_only)
    exporter.register_filter("verdicts", verdicts)
    exporter.register_filter("folded", folded)
    exporter.register_filter("numbered", lambda _: next(number))
    body, _ = exporter.from_notebook_node(notebook, {"metadata": {"path": str(folder)}})
    body, heading = cut_heading(body)
    body = scrolled(to_pages(body, names))
    if board is not None:
        body = body.replace(BOARD, pages().get_template("draw.html.j2").module.board(board), 1)
    page = render(
        "report.html.j2", (*(board["scripts"] if board else ()), *slider(body)), wasm=board is not None, title=told["title"].replace("$", ""), heading=Markup(heading or html.escape(told["title"])), body=Markup(body),
        contents=contents(body), facts=facts(told), standard=standard(folder, told, names), headlines=list(map(summary.grouped, told["headlines"])), status=told["status"],
        neighbours=neighbours(folder, name, names), weights=told.get("weights"),
        error=told["error"], went_on=any(c["verdict"] == "false" for c in told.get("claims", ())), footer=told["machine"])
    return mathfont.embed(formulas.put_back(page))


ONE_PICTURE = re.compile(r'\s*<img src="data:image/png;base64,([^"]+)"( alt="([^"]*)")?( width="(\d+)")?( height="(\d+)")?[^<>]*>\s*')


def as_picture(output) -> None:
    """Of a picture that a cell sent as HTML, or as HTML and as PNG, the PNG is kept: a page shows both alike, and one is enough."""
    match = ONE_PICTURE.fullmatch(output.get("data", {}).get("text/html", ""))
    if match:
        del output["data"]["text/html"]
        output["data"]["image/png"] = html.unescape(match[1])
        meta = {"alt": html.unescape(match[3] or ""), "width": match[5], "height": match[7]}
        output["metadata"]["image/png"] = {**{k: v for k, v in meta.items() if v}, **output["metadata"].get("image/png", {})}


LONG_LOG = 40  # lines of a stream that are shown as they are, tables not counted
GAP = re.compile(r"\S {2,}\S")  # between two columns


def folded(escaped: str, kind: str = "") -> str:
    """The text of a stream, as HTML: a long one behind its last line, which one opens with a click or by a search in the page."""
    found = parted(escaped)
    text = "".join(tabular(lines, kind) if table else f'<pre class="stream{kind}">{wrapped(lines)}</pre>' for table, lines in found)
    lines = [line for table, some in found if not table for line in some]
    said = [re.sub(r"<[^<>]*>", "", line) for line in lines if line]
    rows = sum(line.startswith("result: ") for line in said)
    if rows and all(line.startswith(("result: ", "runs:")) for line in said):  # which the index shows as a table
        return f'<details class="log"><summary>{rows} row{"s" * (rows > 1)} of the table of results</summary>{text}</details>'
    if len(lines) <= LONG_LOG:
        return text
    last = re.sub(r"<[^<>]*>", "", lines[-1])
    return f'<details class="log"><summary>{last} <span class="beside">({len(lines)} lines)</span></summary>{text}</details>'


def parted(escaped: str) -> list[tuple[bool, list[str]]]:
    """The lines of a text, tables apart: three lines or more that are set in columns. A mark-up that goes on beyond its lines keeps all together."""
    found: list[tuple[bool, list[str]]] = []
    for gaps, group in itertools.groupby(escaped.split("\n"), lambda line: GAP.search(re.sub(r"<[^<>]*>", "", line)) is not None):
        lines = list(group)
        table = gaps and len(lines) >= 3
        if found and found[-1][0] == table:
            found[-1][1].extend(lines)
        else:
            found.append((table, lines))
    if any(text.count("<span") != text.count("</span>") for text in ("\n".join(lines) for _, lines in found)):
        return [(False, escaped.split("\n"))]
    return [(table, lines) for table, lines in found if table or any(lines)]


def wrapped(lines: list[str]) -> str:
    """Lines as text, in which a paragraph that was broken into lines of a page's width can be broken elsewhere, where the page is narrow."""
    paragraphs: list[list[str]] = []
    for line in lines:
        before = html.unescape(paragraphs[-1][-1]) if paragraphs else ""
        if 55 <= len(before) <= 90 and line[:1].islower() and "<" not in before + line:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return "\n".join(f'<span class="wrapped">{chr(10).join(p)}</span>' if len(p) > 1 else p[0] for p in paragraphs)


def tabular(lines: list[str], kind: str) -> str:
    """A printed table: its lines are not wrapped, its letters become smaller for it within reason, and then it scrolls."""
    width = max(len(html.unescape(re.sub(r"<[^<>]*>", "", line)).rstrip()) for line in lines)
    return f'<pre aria-label="Table" class="stream tabular{kind}" role="group" style="--columns: {width}" tabindex="0">{chr(10).join(lines)}</pre>'


TABLE = re.compile(r"<table\b(?:(?!<table\b).)*?</table>", re.S)


def scrolled(body: str) -> str:
    """What may be wider than a narrow page scrolls in a frame of its own, which a keyboard reaches."""
    return TABLE.sub(r'<div class="wide" role="group" aria-label="Table" tabindex="0">\g<0></div>', body)


def to_pages(body: str, names: Sequence[str]) -> str:
    """Links to notebooks lead to their pages, where there are any."""
    def page(match):
        return f'href="{match[1]}.html{match[2] or ""}"' if unquote(html.unescape(match[1])) in names else match[0]

    return re.sub(r'href="([^"/:#?]+)\.ipynb(#[^"]*)?"', page, body)


def standard(folder: Path, told: dict, names: Sequence[str]) -> str:
    """The address of the page that a variant is one of."""
    of = told.get("variant", {}).get("of")
    return f"{quote(of)}.html" if of in names else ""


def neighbours(folder: Path, name: str, names: Sequence[str]) -> list[tuple[str, str, Markup]]:
    """The reports before and after one: which, its address, its title."""
    if name not in names:
        return []
    at = list(names).index(name)
    found = []
    for word, place in (("previous", at - 1), ("next", at + 1)):
        if 0 <= place < len(names):
            other, heading = names[place], names[place]
            with contextlib.suppress(OSError, ValueError, AttributeError):
                heading = title(nbformat.read(folder / f"{other}.ipynb", as_version=4), other)
            found.append((word, f"{quote(other)}.html", drawn(heading)))
    return found


def facts(told, data: bool = True) -> list[str]:
    variant = [told["variant"]["fact"]] if told.get("variant") else []
    found = [*variant, *(summary.grouped(d) for d in told["data"] if data and d not in told["headlines"]), told["date"], f"{told['seconds']:.0f} s"]
    claims = [claims_told(told["claims"])] if told.get("claims") else []
    return found + (["quick settings"] if told["quick"] else []) + claims


VERDICT = re.compile(r"^claim \((true|false|not decided)([^)\n]*)\):(.*)$", re.M)
BESIDE = re.compile(r"^(?:result|headline): .*\nruns:.*$", re.M)


def verdicts(escaped: str) -> str:
    """The text of a stream, as HTML, in which one sees whether a claim holds, and less of what only programs read."""
    escaped = VERDICT.sub(lambda m: f'<span class="claim"><span class="verdict {m[1].split()[0]}">{MARKS[m[1]]} claim ({m[1]}{m[2]}):</span>{m[3]}</span>', escaped)
    return BESIDE.sub(lambda m: f'<span class="beside">{m[0]}</span>', escaped)


MARKS = {"true": "✓", "false": "✗", "not decided": "?"}


def claims_told(claims: list[dict]) -> str:
    """How many claims hold, and why others are not decided: "7 claims: 5 true, 2 not decided by this run: quick settings"."""
    counts: dict[str, int] = {}
    for claim in claims:
        counts[claim["verdict"]] = counts.get(claim["verdict"], 0) + 1
    order = sorted(counts, key=lambda verdict: (verdict != "true", verdict))
    return f"{len(claims)} claim{'s' * (len(claims) != 1)}: " + ", ".join(f"{counts[v]} {v}" for v in order)


def title(notebook, name: str) -> str:
    """The notebook's first heading without its marks, or its name; formulas stay."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            match = re.search(r"^#\s+(.+?)\s*#*$", cell.source, re.M)
            if match:
                return re.sub(r"[*_`]", "", match[1])
    return name


def cut_heading(body: str) -> tuple[str, str]:
    """The page's own header shows the first heading, so the text does not again."""
    match = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.S)
    if match is None:
        return body, ""
    return body[: match.start()] + body[match.end():], without_anchor(match[1])


def without_anchor(heading: str) -> str:
    return re.sub(r'<a class="anchor-link".*?</a>', "", heading, flags=re.S).strip()


def contents(body: str) -> list[tuple[str, str, Markup]]:
    found = re.findall(r'<h([23]) id="([^"]*)"[^>]*>(.*?)</h\1>', body, re.S)
    return [(level, id, Markup(re.sub(r"</?a\b[^>]*>", "", without_anchor(text)))) for level, id, text in found]


def index(folder: Path, footer: str) -> str:
    """The page that lists the reports in folder, also those of earlier runs."""
    reports = summary.reports(folder)
    others: dict[str, list] = {}
    for r in summary.variants(folder):
        others.setdefault(r.told["variant"]["of"], []).append(r)
    there = [r.name for r in reports]
    mixed = len({d.split(":")[0] for r in reports for d in r.told["data"]}) > 1  # else what is said once, below, is enough
    alone = [r for of, found in others.items() if of not in there for r in found]  # nobody has made the standard page
    cards = [{
        "title": drawn(r.told["title"]), "status": r.told["status"], "error": r.told["error"], "headlines": list(map(summary.grouped, r.told["headlines"])),
        "facts": facts(r.told, mixed or "variant" in r.told), "href": quote(f"{r.name}.html"), "notebook": quote(f"{r.name}.ipynb"),
        "picture": picture(r.notebook), "weights": r.told.get("weights"),
        "variant": r.told.get("variant"),
        "variants": [{"href": quote(f"{v.name}.html"), "words": v.told["variant"]["words"], "status": v.told["status"], "error": v.told["error"],
                      "quick": v.told["quick"], "headlines": v.told["headlines"]} for v in others.get(r.name, ())],
    } for r in sorted([*reports, *alone], key=lambda r: r.name)]
    return mathfont.embed(render("index.html.j2", title="reports", reports=cards, footer=footer, draw=(folder / "draw.html").is_file(),
                                 **{**overview(reports), "pdf": (folder / "report.pdf").exists()}))


def overview(reports: list[summary.Report]) -> dict:
    """What all reports come to, for the index and the printed report."""
    return {
        "abstract": summary.abstract(reports), "made": summary.made(reports), "pdf": False,
        "rows": [{**row, "href": quote(f"{r.name}.html"), "title": drawn(r.told["title"])} for r, row in summary.rows(reports)],
        "refuted": [(quote(f"{r.name}.html"), claim["text"]) for r in reports for claim in r.told.get("claims", ()) if claim["verdict"] == "false"],
    }


def drawn(title: str) -> Markup:
    formulas = Formulas()
    return Markup(formulas.put_back(html.escape(formulas.take(title)).replace("&amp;#36;", "$")))


def picture(notebook) -> str:
    """The first figure of a notebook as a data address, or nothing."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "image/png" in data:
                return "data:image/png;base64," + sanitize.base64_only(data["image/png"])
            match = re.search(r'<img[^>]*? src="(data:image/png;base64,[^"]+)"', data.get("text/html", ""))
            if match:
                return html.unescape(match[1])
    return ""
