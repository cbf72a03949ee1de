"""The drawing board in a real browser: the same bits as the Go program, and drawings that are read.

The networks are trained here, on MNIST where it is, else on digits that the library draws.
"""

import base64
import io
import json
import math
import os
import struct
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import browser
import draw
import pdf
import toolchain
from project import ROOT

SIDE, PAD, MARGIN = 28, 280, 35
# A CNN with all that q5's own has, and an MLP as q1's with a board.
CONV = [{"maxpool2d": {"kernel": 2}}, {"batchnorm": {}}, {"relu": {}}]
NETWORKS = {
    "cnn": [{"conv2d": {"filters": 8, "kernel": 5, "no_bias": True}}, *CONV, {"conv2d": {"filters": 16, "kernel": 5, "no_bias": True}}, *CONV,
            {"linear": {"out": 64, "no_bias": True}}, {"batchnorm": {}}, {"relu": {}}, {"dropout": {"p": 0.3}}, {"linear": {"out": 10}}],
    "mlp": [{"linear": {"out": 64}}, {"relu": {}}, {"linear": {"out": 64}}, {"relu": {}}, {"linear": {"out": 10}}],
}


class Outline(unittest.TestCase):
    def test_words(self):
        self.assertEqual(draw.outline([{"linear": {"out": 64}}, {"relu": {}}, {"linear": {"out": 10}}]), "MLP 784-64-10")
        self.assertEqual(draw.outline([{"conv2d": {"filters": 16, "kernel": 5}}, {"batchnorm": {}}, {"linear": {"out": 10}}]), "CNN 16c5-10")

    def test_asked(self):
        cell = lambda text: {"outputs": [{"output_type": "stream", "name": "stdout", "text": text}]}  # noqa: E731
        cells = [cell("drawn: no\n"), {"outputs": []}, cell("x\ndraw: mnist/q5/own-1\nmore\n"), cell("draw: mnist/q5/own-2\n")]
        self.assertEqual(draw.asked(cells), {"run": "mnist/q5/own-1", "cell": 2})
        self.assertIsNone(draw.asked(cells[:2]))

    def test_only_runs_of_the_store(self):
        with tempfile.TemporaryDirectory() as name, mock.patch.dict(os.environ, INKLING_RUNS=f"{name}/runs"):
            for folder in ("runs/mnist/q1/a-1", "other"):
                (Path(name) / folder).mkdir(parents=True)
                (Path(name) / folder / "best.safetensors").write_bytes(b"w")
            self.assertTrue(draw.weights_of("mnist/q1/a-1").is_file())
            for run in ("mnist/q1/a-2", "../other", f"{name}/other"):
                with self.subTest(run), self.assertRaises(draw.Problem):
                    draw.weights_of(run)


@unittest.skipIf(pdf.chromium() is None, browser.MISSING)
class InTheBrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="inkling-draw-")
        cls.addClassCleanup(cls.folder.cleanup)
        here = Path(cls.folder.name)
        go = toolchain.find_go()
        cls.env = {**go.environment(), "INKLING_RUNS": str(here / "runs")}
        cls.inkling = here / "inkling"
        subprocess.run([go.path, "build", "-o", cls.inkling, "./scripts/inkling"], cwd=ROOT, env=cls.env, check=True, capture_output=True)
        cls.enterClassContext(mock.patch.dict(os.environ, INKLING_RUNS=str(here / "runs")))
        program, cls.boards = draw.Program(), {}
        for name, layers in NETWORKS.items():
            cls.run_inkling("train", f"--layers={json.dumps(layers)}", f"--question={name}", "--size=10000", "--epochs=2", "--lr=0.05", "--momentum=0.9")
            weights, = (here / "runs").glob(f"*/{name}/*/best.safetensors")
            cls.boards[name] = draw.board(str(weights.parent.relative_to(here / "runs")), f"Question {name}", f"{name}.html", program)
        for name, text in draw.pages(list(cls.boards.values()), "foot").items():
            (here / name).write_text(text)
        best = max(NETWORKS, key=lambda name: cls.boards[name]["accuracy"])
        cls.pages = {name: here / ("draw.html" if name == best else f"draw-{name}.html") for name in NETWORKS}
        # The test images again, from the Go program that has the others from.
        told = json.loads(draw.go(["run", "./scripts/draw", str(weights)], {"INKLING_KERNELS": "generic"}))
        cls.images, cls.labels = base64.b64decode(told["Images"]), told["Labels"]

    @classmethod
    def run_inkling(cls, *args):
        ran = subprocess.run([cls.inkling, *args], cwd=ROOT, env=cls.env, text=True, capture_output=True)
        if ran.returncode:
            raise AssertionError(f"inkling {args[0]}: {ran.stderr}{ran.stdout}")
        return ran.stdout

    def opened(self, b, name):
        b.open(self.pages[name])
        b.until("document.getElementById('draw-board') && (document.getElementById('draw-board').dataset.ready ?? document.getElementById('draw-board').dataset.failed) !== undefined")
        self.assertIsNone(b.ask("document.getElementById('draw-board').dataset.failed"))
        return b.ask("(() => { const r = document.getElementById('draw-pad').getBoundingClientRect(); return [r.left, r.top, r.width] })()")

    def test_sizes(self):
        for name, most in (("cnn", 2_000_000), ("mlp", 1_500_000)):
            self.assertLess(self.pages[name].stat().st_size, most, name)

    def test_same_bits(self):
        """The logits of 1,000 images in WebAssembly are those of the Go program, and nothing else is loaded or runs."""
        with browser.Browser() as b:
            for name, board in self.boards.items():
                self.opened(b, name)
                sent = base64.b64encode(self.images).decode()
                digest = b.ask(f"inkling.parity(Uint8Array.from(atob({sent!r}), c => c.charCodeAt(0)))")
                self.assertEqual(digest, board["logits"])
                self.assertEqual(len(self.images), 1000 * SIDE * SIDE)
                other = bytearray(self.images)
                other[14 * SIDE + 14] ^= 1
                sent = base64.b64encode(other).decode()
                self.assertNotEqual(b.ask(f"inkling.parity(Uint8Array.from(atob({sent!r}), c => c.charCodeAt(0)))"), board["logits"], "one grey level in one image tells")
                b.ask("document.getElementById('draw-check').click()")
                verdict = b.ask("document.getElementById('draw-verdict').textContent")
                self.assertIn("the weights' SHA-256 is the same", verdict)
                self.assertIn("all logits are the same bits", verdict)
            self.assertEqual(b.said(), [])

    def test_no_script_of_others(self):
        """What is not named by the policy does not run beside the board."""
        text = self.pages["mlp"].read_text()
        evil = Path(self.folder.name) / "evil.html"
        evil.write_text(text.replace("</main>", "<script>document.title = 'ran'</script><img src=x onerror=\"document.title = 'ran'\"></main>", 1))
        with browser.Browser() as b:
            b.open(evil)
            b.until("globalThis.inkling?.opened")
            self.assertNotEqual(b.ask("document.title"), "ran")
            self.assertTrue(any("Content Security Policy" in said for said in b.said()))

    def test_strokes_are_read(self):
        """Test images traced as strokes, drawn with the mouse: read as well as the test set itself, within 3 points."""
        n = 200
        with browser.Browser() as b:
            for name, board in self.boards.items():
                left, top, width = self.opened(b, name)
                scale, right, took = width / PAD, 0, []
                for i in range(n):
                    b.ask("document.getElementById('draw-clear').click()")
                    for stroke in traced(self.images[i * SIDE**2:(i + 1) * SIDE**2]):
                        b.stroke((left + x * scale, top + y * scale) for x, y in stroke)
                    b.ask("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
                    answered, time = b.ask("[inkling.answered, inkling.took]")
                    right += answered == self.labels[i]
                    took.append(time)
                accuracy, ms = 100 * right / n, sorted(took)[n // 2]
                print(f"{name}: of {n} images drawn as strokes {accuracy:.1f} % are read, of the first {board['images']:,} images themselves {board['accuracy']:.1f} %; "
                      f"{ms:.1f} ms an answer, opened in {b.ask('inkling.opened')} ms, {self.pages[name].stat().st_size:,} bytes")
                self.assertGreater(accuracy, board["accuracy"] - 3, name)

    def test_touch_and_keys(self):
        with browser.Browser() as b:
            left, top, _ = self.opened(b, "mlp")
            shown = "document.getElementById('draw-first').textContent"
            b.touch([(left + 140, top + y) for y in range(60, 220, 8)])
            b.until(f"inkling.answered === 1 && {shown} === '1'")
            b.ask("document.getElementById('draw-undo').click()")
            b.until(f"inkling.answered === -1 && {shown} === '–'")
            b.ask("document.getElementById('draw-pad').focus()")
            for _ in range(8):
                b.key("ArrowUp")
            b.key(" ", " ")
            for _ in range(16):
                b.key("ArrowDown")
            b.key(" ", " ")
            b.until("inkling.answered === 1")
            b.key("Delete")
            b.until("inkling.answered === -1")

    def test_a_set_of_ones_own(self):
        """Drawings are kept, survive the page, and their files are test data for the command."""
        labels = [3, 7, 1]
        with browser.Browser() as b:
            left, top, width = self.opened(b, "cnn")
            which = [self.labels.index(label) for label in labels]
            for i, label in zip(which, labels):
                for stroke in traced(self.images[i * SIDE**2:(i + 1) * SIDE**2]):
                    b.stroke((left + x * width / PAD, top + y * width / PAD) for x, y in stroke)
                b.until("!document.getElementById('draw-keep').disabled && inkling.answered >= 0")
                b.ask(f"document.getElementById('draw-label').value = {label}; document.getElementById('draw-keep').click()")
            self.opened(b, "cnn")  # again
            self.assertEqual(b.ask("document.getElementById('draw-count').textContent"), "3 drawings")
            packed = base64.b64decode(b.ask("inkling.drawings().arrayBuffer().then(a => btoa(Array.from(new Uint8Array(a), c => String.fromCharCode(c)).join('')))"))
            b.ask("document.getElementById('draw-forget').click()")
        own = Path(self.folder.name) / "my-digits"
        with zipfile.ZipFile(io.BytesIO(packed)) as files:
            self.assertIsNone(files.testzip())
            files.extractall(own.parent)
        self.assertEqual((own / "t10k-images-idx3-ubyte").read_bytes()[:16], struct.pack(">4I", 0x803, 3, SIDE, SIDE))
        self.assertEqual((own / "t10k-labels-idx1-ubyte").read_bytes(), struct.pack(">2I", 0x801, 3) + bytes(labels))
        board = self.boards["cnn"]
        said = self.run_inkling("test", str(draw.weights_of(board["run"])), f"--data={own}")
        self.assertIn("60 training and 3 test images", said)
        self.assertIn("of 3 wrong", said)


def traced(image: bytes) -> list[list[tuple[float, float]]]:
    """An image as strokes on the board: its skeleton (Zhang and Suen 1984), walked from end to end.

    What is left of a stroke's width is the board's pen; the image is enlarged first, so that lines are smooth.
    """
    grown, n = 3, SIDE * 3
    ink = [[bilinear(image, (x + 0.5) / grown - 0.5, (y + 0.5) / grown - 0.5) > 110 for x in range(n)] for y in range(n)]
    thin(ink, n)
    left = {(x, y) for y in range(n) for x in range(n) if ink[y][x]}
    place = lambda p: (MARGIN + (p[0] + 0.5) / n * (PAD - 2 * MARGIN), MARGIN + (p[1] + 0.5) / n * (PAD - 2 * MARGIN))  # noqa: E731
    around = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)]
    near = lambda p, points: [(p[0] + dx, p[1] + dy) for dx, dy in around if (p[0] + dx, p[1] + dy) in points]  # noqa: E731
    whole, strokes = set(left), []
    while left:
        at = min(left, key=lambda p: (len(near(p, left)) != 1, p[1], p[0]))  # an end, if there is one
        begins = [q for q in near(at, whole) if q not in left][:1]  # where it leaves a stroke of before
        walk = begins + [at]
        left.discard(at)
        while following := near(at, left):
            before = walk[-2] if len(walk) > 1 else at
            at = max(following, key=lambda q: (q[0] - at[0]) * (at[0] - before[0]) + (q[1] - at[1]) * (at[1] - before[1]))
            walk.append(at)
            left.discard(at)
        ends = [q for q in near(at, whole) if q not in walk[-3:]][:1]
        walk += ends
        if len(walk) > 3 or not strokes:
            strokes.append([place(p) for p in walk[::3] + walk[-1:]])
    return strokes


def bilinear(image: bytes, x: float, y: float) -> float:
    x0, y0 = math.floor(x), math.floor(y)
    value = 0.0
    for dy in (0, 1):
        for dx in (0, 1):
            if 0 <= x0 + dx < SIDE and 0 <= y0 + dy < SIDE:
                value += image[(y0 + dy) * SIDE + x0 + dx] * (1 - abs(x - x0 - dx)) * (1 - abs(y - y0 - dy))
    return value


def thin(ink: list[list[bool]], n: int) -> None:
    ring = [(0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)]
    get = lambda x, y: 0 <= x < n and 0 <= y < n and ink[y][x]  # noqa: E731
    changed = True
    while changed:
        changed = False
        for turn in (0, 1):
            gone = []
            for y in range(n):
                for x in range(n):
                    if not ink[y][x]:
                        continue
                    p = [get(x + dx, y + dy) for dx, dy in ring]
                    steps = sum(not a and b for a, b in zip(p, p[1:] + p[:1]))
                    up, right, down, left = p[0], p[2], p[4], p[6]
                    sides = not (up and right and down) and not (right and down and left) if turn == 0 else not (up and right and left) and not (up and down and left)
                    if 2 <= sum(p) <= 6 and steps == 1 and sides:
                        gone.append((x, y))
            for x, y in gone:
                ink[y][x] = False
            changed = changed or bool(gone)


if __name__ == "__main__":
    unittest.main()
