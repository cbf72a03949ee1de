"""report.pdf: the index and all pages of a report as one document, printed by Chromium where there is one.

The pages are put together as one page of HTML, so that links between them stay links; its table of
contents gets its page numbers from a first print. Chromium makes the outline and numbers the pages.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from markupsafe import Markup

import mathfont
import page
import summary

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
MISSING = f"no report.pdf: no Chromium here ({', '.join(NAMES)}, or what INKLING_CHROMIUM names)"
TIMEOUT = 300
HEADLESS = ["--headless", "--disable-gpu", "--no-first-run"]
if hasattr(os, "geteuid") and os.geteuid() == 0:
    HEADLESS.append("--no-sandbox")  # which root has none of; the pages hold no script but ours


@dataclass
class Entry:
    """A line of the table of contents."""

    level: int
    place: str
    text: Markup
    page: int | None = None


def make(folder: Path, footer: str) -> str:
    """Writes report.pdf into a folder of pages; returns "", or the line that says why there is none."""
    target = folder / "report.pdf"
    target.unlink(missing_ok=True)
    program = chromium()
    if program is None:
        return MISSING
    found = [r for r in summary.reports(folder) if (folder / f"{r.name}.html").is_file()]
    if not found:
        return ""
    with tempfile.TemporaryDirectory(prefix="inkling-pdf-") as scratch:
        source, printed = Path(scratch) / "report.html", Path(scratch) / "report.pdf"
        entries, parts = chapters(folder, found)
        for _ in range(2):  # the table of contents has as many lines without its numbers
            source.write_text(document(found, entries, parts, footer), encoding="utf-8")
            failed = run(program, source, printed, Path(scratch) / "profile")
            if failed:
                return f"no report.pdf: {failed}"
            pages = places(printed.read_bytes())
            for entry in entries:
                entry.page = pages.get(entry.place)
        shutil.copyfile(printed, target)
    return ""


def chromium() -> str | None:
    named = os.environ.get("INKLING_CHROMIUM", "").strip()
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def run(program: str, source: Path, target: Path, profile: Path) -> str:
    """Prints a page; returns "", or what failed in one line."""
    command = [program, *HEADLESS, f"--user-data-dir={profile}", "--no-pdf-header-footer",
               "--generate-pdf-document-outline", f"--print-to-pdf={target}"]
    try:
        done = subprocess.run([*command, source.as_uri()], capture_output=True, text=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL, errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{program}: {str(error).splitlines()[0]}"
    if not target.is_file() or target.read_bytes()[:5] != b"%PDF-":
        return f"{program} printed nothing: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"
    return ""


def chapters(folder: Path, found: list[summary.Report]) -> tuple[list[Entry], list[Markup]]:
    """Lines of the table of contents, and the pages as parts of one document."""
    entries, parts = [], []
    for number, report in enumerate(found, 1):
        text = (folder / f"{report.name}.html").read_text(encoding="utf-8")
        body = within(text)
        entries.append(Entry(1, f"part-{number}", page.drawn(report.told["title"])))
        for level, id, heading in page.contents(body):
            if level == "2":
                place = f"part-{number}-{len(entries)}"
                body = body.replace(f'<h2 id="{id}"', f'<a id="{place}"></a><h2 id="{id}"', 1)
                entries.append(Entry(2, place, heading))
        parts.append(Markup(f'<section class="part" id="part-{number}">{apart(body, number)}</section>'))
    return entries, parts


def within(text: str) -> str:
    """What a page shows, without what is only for its screen."""
    body = re.search(r"<body[^>]*>(.*)</body>", text, re.S)[1]
    for gone in (r'<section class="draw".*?</section>', r"<script\b.*?</script>", r"<nav\b.*?</nav>", r"<footer\b.*?</footer>", r'<input type="checkbox"[^>]*>', r'<a class="anchor-link".*?</a>'):
        body = re.sub(gone, "", body, flags=re.S)
    return body


def apart(body: str, number: int) -> str:
    """Places of one page get names that no other has."""
    body = re.sub(r'(<[^<>]*?\s)id="(?!part-)([^"]*)"', rf'\1id="p{number}-\2"', body)
    return re.sub(r'href="#([^"]*)"', rf'href="#p{number}-\1"', body)


def inward(html: str, names: list[str]) -> str:
    """Links to pages lead to their parts; those to other files beside the pages, which do not come along, are text."""
    def to(match):
        file, place = unquote(match[1]), match[2]
        if file.removesuffix(".html") in names:
            other = names.index(file.removesuffix(".html")) + 1
            return f'href="#p{other}-{place}"' if place else f'href="#part-{other}"'
        return 'href="#top"' if file == "index.html" else ""

    return re.sub(r'href="([^"#:]+)(?:#([^"]*))?"', to, html)


def document(found: list[summary.Report], entries: list[Entry], parts: list[Markup], footer: str) -> str:
    html = page.render("pdf.html.j2", title="report", entries=entries, parts=parts, footer=footer, **page.overview(found))
    return mathfont.embed(inward(html, [r.name for r in found]))


def places(pdf: bytes) -> dict[str, int]:
    """The page of each named place, from 1. Chromium writes these parts of a PDF as plain text; of another's nothing is found."""
    objects = {int(m[1]): m[2] for m in re.finditer(rb"(?m)^(\d+) 0 obj\s*(.*?)\s*endobj", pdf, re.S)}
    root = next((o for o in objects.values() if b"/Type /Catalog" in o), b"")
    tree, named = re.search(rb"/Pages (\d+) 0 R", root), re.search(rb"/Dests (\d+) 0 R", root)
    if not tree or not named:
        return {}
    order: list[int] = []

    def walk(number: int) -> None:
        kids = re.search(rb"/Kids \[([^\]]*)\]", objects.get(number, b""))
        if kids is None:
            order.append(number)
        for kid in re.findall(rb"(\d+) 0 R", kids[1]) if kids else ():
            walk(int(kid))

    walk(int(tree[1]))
    at = {number: place for place, number in enumerate(order, 1)}
    found = re.findall(rb"/([^\s/\[]+) \[(\d+) 0 R /XYZ", objects.get(int(named[1]), b""))
    return {name.decode("ascii", "replace"): at[int(number)] for name, number in found if int(number) in at}
