"""Working copies of the notebooks, for JupyterLab: playing there leaves the committed ones, which reports are made of, as they are.

A copy that nobody has changed follows its notebook. One that somebody has
changed, or run, is never touched: a newer notebook is put beside it then, once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from pathlib import Path

from project import NOTEBOOKS, WORK, Problem

MADE = ".made.json"  # in the folder of the copies: what each was when it was made


def refresh(source: Path = NOTEBOOKS, folder: Path = WORK) -> list[str]:
    """Brings the copies up to date; returns what the user should know, a line each."""
    said = []
    try:
        folder.mkdir(exist_ok=True)
        made = read_made(folder)
        for notebook in sorted(source.glob("*.ipynb")):
            raw = notebook.read_bytes()
            copy, now = folder / notebook.name, cells(raw)
            if not os.path.lexists(copy):
                write(copy, raw)
            elif (there := cells(copy.read_bytes())) != now:
                if there == made.get(notebook.name):
                    write(copy, raw)
                elif made.get(notebook.name) != now:
                    beside = free(folder, notebook.name)
                    write(beside, raw)
                    said.append(f"{notebook.name} has changed since you changed your copy: yours stays, the newer one is {beside.name} beside it")
            made[notebook.name] = now
        for extra in source.iterdir():  # pictures that texts show; no products
            if extra.name == "images" and extra.is_dir():
                shutil.copytree(extra, folder / extra.name, dirs_exist_ok=True)
        write(folder / MADE, json.dumps(made, indent=1).encode())
    except OSError as error:
        raise Problem(f"no working copies in {folder}: {error.strerror or error} (--committed opens the notebooks themselves)") from None
    return said


def cells(raw: bytes) -> str:
    """What a notebook says, as a hash: not the layout of its file, and not what JupyterLab notes about the kernel."""
    with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
        kept = []
        for cell in json.loads(raw)["cells"]:
            text = cell["source"]
            metadata = {k: v for k, v in cell.get("metadata", {}).items() if k not in ("trusted", "execution")}
            kept.append([cell["cell_type"], text if isinstance(text, str) else "".join(text), metadata, cell.get("outputs", [])])
        raw = json.dumps(kept, sort_keys=True).encode()
    return hashlib.sha256(raw).hexdigest()


def read_made(folder: Path) -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError):
        made = json.loads((folder / MADE).read_text())
        if isinstance(made, dict):
            return made
    return {}


def free(folder: Path, name: str) -> Path:
    """A name for a newer notebook that nothing has yet."""
    number = 1
    while os.path.lexists(path := folder / (f"new-{name}" if number == 1 else f"new{number}-{name}")):
        number += 1
    return path


def write(path: Path, raw: bytes) -> None:
    """Whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(raw)
    os.replace(part, path)
