"""Starts one of the programs beside it: start.py report|lab|render|toolchain ARGUMENTS.

A Problem, a signal or a reader that went away ends it with one line at most,
whenever it comes; so the program's own imports happen in here too.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys

import signals
from project import Problem


def start(program: str, arguments: list[str]) -> int:
    name = {"render": "report", "publish": "report", "measure": "report", "serve": "lab", "cluster": "dask"}.get(program, program)  # of the script, whose second half it is

    def leave(number, frame):
        """Without an exception, which an import might swallow or print; there is nothing to put away yet."""
        os.write(2, f"{name}: interrupted\n".encode())
        os._exit(128 + number)

    signals.handle(leave)
    signals.let_in()
    try:
        main = importlib.import_module(program).main
        signals.handle(signals.stop)
        return main(arguments)
    except Problem as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        return 2
    except signals.Stopped as stopped:
        print(f"{name}: interrupted", file=sys.stderr)
        return 128 + stopped.number
    except BrokenPipeError:
        # report | head: nobody is left to tell, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        # Python's own way out would print a traceback too.
        signals.handle(signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(start(sys.argv[1], sys.argv[2:]))
