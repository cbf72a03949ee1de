"""Variants: who listens, what is refused before anything runs, and that a variant is never taken for the standard page."""

import json
import tempfile
import unittest
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import page
import summary
import toolchain
import variant
from project import Problem, find_notebook

TOLD = {"title": "Q2", "status": "ok", "error": "", "failed_cell": None, "headlines": ["98 %"], "data": ["MNIST"], "date": "1 May 2030",
        "seconds": 61.2, "quick": False, "machine": "8 cores", "claims": [], "kernels": [], "versions": {}}


class Variants(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.go = toolchain.find_go()

    def test_who_listens(self):
        heard = variant.listens(find_notebook("q2"), ["lr", "epochs", "momentum", "hidden"])
        self.assertEqual(heard["lr"], "0.1")
        self.assertIn("5", heard["epochs"])
        self.assertEqual((heard["momentum"], heard["hidden"]), ("0.9", "512,256"))
        self.assertEqual(list(variant.listens(find_notebook("00"), ["lr", "momentum"])), ["lr"])
        self.assertNotIn("hidden", variant.listens(find_notebook("q5"), ["hidden", "lr"]))  # its cell gives the layers

    def test_made(self):
        made = variant.make([find_notebook("00"), find_notebook("q2")], ["momentum=.5", "epochs=1_0"], None, self.go)
        of = {path.stem: v for path, v in made.items()}
        self.assertEqual((of["00_start_here"].name, of["00_start_here"].words()), ("epochs-10", "epochs=10"))
        self.assertEqual((of["q2_optimizers"].name, of["q2_optimizers"].words()), ("epochs-10-momentum-0.5", "epochs=10, momentum=0.5"))
        self.assertEqual(of["q2_optimizers"].environment()["INKLING_SET"], "epochs=10 momentum=0.5")
        self.assertIn("epochs=10 in place of 1;", of["00_start_here"].fact())
        only = variant.make([find_notebook("00"), find_notebook("q2")], ["momentum=.5"], "warm", self.go)
        self.assertEqual([(p.stem, v.name) for p, v in only.items()], [("q2_optimizers", "warm")])

    def test_within_a_budget(self):
        paths = [find_notebook("00"), find_notebook("q2")]
        only = variant.make(paths, ["momentum=.5"], None, self.go)
        made = variant.within(list(only), only, 0.35, None)
        self.assertEqual([v.name for v in made.values()], ["momentum-0.5-budget-0.35"])
        made = variant.within(paths, {}, 0.35, None)
        self.assertEqual([v.name for v in made.values()], ["budget-0.35"] * 2)
        self.assertEqual(made[paths[0]].environment(), {"INKLING_UNDECIDED": "a budget", "INKLING_BUDGET": "0.350"})
        self.assertEqual(made[paths[0]].fact(), "budget 0.35 of the way from quick settings to full ones")

    def test_within_a_time(self):
        path = find_notebook("q2")
        made = variant.within([path], {}, "5m", None)[path]
        self.assertEqual((made.name, made.words()), ("budget-5m", "budget 5m"))
        between = made.within(0.3, 0.42, 31.4)
        self.assertEqual(between.environment(), {"INKLING_UNDECIDED": "a budget", "INKLING_BUDGET": "0.300,0.420,5m"})
        self.assertEqual(between.fact(), "budget 5m: 0.3 of the way from quick settings to full ones "
                                         "in epochs, seeds and the like, 0.42 in images")
        quick = made.within(0, 0, 20)
        self.assertEqual(quick.environment()["INKLING_BUDGET"], "0.000,0.000,5m")
        self.assertIn("quick settings, the least there is", quick.fact())
        full = made.within(1, 1, 200)
        self.assertEqual(full.environment(), {})  # claims are decided
        self.assertIn("budget 5m: full settings", full.fact())
        with_values = variant.make([path], ["momentum=.5"], None, self.go)
        both = variant.within([path], with_values, "5m", None)[path].within(1, 1, 200)
        self.assertEqual((both.name, both.words()), ("momentum-0.5-budget-5m", "momentum=0.5, budget 5m"))
        self.assertEqual(both.environment(), {"INKLING_UNDECIDED": "other values", "INKLING_SET": "momentum=0.5"})

    def test_refused(self):
        for words, name, said in (
            (["lt=3"], None, "did you mean lr?; known: activation, batch"),
            (["lr=much"], None, "want a number"),
            (["lr=-1"], None, "lr -1, want"),
            (["lr"], None, "want NAME=VALUE"),
            (["momentum=0.5"], None, "00_start_here listens to batch, epochs, lr"),
            (["lr=0.2"], "../x", "--name '../x', want letters"),
            (["lr=0.2"], "a--b", "single dashes"),
        ):
            with self.subTest(words=words, name=name), self.assertRaises(Problem) as problem:
                variant.make([find_notebook("00")], words, name, self.go)
            self.assertIn(said, str(problem.exception))

    def test_is_not_the_standard_page(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            cells = [new_markdown_cell("# Q2"), new_code_cell("x", outputs=[new_output("stream", text="headline: 98 %\n")])]
            other = variant.Variant("warm", {"lr": "0.05"}, {"lr": "0.1"})
            for name, more in (("q2_optimizers", {}), ("q2_optimizers--warm", {"variant": other.told("q2_optimizers"), "headlines": ["97 %"]}),
                               ("q4_x--warm", {"variant": other.told("q4_x")})):
                nbformat.write(new_notebook(cells=cells, metadata={summary.KEY: {**TOLD, **more}}), folder / f"{name}.ipynb")
            self.assertEqual([r.name for r in summary.reports(folder)], ["q2_optimizers"])
            index = page.index(folder, "here")
            self.assertIn('<li><a href="q2_optimizers--warm.html">variant: lr=0.05</a> – 97 %</li>', index)
            self.assertIn('<a href="q4_x--warm.html">', index)  # whose standard page nobody has made
            self.assertEqual(index.count("<article"), 2)
            notebook = nbformat.read(folder / "q2_optimizers--warm.ipynb", as_version=4)
            made = page.report(notebook, folder, "q2_optimizers--warm", ["q2_optimizers"])
            self.assertIn("variant: lr=0.05 in place of 0.1; what compares values, or has chosen one, keeps its own", made)
            self.assertIn('<a href="q2_optimizers.html">the standard page</a>', made)


if __name__ == "__main__":
    unittest.main()
