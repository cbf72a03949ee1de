"""./scripts/lab: opens JupyterLab on working copies of the notebooks, for this machine only."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

import copies
import signals
import toolchain
from project import DATA_HELP, KERNEL, NOTEBOOKS, ROOT, SCRIPTS, WORK, Problem, find_notebook, jupyter_env

DESCRIPTION = """\
Opens JupyterLab on 127.0.0.1 and with a token, in work/: copies of the notebooks,
which are yours to change (./scripts/report runs those in notebooks/). What is
missing is set up first, inside the project. For another machine's browser, forward the port:
ssh -L 8888:127.0.0.1:8888 THIS_MACHINE."""


def arguments(given: list[str]) -> argparse.Namespace:
    """The options that there are; none of them can open the server to others."""
    parser = argparse.ArgumentParser(prog="./scripts/lab", description=DESCRIPTION, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebook", nargs="?", metavar="NOTEBOOK", help="opens this one: a name in work/ or its start (q1)")
    parser.add_argument("--new", type=new_name, metavar="NAME", help="begin a notebook and open it: work/NAME.ipynb, which runs as it is; none is overwritten")
    parser.add_argument("--committed", action="store_true", help="open notebooks/ itself, to change what is committed")
    parser.add_argument("--data", metavar="WHAT", help=DATA_HELP)
    parser.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    parser.add_argument("--browser", metavar="COMMAND", help="the browser to open")
    parser.add_argument("--port", type=port, metavar="N", help="default 8888, or the next that is free")
    parser.add_argument("--setup", action="store_true", help="set up what is missing, open nothing: for images and for later without a network")
    parser.add_argument("--debug", action="store_true", help="log all that JupyterLab does")
    options = ", ".join(o for action in parser._actions for o in action.option_strings if o.startswith("--"))

    def refuse(message: str):
        raise Problem(f"{message}; options: {options} (JupyterLab stays on 127.0.0.1, behind its token)")

    parser.error = refuse
    args = parser.parse_args(given)
    if args.new and (args.notebook or args.setup):
        refuse(f"--new {args.new} opens that notebook, and no other")
    return args


def port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1024 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1024 to 65535")
    return int(text)


def new_name(text: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,39}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of at most 40 letters, digits, - and _")
    return text


def begin(path: Path) -> None:
    """Writes a notebook to begin with, where there is none of that name."""
    go = toolchain.find_go()
    run = subprocess.run([go.path, "run", "./scripts/inkling", "notebook", "--new", str(path)],
                         cwd=ROOT, env=go.environment(), text=True, capture_output=True)
    if run.returncode:
        lines = [line for line in run.stderr.splitlines() if line.strip() and not line.startswith(("# ", "exit status"))]
        raise Problem(lines[0].removeprefix("inkling: ") if lines else "no notebook could be written")


def opened(name: str, folder: Path) -> str:
    """The notebook of that name in the folder that JupyterLab opens: a committed one's copy before others."""
    try:
        path = find_notebook(name)
        if path.parent == NOTEBOOKS:
            path = folder / path.name
    except Problem:
        path = find_notebook(name, folder)
    if folder not in path.parents or not path.is_file():
        raise Problem(f"notebook {name!r} is not in {folder.name}/")
    return quote(path.relative_to(folder).as_posix())


def main(given: list[str]) -> int:
    args = arguments(given)
    folder = NOTEBOOKS if args.committed else WORK
    options = [f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1", f"--MultiKernelManager.default_kernel_name={KERNEL}"]
    if args.no_browser:
        options.append("--ServerApp.open_browser=False")
    if args.browser:
        options.append(f"--ServerApp.browser={args.browser}")
    if args.port:
        options.append(f"--ServerApp.port={args.port}")
    if args.debug:
        options.append("--debug")
    if not args.committed and not args.setup:
        for line in copies.refresh():
            toolchain.say(f"  {line}")
    new = folder / f"{args.new}.ipynb"
    if args.new and os.path.lexists(new):
        raise Problem(f"{folder.name}/{new.name} is there already, and stays as it is: ./scripts/lab {args.new} opens it")
    if args.notebook or args.new:
        options.append(f"--LabApp.default_url=/lab/tree/{new.name if args.new else opened(args.notebook, folder)}")
    if os.geteuid() == 0:
        options.append("--ServerApp.allow_root=True")
    if args.data is not None:
        os.environ["INKLING_DATA"] = args.data
    setup = toolchain.prepare(gopls=True)
    for note in setup.notes:
        toolchain.say(note)
    if not toolchain.has_module(setup.python, "jupyterlab"):
        raise Problem(f"the Jupyter of this machine ({setup.python}) has no JupyterLab")
    if args.setup:
        return 0
    if args.new:
        begin(new)
    signals.hold()  # until start.py there is ready for them
    os.execve(setup.python, [setup.python, str(SCRIPTS / "runner" / "start.py"), "serve", *options], {**jupyter_env(), "INKLING_GO": setup.go_version})
    return 0
