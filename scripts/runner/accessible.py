"""Looks at all pages of a report as readers have them, light and dark, wide and narrow, in a Chromium without a window:
their scripts run, a drawing board has given its first answer. Then axe-core has nothing to say, nothing is wider
than the window, and nothing has complained.

    accessible.py FOLDER AXE_MIN_JS
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pdf

VIEWS = [(width, dark) for width in (1280, 390) for dark in (False, True)]
if os.environ.get("INKLING_SHORT"):  # .ci/run: each width and each colour once
    VIEWS = [(1280, False), (390, True)]
READY = "document.readyState === 'complete' && !document.querySelector('.draw:not([data-ready], [data-failed])')"
FAILED = "[...document.querySelectorAll('.draw[data-failed]')].map(d => 'the drawing board does not start: ' + d.dataset.failed)"
AXE = """axe.run({resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
.then(r => r.violations.map(v => v.id + ": " + v.help + " (" + v.nodes.length + ") " + v.nodes[0].html.slice(0, 200) + " " + (v.nodes[0].any[0]?.message ?? "")))"""
# What scrolls in a frame of its own is not wider than the window.
WIDER = """(() => {
  const root = document.documentElement, wide = root.clientWidth, over = root.scrollWidth - wide;
  if (over <= 0) return [];
  const framed = e => e && e !== document.body && (getComputedStyle(e).overflowX !== "visible" || framed(e.parentElement));
  const first = [...document.body.querySelectorAll("*")].find(e => e.getBoundingClientRect().right > wide + 0.5 && !framed(e.parentElement));
  return [`${over} px wider than the window: ${first?.outerHTML.slice(0, 200)}`];
})()"""
GROUND = "getComputedStyle(document.body).backgroundColor"


def violations(b, path: Path, axe: str) -> list[str]:
    found, grounds = [], {}
    for width, dark in VIEWS:
        b.look(width, 900, dark)
        b.call("Page.navigate", url="about:blank")
        b.events.clear()
        b.open(path)
        b.until(READY)
        grounds[dark] = b.ask(GROUND)
        b.ask(f"{axe}\n;0")
        lines = [*b.ask(WIDER), *b.ask(FAILED), *b.ask(AXE), *b.said()]
        found += [f"{path.name}, {width} px, {'dark' if dark else 'light'}: {line}" for line in lines]
    if grounds[True] == grounds[False]:
        found.append(f"{path.name}: dark is as light, {grounds[True]}")
    return found


def main(folder: str, axe: str) -> int:
    if pdf.chromium() is None:
        print("skipped: " + pdf.MISSING.removeprefix("no report.pdf: "))
        return 0
    import browser  # which needs what Jupyter brings

    source = Path(axe).read_text(encoding="utf-8")
    pages, wrong = sorted(Path(folder).glob("*.html")), []
    for path in pages:
        with browser.Browser() as b:
            wrong += violations(b, path, source)
    for line in wrong:
        print(line)
    print(f"{len(pages)} pages, {len(VIEWS)} views each: {len(wrong)} violations")
    return int(bool(wrong) or not pages)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
