"""The clickable confusion matrix, as pkg/viz writes it, in a page and a real browser."""

import base64
import re
import tempfile
import unittest
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import browser
import page
import pdf
import sanitize
from project import ROOT

MATRIX = (ROOT / "pkg" / "viz" / "testdata" / "confused.html").read_text(encoding="utf-8")
TOLD = {"title": "Q5", "status": "ok", "error": "", "failed_cell": None, "headlines": [], "data": ["MNIST"],
        "date": "1 May 2030", "seconds": 61.2, "quick": True, "machine": "8 cores"}
# The summaries that are seen whose images are, too; the others must not be seen.
SEEN = """[...document.querySelectorAll(".confused > details")].filter(d => d.checkVisibility())
.map(d => d.querySelector("summary").textContent + (d.querySelector("img").checkVisibility({contentVisibilityAuto: true}) && d.querySelector("img").getBoundingClientRect().height > 9 ? "" : " (folded)"))"""


def made() -> str:
    pixel = re.search(r"base64,([^\"]+)", MATRIX)[1].replace("&#43;", "+")
    output = new_output("display_data", {"text/html": MATRIX, "image/png": pixel}, metadata={"image/png": {"alt": "Confusion matrix"}})
    before, after = (new_markdown_cell("A line.\n\n" * 60) for _ in range(2))  # so that there is where to scroll to
    notebook = new_notebook(cells=[before, new_code_cell("%%\nviz.Show(confusion)", outputs=[output]), after], metadata={"language_info": {"name": "go"}})
    notebook.metadata[page.KEY] = TOLD
    return page.report(notebook, Path("."))


class Confused(unittest.TestCase):
    def test_a_page_keeps_the_links_and_what_they_lead_to(self):
        clean, report = sanitize.clean(MATRIX), made()
        for pattern, n in ((r'<a href="#cell-[0-9a-f-]+"', 4), (r'id="cell-[0-9a-f-]+"', 4), (r"<details", 4), (r' src="data:image/png;base64,[^"]+', 12)):
            self.assertEqual([len(re.findall(pattern, text)) for text in (MATRIX, clean, report)], [n] * 3, pattern)
        self.assertEqual(re.findall(r'href="#(cell-[^"]+)', clean), re.findall(r'id="(cell-[^"]+)', clean))
        self.assertTrue(re.search(r'<details class="first" open[^>]*><summary>b&lt; read as c', report))
        self.assertNotIn("script-src", report)
        shown = {base64.b64decode(p.replace("&#43;", "+"))[:4] for p in re.findall(r'base64,([^"]+)"', clean)}
        self.assertEqual(shown, {b"\x89PNG"})

    @unittest.skipUnless(pdf.chromium(), browser.MISSING)
    def test_a_click_or_the_return_key_shows_the_images_of_a_cell(self):
        with tempfile.TemporaryDirectory() as scratch, browser.Browser() as b:
            path = Path(scratch) / "q5.html"
            path.write_text(made(), encoding="utf-8")
            for width, height in ((1280, 900), (390, 800)):
                b.look(width, height)
                b.call("Page.navigate", url="about:blank")
                b.open(path)
                b.until("document.readyState === 'complete' && document.querySelectorAll('.confused a').length === 4")
                self.assertEqual(b.ask(SEEN), ["b< read as c: 4 images"])
                b.ask("document.documentElement.style.scrollBehavior = 'auto', document.querySelector('.confused').scrollIntoView()")
                x, y = b.ask("(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelectorAll('.confused a')[1].getBoundingClientRect())")
                b.stroke([(x, y)] * 2)
                b.until("location.hash.endsWith('-0-1')")
                self.assertEqual(b.ask(SEEN), ["a read as b<: 1 image"])
                self.assertGreaterEqual(b.ask("document.querySelector('.confused table').getBoundingClientRect().top"), 0, "the matrix has left the window")
                b.ask("document.querySelectorAll('.confused a')[3].focus()")
                b.key("Enter", text="\r")
                b.until("location.hash.endsWith('-2-3')")
                self.assertEqual(b.ask(SEEN), ["c, without an answer: 1 image"])
                b.look(width, height, media="print")
                self.assertEqual(b.ask(SEEN), ["a, read right: 5 images", "a read as b<: 1 image", "b< read as c: 4 images", "c, without an answer: 1 image"])
            self.assertEqual(b.said(), [])


if __name__ == "__main__":
    unittest.main()
