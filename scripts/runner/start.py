"""Starts one of the programs beside it: start.py report|lab|render ARGUMENTS.

A Problem, an interrupt or a reader that went away ends it with one line at
most, whenever it comes; so the program's own imports happen in here too.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys

from project import Problem


def start(program: str, arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return importlib.import_module(program).main(arguments)
    except Problem as problem:
        print(f"{program}: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # report | head: nobody is left to tell, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(start(sys.argv[1], sys.argv[2:]))
