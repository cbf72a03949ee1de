"""Where things are in the project, and the environment its programs run in.

Everything the scripts make stays inside the project: tools in .tools/, results
in reports/. The user's own Jupyter, IPython and Go settings are neither read
nor written.

Only the standard library is used here, so that any Python 3.10 can start.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
NOTEBOOKS = ROOT / "notebooks"
REPORTS = ROOT / "reports"
WORK = ROOT / "work"  # the working copies of notebooks/, see copies.py
TOOLS = ROOT / ".tools"
JUPYTER = TOOLS / "jupyter"
VENV_PYTHON = TOOLS / "venv" / "bin" / "python"

KERNEL = "gonb"


class Problem(Exception):
    """What the user should know, in one line; ends the program with status 2."""


def jupyter_env() -> dict[str, str]:
    """This process's environment with Jupyter kept inside the project."""
    token = os.environ.get("JUPYTER_TOKEN", "").strip()  # empty, it would switch the token off
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY_"))}
    if token:
        env["JUPYTER_TOKEN"] = token
    env.update(
        JUPYTER_CONFIG_DIR=str(JUPYTER / "config"),
        JUPYTER_DATA_DIR=str(JUPYTER / "data"),
        JUPYTER_PATH="",
        JUPYTER_RUNTIME_DIR=str(JUPYTER / "runtime"),
        IPYTHONDIR=str(JUPYTER / "ipython"),
        JUPYTER_PLATFORM_DIRS="1",
    )
    # Cells run in the notebook's folder, where a relative path means another place.
    if env.get("MNIST_DIR"):
        env["MNIST_DIR"] = os.path.abspath(env["MNIST_DIR"])
    if env.get("INKLING_DATA"):
        env["INKLING_DATA"] = absolute_data(env["INKLING_DATA"])
    return env


DATA_HELP = "mnist, synthetic, or PATH[,options] of labelled images; default: what INKLING_DATA says"


def absolute_data(choice: str) -> str:
    """A choice of data with its path made absolute. Of PATH,option,… the longest beginning that exists is the path."""
    parts = choice.split(",")
    for n in range(len(parts), 0, -1):
        path = ",".join(parts[:n])
        if path not in ("", "auto", "mnist", "synthetic") and os.path.exists(path):
            return ",".join([os.path.abspath(path), *parts[n:]])
    return choice


def known_notebooks(folder: Path | None = None) -> list[Path]:
    return sorted((folder or NOTEBOOKS).glob("*.ipynb"))


def find_notebook(given: str, folder: Path | None = None) -> Path:
    """A notebook by path, by name, or by the start of a name that fits only one."""
    path = Path(given)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    name = path.name.removesuffix(".ipynb")
    known = known_notebooks(folder)
    matches = [n for n in known if n.stem == name] or [n for n in known if name and n.stem.startswith(name)]
    if len(matches) == 1:
        return matches[0]
    names = ", ".join(n.stem for n in matches or known) or "none"
    if matches:
        raise Problem(f"notebook {given!r} fits several: {names}")
    raise Problem(f"no notebook {given!r}; in {folder.name if folder else 'notebooks'}/: {names}")
