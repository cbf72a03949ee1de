"""Runs on a real Dask cluster, whose parts are killed; skipped where Dask is not installed."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import cluster
import toolchain
from project import ROOT, Problem

# Long enough that a signal comes while runs are out, whatever the machine has to do.
WORDS = ["train", "--hidden=128", "--epochs=20", "--batch=100"]
SEEDS = 6
SEARCH = ["search", *WORDS[1:], "--lr=0.02,0.04,0.06,0.08,0.1,0.12"]  # as many runs; one of them is that of seed 1
# .ci/run sets it: the deaths of a cluster are minutes of waiting.
LONG = unittest.skipIf(os.environ.get("INKLING_SHORT"), "INKLING_SHORT is set: ./scripts/test runner has it")
PATIENCE = 300  # seconds: only what hangs takes so long


def ready() -> str:
    """The Python that has Dask; CI and who has used it before have one."""
    if os.environ.get("CI") or os.environ.get("INKLING_DASK_PYTHON") or cluster.installed():
        with contextlib.suppress(Problem):
            return cluster.python()
    return ""


@unittest.skipIf(not (PYTHON := ready()), "Dask is not installed here: `./scripts/dask python` does that")
class OnACluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="dask-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.program = str(Path(folder.name, "inkling"))
        go = toolchain.find_go()
        subprocess.run([go.path, "build", "-o", cls.program, "./scripts/inkling"], cwd=ROOT, env=go.environment(), check=True)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dask-test-", ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.store = self.folder / "runs"
        self.parts = []
        self.env = {**os.environ, "INKLING_QUICK": "1", "INKLING_RUNS": str(self.store), "TMPDIR": str(self.folder)}
        if not os.environ.get("MNIST_DIR"):
            self.env["INKLING_DATA"] = "synthetic"
        for name in ("INKLING_KERNELS", "GOMAXPROCS"):
            self.env.pop(name, None)

    def begin(self, command, log, **env):
        out = open(self.folder / log, "a+")
        part = subprocess.Popen(command, cwd=ROOT, env={**self.env, **env}, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        part.log = out

        def end():
            with contextlib.suppress(ProcessLookupError):
                part.kill()
            part.wait()
            out.close()

        self.addCleanup(end)
        return part

    def until(self, what, holds):
        deadline = time.monotonic() + PATIENCE
        while not (found := holds()):
            if time.monotonic() > deadline:
                self.fail(f"not in {PATIENCE} s: {what}; " + "".join(f"\n--- {p.name}\n{p.read_text()[-2000:]}" for p in self.folder.iterdir() if p.is_file()))
            time.sleep(0.05)
        return found

    def scheduler(self, port=0, host="127.0.0.1", within=()):
        """A scheduler; its process has its address."""
        file = self.folder / f"scheduler-{len(self.parts)}.json"
        part = self.begin([*within, PYTHON, "-m", "distributed.cli.dask_scheduler", f"--host={host}", f"--port={port}", "--no-dashboard", f"--scheduler-file={file}"], "scheduler.log")
        self.parts.append(part)

        def address():
            with contextlib.suppress(OSError, ValueError, KeyError):
                return json.loads(file.read_text())["address"]

        part.address = self.until("a scheduler", address)
        return part

    def worker(self, address, name, host="127.0.0.1", within=(), **env):
        """A worker that is one process, with a folder and a home of its own."""
        scratch = self.folder / f"scratch-{name}"
        scratch.mkdir(exist_ok=True)
        return self.begin([*within, PYTHON, "-m", "distributed.cli.dask_worker", address, "--no-nanny", "--nthreads=1", "--no-dashboard",
                           f"--host={host}", f"--name={name}", f"--local-directory={scratch}"], f"worker-{name}.log", HOME=str(scratch), XDG_CACHE_HOME=str(scratch), **env)

    def search(self, address, log="search.log", seeds=SEEDS, words=WORDS, **env):
        several = [f"--seeds={seeds}"] if words[0] == "train" else []
        return self.begin([self.program, *words, *several, f"--dask={address}"], log, **env)

    def stored(self):
        """The records of runs that have ended, by folder, with what tells a file from a later one."""
        found = {}
        for path in self.store.glob("*/*/[!.]*/run.json"):  # not what a driver that was killed had half unpacked
            with contextlib.suppress(OSError, ValueError):
                record, info = json.loads(path.read_text()), path.stat()
                if record["Status"] == "finished":
                    found[path.parent.name] = (record, info.st_ino, info.st_mtime_ns)
        return found

    def out(self, search):
        search.log.flush()
        return Path(search.log.name).read_text()

    def ends(self, search, code=0):
        self.until("the end of a search", lambda: search.poll() is not None)
        self.assertEqual(search.returncode, code, self.out(search))

    def whole(self, before=(), seeds=SEEDS, words=()):
        """Every run is there once, those from before untouched, in the bits of a run made here."""
        now = self.stored()
        self.assertEqual(len({(record["Seed"], record["Hyper"]["lr"]) for record, *_ in now.values()}), seeds)
        self.assertEqual(len(now), seeds)
        for name, was in dict(before).items():
            self.assertEqual(now[name], was, "a run was made twice")
        self.assertEqual([p.name for p in self.store.glob("*/*/.*")], [], "left behind")
        here = self.folder / "here"
        run = subprocess.run([self.program, *WORDS, "--seed=1", *words], cwd=ROOT, env={**self.env, "INKLING_RUNS": str(here)}, capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        local = next(here.glob("*/*/*/best.safetensors"))
        theirs = next(self.store.glob(f"*/*/*-{local.parent.name.rsplit('-', 1)[1]}/best.safetensors"))
        self.assertEqual(local.read_bytes(), theirs.read_bytes(), "not the bits of a local run")

    def children(self):
        """The processes that train here, for any of this test's workers."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().split(b"\0")
                if command[1:2] == [b"work"] and command[0].startswith(str(self.folder).encode()):
                    found.append(int(entry.name))
        return found

    def under_way(self, search):
        """Waits until some runs are stored and others are being made."""
        self.until("runs under way", lambda: search.poll() is not None or self.stored() and len(self.stored()) < SEEDS and self.children())
        self.assertIsNone(search.poll(), self.out(search))

    def test_a_worker_dies(self):
        scheduler = self.scheduler()
        first = self.worker(scheduler.address, "a")
        self.worker(scheduler.address, "b")
        search = self.search(scheduler.address, words=SEARCH)
        self.under_way(search)
        first.kill()
        self.ends(search)
        self.assertIn("gone: their runs begin again elsewhere", self.out(search))
        self.whole()
        self.until("the end of what the worker had begun", lambda: not self.children())
        for name in "ab":
            self.assertGreater(len(list(self.folder.glob(f"scratch-{name}/**/inkling/files/*"))), 1, "each worker fetches what it needs")

    @LONG
    def test_a_run_is_killed(self):
        scheduler = self.scheduler()
        self.worker(scheduler.address, "a")
        search = self.search(scheduler.address, words=SEARCH)
        killed = set()

        def kill():
            for run in set(self.children()) - killed:
                killed.add(run)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(run, signal.SIGKILL)
            return search.poll() is not None or "begins again" in self.out(search)

        self.until("a run that begins again", kill)
        self.ends(search)
        self.assertIn("signal 9 ended the run's process: it begins again", self.out(search))
        self.whole()

    @LONG
    def test_the_scheduler_dies(self):
        scheduler = self.scheduler()
        for name in "ab":
            self.worker(scheduler.address, name)
        search = self.search(scheduler.address, words=SEARCH)
        self.under_way(search)
        scheduler.kill()
        scheduler.wait()
        self.ends(search, 2)
        self.assertRegex(self.out(search).splitlines()[-1], "^inkling: --dask=.*: the Dask scheduler at .* is gone: what has ended is stored; run again to go on$")
        before = self.stored()
        again = self.scheduler(int(scheduler.address.rsplit(":", 1)[1]))
        for name in "cd":
            self.worker(again.address, name)
        search = self.search(again.address, words=SEARCH)
        self.ends(search)
        self.whole(before)

    @LONG
    def test_the_driver_dies(self):
        scheduler = self.scheduler()
        for name in "ab":
            self.worker(scheduler.address, name)
        search = self.search(scheduler.address, words=SEARCH)
        self.under_way(search)
        search.kill()
        search.wait()
        before = self.stored()
        self.until("the end of what was under way", lambda: not self.children())
        self.assertEqual(self.stored(), before, "nothing enters without its driver")
        self.until("the end of its files", lambda: not list(self.folder.glob("inkling-parcels-*")))
        search = self.search(scheduler.address, words=SEARCH)
        self.under_way(search)
        # The half that is Python, this time.
        driver = self.until("its driver", lambda: next((p for p in Path("/proc").glob("[0-9]*") if self.parent(p) == search.pid), None))
        os.kill(int(driver.name), signal.SIGKILL)
        self.ends(search, 2)
        self.assertRegex(self.out(search).splitlines()[-1], "^inkling: --dask=.*: its driver was ended from outside, signal: killed: the same command goes on$")
        before = self.stored()
        self.ends(self.search(scheduler.address, words=SEARCH))
        self.whole(before)

    @staticmethod
    def parent(process):
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int((process / "stat").read_text().rpartition(")")[2].split()[1])

    @LONG
    def test_two_drivers(self):
        scheduler = self.scheduler()
        for name in "ab":
            self.worker(scheduler.address, name)
        searches = [self.search(scheduler.address, f"search-{i}.log") for i in range(2)]
        for search in searches:
            self.ends(search)
        self.whole()
        count = ("import sys\nfrom distributed import Client\n"
                 "def made(dask_scheduler): return sum(1 for t in dask_scheduler.transition_log if str(t[0]).startswith('inkling-') and t[2] == 'memory')\n"
                 "print(Client(sys.argv[1]).run_on_scheduler(made))")
        run = subprocess.run([PYTHON, "-c", count, scheduler.address], capture_output=True, text=True)
        self.assertEqual(run.stdout.strip(), str(SEEDS), run.stderr)

    @LONG
    def test_other_bits(self):
        scheduler = self.scheduler()
        self.worker(scheduler.address, "generic", INKLING_KERNELS="generic")
        search = self.search(scheduler.address, seeds=2)
        self.ends(search, 2)
        self.assertIn('no runs for worker tcp://', self.out(search))
        self.assertIn('makes this run, it would be another: kernels "generic", want "', self.out(search))
        self.assertEqual(self.stored(), {})
        self.worker(scheduler.address, "fit")
        search = self.search(scheduler.address, seeds=2)
        self.ends(search)
        self.whole(seeds=2)
        # What the driver asks for goes to the workers.
        search = self.search(scheduler.address, seeds=1, words=["train", "--hidden=16", "--epochs=1"], INKLING_KERNELS="generic", INKLING_RUNS=str(self.folder / "generic"))
        self.ends(search)
        self.assertEqual(json.loads(next(self.folder.glob("generic/*/*/*/run.json")).read_text())["Code"]["Kernels"], "generic")

    @LONG
    def test_a_cluster_of_ones_own(self):
        search = self.search("local:2")
        self.under_way(search)
        search.send_signal(signal.SIGINT)
        self.ends(search, 130)
        self.until("the end of all processes", lambda: not self.children())
        self.assertEqual(list(self.folder.glob("inkling-*")), [], "left behind")
        before = self.stored()
        search = self.search("local:2")
        self.ends(search)
        self.whole(before)
        self.assertEqual(list(self.folder.glob("inkling-*")), [], "left behind")

    def network(self, *names):
        """Machines on one wire, as far as their network goes: for each an address, and what starts a process there."""
        def ip(*words):
            run = subprocess.run(["ip", *words], capture_output=True, text=True)
            if run.returncode:
                self.skipTest(f"no network namespaces here: ip {' '.join(words)}: {run.stderr.strip()}")

        if os.geteuid() or not shutil.which("ip"):
            self.skipTest("no network namespaces here: they want root and the program ip")
        net = f"198.18.{os.getpid() % 256}."  # of RFC 2544, for tests
        bridge = f"inkbr{os.getpid()}"
        undo = lambda *words: self.addCleanup(subprocess.run, ["ip", *words], capture_output=True)
        ip("link", "add", bridge, "type", "bridge")
        undo("link", "del", bridge)
        ip("addr", "add", net + "1/24", "dev", bridge)
        ip("link", "set", bridge, "up")
        machines = {}
        for number, name in enumerate(names, 2):
            space, here, there = f"ink{os.getpid()}{name}", f"inkh{os.getpid()}{name}", f"inkt{os.getpid()}{name}"
            ip("netns", "add", space)
            undo("netns", "del", space)
            ip("link", "add", here, "type", "veth", "peer", "name", there)
            ip("link", "set", there, "netns", space)
            ip("link", "set", here, "master", bridge, "up")
            ip("-n", space, "addr", "add", f"{net}{number}/24", "dev", there)
            ip("-n", space, "link", "set", there, "up")
            ip("-n", space, "link", "set", "lo", "up")
            # Its mounts are its own as well, so that the run store can be hidden from it.
            self.store.mkdir(exist_ok=True)
            hidden = ["sh", "-c", f'mount -t tmpfs none "{self.store}" && exec "$@"', "sh"]
            if subprocess.run(["ip", "netns", "exec", space, *hidden, "true"], capture_output=True).returncode:
                self.skipTest("no mounts of its own for a network namespace here")
            machines[name] = {"host": f"{net}{number}", "within": ["ip", "netns", "exec", space, *hidden]}
        return machines

    @LONG
    def test_machines_that_share_a_wire(self):
        machines = self.network("s", "a", "b")
        scheduler = self.scheduler(**machines["s"])
        for name in "ab":
            self.worker(scheduler.address, name, **machines[name])
        search = self.search(scheduler.address, words=["search", *WORDS[1:], "--lr=0.02,0.04,0.06,0.1"])
        self.ends(search)
        self.whole(seeds=4)
        for name in "ab":
            self.assertGreater(len(list(self.folder.glob(f"scratch-{name}/**/inkling/files/*"))), 1, "each machine fetches what it needs")

    def test_no_cluster(self):
        search = self.search("tcp://127.0.0.1:1")
        self.ends(search, 2)
        self.assertRegex(self.out(search).splitlines()[-1], "^inkling: --dask=tcp://127.0.0.1:1: no Dask scheduler at tcp://127.0.0.1:1: ")
        self.assertEqual(self.stored(), {})

    def test_printed_commands(self):
        there = self.folder / "some where"
        there.mkdir()
        printed = subprocess.run([self.program, *WORDS, "--name=it's \"mine\"", f"--seeds={SEEDS}", "--print"], cwd=there,
                                 env={**self.env, "INKLING_RUNS": "../runs"}, capture_output=True, text=True)
        self.assertEqual((printed.returncode, len(printed.stdout.splitlines()), printed.stderr), (0, SEEDS, ""))
        commands = self.folder / "commands"
        commands.write_text(printed.stdout)
        self.assertFalse(self.store.exists())
        hostile = {name: value for name, value in self.env.items() if not name.startswith("INKLING")}  # the lines say all
        shells = [subprocess.Popen(f"tr '\\n' '\\0' <'{commands}' | xargs -0 -n 1 -P 2 sh -c", shell=True, cwd="/", env=hostile,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        for shell in shells:
            _, wrong = shell.communicate()
            for line in wrong.splitlines():
                self.assertRegex(line, "in use by process")
        self.whole(words=["--name=it's \"mine\""])
        self.assertEqual({record["Name"] for record, *_ in self.stored().values()}, {"it's \"mine\""})


if __name__ == "__main__":
    unittest.main()
