import argparse
import asyncio
import contextlib
import io
import os
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

import nbformat

import render
import report
import signals
from execute import Run
from project import Problem, known_notebooks


class Machine(unittest.TestCase):
    def test_without_git(self):
        with mock.patch.dict("os.environ", PATH="/nowhere"):
            said = render.describe_machine("go1.26")
        self.assertIn("go1.26", said)
        self.assertNotIn("source", said)


class Everything(unittest.TestCase):
    """Notebooks that are only said to have run."""

    def everything(self, at_once, run, write, note=None):
        async def executed(path, name, timeout, env, log, note, expected=0, begins=""):
            self.turns.add(env.get("INKLING_TURN", ""))
            return nbformat.v4.new_notebook(), await run(name, timeout, begins)

        args = argparse.Namespace(at_once=at_once, notebooks=[Path(f"{n}.ipynb") for n in "abcd"], variants={}, timeout=100.0)
        self.turns, out = set(), io.StringIO()
        with (mock.patch.object(render, "executed", executed), contextlib.redirect_stdout(out),
              mock.patch.object(render, "write_page", lambda path, notebook, run, *rest: write(run.name))):
            runs = asyncio.run(render.everything(args, "machine", None, None, note or signals.Note()))
        return [run.name for run in runs], out.getvalue()

    def test_a_page_is_written_while_the_next_notebook_runs(self):
        begun = {name: threading.Event() for name in "abcd"}
        pages = []

        async def run(name, timeout, begins):
            begun[name].set()
            self.assertEqual((timeout, begins), (100.0, ""))
            return Run(name)

        def write(name):
            if name != "d":
                self.assertTrue(begun[chr(ord(name) + 1)].wait(60), f"the page of {name} keeps the next notebook waiting")
            pages.append(name)

        runs, said = self.everything(1, run, write)
        self.assertEqual(runs, list("abcd"))
        self.assertEqual(pages, list("abcd"))
        self.assertEqual(self.turns, {""})
        self.assertIn("[3/4] c\n  ok in 0 s\n", said)

    def test_two_at_a_time_and_no_more(self):
        running, most, both = set(), [], None

        async def run(name, timeout, begins):
            nonlocal both
            both = both or asyncio.Event()
            self.assertEqual((timeout, begins), (200.0, f"{name} "))
            running.add(name)
            most.append(len(running))
            if len(running) == 2:
                both.set()
            if name in "ab":
                await asyncio.wait_for(both.wait(), 60)
            await asyncio.sleep(0)
            running.discard(name)
            return Run(name)

        writing = []

        def write(name):
            writing.append(name)
            self.assertEqual(len(writing), 1, "two pages are written at a time")
            writing.remove(name)

        with mock.patch.dict("os.environ", INKLING_QUICK=""):
            runs, said = self.everything(2, run, write)
        self.assertEqual((runs, max(most)), (list("abcd"), 2))
        self.assertEqual(self.turns, {str(render.TOOLS / "turn")})
        self.assertIn("  c ok in 0 s", said)

    def test_notebooks_of_one_question_do_not_run_at_a_time(self):
        asks = {"a": {"x", "y"}, "b": {"y", "x"}, "c": {"z"}, "d": {"y", "z"}}
        running, begun = set(), []

        async def run(name, timeout, begins):
            self.assertEqual([other for other in running if asks[other] & asks[name]], [], f"beside {name}")
            running.add(name)
            begun.append(name)
            for _ in range(9):
                await asyncio.sleep(0)
            running.discard(name)
            return Run(name)

        with mock.patch.object(render, "questions", lambda path: asks[path.stem]):
            runs, _ = self.everything(2, run, lambda name: None)
            self.assertEqual((runs, sorted(begun), begun[:2]), (list("abcd"), list("abcd"), ["a", "c"]))

    def test_questions(self):
        found = {path.stem: render.questions(path) for path in known_notebooks()}
        self.assertEqual(found["q6_augmentation"], {"q6", "q6-try", "q6-long"})
        for name, questions in found.items():  # or ours would not run at a time
            self.assertTrue(questions)
            self.assertEqual([other for other in found if other != name and found[other] & questions], [])
        self.assertEqual(render.questions(Path("/nowhere.ipynb")), set())

    def test_after_a_signal_none_begins_and_those_begun_have_pages(self):
        note, pages = signals.Note(), []

        async def run(name, timeout, begins):
            note.take(2, None)
            return Run(name, "interrupted", signal=note.number)

        runs, _ = self.everything(1, run, pages.append, note)
        self.assertEqual((runs, pages), (["a"], ["a"]))

    def test_quick_notebooks_do_not_wait_for_a_turn(self):
        async def run(name, timeout, begins):
            return Run(name)

        with mock.patch.dict("os.environ", INKLING_QUICK="1"):
            self.everything(2, run, lambda name: None)
        self.assertEqual(self.turns, {""})

    def test_what_breaks_is_not_hidden(self):
        async def run(name, timeout, begins):
            return Run(name)

        def write(name):
            raise OSError("disk full")

        with self.assertRaisesRegex(OSError, "disk full"):
            self.everything(1, run, write)

    def test_a_page_that_cannot_be_written(self):
        with tempfile.TemporaryDirectory() as folder:
            there = Path(folder) / "q.html"
            there.mkdir()
            for path in (there, Path(folder) / "gone" / "q.html"):
                with self.assertRaises(Problem) as raised:
                    render.write(path, "page")
                self.assertRegex(str(raised.exception), f"^cannot write {path}: [^\n]+$")
            self.assertEqual(os.listdir(folder), ["q.html"])  # and nothing of it is left

    def test_how_many(self):
        self.assertEqual([report.at_once(*c) for c in [(8, False, 2), (8, False, 1), (8, False, 64), (8, True, 64), (1, False, 2)]], [2, 1, 2, 1, 1])
        self.assertGreaterEqual(report.cores(), 1)


if __name__ == "__main__":
    unittest.main()
