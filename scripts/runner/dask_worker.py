"""What runs on a Dask cluster: it goes there by value, so that workers need nothing of this project.

Files go by their SHA-256: the driver gives them to the scheduler once, a worker
that lacks one fetches it from there and keeps it. A run is made by a process of
its own, `inkling work`, which ends when the worker does.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time

from distributed import SchedulerPlugin

PART = 8 << 20  # bytes of a file that go in one message
KEEP = 7 * 24 * 3600  # seconds that a worker keeps what nobody uses
STORE = "inkling-files-1"


class Files(SchedulerPlugin):
    """The files that drivers have given to the scheduler, by their SHA-256, in its memory.

    A file is there for as long as one of the clients is that gave it.
    """

    name = STORE
    idempotent = True  # a second driver finds the files of the first

    def start(self, scheduler):
        self.scheduler = scheduler
        self.whole = {}  # by SHA-256
        self.parts = {}  # of files that are on their way, by SHA-256 and client
        self.clients = {}  # who gave a file
        scheduler.handlers.update(inkling_have=self.have, inkling_put=self.put, inkling_get=self.get,
                                  inkling_drop=self.drop, inkling_slots=self.slots)

    def have(self, sha=None, client=None):
        if sha not in self.whole:
            return False
        self.clients[sha].add(client)
        return True

    def put(self, sha=None, at=None, part=None, last=None, client=None):
        parts = self.parts.setdefault((sha, client), bytearray())
        if at != len(parts):
            del self.parts[sha, client]
            return "out of order"
        parts += part
        if last:
            del self.parts[sha, client]
            if hashlib.sha256(parts).hexdigest() != sha:
                return "damaged on the way"
            self.whole[sha] = bytes(parts)
            self.clients.setdefault(sha, set()).add(client)
        return ""

    def get(self, sha=None, at=None):
        whole = self.whole.get(sha)
        return None if whole is None else {"part": whole[at:at + PART], "size": len(whole)}

    def drop(self, sha=None, client=None):
        owners = self.clients.get(sha, set())
        owners.discard(client)
        if not owners:
            self.whole.pop(sha, None)
            self.clients.pop(sha, None)

    def slots(self, address=None):
        """How many runs the workers of that worker's machine make at a time."""
        mine = self.scheduler.workers.get(address)
        return sum(w.nthreads for w in self.scheduler.workers.values() if mine is None or w.host == mine.host)

    def remove_client(self, scheduler, client):
        for sha in list(self.clients):
            self.drop(sha, client)
        self.parts = {key: value for key, value in self.parts.items() if key[1] != client}


class Told(Exception):
    """What went wrong, in one line, for the person who waits for the run."""


class Lacks(Exception):
    """The scheduler has lost a file, by its SHA-256: it may have begun anew."""


def system():
    """What the worker's machine runs, as Go says it: linux/amd64."""
    machine = platform.machine().lower()
    machine = {"x86_64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386"}.get(machine, machine)
    return f"{platform.system().lower()}/{machine}"


def own_folder(path):
    """A folder that is this user's alone, since programs lie there."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    info = os.lstat(path)
    if os.name == "posix" and (info.st_uid != os.geteuid() or info.st_mode & 0o40077 != 0o40000):
        raise Told(f"{path} on {platform.node()} is not a folder of this user's alone: remove it")
    return path


@contextlib.contextmanager
def locked(path):
    """One at a time on this machine."""
    with open(path, "a") as lock:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sweep(folder):
    """Removes what nobody has used for long, of drivers that never came back."""
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):
            if entry.stat(follow_symlinks=False).st_mtime < time.time() - KEEP:
                shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.remove(entry.path)


def sha_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else hashlib.sha256(file.read()).hexdigest()


def fetch(worker, folder, sha):
    """The path of a file, fetched if this machine lacks it."""
    from distributed.utils import sync

    path = os.path.join(folder, sha)
    seen = worker.__dict__.setdefault("inkling_seen", {})  # looked through by this process
    with locked(path + ".lock"):
        with contextlib.suppress(OSError):
            info = os.lstat(path)
            mark = (info.st_ino, info.st_size, info.st_mtime_ns)
            if seen.get(sha) == mark or sha_of(path) == sha:
                seen[sha] = mark
                return path
        handle, part_path = tempfile.mkstemp(dir=folder)
        try:
            with open(handle, "wb") as out:
                at = size = 0
                while at < size or size == 0:
                    answer = sync(worker.loop, worker.scheduler.inkling_get, sha=sha, at=at)
                    if not answer or not answer["part"]:
                        raise Lacks(sha)
                    out.write(answer["part"])
                    size = answer["size"]
                    at += len(answer["part"])
            if sha_of(part_path) != sha:
                raise Told(f"a file came damaged to {platform.node()}")
            os.chmod(part_path, 0o700)
            os.replace(part_path, path)
        finally:
            with contextlib.suppress(OSError):
                os.remove(part_path)
    return path


def start(command, **options):
    """Popen, of a program that was just written: a fork of another thread may hold it open for a moment."""
    for wait in (0.01, 0.1, 1, None):
        try:
            return subprocess.Popen(command, **options)
        except OSError as error:
            if error.errno != errno.ETXTBSY or wait is None:
                raise Told(f"{platform.node()} cannot run programs in {os.path.dirname(command[0])}: {error.strerror}") from None
            time.sleep(wait)


def wanted(worker, key):
    """Whether somebody still waits for a task: Dask lets the thread of one that was cancelled run on."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state != "cancelled"


def make(task):
    """Makes a run and returns its parcel; else what stands in the way, for the driver to judge."""
    from distributed import get_worker

    worker = get_worker()
    answer = {"worker": worker.address}
    try:
        program = task["programs"].get(system())
        if program is None:
            return {**answer, "needs": system()}
        return {**answer, **run(worker, worker.get_current_task(), task, program)}
    except Lacks as lacks:
        return {**answer, "lacks": str(lacks)}
    except Told as told:
        return {**answer, "error": str(told)}
    except OSError as error:
        return {**answer, "error": f"{platform.node()}: {error}"}


def run(worker, key, task, program):
    from dask.system import CPU_COUNT
    from distributed.utils import sync

    # Beside the folders that Dask removes, so that it outlives a worker.
    base = own_folder(os.path.join(os.path.dirname(os.path.abspath(worker.local_directory)), "inkling"))
    files, stores = own_folder(os.path.join(base, "files")), own_folder(os.path.join(base, "runs"))
    sweep(files)
    sweep(stores)
    errand = dict(task["errand"])
    command = fetch(worker, files, program)
    errand["Images"] = fetch(worker, files, task["images"])
    if task["from"]:
        errand["From"] = fetch(worker, files, task["from"])
    store = errand["Store"] = os.path.join(stores, task["store"])
    slots = sync(worker.loop, worker.scheduler.inkling_slots, address=worker.address)
    env = {"GOMAXPROCS": str(max(CPU_COUNT // max(slots, 1), 1)), **os.environ, **task["env"]}
    with locked(store + ".lock"), tempfile.TemporaryDirectory(dir=base) as scratch:
        errand["Out"] = os.path.join(scratch, "parcel")
        said = os.path.join(scratch, "said")
        with open(said, "wb") as stderr, start([command, "work"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr,
                                               env=env, cwd=scratch) as child:
            with contextlib.suppress(OSError):
                child.stdin.write(json.dumps(errand).encode())
                child.stdin.flush()
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(0.2)
                    break
                if not wanted(worker, key):
                    with contextlib.suppress(OSError):
                        child.stdin.close()  # it saves what it has, for the next time
                    child.wait()
                    return {"stopped": True}
        if child.returncode == 0:
            with open(errand["Out"], "rb") as parcel:
                whole = parcel.read()
            shutil.rmtree(store, ignore_errors=True)
            return {"parcel": whole}
        with open(said, errors="replace") as file:
            lines = file.read(1 << 16).strip().splitlines()
        line = (lines or [f"inkling work ended with status {child.returncode}"])[-1].removeprefix("inkling: ")
        if child.returncode == 3:
            return {"elsewhere": line}
        if child.returncode < 0:
            return {"killed": f"{platform.node()}: signal {-child.returncode} ended the run's process"}
        return {"error": f"{platform.node()}: {line}"}
