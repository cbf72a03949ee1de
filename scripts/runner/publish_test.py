import base64
import json
import re
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import mistune
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import publish
import summary
from project import Problem

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ROW = {"dev": "98.02 ± 0.12", "test": "–", "original": "80.56", "what": "MLP | <1>", "made": "5 epochs, 3 seeds", "data": "MNIST", "runs": ["a1"]}
TOLD = {"title": "Q $x$ <1>", "status": "ok", "error": "", "failed_cell": None, "headlines": ["98 % <b>"], "data": ["MNIST: 60000 images"],
        "date": "1 May 2030", "seconds": 61.2, "quick": False, "machine": "8 cores", "results": [ROW],
        "claims": [{"cell": 1, "verdict": "true", "text": "1 < 2"}]}
TABLE = ('<div style="overflow-x:auto"><div style="font-weight:600">A title</div><table><thead><tr><th scope="col">a|b</th>'
         '<th style="text-align:right;padding:4px">n %</th></tr></thead><tbody><tr><td>x <b>y</b></td><td>1 &lt; 2</td></tr></tbody></table><div>A *note*.</div></div>')
LOG = '<details style="margin:2px 0"><summary>a run <span>(log of 2 lines)</span></summary><pre>epoch: 0\n[Dev] loss: 0.1\n</pre></details>'
FIGURE = f'<img src="data:image/png;base64,{PIXEL}" alt="Line [chart]: loss" width="9">'


def cell(source, *outputs, id):
    return new_code_cell(source, outputs=list(outputs), id=id)


def html(text):
    return new_output("display_data", {"text/html": text})


def notebook(**told):
    made = new_notebook(cells=[
        new_markdown_cell("# Q $x$\n\n[other](q2.ipynb#Two) [gone](q9.ipynb) [web](https://x.org/q2.ipynb)", id="m"),
        cell("var x int", id="none"),
        cell("%%\nfmt.Println(`a```b`)", new_output("stream", name="stdout", text="a ``` b\nclaim (true): 1 < 2\nresult: dev 1\nruns: a1\nheadline: 98 % <b>; 5 epochs\nruns: a1\nend\n"),
             html(FIGURE), html(TABLE), html(LOG), html("<script>x</script><p>p</p>"), new_output("display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": "a dot"}}),
             id="one"),
    ])
    made.metadata[summary.KEY] = {**TOLD, **told}
    return made


class Publish(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        self.reports = [summary.Report(name, nb := notebook(), nb.metadata[summary.KEY]) for name in ("q1", "q2")]
        self.target = self.root / "docs" / "reports"

    def test_a_page_has_all_that_the_notebook_shows(self):
        publish.publish(self.reports, self.target)
        text = (self.target / "q1.md").read_text()
        for part in ("[other](q2.md#Two) [gone](q9.ipynb) [web](https://x.org/q2.ipynb)", "<details><summary>code</summary>\n\n```go\nvar x int\n```\n\n````go\n%%\nfmt.Println(`a```b`)\n````\n\n</details>", "````text\na ``` b\n````", "```text\nend\n```",
                     "✓ *1 \\< 2*", "**98 % \\<b\\>; 5 epochs**", "A title\n\n| a\\|b | n % |\n| --- | --: |\n| x y | 1 \\< 2 |\n\nA \\*note\\*.",
                     "<details><summary>a run (log of 2 lines)</summary>\n\n```text\nepoch: 0\n[Dev] loss: 0.1\n```\n\n</details>",
                     "![Line \\[chart\\]: loss](figures/q1/one-1.png)", "![a dot](figures/q1/one-2.png)", "after: [q2](q2.md)"):
            self.assertTrue(part in text, (part, text))
        for gone in ("<script", "runs:", "result:"):
            self.assertNotIn(gone, text)
        self.assertEqual((self.target / "figures/q1/one-1.png").read_bytes(), base64.b64decode(PIXEL))
        page = mistune.create_markdown(plugins=["table", "math"], escape=False)(text)  # as a code host shows it
        self.assertEqual(re.findall(r'<img src="([^"]*)" alt="([^"]*)"', page), [("figures/q1/one-1.png", "Line [chart]: loss"), ("figures/q1/one-2.png", "a dot")])
        self.assertEqual(page.count("<table"), 1)
        self.assertEqual(page.count("<details>"), page.count("</details>"))

    def test_of_a_page_and_a_picture_the_picture_is_published(self):
        both = new_output("display_data", {"text/html": TABLE + FIGURE + FIGURE, "image/png": PIXEL}, metadata={"image/png": {"alt": "a matrix"}})
        found = publish.blocks(both)
        self.assertEqual([type(block) for block in found], [publish.Picture])
        self.assertEqual(found[0].alt, "a matrix")

    def test_the_same_reports_come_to_the_same_bytes(self):
        def bytes_of(folder):
            return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

        publish.publish(self.reports, self.target)
        first = bytes_of(self.target)
        (self.target / "figures" / "q1" / "old.png").write_bytes(b"of an earlier report")
        publish.publish(self.reports, self.target)
        self.assertEqual(first, bytes_of(self.target))
        self.assertEqual([p.name for p in self.target.parent.iterdir()], ["reports"])
        self.assertEqual(json.loads(first[Path("results.json")])["results"][0]["dev"], "98.02 ± 0.12")

    def test_what_is_too_large_is_refused_and_changes_nothing(self):
        publish.publish(self.reports, self.target)
        before = (self.target / "q1.md").read_bytes()
        for limit in ("MAX_FIGURE", "MAX_ALL"):
            with mock.patch.object(publish, limit, 9), self.assertRaises(Problem):
                publish.publish(self.reports, self.target)
        self.assertEqual(before, (self.target / "q1.md").read_bytes())

    def test_only_a_full_report_on_mnist_of_these_notebooks(self):
        source = notebook()
        for told, why in (({}, ""), ({"quick": True}, "quick"), ({"status": "failed", "error": "boom"}, "failed: boom"),
                          ({"data": ["synthetic digits: 1"]}, "synthetic digits"), ({"data": []}, "unknown data"), ({"data": ["MNIST: 1", "KMNIST: 2"]}, "KMNIST"),
                          ({"claims": [{"cell": 0, "verdict": "not decided by this run: lr 0.1", "text": "t"}]}, "lr 0.1")):
            nb = notebook(**told)
            said = publish.unfit(summary.Report("q1", nb, nb.metadata[summary.KEY]), source)
            self.assertTrue(why in said if why else said == "", said)
        source.cells[2].source += "\n"
        self.assertIn("another version", publish.unfit(self.reports[0], source))

    def test_readme_follows(self):
        publish.publish(self.reports, self.target)
        readme = self.root / "README.md"
        readme.write_text("a\n<!-- published: results -->\nold\n<!-- end of results -->\nb\n<!-- published: figure q1 one-1 -->\n![alt](old.png)\n")
        self.assertTrue(publish.into_readme(readme, self.target))
        self.assertEqual(readme.read_text(), "a\n<!-- published: results -->\n| question | network and training | made | dev % | test % | original report, dev % |\n|---|---|---|--:|--:|--:|\n"
                         + "| 1 | MLP \\| \\<1\\> | 5 epochs, 3 seeds | 98.02 ± 0.12 |  | 80.56 |\n" + "| 2 | MLP \\| \\<1\\> | 5 epochs, 3 seeds | 98.02 ± 0.12 |  | 80.56 |\n"
                         + "<!-- end of results -->\nb\n<!-- published: figure q1 one-1 -->\n![alt](docs/reports/figures/q1/one-1.png)\n")
        self.assertFalse(publish.into_readme(readme, self.target))
        readme.write_text("<!-- published: figure q1 two-1 -->\n![alt](old.png)\n")
        with self.assertRaises(Problem):
            publish.into_readme(readme, self.target)


if __name__ == "__main__":
    unittest.main()
