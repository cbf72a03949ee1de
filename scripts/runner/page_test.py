import re
import tempfile
import unittest
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import page

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TOLD = {"title": "Q1", "status": "ok", "error": "", "failed_cell": None, "headlines": ["98 % <b>"], "data": ["MNIST"],
        "date": "1 May 2030", "seconds": 61.2, "quick": True, "machine": "8 cores"}


def notebook(*cells, **told):
    made = new_notebook(cells=list(cells), metadata={"language_info": {"name": "go", "pygments_lexer": "go"}})
    made.metadata[page.KEY] = {**TOLD, **told}
    return made


class Report(unittest.TestCase):
    def assertIn(self, part, page):
        self.assertTrue(part in page, f"{part!r} is not in the page")  # which is too long to print

    def made(self, *cells, **told):
        return page.report(notebook(*cells, **told), Path("."))

    def test_whole_page(self):
        html = self.made(
            new_markdown_cell("# First $x^2$\n\ntext $a_i$ and *more*\n\n## One\n\n### Two `code`"),
            new_code_cell("%%\nx := 1", outputs=[
                new_output("stream", name="stdout", text="a < b\n"),
                new_output("display_data", {"image/png": PIXEL, "text/plain": "figure"}, metadata={"image/png": {"alt": "a dot"}}),
                new_output("display_data", {"text/html": "<table><tr><td>7</td></tr></table>"}),
                new_output("error", ename="ERROR", evalue="boom", traceback=["bad <thing>"]),
            ]))
        self.assertRegex(html, r"<h1>First <math")
        self.assertEqual(html.count("<h1"), 1)
        self.assertIn("98 % &lt;b&gt;", html)
        for fact in ("MNIST", "1 May 2030", "61 s", "quick settings", "8 cores"):
            self.assertIn(fact, html)
        self.assertEqual(re.findall(r'<li class="level(\d)"><a href="#([^"]*)"', html), [("2", "One"), ("3", "Two-code")])
        for heading in ("One", "Two-code"):
            self.assertIn(f'id="{heading}"', html)
        self.assertIn("a &lt; b", html)
        self.assertIn(f'src="data:image/png;base64,{PIXEL}"', html)
        self.assertIn('alt="a dot"', html)
        self.assertNotIn(">figure<", html)
        self.assertIn("<td>7</td>", html)
        self.assertIn("bad &lt;thing&gt;", html)
        self.assertNotIn("xformula", html)

    def test_loads_and_runs_nothing(self):
        html = self.made(new_markdown_cell("# A\n\n$x$ [link](https://example.org) ```go\nx\n```"),
                         new_code_cell("x", outputs=[new_output("display_data", {"application/javascript": "alert(1)", "text/plain": "t"})]))
        self.assertEqual(re.findall(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=[\"']?(?:https?:)?//[^>]*>", html), [])
        self.assertNotIn("<script", html)
        self.assertNotIn("alert(1)", html)
        self.assertNotRegex(html, r"@import|url\(\s*[\"']?http")
        self.assertIn("default-src 'none'", html)

    def test_go_is_coloured_as_go(self):
        self.assertRegex(self.made(new_code_cell("func f() {}")), r'<span class="kd">func</span>')

    def test_failed_cell_is_marked(self):
        html = self.made(new_code_cell("a"), new_code_cell("b"), status="failed", error="cell 2 of 2: boom", failed_cell=1)
        self.assertEqual(re.findall(r'class="(cell[^"]*)"', html), ["cell", "cell failed"])
        self.assertIn("cell 2 of 2: boom", html)

    def test_no_heading(self):
        self.assertIn("<h1>Q1</h1>", self.made(new_code_cell("a")))


class Index(unittest.TestCase):
    def test_lists_reports_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            nbformat.write(notebook(new_code_cell("a", outputs=[new_output("display_data", {"image/png": PIXEL})])), folder / "q 1.ipynb")
            figure = '<img alt="a" src="data:image/png;base64,ab&#43;c=">'
            nbformat.write(notebook(new_code_cell("a", outputs=[new_output("display_data", {"text/html": figure})])), folder / "q1.ipynb")
            nbformat.write(notebook(status="failed", error="cell 1 of 1: <boom>", title="Q2 <i> for $5"), folder / "q2.ipynb")
            nbformat.write(new_notebook(), folder / "foreign.ipynb")
            (folder / "broken.ipynb").write_text("{")
            html = page.index(folder, "foot")
        self.assertEqual(re.findall(r'<h2><a href="([^"]*)">([^<]*)', html), [("q%201.html", "Q1"), ("q1.html", "Q1"), ("q2.html", "Q2 &lt;i&gt; for $5")])
        self.assertIn("&lt;boom&gt;", html)
        self.assertEqual(re.findall(r'<img src="([^"]*)"', html), [f"data:image/png;base64,{PIXEL}", "data:image/png;base64,ab+c="])
        self.assertIn("98 % &lt;b&gt;", html)

    def test_title(self):
        self.assertEqual(page.title(notebook(new_markdown_cell("x\n\n# A *b* `c`\n")), "name"), "A b c")
        self.assertEqual(page.title(notebook(new_markdown_cell("## no")), "name"), "name")


if __name__ == "__main__":
    unittest.main()
