import json
import tempfile
import unittest
from pathlib import Path

import copies
import lab
import project
from project import Problem


def notebook(*sources, **metadata):
    return json.dumps({"cells": [{"cell_type": "code", "id": str(i), "metadata": {}, "execution_count": None, "outputs": [], "source": s}
                                 for i, s in enumerate(sources)], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


class Copies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source, self.work = Path(folder.name, "notebooks"), Path(folder.name, "work")
        (self.source / "images").mkdir(parents=True)
        (self.source / "images" / "a.png").write_bytes(b"picture")
        (self.source / "a.ipynb").write_text(notebook("one"))
        self.assertEqual(self.refresh(), [])

    def refresh(self):
        return copies.refresh(self.source, self.work)

    def names(self):
        return sorted(p.name for p in self.work.iterdir() if not p.name.startswith("."))

    def test_are_made_with_pictures(self):
        self.assertEqual(self.names(), ["a.ipynb", "images"])
        self.assertEqual((self.work / "a.ipynb").read_text(), (self.source / "a.ipynb").read_text())
        self.assertEqual((self.work / "images" / "a.png").read_bytes(), b"picture")

    def test_that_nobody_changed_follow(self):
        # Saved by JupyterLab: another layout, lines as a list, another kernel's version.
        saved = json.loads(notebook(["o", "ne"], language_info={"version": "go1.99"}))
        saved["cells"][0]["metadata"]["trusted"] = True
        (self.work / "a.ipynb").write_text(json.dumps(saved, indent=4))
        (self.source / "a.ipynb").write_text(notebook("two"))
        (self.source / "b.ipynb").write_text(notebook("b"))
        self.assertEqual(self.refresh(), [])
        self.assertEqual((self.work / "a.ipynb").read_text(), notebook("two"))
        self.assertEqual(self.names(), ["a.ipynb", "b.ipynb", "images"])
        (self.work / "b.ipynb").unlink()
        self.refresh()
        self.assertEqual((self.work / "b.ipynb").read_text(), notebook("b"))

    def test_that_were_changed_stay(self):
        ran = json.loads(notebook("one"))
        ran["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
        for mine in (notebook("mine"), notebook("one", "more"), json.dumps(ran), "no JSON", "", '{"cells": 1}', "[]"):
            with self.subTest(mine[:40]):
                self.setUp()
                (self.work / "a.ipynb").write_text(mine)
                self.assertEqual(self.refresh(), [])  # nothing new was committed
                self.assertEqual(self.names(), ["a.ipynb", "images"])
                for number, text in enumerate(("two", "three"), 1):
                    (self.source / "a.ipynb").write_text(notebook(text))
                    name = "new-a.ipynb" if number == 1 else "new2-a.ipynb"
                    said = self.refresh()
                    self.assertEqual(len(said), 1)
                    self.assertIn(name, said[0])
                    self.assertEqual((self.work / name).read_text(), notebook(text))
                    self.assertEqual((self.work / "a.ipynb").read_text(), mine)
                    self.assertEqual(self.refresh(), [])  # told once

    def test_of_an_unknown_origin_stay(self):
        (self.work / copies.MADE).write_text("{")
        (self.work / "a.ipynb").write_text(notebook("mine"))
        self.assertEqual(len(self.refresh()), 1)
        self.assertEqual((self.work / "a.ipynb").read_text(), notebook("mine"))

    def test_what_cannot_be_written_is_a_line(self):
        (Path(self.work.parent) / "file").write_text("")
        with self.assertRaisesRegex(Problem, "no working copies in .*file"):
            copies.refresh(self.source, self.work.parent / "file")


class Opened(unittest.TestCase):
    def test_the_copy_before_others(self):
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder).resolve()
            for name in ("q1_mlp", "q1_mine", "x y"):
                (work / f"{name}.ipynb").write_text(notebook("a"))
            self.assertEqual(lab.opened("q1", work), "q1_mlp.ipynb")
            self.assertEqual(lab.opened("q1_mine", work), "q1_mine.ipynb")
            self.assertEqual(lab.opened(str(work / "x y.ipynb"), work), "x%20y.ipynb")
            self.assertEqual(lab.opened("q1", project.NOTEBOOKS), "q1_mlp.ipynb")
            for wrong in ("q9", "", "q"):
                with self.subTest(wrong), self.assertRaises(Problem):
                    lab.opened(wrong, work)
            with self.assertRaisesRegex(Problem, "is not in "):
                lab.opened("q2", work)


if __name__ == "__main__":
    unittest.main()
