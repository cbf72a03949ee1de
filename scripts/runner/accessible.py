"""Looks at all pages of a report with axe-core, light and dark, wide and narrow, in a Chromium without a window.

    accessible.py FOLDER AXE_MIN_JS
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pdf

DARK = "@media (prefers-color-scheme: dark)"
VIEWS = [(width, dark) for width in (1280, 390) for dark in (False, True)]
if os.environ.get("INKLING_SHORT"):  # .ci/run: each width and each colour once
    VIEWS = [(1280, False), (390, True)]
SECONDS, VIRTUAL_MS = 300, 10_000
# A frame for each view, one after the other: the media queries of a frame see its own width.
HARNESS = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>axe</title><body><script>
const pages = %s, found = [];
addEventListener("message", event => {
  found.push(event.data);
  document.querySelector("iframe").remove();
  next();
});
function next() {
  const page = pages[found.length];
  if (!page) {
    document.body.innerHTML = "<pre id=found></pre>";
    document.getElementById("found").textContent = JSON.stringify(found);
    return;
  }
  const frame = document.createElement("iframe");
  frame.style = `width: ${page.width}px; height: 900px; border: 0`;
  frame.srcdoc = page.html;
  document.body.append(frame);
}
next();
</script>"""
RUN = """axe.run({resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
.then(r => r.violations.map(v => v.id + ": " + v.help + " (" + v.nodes.length + ") " + v.nodes[0].html.slice(0, 200) + " " + (v.nodes[0].any[0]?.message ?? "")),
      error => ["axe failed: " + error]).then(found => parent.postMessage(found, "*"))"""


def seen(page: str, dark: bool, axe: str) -> str:
    """A page as it is in light or dark, with axe in the place of its policy and scripts."""
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>|<script>.*?</script>', "", page, flags=re.S)
    if DARK not in page:
        raise SystemExit("accessible: the pages' style has no dark colours any more")
    return page.replace(DARK, "@media all" if dark else "@media not all").replace("</body>", f"<script>{axe}</script><script>{RUN}</script></body>")


def violations(path: Path, axe: str) -> list[str]:
    program = pdf.chromium()
    views = [{"width": width, "html": seen(path.read_text(encoding="utf-8"), dark, axe)} for width, dark in VIEWS]
    with tempfile.TemporaryDirectory(prefix="inkling-axe-") as scratch:
        harness = Path(scratch) / "axe.html"
        harness.write_text(HARNESS % json.dumps(views).replace("<", "\\u003c"), encoding="utf-8")
        command = [program, *pdf.HEADLESS, f"--user-data-dir={scratch}/profile", f"--virtual-time-budget={VIRTUAL_MS}", "--dump-dom", harness.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL, errors="replace")
        except subprocess.TimeoutExpired:
            return [f"{path.name}: axe took more than {SECONDS} s"]
    match = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.S)
    if match is None:
        return [f"{path.name}: axe said nothing: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"]
    found = json.loads(html.unescape(match[1]))
    return [f"{path.name}, {width} px, {'dark' if dark else 'light'}: {line}" for (width, dark), lines in zip(VIEWS, found, strict=True) for line in lines]


def main(folder: str, axe: str) -> int:
    if pdf.chromium() is None:
        print("skipped: " + pdf.MISSING.removeprefix("no report.pdf: "))
        return 0
    source = Path(axe).read_text(encoding="utf-8")
    pages = sorted(Path(folder).glob("*.html"))
    wrong = [line for path in pages for line in violations(path, source)]
    for line in wrong:
        print(line)
    print(f"{len(pages)} pages, {len(VIEWS)} views each: {len(wrong)} violations")
    return int(bool(wrong) or not pages)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
