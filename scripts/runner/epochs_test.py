"""The slider over the moments of a training, as pkg/viz writes them, in a page and a real browser."""

import re
import tempfile
import unittest
from base64 import b64decode
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import browser
import page
import pdf
import sanitize
from confused_test import TOLD
from project import ROOT

MOMENTS = (ROOT / "pkg" / "viz" / "testdata" / "epochs.html").read_text(encoding="utf-8")
# Of each figure of the page the moment that is seen, by its numbers and those of its parts that are seen.
SEEN = """[...document.querySelectorAll(".epochs")].map(f => [...f.querySelectorAll("details")].filter(d => d.querySelector(".kernels img").checkVisibility({contentVisibilityAuto: true}))
.map(d => d.querySelector(".told").textContent + " " + [...d.querySelectorAll("img, table")].filter(p => p.getBoundingClientRect().height > 9).length))"""
SLIDER = """(r => [r.value, r.getAttribute("aria-valuetext"), r.closest(".epochs").querySelector(".now").textContent])(document.querySelector(".epochs input"))"""
WORDS = [f"after {tick} epochs: dev error {error} %" for tick, error in (("0", 45), ("1/2", 30), ("1", 15), ("2", 0))]


def made(figures: int = 1) -> str:
    pixel = re.search(r"base64,([^\"]+)", MOMENTS)[1].replace("&#43;", "+")
    outputs = [new_output("display_data", {"text/html": MOMENTS.replace("epochs-", f"epochs-{k}"), "image/png": pixel}, metadata={"image/png": {"alt": "Moments"}})
               for k in range(figures)]
    notebook = new_notebook(cells=[new_markdown_cell("# Q\n\n## How\n\nA line."), new_code_cell("%%\nnotebook.Epochs(l, run)", outputs=outputs)],
                            metadata={"language_info": {"name": "go"}})
    notebook.metadata[page.KEY] = TOLD
    return page.report(notebook, Path("."))


class Epochs(unittest.TestCase):
    def test_a_page_keeps_the_moments_and_has_the_script_for_them_alone(self):
        report = made()
        for pattern, n in ((r'<details[^>]* name="epochs-', 4), (r"<details open", 1), (r' src="data:image/(?:png|svg\+xml);base64,[^"]+', 8), (r'<b class="tick"', 4), (r"<td style", 11)):
            self.assertEqual([len(re.findall(pattern, text)) for text in (MOMENTS, sanitize.clean(MOMENTS))], [n] * 2, pattern)
        self.assertEqual(report.count("<script>"), 1)
        self.assertEqual(len(re.findall("'sha256-", report)), 1)
        self.assertNotIn("wasm", re.search(r'Content-Security-Policy" content="([^"]*)"', report)[1])
        other = new_notebook(cells=[new_code_cell("x")])
        other.metadata[page.KEY] = TOLD
        self.assertNotIn("<script", page.report(other, Path(".")))

    def test_a_name_is_kept_of_details_alone(self):
        for tag, kept in (("details", True), ("a", False), ("img", False), ("div", False)):
            self.assertEqual(' name="x"' in sanitize.clean(f'<{tag} name="x">'), kept, tag)

    @unittest.skipUnless(pdf.chromium(), browser.MISSING)
    def test_mouse_keys_and_ticks_move_all_parts_of_one_figure(self):
        with tempfile.TemporaryDirectory() as scratch, browser.Browser() as b:
            path = Path(scratch) / "q7.html"
            path.write_text(made(2), encoding="utf-8")
            for width, height in ((1280, 900), (390, 800)):
                b.look(width, height)
                b.call("Page.navigate", url="about:blank")
                b.open(path)
                b.until("document.readyState === 'complete' && document.querySelectorAll('.epochs.sliding').length === 2")
                self.assertEqual(b.ask(SEEN), [[f"{WORDS[3]} 3"]] * 2)
                self.assertEqual(b.ask(SLIDER), ["3", WORDS[3], WORDS[3]])
                self.assertLessEqual(b.ask("document.documentElement.scrollWidth"), width, "the page is wider than the window")
                self.assertLess(b.ask("Math.max(...[...document.querySelectorAll('.epochs details[open] :is(th, td)')].map(c => c.getBoundingClientRect().width))"), 32, "of ten classes a matrix would not fit")

                # Dragged from its right end to the left one, over all that lies between.
                b.ask("document.documentElement.style.scrollBehavior = 'auto', document.querySelector('.epochs').scrollIntoView(), window.inputs = [], document.querySelector('.epochs input').addEventListener('input', e => inputs.push(e.target.value))")
                left, right, y = b.ask("(r => [r.left + 8, r.right - 8, r.top + r.height / 2])(document.querySelector('.epochs input').getBoundingClientRect())")
                b.mouse("Pressed", right, y)
                for k in range(25):
                    b.mouse("Moved", right + (left - right) * k / 24, y)
                    b.ask("new Promise(requestAnimationFrame)")  # else moves of one frame are one
                b.mouse("Released", left, y)
                b.until("document.querySelector('.epochs input').value === '0'")
                self.assertEqual(b.ask("inputs.join()"), "2,1,0")
                self.assertEqual(b.ask(SEEN), [[f"{WORDS[0]} 3"], [f"{WORDS[3]} 3"]])
                self.assertEqual(b.ask(SLIDER), ["0", WORDS[0], WORDS[0]])

                b.ask("document.querySelector('.epochs input').focus()")
                b.key("ArrowRight")
                self.assertEqual(b.ask(SLIDER), ["1", WORDS[1], WORDS[1]])
                b.key("End")
                self.assertEqual(b.ask(SEEN), [[f"{WORDS[3]} 3"]] * 2)
                # One stop of the tabulator: the lines that one opens without the script are not seen. A table may be one.
                b.key("Tab")
                self.assertFalse(b.ask("document.activeElement.matches('.epochs summary')"))

                x, y = b.ask("(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelectorAll('.epochs .ticks span')[2].getBoundingClientRect())")
                b.stroke([(x, y)] * 2)
                self.assertEqual(b.ask(SLIDER), ["2", WORDS[2], WORDS[2]])
                thumb = b.ask("(r => r.left + 8 + (r.width - 16) * 2 / 3)(document.querySelector('.epochs input').getBoundingClientRect())")
                self.assertLess(abs(thumb - x), 2, "a tick stands beside the place of the slider that it names")

                b.look(width, height, media="print")
                b.until(f"({SEEN}).every(f => f.length === 4)")
                self.assertEqual(b.ask(SEEN), [[f"{WORDS[0]} 2", f"{WORDS[1]} 2", f"{WORDS[2]} 2", f"{WORDS[3]} 3"]] * 2)
                self.assertFalse(b.ask("document.querySelector('.epochs input').checkVisibility()"))
            self.assertEqual(b.said(), [])

    @unittest.skipUnless(pdf.chromium(), browser.MISSING)
    def test_dots_move_and_do_not_jump(self):
        with tempfile.TemporaryDirectory() as scratch, browser.Browser() as b:
            path = Path(scratch) / "q7.html"
            path.write_text(made(), encoding="utf-8")
            b.open(path)
            b.until("document.querySelector('.epochs.sliding') !== null")
            # Where the first dot is, frame by frame, as the canvas is told to draw it.
            frames = b.ask("""new Promise(done => {
                const xs = [], arc = CanvasRenderingContext2D.prototype.moveTo;
                let first = true;
                CanvasRenderingContext2D.prototype.moveTo = function (x, y) { if (first) xs.push(x); first = false; arc.call(this, x, y); };
                const clear = CanvasRenderingContext2D.prototype.fillRect;
                CanvasRenderingContext2D.prototype.fillRect = function (...a) { first = true; clear.apply(this, a); };
                const range = document.querySelector(".epochs input");
                range.value = 0;
                range.dispatchEvent(new Event("input"));
                const rest = () => document.querySelector(".epochs canvas") ? requestAnimationFrame(rest) : done(xs);
                requestAnimationFrame(rest);
            })""")
            clouds = re.findall(r"image/svg\+xml;base64,([^\"]+)", MOMENTS)
            begin, end = (int(re.search(rb"M(\d+) ", b64decode(clouds[k].replace("&#43;", "+")))[1]) for k in (3, 0))
            self.assertEqual(frames[0], begin)
            self.assertEqual(frames, sorted(frames, reverse=begin > end))
            self.assertTrue(all(min(begin, end) <= x <= max(begin, end) for x in frames))
            self.assertIsNone(b.ask("document.querySelector('.epochs canvas')"), "no canvas is left over the picture")
            # Who wants no motion sees none.
            b.call("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
            self.assertFalse(b.ask("(r => { r.value = 3; r.dispatchEvent(new Event('input')); return document.querySelector('.epochs canvas') !== null })(document.querySelector('.epochs input'))"))
            self.assertEqual(b.said(), [])

    @unittest.skipUnless(pdf.chromium(), browser.MISSING)
    def test_without_scripts_a_line_is_opened_and_another_closes(self):
        with tempfile.TemporaryDirectory() as scratch, browser.Browser() as b:
            path = Path(scratch) / "q7.html"
            path.write_text(re.sub(r"<script>.*?</script>", "", made(), flags=re.S), encoding="utf-8")
            b.open(path)
            b.until("document.readyState === 'complete' && document.querySelectorAll('.epochs summary').length === 4")
            self.assertEqual(b.ask(SEEN), [[f"{WORDS[3]} 3"]])
            b.ask("document.querySelectorAll('.epochs summary')[1].focus()")
            b.key("Enter", text="\r")
            b.until("document.querySelectorAll('.epochs details')[1].open")
            self.assertEqual(b.ask(SEEN), [[f"{WORDS[1]} 3"]])
            b.look(1280, 900, media="print")
            b.until(f"({SEEN})[0].length === 4")


if __name__ == "__main__":
    unittest.main()
