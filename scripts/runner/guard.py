"""Becomes a Go kernel and leaves a watcher beside it, so that nothing of it stays behind.

    python guard.py GONB ARGUMENTS…

Jupyter starts a kernel through this program, see kernel_spec in toolchain.py.
The process goes on as GoNB, with a temporary folder of its own; its watcher
waits until the kernel or the program that started it (a report, JupyterLab) has
ended in whatever way, kill -9 included. Then the running cells get SIGINT, as
at Jupyter's stop button, and time to save; what is left after that is killed,
and the temporary folder removed. Where the watcher was killed too, the next
start of a kernel or of a report does this: see sweep.

On Linux a cell's processes are known by their session, their parents and the
kernel's TMPDIR in their environment, so that one cannot hide by leaving its
session; elsewhere by parents and process group, as ps lists them.

Only the standard library is used here, as little of it as will do: this is in
the way of every kernel's start.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

GRACE = 5.0  # what GoNB gives an interrupted cell too
PREFIX = "inkling-kernel-"
LOCK = ".watched"  # held by the watcher for as long as it lives


def main(command: list[str]) -> None:
    kernel = os.getpid()
    connection = command[command.index("--kernel") + 1] if "--kernel" in command[:-1] else ""
    folder, lock = make_folder(kernel, connection)
    if os.fork() == 0:
        try:
            watch(kernel, folder, lock)
        finally:
            os._exit(0)
    os.close(lock)
    os.environ["TMPDIR"] = folder
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores, and programs would inherit
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(command[0], command)
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr)
        os._exit(127)


def make_folder(kernel: int, connection: str) -> tuple[str, int]:
    """A temporary folder and its lock, which names the connection file.

    It gets its name when the lock is held, so that no sweep takes it.
    """
    made = tempfile.mkdtemp(prefix=f".{PREFIX}")
    lock = os.open(os.path.join(made, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.write(lock, os.fsencode(os.path.abspath(connection) if connection else ""))
    parent, name = os.path.split(made)
    folder = os.path.join(parent, name[1:].replace(PREFIX, f"{PREFIX}{kernel}-"))
    os.rename(made, folder)
    return folder, lock


def watch(kernel: int, folder: str, lock: int) -> None:
    os.setsid()
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    with contextlib.suppress(OSError):
        sweep(os.path.dirname(folder))
    owner = os.environ.get("JPY_PARENT_PID", "")
    wait_for_one([kernel, *([int(owner)] if owner.isdecimal() else [])])
    end(kernel, folder)
    remove(folder, lock)


def remove(folder: str, lock: int) -> None:
    """Removes a kernel's folder and, with its keys, the connection file."""
    connection = os.pread(lock, 4096, 0)
    if connection:
        with contextlib.suppress(OSError):
            os.unlink(connection)
    shutil.rmtree(folder, ignore_errors=True)


def end(kernel: int, folder: str) -> None:
    """Ends the cells, then the kernel, which until then takes what they print."""
    cells = members(kernel, folder) - {kernel}
    kill(cells, signal.SIGINT)
    deadline = time.monotonic() + GRACE
    while cells & members(kernel, folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    while left := members(kernel, folder):
        kill(left, signal.SIGKILL)
        if time.monotonic() > deadline + GRACE:
            break  # not to be killed: a disk or a debugger holds it
        time.sleep(0.05)


def kill(pids: set[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def wait_for_one(pids: list[int]) -> None:
    """Returns when one of the processes has ended; they need not be our children."""
    if hasattr(os, "pidfd_open"):
        poll = select.poll()
        try:
            for pid in pids:
                poll.register(os.pidfd_open(pid), select.POLLIN)
            poll.poll()
            return
        except ProcessLookupError:
            return
        except OSError:
            pass  # a sandbox that does not know pidfd
    elif hasattr(select, "kqueue"):
        queue = select.kqueue()
        try:
            queue.control([select.kevent(pid, select.KQ_FILTER_PROC, select.KQ_EV_ADD, select.KQ_NOTE_EXIT) for pid in pids], 1)
            return
        except ProcessLookupError:
            return
        except OSError:
            pass
    while all(map(alive, pids)):
        time.sleep(0.5)


def alive(pid: int) -> bool:
    return any(pid == other for other, *_ in processes())


def processes():
    """pid, parent, group and session of every process that is no zombie."""
    if os.path.exists("/proc/self/stat"):
        for name in filter(str.isdecimal, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                state, parent, group, session = file.read().rpartition(b")")[2].split()[:4]
                if state not in (b"Z", b"X"):
                    yield int(name), int(parent), int(group), int(session)
        return
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,pgid=,stat="], capture_output=True, text=True).stdout
    for line in listed.splitlines():
        pid, parent, group, state = line.split()[:4]
        if not state.startswith("Z"):
            yield int(pid), int(parent), int(group), 0


def members(kernel: int, folder: str) -> set[int]:
    """The processes of a kernel, itself included; kernel 0: those that only their TMPDIR tells."""
    known = list(processes())
    found = {pid for pid, _, group, session in known if kernel and kernel in (pid, group, session)}
    found |= {pid for pid, *_ in known if lives_in(pid, folder)}
    grown = True
    while grown:
        more = {pid for pid, parent, *_ in known if parent in found} - found
        grown, found = bool(more), found | more
    return found - {os.getpid()}


def lives_in(pid: int, folder: str) -> bool:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        return b"TMPDIR=" + os.fsencode(folder) in file.read().split(b"\0")
    return False


def sweep(parent: str | None = None) -> None:
    """Ends and removes what kernels left whose watcher is gone: after kill -9 of everything, a power cut."""
    parent = parent or tempfile.gettempdir()
    for entry in os.scandir(parent):
        if not entry.name.startswith(PREFIX) or not entry.is_dir(follow_symlinks=False):
            continue
        with contextlib.suppress(OSError):
            if entry.stat(follow_symlinks=False).st_uid != os.getuid():
                continue
            lock = os.open(os.path.join(entry.path, LOCK), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                end(0, entry.path)
                remove(entry.path, lock)
            finally:
                os.close(lock)


if __name__ == "__main__":
    main(sys.argv[1:])
