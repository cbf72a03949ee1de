import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import project
import report
import toolchain
from project import Problem


class FindNotebook(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        for name in ("00_start_here", "q1_mlp", "q1_mlp_more", "q2_optimizers"):
            (self.folder / f"{name}.ipynb").write_text("{}")
        patch = mock.patch.object(project, "NOTEBOOKS", self.folder)
        patch.start()
        self.addCleanup(patch.stop)

    def test_by_name_start_and_path(self):
        for given, name in [("q1_mlp", "q1_mlp"), ("q2", "q2_optimizers"), ("00_start_here.ipynb", "00_start_here"),
                            ("no/such/folder/q1_mlp.ipynb", "q1_mlp"), (str(self.folder / "q2_optimizers.ipynb"), "q2_optimizers")]:
            with self.subTest(given):
                self.assertEqual(project.find_notebook(given), self.folder / f"{name}.ipynb")

    def test_unknown_and_ambiguous_names_list_the_known_ones(self):
        with self.assertRaisesRegex(Problem, r"^no notebook 'q9'; in notebooks/: 00_start_here, q1_mlp, q1_mlp_more, q2_optimizers$"):
            project.find_notebook("q9")
        with self.assertRaisesRegex(Problem, r"^notebook 'q1' fits several: q1_mlp, q1_mlp_more$"):
            project.find_notebook("q1")
        with self.assertRaises(Problem):
            project.find_notebook("")


class Names(unittest.TestCase):
    def test_every_notebook_has_a_page_of_its_own(self):
        for paths, says in [
            (["a/index.ipynb"], "'index.ipynb' cannot be reported"), (["Index.ipynb"], "'Index.ipynb' cannot be reported"),
            (["a/q1.ipynb", "b/Q1.ipynb"], "would have the same page"), (["e\u0301.ipynb", "\u00e9.ipynb"], "would have the same page"),
            (["out/q1.ipynb"], "which its executed copy would replace"),
        ]:
            with self.subTest(paths), self.assertRaisesRegex(Problem, says):
                report.check_names([Path(p) for p in paths], Path("out"))
        report.check_names([Path("a/q1.ipynb"), Path("a/q2.ipynb")], Path("out"))


class JupyterEnvironment(unittest.TestCase):
    def test_stays_in_the_project(self):
        hostile = {"JUPYTER_CONFIG_DIR": "/elsewhere", "JUPYTER_PATH": "/elsewhere", "JUPYTER_DATA_DIR": "/elsewhere",
                   "JUPYTER_CONFIG_PATH": "/elsewhere", "IPYTHONDIR": "/elsewhere", "JUPYTER_TOKEN": " ",
                   "JUPYTER_TOKEN_FILE": "/elsewhere", "JUPYTER_ALLOW_INSECURE_WRITES": "true", "JUPYTER_PORT": "1",
                   "JUPYTER_SERVER_ALLOW_UNAUTHENTICATED_ACCESS": "true"}
        with mock.patch.dict(os.environ, hostile):
            env = project.jupyter_env()
        self.assertNotIn("/elsewhere", env.values())
        self.assertEqual([n for n in env if n.startswith("JUPYTER") and n not in
                          ("JUPYTER_CONFIG_DIR", "JUPYTER_PATH", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_PLATFORM_DIRS")], [])
        with mock.patch.dict(os.environ, {"JUPYTER_TOKEN": "of one's own"}):
            self.assertEqual(project.jupyter_env()["JUPYTER_TOKEN"], "of one's own")

    def test_data_folder_is_absolute(self):
        with mock.patch.dict(os.environ, {"MNIST_DIR": "some data"}):
            self.assertEqual(project.jupyter_env()["MNIST_DIR"], os.path.join(os.getcwd(), "some data"))

    def test_chosen_data_are_absolute(self):
        self.addCleanup(os.chdir, os.getcwd())
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            here = os.getcwd()
            for name in ("scans", "a,b", "mnist"):
                os.mkdir(name)
            for choice, want in {
                "mnist": "mnist", "synthetic": "synthetic", "auto": "auto", "./mnist": f"{here}/mnist",
                "scans": f"{here}/scans", "scans,size=28x28,gray": f"{here}/scans,size=28x28,gray",
                "a,b,gray": f"{here}/a,b,gray", "/no/such": "/no/such", "nosuch,gray": "nosuch,gray",
            }.items():
                with self.subTest(choice), mock.patch.dict(os.environ, {"INKLING_DATA": choice}):
                    self.assertEqual(project.jupyter_env()["INKLING_DATA"], want)


class Toolchain(unittest.TestCase):
    def test_versions(self):
        self.assertEqual(toolchain.version_numbers("go1.26.8"), (1, 26, 8))
        self.assertEqual(toolchain.version_numbers("1.26"), (1, 26, 0))
        self.assertEqual(toolchain.version_numbers("go1.26rc1"), (1, 26, 0))
        self.assertGreater(toolchain.version_numbers("devel +abc"), (1, 26, 8))

    def test_no_go_and_old_go(self):
        with mock.patch.dict(os.environ, {"PATH": ""}), self.assertRaisesRegex(Problem, "^no Go found: install Go 1"):
            toolchain.find_go()
        with tempfile.TemporaryDirectory() as folder:
            go = Path(folder, "go")
            go.write_text("#!/bin/sh\necho '{\"GOVERSION\": \"go1.20.3\"}'\n")
            go.chmod(0o755)
            with mock.patch.dict(os.environ, {"PATH": folder}), self.assertRaisesRegex(Problem, "^found go1.20.3 at .*: Go 1.* or newer"):
                toolchain.find_go()

    def test_pinned_tools(self):
        self.assertEqual([t.rsplit("/", 1)[1] for t in toolchain.pinned_tools()], ["gonb", "goimports", "gopls", "staticcheck"])

    def test_kernel_resists_a_hostile_shell(self):
        go = toolchain.Go("/opt/go/bin/go", "go1.26.0", {"GOCACHE": "/c/$x", "GOPROXY": "direct"})
        spec = toolchain.kernel_spec(go)
        for name, value in {"GOFLAGS": "-ldflags=-w", "CGO_ENABLED": "0", "GOENV": "off", "GOPROXY": "off", "GOWORK": "", "GOTOOLCHAIN": "local", "GOOS": ""}.items():
            self.assertEqual(spec["env"][name], value)
        self.assertEqual(spec["env"]["GOCACHE"], "/c/$$x", "Jupyter substitutes single dollars")
        self.assertIn("/opt/go/bin", spec["env"]["PATH"].split(os.pathsep))
        self.assertIn(f"-go_work={project.ROOT}", spec["argv"])


if __name__ == "__main__":
    unittest.main()
