import contextlib
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import nbformat
from jupyter_client.session import Session
from nbformat.v4 import new_code_cell, new_notebook, new_output

import browser
import lab
import pdf
import project
import serve
import toolchain
from project import Problem

RUNNER = Path(lab.__file__).parent
OPENING = [
    "--ip=0.0.0.0", "--ip", "--i=0.0.0.0", "--ServerApp.ip=::", "--LabApp.ip=0.0.0.0", "--NotebookApp.ip=0.0.0.0", "--JupyterApp.ip=*",
    "--ServerApp.token=", "--IdentityProvider.token=''", "--ServerApp.password=", "--PasswordIdentityProvider.hashed_password=",
    "--ServerApp.sock=/tmp/s", "--sock=/tmp/s", "--config=/tmp/c.py", "--no-mathjax", "--ServerApp.allow_remote_access=True",
    "--ServerApp.allow_origin=*", "--ServerApp.disable_check_xsrf=True", "--allow-root", "--gateway-url=http://x", "--notebook-dir=/",
    "-y", "--ServerApp.root_dir=/", "--por=9000", "--certfile=x", "--transport=ipc", "--expose-app-in-browser", "list",
]


class Options(unittest.TestCase):
    def test_only_those_that_keep_it_closed(self):
        for option in OPENING:
            with self.subTest(option), self.assertRaises(Problem) as caught:
                args = lab.arguments([option])
                project.find_notebook(args.notebook)
            self.assertNotIn("\n", str(caught.exception))

    def test_those_that_there_are(self):
        args = lab.arguments(["q1", "--no-browser", "--port=9000", "--browser", "firefox", "--debug"])
        self.assertEqual((args.notebook, args.no_browser, args.port, args.browser, args.debug), ("q1", True, 9000, "firefox", True))
        for wrong in ("80", "0", "-1", "65536", "x", "9000\n", "٩٠٠٠", ""):
            with self.subTest(wrong), self.assertRaisesRegex(Problem, "is no number from 1024 to 65535"):
                lab.arguments([f"--port={wrong}"])
        self.assertEqual(lab.arguments(["--new", "my_7"]).new, "my_7")
        for wrong, says in ((["--new", "../up"], "is no name"), (["--new="], "is no name"), (["--new=a", "q1"], "and no other"), (["--new=a", "--setup"], "and no other")):
            with self.subTest(wrong), self.assertRaisesRegex(Problem, says):
                lab.arguments(wrong)
        with contextlib.redirect_stdout(io.StringIO()) as out, self.assertRaises(SystemExit):
            lab.arguments(["--help"])
        self.assertIn("127.0.0.1", out.getvalue())


class Defaults(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="a folder ")
        self.addCleanup(folder.cleanup)
        self.config, self.data = Path(folder.name, "config"), Path(folder.name, "data")

    def test_written_once_and_the_users_kept(self):
        toolchain.defaults(self.config, self.data)
        news, exports = self.config / "labconfig" / "default_setting_overrides.json", self.config / "jupyter_nbconvert_config.json"
        self.assertEqual(json.loads(news.read_text())["@jupyterlab/apputils-extension:notification"]["fetchNews"], "false")
        for path in (news, exports):
            path.write_text("{}")
            toolchain.defaults(self.config, self.data)
            self.assertEqual(path.read_text(), "{}")
        exports.write_text(json.dumps(toolchain.EARLIER[exports.name], indent=1) + "\n")
        toolchain.defaults(self.config, self.data)
        self.assertIn("RSTExporter", json.loads(exports.read_text()))

    def test_exports_to_text_have_figures_as_files_with_their_words(self):
        toolchain.defaults(self.config, self.data)
        notebook = self.config / "n.ipynb"
        picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        shown = new_output("display_data", {"image/png": picture, "text/html": "<img>"}, metadata={"image/png": {"alt": "A [line]\nthat \"falls\""}})
        nbformat.write(new_notebook(cells=[new_code_cell("x", outputs=[shown, new_output("display_data", {"text/html": "<b>table</b>"})])]), notebook)
        formats = {"markdown": ('md', '![A (line) that "falls"]('), "rst": ("rst", ':alt: A (line) that "falls"')}
        if shutil.which("pandoc"):
            formats["asciidoc"] = ("asciidoc", "[\"A (line) that 'falls'\"]")
        for kind, (extension, words) in formats.items():
            with self.subTest(kind):
                subprocess.run([sys.executable, "-m", "nbconvert", "--to", kind, "--output", f"out_{kind}", str(notebook)], check=True, capture_output=True,
                               env={**os.environ, "JUPYTER_CONFIG_DIR": str(self.config), "JUPYTER_DATA_DIR": str(self.data)})
                text = (self.config / f"out_{kind}.{extension}").read_text()
                self.assertIn(words, text)
                self.assertIn(f"out_{kind}_files/out_{kind}_0_0.png", text)
                self.assertIn("table", text)
                self.assertNotIn("<img", text)


class New(unittest.TestCase):
    def test_a_notebook_to_begin_with(self):
        with tempfile.TemporaryDirectory(prefix="a folder ") as folder:
            path = Path(folder, "mine.ipynb")
            lab.begin(path)
            self.assertIn("Open(\\\"mine\\\")", path.read_text())
            path.write_text("{}")
            with self.assertRaisesRegex(Problem, "is there already"):
                lab.begin(path)
            self.assertEqual(path.read_text(), "{}")
            with self.assertRaisesRegex(Problem, "no folder"):
                lab.begin(Path(folder, "gone", "mine.ipynb"))


class Explained(unittest.TestCase):
    def test_under_what_the_compiler_says_and_nowhere_else(self):
        session = Session(key=b"key")
        place = SimpleNamespace(session=session, notebook=project.find_notebook("q1"))
        for kind, shown, said in [("display_data", "<p>undefined: q1</p>", True), ("display_data", "<p>undefined: nobody</p>", False),
                                  ("stream", "undefined: q1", False)]:
            with self.subTest(kind=kind, shown=shown):
                message = session.serialize(session.msg(kind, {"data": {"text/html": shown}}), ident=[b"display"])
                names, parts = session.feed_identities(serve.Connection.explained(place, message))
                html = session.deserialize(parts)["content"]["data"]["text/html"]  # which checks the signature
                self.assertEqual(names, [b"display"])
                self.assertEqual("<p>q1 (q1 := notebook.Open(&quot;q1&quot;)): a value of another cell" in html, said)
                self.assertTrue(html == shown or said and html.startswith(shown))


class Server(unittest.TestCase):
    """JupyterLab itself, with configuration files that would open it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name in ("config", "runtime", "files"):
            (self.folder / name).mkdir()
        self.env = {**project.jupyter_env(), "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
                    "JUPYTER_RUNTIME_DIR": str(self.folder / "runtime"), "INKLING_GO": toolchain.find_go().version}

    def start(self, config):
        (self.folder / "config" / "jupyter_server_config.json").write_text(json.dumps(config))
        options = [f"--ServerApp.root_dir={self.folder / 'files'}", "--LabApp.expose_app_in_browser=True", "--ServerApp.ip=127.0.0.1", "--ServerApp.open_browser=False"]
        options += ["--ServerApp.allow_root=True"] * (os.geteuid() == 0)
        run = subprocess.Popen([sys.executable, str(RUNNER / "start.py"), "serve", *options], env=self.env, text=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(run.stderr.close)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        return run

    def ready(self, run):
        """What a server says of itself once it answers."""
        runtime = self.folder / "runtime"
        deadline = time.monotonic() + 120
        while not (pages := list(runtime.glob("jpserver-*-open.html"))) and time.monotonic() < deadline and run.poll() is None:
            time.sleep(0.1)
        self.assertEqual(len(pages), 1, run.poll() is not None and run.stderr.read())
        return json.loads(next(runtime.glob("jpserver-*.json")).read_text())

    @unittest.skipIf(pdf.chromium() is None, browser.MISSING)
    def test_a_notebook_that_was_only_opened_is_not_changed(self):
        notebook = self.folder / "files" / "q1.ipynb"
        committed = project.find_notebook("q1").read_bytes()
        notebook.write_bytes(committed)
        info = self.ready(self.start({}))
        with browser.Browser() as page:
            page.call("Page.navigate", url=f"http://127.0.0.1:{info['port']}/lab/tree/q1.ipynb?token={info['token']}")
            page.until("""(() => {  // the kernel has answered what it is, and JupyterLab has had two turns to write that down
                const shown = window.jupyterapp?.shell?.widgets && [...jupyterapp.shell.widgets('main')].find(w => w.sessionContext);
                if (!shown?.sessionContext.session?.kernel) return false;
                window.shown = shown;
                return shown.sessionContext.session.kernel.info.then(() => new Promise(done => setTimeout(() => setTimeout(() => done(true), 500), 500)));
            })()""")
            self.assertEqual(page.ask("[shown.context.model.dirty, document.querySelectorAll('.jp-mod-dirty').length]"), [False, 0])
            self.assertEqual(page.ask("shown.sessionContext.kernelDisplayName"), "Go (inkling)")
            page.ask("shown.context.save().then(() => true)")
            self.assertEqual(page.ask("shown.context.model.dirty"), False)
        self.assertEqual(json.loads(notebook.read_bytes()), json.loads(committed))

    def test_is_closed_to_others(self):
        run = self.start({})
        runtime = self.folder / "runtime"
        self.ready(run)
        for entry in runtime.iterdir():
            self.assertEqual(stat.S_IMODE(entry.stat().st_mode) & 0o077, 0, entry)
        info = json.loads(next(runtime.glob("jpserver-*.json")).read_text())
        self.assertEqual(info["hostname"], "127.0.0.1")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{info['port']}/api/kernels", timeout=30)
        refused.exception.close()
        self.assertEqual(refused.exception.code, 403)
        request = urllib.request.Request(f"http://127.0.0.1:{info['port']}/api/kernels", headers={"Authorization": f"token {info['token']}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            self.assertEqual(json.load(answer), [])
        run.send_signal(signal.SIGHUP)
        run.wait(60)
        self.assertEqual([p.name for p in runtime.glob("jpserver-*")], [])

    def test_refuses_to_start_open(self):
        for config, says in [
            ({"IdentityProvider": {"token": ""}}, "no token"),
            ({"LabApp": {"ip": "0.0.0.0"}}, "ip '0.0.0.0'"),
            ({"ServerApp": {"allow_remote_access": True}}, "allow_remote_access"),
            ({"ServerApp": {"allow_origin": "*"}}, "allow_origin"),
            ({"ServerApp": {"sock": str(self.folder / "s")}}, "sock"),
        ]:
            with self.subTest(says):
                run = self.start(config)
                said = run.communicate(timeout=60)[1]
                self.assertEqual(run.returncode, 2, said)
                self.assertIn(f"lab: JupyterLab would not be for this user alone: {says}", said)


if __name__ == "__main__":
    unittest.main()
