"""Ends the programs that started a kernel, in every way, while a cell of it trains."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

import guard
import project

RUNNER = Path(guard.__file__).parent
# Says that it trains, and saves when it is interrupted; a child of its has left the session.
TRAINING = """%%
c := make(chan os.Signal, 1)
signal.Notify(c, os.Interrupt)
child := exec.Command("sleep", "1000")
child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
child.Start()
os.WriteFile("ready", []byte(fmt.Sprint(os.Getpid(), " ", os.Getppid(), " ", child.Process.Pid, " ", os.Getenv("TMPDIR"))), 0o600)
<-c
fmt.Println("saving")
time.Sleep(500 * time.Millisecond)
os.WriteFile("saved", nil, 0o600)
"""
STUBBORN = TRAINING.split("<-c")[0] + "select {}\n"
PROGRAM = "import os, sys; from pathlib import Path; from execute import execute; folder = Path(sys.argv[1]); execute(folder / 't.ipynb', 't', 600, dict(os.environ), folder / 'log')"


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def hung_up_ends():
    """Under nohup, what is hung up goes on."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@unittest.skipUnless(sys.platform == "linux", "a child that has left its session is found by /proc")
class Kernel(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "tmp").mkdir()
        self.env = {**project.jupyter_env(), "TMPDIR": str(self.folder / "tmp")}

    def training(self, source):
        """A process that executes a notebook, once its cell trains, and the pids of all that belongs to it."""
        nbformat.write(new_notebook(cells=[new_code_cell(source)]), self.folder / "t.ipynb")
        run = subprocess.Popen([sys.executable, "-c", PROGRAM, str(self.folder)], cwd=RUNNER, env=self.env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                               preexec_fn=hung_up_ends)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        ready = self.folder / "ready"
        self.assertTrue(wait_for(lambda: ready.exists() and len(ready.read_text().split()) == 4, 120), "the cell did not begin")
        *pids, scratch = ready.read_text().split()
        return run, [int(pid) for pid in pids], scratch

    def assertNothingLeft(self, pids, scratch):
        self.assertTrue(wait_for(lambda: not any(map(guard.alive, pids)), 15), "processes are left")
        self.assertTrue(wait_for(lambda: not os.path.exists(scratch), 15), "the temporary folder is left")
        self.assertEqual(os.listdir(self.folder / "tmp"), [])

    def test_ends_with_the_runner_however_that_ends(self):
        for number in (signal.SIGKILL, signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                for name in ("ready", "saved"):
                    (self.folder / name).unlink(missing_ok=True)
                run, pids, scratch = self.training(TRAINING)
                self.assertEqual(os.path.dirname(scratch), str(self.folder / "tmp"))
                run.send_signal(number)
                self.assertNothingLeft(pids, scratch)
                self.assertTrue((self.folder / "saved").exists(), "the cell could not save")

    def test_a_cell_that_does_not_listen_is_killed(self):
        run, pids, scratch = self.training(STUBBORN)
        run.kill()
        self.assertNothingLeft(pids, scratch)

    def test_cells_end_with_their_kernel(self):
        _, pids, scratch = self.training(TRAINING)
        os.kill(pids[1], signal.SIGKILL)
        self.assertNothingLeft(pids, scratch)

    def test_what_a_killed_watcher_left_is_swept(self):
        run, pids, scratch = self.training(STUBBORN)
        watchers = [int(p.name) for p in Path("/proc").iterdir() if p.name.isdecimal() and f"{pids[1]}-" in held(p)]
        self.assertEqual(len(watchers), 1)
        other = self.folder / "tmp" / "inkling-kernel-1-other"
        other.mkdir()
        guard.sweep(str(self.folder / "tmp"))
        self.assertTrue(all(map(guard.alive, pids)), "swept beneath a watcher")
        os.kill(watchers[0], signal.SIGKILL)
        run.kill()
        self.assertTrue(wait_for(lambda: not guard.alive(watchers[0]), 10))
        guard.sweep(str(self.folder / "tmp"))
        other.rmdir()  # has no lock, so it is not ours
        self.assertNothingLeft(pids, scratch)

    def test_the_spec_starts_the_guard(self):
        spec = json.loads((project.JUPYTER / "data" / "kernels" / project.KERNEL / "kernel.json").read_text())
        self.assertIn(str(RUNNER / "guard.py"), spec["argv"])


def held(process: Path) -> str:
    """The folder whose lock a process holds open."""
    found = ""
    with contextlib.suppress(OSError):
        for file in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                target = os.readlink(file)
                found = target if target.endswith(guard.LOCK) else found
    return found


class Members(unittest.TestCase):
    def test_by_group_and_parent(self):
        listed = [(10, 1, 10, 10), (11, 10, 10, 10), (12, 11, 12, 12), (13, 1, 10, 10), (14, 1, 14, 14)]
        with mock.patch.object(guard, "processes", lambda: listed), mock.patch.object(guard, "lives_in", lambda pid, _: False):
            self.assertEqual(guard.members(10, "/f"), {10, 11, 12, 13})
            self.assertEqual(guard.members(0, "/f"), set())

    def test_what_ps_lists(self):
        text = "    1     0     1 Ss\n   10     1    10 S+\n   11    10    10 Z\n"
        with mock.patch.object(os.path, "exists", lambda _: False), \
                mock.patch.object(subprocess, "run", lambda *a, **k: mock.Mock(stdout=text)):
            self.assertEqual(list(guard.processes()), [(1, 0, 1, 0), (10, 1, 10, 0)])

    def test_a_kernel_that_is_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([sys.executable, "-I", "-S", guard.__file__, "/no/gonb"], capture_output=True, text=True,
                                 env={**os.environ, "TMPDIR": folder}, timeout=60)
            self.assertEqual((run.returncode, run.stderr), (127, "cannot start /no/gonb: No such file or directory\n"))
            self.assertTrue(wait_for(lambda: not os.listdir(folder), 15))


if __name__ == "__main__":
    unittest.main()
