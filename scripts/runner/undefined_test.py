import json
import tempfile
import unittest
from pathlib import Path

import project
import undefined


class Explain(unittest.TestCase):
    def of(self, shown, *cells):
        with tempfile.TemporaryDirectory() as folder:
            notebook = Path(folder, "a.ipynb")
            notebook.write_text(json.dumps({"cells": [{"cell_type": "code", "source": c} for c in cells]}))
            return undefined.explain(shown, notebook)

    def test_a_declaration_says_where(self):
        for cell, name, line in [
            ("func open() *lab.Lab {\n}", "open", "func open() *lab.Lab {"),
            (["type row struct {\n", "\tA int\n}"], "row", "type row struct {"),
            ("var lr, epochs, batch any", "batch", "var lr, epochs, batch any"),
            ("const answer = `x", "answer", "const answer = `x"),
            ("var (\n\tsgd = 1\n)", "sgd", "sgd = 1"),
            ('import (\n\t"inkling/pkg/lab"\n)', "lab", '"inkling/pkg/lab"'),
            ('import "math/rand/v2"', "rand", 'import "math/rand/v2"'),
        ]:
            with self.subTest(name):
                said = self.of(f"./main.go:3:7: undefined: {name}", "%%\nx()", cell)
                self.assertTrue(said.startswith(f"{name} ({line}): declared in another cell"), said)
                self.assertNotIn("\n", said)

    def test_a_value_says_what_to_write(self):
        for cell in ('%%\nq1 := notebook.Open("q1")', '%%\nq1, err := lab.Open(ctx, "q1")', "%%\nif true {\n\ta, q1 := f()\n}"):
            with self.subTest(cell):
                self.assertIn(": a value of another cell", self.of("undefined: q1", cell))

    def test_what_the_notebook_does_not_have_is_left_alone(self):
        for shown, cell in [("undefined: opne", "func open() {}"), ("undefined: open", "// open\nx := reopen()"), ("undefined: op", "func open() {}"),
                            ("open failed", "func open() {}"), ("undefined: q1", "q1()\nif q1 == 1 {")]:
            with self.subTest(shown):
                self.assertEqual(self.of(shown, cell), "")
        self.assertEqual(undefined.explain("undefined: open", Path("/nowhere.ipynb")), "")

    def test_html_and_many_names(self):
        shown = "".join(f"<span>undefined</span>: {n}<br>" for n in "abcda")
        said = self.of(shown, *(f"func {n}() {{}}" for n in "abcd"))
        self.assertIn("a (func a() {}), b (func b() {}), c (func c() {}) and 1 more: ", said)

    def test_names_of_the_real_notebooks(self):
        self.assertIn("declared in another cell", undefined.explain("undefined: asReported", project.find_notebook("q2")))
        self.assertIn('q1 := notebook.Open("q1")', undefined.explain("undefined: q1", project.find_notebook("q1")))


if __name__ == "__main__":
    unittest.main()
