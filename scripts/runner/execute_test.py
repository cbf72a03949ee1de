"""Runs small notebooks in the real kernel; ./scripts/test sets it up before."""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import project
from execute import execute


class Execute(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="a folder ")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        patch = mock.patch.dict(os.environ, {**project.jupyter_env(), "GOFLAGS": "-mod=mod", "GOWORK": "off"})
        patch.start()
        self.addCleanup(patch.stop)

    def run_cells(self, *sources, timeout=120.0, **cell):
        """Executes cells; returns the code cells' text, what became of the run, and what was printed."""
        made = new_notebook(cells=[new_markdown_cell("# t"), *(new_code_cell(s, id=f"cell-{i}", **cell) for i, s in enumerate(sources))])
        path = self.folder / "t.ipynb"
        nbformat.write(made, path)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            notebook, run = execute(path, "t", timeout, dict(os.environ), self.folder / "kernel.log")
        nbformat.validate(notebook)
        texts = ["".join(o.get("text", o.get("evalue", "")) for o in c.outputs) for c in notebook.cells[1:]]
        return texts, run, printed.getvalue()

    def test_whole_notebook(self):
        texts, run, printed = self.run_cells(
            'import "inkling/pkg/viz"\n\nfunc twice(x int) int { return 2 * x }',
            '%%\nfmt.Print("1 %\\r100 %\\n")\nfmt.Println("headline: got", twice(21))\nvar _ viz.Figure',
            '%%\nwd, _ := os.Getwd()\nfmt.Println("data:", filepath.Base(wd) != "", os.Getenv("GOFLAGS"))',
            "!echo shell")
        self.assertEqual((run.status, run.error), ("ok", ""))
        self.assertEqual(texts[1:], ["100 %\nheadline: got 42\n", "data: true -ldflags=-w\n", "shell\n"])
        self.assertEqual((run.headlines, run.data), (["got 42"], ["true -ldflags=-w"]))
        self.assertEqual(re.findall(r"\[(\d/\d)\]", printed), ["1/4", "2/4", "3/4", "4/4"])

    def test_a_false_claim_fails_what_ran_to_its_end(self):
        texts, run, _ = self.run_cells('%%\nfmt.Println("claim (true): a < b")', '%%\nfmt.Println("claim (false): b < a\\nclaim (false): c < a")',
                                       '%%\nfmt.Println("headline: ran on")')
        self.assertEqual((run.status, run.failed_cell, run.error), ("failed", 2, "a claim is false (cell-1): b < a (and 1 more)"))
        self.assertEqual(([c["verdict"] for c in run.claims], run.headlines), (["true", "false", "false"], ["ran on"]))

    def test_every_notebook_tells_a_plain_kernel_where_the_packages_are(self):
        """Anywhere below the module, or where INKLING names it."""
        firsts = {next(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code")
                  for path in [*project.known_notebooks(), project.SCRIPTS / "inkling" / "new.ipynb"]}
        self.assertEqual(len(firsts), 1, firsts)
        first = firsts.pop()
        module = self.folder / "module"
        module.mkdir()
        os.symlink(project.ROOT / "pkg", module / "pkg")
        for name in ("go.mod", "go.sum"):
            shutil.copy(project.ROOT / name, module)
        kernel = Path("kernels", project.KERNEL, "kernel.json")
        plain = json.loads((project.JUPYTER / "data" / kernel).read_text())
        plain["argv"] = [a for a in plain["argv"] if not a.startswith("-go_work=")]
        (self.folder / kernel).parent.mkdir(parents=True)
        (self.folder / kernel).write_text(json.dumps(plain))
        imported = new_code_cell('import "inkling/pkg/data"\n\n%%\nfmt.Println(len(data.Numbered(10)))')
        for where, named in (("module/notebooks", ""), ("module/a folder/of mine", ""), ("else where", str(module))):
            with self.subTest(where):
                folder = self.folder / where
                folder.mkdir(parents=True)
                nbformat.write(new_notebook(cells=[new_code_cell(first), new_code_cell(first), imported]), folder / "t.ipynb")
                with mock.patch.dict(os.environ, {"JUPYTER_DATA_DIR": str(self.folder), "INKLING": named}), contextlib.redirect_stdout(io.StringIO()):
                    notebook, run = execute(folder / "t.ipynb", "t", 120, dict(os.environ), self.folder / "kernel.log")
                self.assertEqual((run.status, run.error), ("ok", ""))
                self.assertEqual(notebook.cells[2].outputs[0]["text"], "10\n")
                self.assertEqual([p.name for p in folder.iterdir()], ["t.ipynb"])

    def test_failures_stop_the_notebook_and_say_why(self):
        for source, error in [
            ("%%\nfmt.Println(nowhere)", "undefined: nowhere"),
            ('%%\nfmt.Fprintln(os.Stderr, "no data in x")\nos.Exit(3)', "no data in x (exit status 3)"),
            ('%%\npanic("nn: bad shape")', "panic: nn: bad shape (exit status 2)"),
            ('%%\nfmt.Fprintln(os.Stderr, "starting\\nerror: --lr \\"fast\\", want a number\\nknown flags: --lr")\nos.Exit(2)',
             '--lr "fast", want a number (exit status 2)'),
            ('%%\nfmt.Println("error: no run of that name")\nos.Exit(2)', "no run of that name (exit status 2)"),
            ("!ls /no/such/folder", "a shell command failed: exit status 2"),
            ("%%bash\nfalse", "a shell command failed: exit status 1"),
        ]:
            with self.subTest(source):
                texts, run, _ = self.run_cells('%%\nfmt.Println("before")', source, '%%\nfmt.Println("after")')
                self.assertEqual((run.status, run.error, run.failed_cell), ("failed", f"cell 2 of 3 (cell-1): {error}", 2))
                self.assertEqual((texts[0], texts[2]), ("before\n", ""))

    def test_no_folder_of_this_machine_is_told(self):
        data = self.folder / "my data"
        data.mkdir()
        with mock.patch.dict(os.environ, {"MNIST_DIR": str(data)}):
            texts, run, _ = self.run_cells(
                '%%\nh, _ := os.UserHomeDir()\nfmt.Println(os.Getenv("MNIST_DIR")+"/x", h, os.TempDir()+"/y")\n_, err := os.Open(os.Getenv("MNIST_DIR")+"/t10k")\npanic(err)')
        self.assertTrue(texts[0].startswith("$MNIST_DIR/x ~ $TMPDIR/y\n"), texts[0])
        self.assertIn("panic: ", run.error)
        self.assertIn("$MNIST_DIR/t10k", run.error)
        for folder in (str(self.folder), str(project.ROOT), os.path.expanduser("~") + "/"):
            self.assertNotIn(folder, texts[0] + run.error)

    def test_expected_errors_do_not_stop_it(self):
        _, run, _ = self.run_cells("%%\nos.Exit(3)", "!false", metadata={"tags": ["raises-exception"]})
        self.assertEqual(run.status, "ok")

    def test_time_out(self):
        texts, run, _ = self.run_cells('%%\nfmt.Println("begun")\ntime.Sleep(time.Hour)', '%%\nfmt.Println("after")', timeout=5)
        self.assertEqual((run.status, run.error), ("failed", "cell 1 of 2 (cell-0): took longer than 5 s"))
        self.assertIn("begun", texts[0])
        self.assertEqual(texts[1], "")

    def test_interrupt_lets_the_cell_finish(self):
        source = ('%%\nc := make(chan os.Signal, 1)\nsignal.Notify(c, os.Interrupt)\n'
                  'os.WriteFile("ready", nil, 0o600)\n<-c\nfmt.Println("saved at step 12")')

        def press_when_ready():
            while not (self.folder / "ready").exists() and not over.wait(0.05):
                pass
            os.kill(os.getpid(), signal.SIGINT)

        over = threading.Event()
        presser = threading.Thread(target=press_when_ready)
        presser.start()
        try:
            texts, run, _ = self.run_cells(source, '%%\nfmt.Println("after")')
        finally:
            over.set()
            presser.join()
        self.assertEqual((run.status, run.signal, run.error), ("interrupted", signal.SIGINT, "interrupted in cell 1 of 2"))
        self.assertEqual(texts, ["saved at step 12\n", ""])

    def test_other_languages_are_refused(self):
        path = self.folder / "p.ipynb"
        nbformat.write(new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}}), path)
        _, run = execute(path, "p", 10, dict(os.environ), self.folder / "kernel.log")
        self.assertEqual((run.status, run.error), ("failed", "is a notebook for python, only Go notebooks run here"))


if __name__ == "__main__":
    unittest.main()
