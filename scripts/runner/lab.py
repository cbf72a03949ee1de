"""./scripts/lab: opens JupyterLab on notebooks/, for this machine only."""

from __future__ import annotations

import os
import re

import toolchain
from project import NOTEBOOKS, Problem, jupyter_env

HELP = """\
usage: ./scripts/lab [JUPYTERLAB OPTIONS…]

Opens JupyterLab on notebooks/, on 127.0.0.1 and with a token. What is missing is
set up first, inside the project. Options go to JupyterLab, such as --no-browser
or --port=9000."""


def main(given: list[str]) -> int:
    if given in (["-h"], ["--help"]):
        print(HELP)
        return 0
    for option in given:
        if re.match(r"--(ServerApp\.|NotebookApp\.)?(ip|root_dir|notebook-dir|allow_root)\b", option):
            raise Problem(f"takes no {option}: JupyterLab opens notebooks/ and stays on 127.0.0.1")
    setup = toolchain.prepare(gopls=True)
    for note in setup.notes:
        toolchain.say(note)
    if not toolchain.has_module(setup.python, "jupyterlab"):
        raise Problem(f"the Jupyter of this machine ({setup.python}) has no JupyterLab")
    ours = [f"--ServerApp.root_dir={NOTEBOOKS}", "--ServerApp.ip=127.0.0.1"]
    if os.geteuid() == 0:
        ours.append("--ServerApp.allow_root=True")
    os.execve(setup.python, [setup.python, "-m", "jupyterlab", *given, *ours], jupyter_env())
