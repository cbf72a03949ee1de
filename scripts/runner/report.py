"""./scripts/report: executes notebooks through Jupyter and writes reports/.

Runs in the system's Python with the standard library until the set-up is
ready, then goes on in the Python that has Jupyter.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
import unicodedata
from dataclasses import asdict
from pathlib import Path

import budget
import costs
import signals
import toolchain
import variant
from project import DATA_HELP, REPORTS, ROOT, SCRIPTS, Problem, find_notebook, jupyter_env, known_notebooks

DESCRIPTION = """\
Executes the notebooks through Jupyter and writes reports/NAME.html, the executed
reports/NAME.ipynb and reports/index.html, with the best network of each page in
reports/weights; of a full report of all, report.pdf where there is a Chromium. A
claim of a notebook that its runs refute fails it. What is missing is set up first,
inside the project. Where there are two cores two notebooks run at a time, one of which
trains. Runs are kept in runs/: a second report shows the stored ones at once.
Remove runs/ to train anew."""


# What a report decides for itself; a claim is left open for a reason of this run alone.
OURS = ("INKLING_QUICK", "INKLING_SET", "INKLING_BUDGET", "INKLING_UNDECIDED", "INKLING_TURN")


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./scripts/report", description=DESCRIPTION, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter, add_help=True)
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK",
                        help="a name in notebooks/ or its start (q1), or a path; default: all")
    parser.add_argument("--data", metavar="WHAT", help=DATA_HELP)
    parser.add_argument("--quick", action="store_true", help="smaller settings, half a minute per notebook")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="values",
                        help="a value for whole notebooks, lr=0.05, as often as there are values: pages of variants beside the standard ones")
    parser.add_argument("--budget", type=within, action=Once, metavar="TIME",
                        help="what all notebooks together may take: 5m, 90s or 1h30m; epochs, seeds and images are chosen between quick settings and full "
                             "ones, and said under every figure. Or a share, 0.35, of the way from quick settings to full ones. The pages are variants")
    parser.add_argument("--name", metavar="NAME", help="of the variant; default: made from its values")
    parser.add_argument("--timeout", type=seconds, default=600.0, metavar="SECONDS", help="for one cell, and twice that where two notebooks run at a time; default 600")
    parser.add_argument("--output", type=Path, default=REPORTS, metavar="FOLDER", help="default: reports/")
    parser.add_argument("--measure-costs", action="store_true",
                        help="write no reports: measure what notebooks cost, for --budget; all settings, so longer than a full report. --quick leaves full ones as they were measured")
    parser.add_argument("--publish", action="store_true",
                        help="run nothing: write docs/reports/ and README's table from the full report that is there")
    parser.add_argument("--list", action="store_true", help="show the notebooks and stop")
    options = ", ".join(o for action in parser._actions for o in action.option_strings if o.startswith("--"))

    def refuse(message: str):
        raise Problem(f"{message}; options: {options}")

    parser.error = refuse
    return parser.parse_args(joined(given))


def joined(given: list[str]) -> list[str]:
    """--budget -1m as one word: argparse would take the second for an option and say that there is no value."""
    found: list[str] = []
    for word in given:
        if found and found[-1] == "--budget" and re.match(r"-[\d.]", word):
            found[-1] += "=" + word
        else:
            found.append(word)
    return found


class Once(argparse.Action):
    """An option that is given once, and not with another value again."""

    def __call__(self, parser, namespace, value, option=None):
        if getattr(namespace, self.dest) not in (None, value):
            raise argparse.ArgumentError(self, f"given twice, as {getattr(namespace, self.dest)} and as {value}: want one of them")
        setattr(namespace, self.dest, value)


def within(text: str) -> float | str:
    """A share, or a time as it was written."""
    if budget.seconds(text):
        return text
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.001 <= value <= 0.999:
        raise argparse.ArgumentTypeError(f"{text!r}, want a time with its unit, as 90s, 5m or 1h30m, or a share from 0.001 to 0.999 of the way from quick "
                                         "settings (--quick) to full ones (no option)")
    return value


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


def at_once(notebooks: int, planned: bool, cores: int) -> int:
    """How many notebooks run at a time: while one trains the other compiles its cells, which one core does, and draws. What has
    been planned by the clock comes one after the other."""
    return 2 if cores > 1 and notebooks > 1 and not planned else 1


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_names(notebooks: list[Path], output: Path) -> None:
    """Every notebook needs a page of its own, also where a file's name is the same in capitals."""
    pages: dict[str, Path] = {}
    for path in notebooks:
        name = unicodedata.normalize("NFC", path.stem).casefold()
        if name == "index":
            raise Problem(f"notebook {path.name!r} cannot be reported: index.html is the list of all reports; rename it")
        if name in pages:
            raise Problem(f"notebooks {str(pages[name])!r} and {str(path)!r} would have the same page; rename one, or report them one by one with --output")
        pages[name] = path
        if path.parent == output:
            raise Problem(f"--output {str(output)!r} is the folder of {path.name}, which its executed copy would replace; give another")


def main(given: list[str]) -> int:
    args = arguments(given)
    if args.list:
        print("\n".join(n.stem for n in known_notebooks()))
        return 0
    if args.measure_costs and (args.publish or args.values or args.budget or args.name or args.data is not None or args.output != REPORTS):
        raise Problem("--measure-costs makes notebooks as they are at some settings and writes no reports: no --set, --budget, --name, --data, --output or --publish beside it")
    if args.publish and (args.notebooks or args.quick or args.data is not None or args.values or args.budget):
        raise Problem("--publish takes the full report of all notebooks on MNIST that is in reports/, and makes none: no NOTEBOOK, --quick, --data, --set or --budget beside it")
    if args.name is not None and not args.values and not args.budget:
        raise Problem("--name is that of a variant: it needs --set NAME=VALUE or --budget")
    if args.name is not None:
        variant.check_name(args.name)
    if args.quick and args.budget:
        raise Problem("--quick and --budget, want one of them")
    notebooks = [find_notebook(n) for n in dict.fromkeys(args.notebooks)] or known_notebooks()
    if not notebooks:
        raise Problem(f"no notebooks in {ROOT / 'notebooks'}")
    notebooks = list(dict.fromkeys(n.resolve() for n in notebooks))
    output = args.output.resolve()
    if args.publish:
        signals.hold()
        python = toolchain.prepare().python
        os.execve(python, [python, str(SCRIPTS / "runner" / "start.py"), "publish", "--output", str(output)], jupyter_env())
    if args.measure_costs:
        signals.hold()
        setup = toolchain.prepare()
        env = {name: value for name, value in jupyter_env().items() if name not in OURS}
        os.execve(setup.python, [setup.python, str(SCRIPTS / "runner" / "start.py"), "measure", "--go", setup.go_version, "--timeout", str(args.timeout),
                                 *(["--quick"] if args.quick else []), "--", *map(str, notebooks)], env)
    check_names(notebooks, output)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(f"cannot write reports in {output}: {error.strerror}") from None
    if not os.access(output, os.W_OK):
        raise Problem(f"cannot write reports in {output}: permission denied")

    if args.data is not None:
        os.environ["INKLING_DATA"] = args.data
    if isinstance(args.budget, str):
        costs.load()  # or one line says that it is not there, before anything is set up
    setup = toolchain.prepare()
    began = time.time()
    env = {name: value for name, value in jupyter_env().items() if name not in OURS}
    if args.quick:
        env["INKLING_QUICK"] = "1"
    variants: dict[Path, variant.Variant] = {}
    if args.values:
        variants = variant.make(notebooks, args.values, args.name, toolchain.find_go())
        for path in notebooks:
            if path not in variants:
                print(f"{path.stem} listens to none of these values and is left out")
        notebooks = list(variants)
    if args.budget:
        variants = variant.within(notebooks, variants, args.budget, args.name)
    command = [setup.python, str(SCRIPTS / "runner" / "start.py"), "render", "--output", str(output),
               "--timeout", str(args.timeout), "--go", setup.go_version, "--at-once", str(at_once(len(notebooks), isinstance(args.budget, str), cores()))]
    for path, made in variants.items():
        command += ["--variant", json.dumps({"path": str(path), **asdict(made)})]
    if isinstance(args.budget, str):
        command += ["--budget", args.budget, "--began", str(began)]
    for note in setup.notes:
        command += ["--note", note]
    signals.hold()  # until start.py there is ready for them
    os.execve(setup.python, [*command, "--", *map(str, notebooks)], env)
