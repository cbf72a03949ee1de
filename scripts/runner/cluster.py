"""Starts the parts of a Dask cluster in one Python: that of .tools/dask, which it makes at the first use.

INKLING_DASK_PYTHON names another one, for a cluster that is there already: its
distributed must be the cluster's.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys

import toolchain
from project import SCRIPTS, TOOLS, Problem

VENV = TOOLS / "dask" / "venv"
REQUIREMENTS = SCRIPTS / "dask-requirements.txt"

# What Dask does many times a second, for a dashboard, would take a tenth of a
# core from every run; what stands in the user's environment comes before it.
QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__MONITOR_INTERVAL": "1s",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "500ms",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "5s",
}

# Dask looks at what a worker does a hundred times a second, for a dashboard: where
# the workers have all cores of a machine, that is taken from the runs. What stands in
# the user's environment comes before it.
UNWATCHED = {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}

USAGE = """usage: ./scripts/dask scheduler [--port=8786 …]     the scheduler of a cluster
       ./scripts/dask worker tcp://HOST:8786 […]   a worker on this machine; a thread of it makes one run at a time
       ./scripts/dask python                       the Python that both run in, for all else
What stands behind scheduler and worker is for Dask (--help lists it). Then, from
any machine: go run ./scripts/inkling search … --dask=tcp://HOST:8786"""


def installed() -> bool:
    """Whether it is there, as pinned now."""
    return toolchain.stamp_fits("dask", stamp()) and toolchain.works(VENV / "bin" / "python")


def stamp() -> str:
    return f"{sys.version}\n{toolchain.file_texts(REQUIREMENTS)}"


def python() -> str:
    """A Python that has distributed."""
    own = os.environ.get("INKLING_DASK_PYTHON")
    if own:
        if not toolchain.has_module(own, "distributed"):
            raise Problem(f"INKLING_DASK_PYTHON={own} has no distributed")
        return own
    found = str(VENV / "bin" / "python")
    if installed():
        return found
    VENV.parent.mkdir(parents=True, exist_ok=True)
    with open(VENV.parent / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if installed():
            return found  # another one has made it
        toolchain.say("  Dask: installing into .tools/dask")
        toolchain.drop_stamp("dask")
        toolchain.SCRATCH.mkdir(parents=True, exist_ok=True)
        failed = toolchain.install_venv(REQUIREMENTS, VENV, "dask")
        if failed:
            shutil.rmtree(VENV, ignore_errors=True)
            raise Problem(f"Dask could not be installed: {failed}")
        toolchain.write_stamp("dask", stamp())
    return found


def main(given: list[str]) -> int:
    if not given or given[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    what, rest = given[0], given[1:]
    commands = {
        "scheduler": ["-m", "distributed.cli.dask_scheduler"],
        "worker": ["-m", "distributed.cli.dask_worker"],
        "drive": [str(SCRIPTS / "runner" / "dask_driver.py")],
    }
    if what == "python":
        print(python())
        return 0
    if what not in commands:
        raise Problem(f"no {what!r}, want scheduler, worker or python")
    command = [python(), "-s", *commands[what], *rest]
    sys.stdout.flush()
    os.execve(command[0], command, QUIET | os.environ)
