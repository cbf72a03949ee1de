"""Makes the pages: a report from an executed notebook, and the index of all.

Everything a page needs is inside of it. No script runs in it but those of ours
that it was made with, which its Content-Security-Policy names by hash: a script
that came in with a cell's output would not run even if it got past sanitize.py.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from urllib.parse import quote

import jinja2
import nbformat
from markupsafe import Markup
from nbconvert import HTMLExporter
from traitlets.config import Config

import sanitize
from formulas import Formulas

TEMPLATES = Path(__file__).parent / "templates"
# Pictures and tables before their text twins; scripts never.
PRIORITY = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/latex", "text/plain"]
# What the runner tells about a run, in the executed notebook's metadata.
KEY = "inkling"


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


def report(notebook, folder: Path) -> str:
    """The page of an executed notebook whose source lies in folder."""
    told = notebook.metadata[KEY]
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    formulas = Formulas()
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            cell.source = formulas.take(cell.source)
        elif cell.cell_type == "code":
            cell.metadata["inkling_failed"] = index == told["failed_cell"]
            for output in cell.outputs:
                latex = output.get("data", {}).get("text/latex")
                if latex:
                    output["data"]["text/latex"] = formulas.take(latex)
    exporter = HTMLExporter(config=Config({"NbConvertBase": {"display_data_priority": PRIORITY}}),
                            template_name="inkling", extra_template_basedirs=[str(TEMPLATES)],
                            embed_images=True, exclude_anchor_links=False)
    exporter.register_filter("clean", sanitize.clean)
    exporter.register_filter("base64_only", sanitize.base64_only)
    body, _ = exporter.from_notebook_node(notebook, {"metadata": {"path": str(folder)}})
    body, heading = cut_heading(body)
    page = render(
        "report.html.j2", title=told["title"].replace("$", ""), heading=Markup(heading or html.escape(told["title"])), body=Markup(body),
        contents=contents(body), facts=facts(told), headlines=told["headlines"], status=told["status"],
        error=told["error"], footer=told["machine"])
    return formulas.put_back(page)


def facts(told) -> list[str]:
    found = [*(d for d in told["data"] if d not in told["headlines"]), told["date"], f"{told['seconds']:.0f} s"]
    return found + (["quick settings"] if told["quick"] else [])


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
    reports = []
    for path in sorted(folder.glob("*.ipynb")):
        try:
            notebook = nbformat.read(path, as_version=4)
            told = notebook.metadata[KEY]
        except (ValueError, KeyError, AttributeError, OSError):
            continue  # not one of ours
        reports.append({
            "title": drawn(told["title"]), "status": told["status"], "error": told["error"], "headlines": told["headlines"],
            "facts": facts(told), "href": quote(path.with_suffix(".html").name), "notebook": quote(path.name),
            "picture": picture(notebook),
        })
    return render("index.html.j2", title="reports", reports=reports, footer=footer)


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
