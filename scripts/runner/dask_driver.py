"""Hands runs to a Dask cluster: dask_driver.py tcp://HOST:PORT|local:N, for the command inkling.

It speaks in lines of JSON. In come, first, the file of images and what the
programs there need to know, then runs:

    {"images": PATH, "sha": SHA-256, "env": {…}}
    {"id": 3, "errand": {…}, "store": NAME, "from": PATH or "", "parcel": PATH}   {"drop": 3}

and out go how many runs fit at a time, what became of each, and what a person
should know; a failure is the last line:

    {"slots": 4}   {"id": 3, "parcel": PATH}   {"id": 3, "error": LINE}   {"say": LINE}   {"failed": LINE}

When stdin ends, so does everything here. A worker that dies costs its runs a
new start elsewhere; what a cluster is trusted with, and what not, stands in README.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import pickle
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cloudpickle
import dask
import distributed
from distributed import Client, KilledWorker, LocalCluster

import dask_worker
import toolchain
from project import ROOT, TOOLS, Problem

PROGRAMS = TOOLS / "dask" / "programs"
TRIES = 5  # that a run gets where what stands in the way can be mended
DEATHS = 3  # of its process that a run is given up after


def out(**message) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def line(error: BaseException) -> str:
    return " ".join(f"{error}".split())[:300] or type(error).__name__


def build(system: str) -> Path:
    """The program for a system, of these sources, with nothing of this machine in it."""
    goos, goarch = system.split("/")
    go = toolchain.find_go()
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    path = PROGRAMS / f"inkling-{goos}-{goarch}"
    # Under a name of its own first: another driver may be reading.
    new = path.with_name(f"{path.name}.{os.getpid()}")
    made = subprocess.run([go.path, "build", "-ldflags=-w", "-o", str(new), "./scripts/inkling"],
                          cwd=ROOT, env=go.environment(GOOS=goos, GOARCH=goarch), text=True, capture_output=True)
    if made.returncode:
        raise Problem(f"no program for workers on {system}: {toolchain.last_line(made.stderr)}")
    os.replace(new, path)
    return path


class ByValue:
    """A function that becomes itself where it is unpickled, and needs no module there.

    cloudpickle.register_pickle_by_value does not do it: distributed asks it about
    the object that it pickles, and that is a graph with the function somewhere in it.
    """

    def __init__(self, function):
        self.pickled = cloudpickle.dumps(function)

    def __call__(self):
        raise TypeError("called before it went anywhere")

    def __reduce__(self):
        return pickle.loads, (self.pickled,)


class Driver:
    def __init__(self, address: str, client: Client):
        self.address = address
        self.client = client
        cloudpickle.register_pickle_by_value(dask_worker)
        self.maker = ByValue(dask_worker.make)
        self.programs: dict[str, str] = {}  # SHA-256 by system
        self.files: dict[str, Path] = {}  # by SHA-256
        self.unfit: dict[str, str] = {}  # workers whose runs would be others, and why
        self.workers: dict[str, int] = {}  # threads by address
        self.slots = -1
        self.head: dict = {}
        self.building = asyncio.Lock()
        self.failed: asyncio.Future = asyncio.get_running_loop().create_future()

    def fail(self, why: str) -> None:
        if not self.failed.done():
            self.failed.set_result(why)

    async def check_versions(self) -> None:
        """By-value functions need the same Python, and the messages the same distributed."""
        found = await self.client.get_versions(check=False)
        ours = self.ours(found["client"])
        for who, versions in {"the scheduler": found["scheduler"], **found["workers"]}.items():
            theirs = self.ours(versions)
            if theirs != ours:
                raise Problem(f"{who} at {self.address} has {theirs}, here is {ours}: the same must be on all of a cluster (./scripts/dask starts both)")

    @staticmethod
    def ours(versions: dict) -> str:
        host, packages = dict(versions.get("host") or {}), dict(versions.get("packages") or {})
        return f"Python {'.'.join(str(packages.get('python') or host.get('python')).split('.')[:2])} with distributed {packages.get('distributed')}"

    async def give(self, path: Path) -> str:
        """Gives a file to the scheduler, which may have it."""
        content = await asyncio.to_thread(path.read_bytes)
        sha = hashlib.sha256(content).hexdigest()
        self.files[sha] = path
        if not await self.client.scheduler.inkling_have(sha=sha, client=self.client.id):
            for at in range(0, len(content), dask_worker.PART):
                wrong = await self.client.scheduler.inkling_put(
                    sha=sha, at=at, part=content[at:at + dask_worker.PART], last=at + dask_worker.PART >= len(content), client=self.client.id)
                if wrong:
                    raise Problem(f"a file for {self.address} came {wrong}")
        return sha

    async def program(self, system: str) -> None:
        async with self.building:
            if system not in self.programs:
                self.programs[system] = await self.give(await asyncio.to_thread(build, system))

    async def watch(self) -> None:
        """Tells how many runs fit, and notices who came, who went, and the end of the scheduler."""
        told = False
        while True:
            if self.client.status != "running":
                return self.fail(f"the Dask scheduler at {self.address} is gone: what has ended is stored; run again to go on")
            try:
                info = await self.client.scheduler.identity(n_workers=-1)
            except (OSError, TypeError):
                await asyncio.sleep(0.2)
                continue
            now = {address: worker["nthreads"] for address, worker in info["workers"].items()}
            gone = self.workers.keys() - now.keys()
            if gone:
                out(say=f"{len(gone)} of {len(self.workers)} Dask workers gone: their runs begin again elsewhere")
            self.workers = now
            if not now and not told:
                told = True
                out(say=f"no workers at {self.address} yet: waiting for some (./scripts/dask worker {self.address})")
            slots = sum(threads for address, threads in now.items() if address not in self.unfit)
            if slots != self.slots:
                self.slots = slots
                out(slots=slots)
            await asyncio.sleep(0.5)

    async def serve(self, task: dict) -> None:
        answer = {}
        try:
            answer = await self.make(task)
        except Problem as problem:
            answer = {"error": str(problem)}
        except Exception as error:  # of Dask's, of any kind
            if self.client.status != "running":
                return self.fail(f"the Dask scheduler at {self.address} is gone: what has ended is stored; run again to go on")
            answer = {"error": f"Dask: {type(error).__name__}: {line(error)}"}
        out(id=task["id"], **answer)

    async def make(self, task: dict) -> dict:
        begin = await self.give(Path(task["from"])) if task["from"] else ""
        tries = deaths = 0
        try:
            while True:
                errand = {"errand": task["errand"], "images": self.head["sha"], "from": begin, "store": task["store"],
                          "env": self.head["env"], "programs": self.programs}
                answer = await self.submit(errand, task["store"])
                if answer is None:
                    continue
                worker = answer["worker"]
                if "parcel" in answer:
                    path = Path(task["parcel"])
                    await asyncio.to_thread(path.write_bytes, answer["parcel"])
                    return {"parcel": str(path)}
                if "elsewhere" in answer:
                    if worker not in self.unfit:
                        self.unfit[worker] = answer["elsewhere"].removeprefix("a run made here would be another: ")
                        out(say=f"no runs for worker {worker}, where they would be others: {self.unfit[worker]}")
                    continue
                if "killed" in answer:  # by whoever is short of memory, perhaps: not for ever
                    deaths += 1
                    if deaths == DEATHS:
                        return {"error": f"{answer['killed']}, {deaths} times"}
                    out(say=f"{answer['killed']}: it begins again")
                    continue
                tries += 1
                if "error" in answer:
                    return answer
                if tries == TRIES:
                    return {"error": f"worker {worker} cannot make it"}
                if "needs" in answer:
                    await self.program(answer["needs"])
                if "lacks" in answer:
                    path = self.files.get(answer["lacks"])
                    if path is None:
                        return {"error": f"worker {worker} lacks a file that nobody has"}
                    await self.give(path)
        finally:
            if begin:
                with contextlib.suppress(Exception):
                    await self.client.scheduler.inkling_drop(sha=begin, client=self.client.id)

    async def submit(self, errand: dict, name: str) -> dict | None:
        """What the cluster answers; None where it has no worker left that may."""
        fit = None
        if self.unfit:
            fit = [worker for worker in self.workers if worker not in self.unfit]
            if not fit:
                raise Problem(f"no worker at {self.address} makes this run, it would be another: " + next(iter(self.unfit.values())))
        future = self.client.submit(self.maker, errand, key=f"inkling-{name}-{secrets.token_hex(4)}", pure=False,
                                    workers=fit, allow_other_workers=False)
        waiting = asyncio.ensure_future(future)
        try:
            while True:
                await asyncio.wait([waiting], timeout=1)
                if waiting.done():
                    return waiting.result()
                if fit and not self.workers.keys() & set(fit):
                    return None
        except KilledWorker as killed:
            raise Problem(f"{killed.allowed_failures + 1} workers died while they made it, the last at {killed.last_worker.address}") from None
        finally:
            waiting.cancel()
            future.release()

    async def run(self) -> None:
        lines = asyncio.StreamReader(limit=1 << 30)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        await self.check_versions()
        await self.client.register_plugin(dask_worker.Files())
        first = await lines.readline()
        if not first:
            return
        self.head = json.loads(first)
        self.head["sha"] = await self.give(Path(self.head["images"]))
        systems = await self.client.run(dask_worker.system) if (await self.client.scheduler.identity(n_workers=-1))["workers"] else {}
        for system in sorted(set(systems.values())):
            await self.program(system)
        tasks = {0: asyncio.create_task(self.watch())}
        reading = asyncio.create_task(lines.readline())
        while not self.failed.done():
            await asyncio.wait([reading, self.failed], return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                break
            text = reading.result()
            if not text:  # who asked is done, or was killed: then nobody else removes the images and parcels
                folder = Path(self.head["images"]).parent
                if folder.name.startswith("inkling-parcels-"):
                    shutil.rmtree(folder, ignore_errors=True)
                break
            order = json.loads(text)
            if "drop" in order:
                if order["drop"] in tasks:
                    tasks[order["drop"]].cancel()
            else:
                number = order["id"]
                tasks[number] = asyncio.create_task(self.serve(order))
                tasks[number].add_done_callback(lambda _, number=number: tasks.pop(number, None))
            reading = asyncio.create_task(lines.readline())
        for task in list(tasks.values()):
            task.cancel()
        if self.failed.done():
            raise Problem(self.failed.result())


@contextlib.contextmanager
def scratch():
    """A folder for the workers of a cluster of one's own; those of drivers that were killed are swept."""
    import fcntl

    for old in Path(tempfile.gettempdir()).glob("inkling-dask-*"):
        with contextlib.suppress(OSError):
            if old.lstat().st_uid == os.geteuid() and old.is_dir() and not old.is_symlink():
                with open(old / "lock", "a") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(old, ignore_errors=True)
    folder = tempfile.mkdtemp(prefix="inkling-dask-")
    with open(os.path.join(folder, "lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


async def drive(address: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        if address.startswith("local:"):
            folder = stack.enter_context(scratch())
            cluster = await stack.enter_async_context(LocalCluster(
                n_workers=int(address.removeprefix("local:")), threads_per_worker=1, processes=True, asynchronous=True,
                dashboard_address=None, memory_limit=0, local_directory=folder, silence_logs=logging.CRITICAL))
            client = await stack.enter_async_context(Client(cluster, asynchronous=True, set_as_default=False))
        else:
            try:
                client = await stack.enter_async_context(Client(address, asynchronous=True, set_as_default=False, timeout=10))
            except (OSError, ValueError) as error:
                raise Problem(f"no Dask scheduler at {address}: {line(error)}") from None
        await Driver(address, client).run()


def main(given: list[str]) -> int:
    dask.config.set({"distributed.worker.memory.terminate": False, "distributed.comm.timeouts.connect": "10s"})
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with contextlib.suppress(OSError):
        os.setsid()  # Ctrl-C is for the program that started this one, which then closes stdin
    try:
        asyncio.run(drive(given[0]))
    except Problem as problem:
        out(failed=str(problem))
        return 1
    except BrokenPipeError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
