import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import toolchain


class FirstStart(unittest.TestCase):
    def setUp(self):
        self.said = []
        patch = mock.patch.object(toolchain, "say", self.said.append)
        patch.start()
        self.addCleanup(patch.stop)

    def test_says_what_and_how_long(self):
        costs = {"Jupyter": toolchain.Cost(60, 40), "Go tools": toolchain.Cost(20, 30), "build cache": toolchain.Cost(5, 20)}
        with mock.patch.object(toolchain, "COSTS", costs):
            self.assertRegex(toolchain.estimate(list(costs)), "Jupyter, Go tools, build cache; at most 85 MB .* 90 s of processor time: about 45 s")
            self.assertRegex(toolchain.estimate(["Jupyter"]), ": Jupyter; at most 60 MB .* 40 s of processor time")

    def test_a_part_is_told_while_it_lasts_and_what_it_came_to(self):
        progress = toolchain.Progress()
        with progress.part("one", "building a"), progress.part("two", "fetching b") as two:
            self.assertEqual(progress.line(30.2), "  … 30 s: one, building a; two, fetching b")
            two.to = "nothing, no network"
        self.assertEqual(self.said[:3], ["  one: building a", "  two: fetching b", "  two: nothing, no network"])
        self.assertRegex(self.said[3], r"^  one: ready in \d+ s$")
        with self.assertRaises(OSError), progress.part("three", "failing"):
            raise OSError
        self.assertEqual((progress.at_work, self.said[4:]), ({}, ["  three: failing"]))


class EditedGoNB(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="a folder ")
        self.addCleanup(folder.cleanup)
        patch = mock.patch.object(toolchain, "SCRATCH", Path(folder.name))
        patch.start()
        self.addCleanup(patch.stop)

    def test_is_a_copy_with_the_edits_and_go_takes_it(self):
        """The pinned GoNB still has what EDITS look for."""
        go = toolchain.find_go()
        (option,) = toolchain.edited(go)
        for name, _, instead, often in toolchain.EDITS:
            self.assertEqual((toolchain.SCRATCH / "gonb" / name).read_text().count(instead), often)
        listed = subprocess.run([go.path, "list", option, "-m", "-f", "{{.Dir}}", toolchain.GONB], cwd=toolchain.SCRIPTS / "tools",
                                env=go.environment(), text=True, capture_output=True, check=True)
        self.assertEqual(listed.stdout.strip(), str(toolchain.SCRATCH / "gonb"))

    def test_another_gonb_is_taken_as_it_is(self):
        with mock.patch.object(toolchain, "EDITS", (("go.mod", "no such line", "", 1),)):
            self.assertEqual(toolchain.edited(toolchain.find_go()), [])
        self.assertEqual(list(toolchain.SCRATCH.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
