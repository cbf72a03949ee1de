"""The cell tagged parameters under the real papermill, in a virtual environment of its own."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

import project

PIN = "papermill==2.7.0"


def papermill() -> str:
    """The command, installed once in .tools; raises SkipTest where it cannot be had."""
    folder = project.TOOLS / "papermill"
    command = folder / "bin" / "papermill"
    stamp = folder / "pin"
    if not command.exists() or not stamp.exists() or stamp.read_text() != PIN:
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, capture_output=True)
            subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", PIN],
                           check=True, capture_output=True, timeout=300)
        except (subprocess.SubprocessError, OSError) as error:
            raise unittest.SkipTest(f"{PIN} cannot be installed here: {type(error).__name__}") from None
        stamp.write_text(PIN)
    return str(command)


class Papermill(unittest.TestCase):
    def mill(self, *parameters: str):
        command = papermill()
        with tempfile.TemporaryDirectory() as folder:
            cells = [
                new_code_cell('%noautoget\nimport "inkling/pkg/notebook"'),
                new_code_cell('var lr, epochs, optimizer any\n\nvar given = notebook.Given(notebook.Values{"lr": lr, "epochs": epochs, "optimizer": optimizer})',
                              metadata={"tags": ["parameters"]}),
                new_code_cell('%%\nfmt.Println("has", notebook.Value("lr", 0.1), notebook.Value("epochs", 5), notebook.Value("optimizer", "sgd"), "given:", given)'),
            ]
            source, out = Path(folder) / "in.ipynb", Path(folder) / "out.ipynb"
            kernel = {"name": project.KERNEL, "language": "go", "display_name": "Go (gonb)"}
            nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), source)
            run = subprocess.run([command, str(source), str(out), "-k", project.KERNEL, "-l", ".net-csharp", "--cwd", folder, *parameters],
                                 env={**os.environ, **project.jupyter_env()}, text=True, capture_output=True, timeout=300)
            done = nbformat.read(out, as_version=4)
            said = "".join(o.get("text", "") for o in done.cells[-1].get("outputs", []))
            everything = run.stdout + run.stderr + "".join(str(o) for c in done.cells for o in c.get("outputs", []))
            return run.returncode, said, everything

    def test_values_reach_the_cells(self):
        _, said, _ = self.mill()
        self.assertEqual(said, "has 0.1 5 sgd given: \n")
        _, said, everything = self.mill("-p", "lr", "0.05", "-p", "epochs", "3", "-p", "optimizer", "adam")
        self.assertEqual(said, "has 0.05 3 adam given: epochs=3, lr=0.05, optimizer=adam\n", everything)
        _, said, everything = self.mill("-p", "lr", "1")  # an int where a float64 is meant
        self.assertEqual(said, "has 1 5 sgd given: lr=1\n", everything)

    def test_a_bad_value_is_told(self):
        _, said, everything = self.mill("-p", "optimizer", "sdg")
        self.assertIn("did you mean sgd?", everything)
        self.assertNotIn("has ", said)

    def test_an_unknown_name_is_told(self):
        for parameters in (("lrr", "0.1"), ("lr", "0.1", "-p", "momentum", "0.5")):
            _, said, everything = self.mill("-p", *parameters)
            unknown = parameters[-2]
            self.assertIn(f"parameter {unknown}: the notebook has none of that name", everything)
            self.assertIn("known: epochs, lr, optimizer", everything)
            self.assertNotIn("has ", said)


if __name__ == "__main__":
    unittest.main()
