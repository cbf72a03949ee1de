import re
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import page
import pdf

TOLD = {"title": "Q", "status": "ok", "error": "", "failed_cell": None, "headlines": [], "data": ["MNIST"], "date": "1 May 2030",
        "seconds": 61.2, "quick": True, "machine": "8 cores"}
LONG = 8 * ("\n".join(f"line {n}" for n in range(150)))


class Document(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        for name, links in (("q1", "[next](q2.ipynb#Two)"), ("q2", "[back](q1.ipynb)")):
            made = new_notebook(cells=[new_markdown_cell(f"# Title of {name}\n\n{links} [here](#Two) [out](https://x.org) [file](weights/q.onnx)"),
                                       new_code_cell("x", outputs=[new_output("stream", name="stdout", text=LONG)]), new_markdown_cell("## Two")],
                                metadata={"language_info": {"name": "go", "pygments_lexer": "go"}})
            row = {"dev": "1", "test": "1", "original": "–", "what": "w", "made": "1 epoch, 1 seed", "data": "MNIST", "runs": ["a"]}
            made.metadata[page.KEY] = {**TOLD, "results": [row], "title": f"Title of {name}"}
            nbformat.write(made, self.folder / f"{name}.ipynb")
            (self.folder / f"{name}.html").write_text(page.report(made, Path("."), name, ["q1", "q2"]))

    def test_is_one_page_whose_links_stay_within(self):
        found = page.summary.reports(self.folder)
        entries, parts = pdf.chapters(self.folder, found)
        self.assertEqual([(e.level, str(e.text)) for e in entries], [(1, "Title of q1"), (2, "Two"), (1, "Title of q2"), (2, "Two")])
        html = pdf.document(found, entries, parts, "foot")
        ids = re.findall(r'\bid="([^"]*)"', html)
        self.assertEqual(len(ids), len(set(ids)))
        links = re.findall(r'href="([^"]*)"', html)
        self.assertEqual([l for l in links if l.startswith("#") and l[1:] not in ids], [])
        self.assertEqual([l for l in links if not l.startswith("#")], ["https://x.org"] * 2)
        self.assertNotIn("<script", html)
        self.assertEqual(re.findall(r'<td><a href="([^"]*)"', html), ["#part-1", "#part-2"])
        self.assertIn(">file</a>", html)

    def test_printed(self):
        if pdf.chromium() is None:
            self.skipTest(pdf.MISSING)
        self.assertEqual(pdf.make(self.folder, "foot"), "")
        printed = (self.folder / "report.pdf").read_bytes()
        pages = pdf.places(printed)
        numbers = [pages[f"part-{n}"] for n in (1, 2)] + [pages["part-1-1"], pages["part-2-3"]]
        self.assertTrue(2 < numbers[0] < numbers[2] <= numbers[1] < numbers[3], numbers)  # the long output lies between
        self.assertIn(b"/Type /Outlines", printed)
        self.assertNotIn(b"file:", printed)  # this machine's folders

    def test_without_chromium_or_with_a_broken_one(self):
        (self.folder / "report.pdf").write_text("of an earlier report")
        with mock.patch.dict("os.environ", INKLING_CHROMIUM="/no/chromium"):
            self.assertEqual(pdf.make(self.folder, "foot"), pdf.MISSING)
        with mock.patch.dict("os.environ", INKLING_CHROMIUM="false"):
            self.assertIn("printed nothing", pdf.make(self.folder, "foot"))
        self.assertFalse((self.folder / "report.pdf").exists())

    def test_places_of_a_foreign_pdf(self):
        self.assertEqual(pdf.places(b"%PDF-1.7\n1 0 obj\n<</Type /ObjStm>>\nendobj\n"), {})


if __name__ == "__main__":
    unittest.main()
