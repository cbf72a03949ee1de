import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import accessible
import browser
import page
import pdf

# In the place of axe: it finds each <b>, and says how wide the window is and whether dark.
AXE = """globalThis.axe = { run: async () => ({ violations: [...document.querySelectorAll("b")].map(b => ({
  id: "bold", help: `${innerWidth} ${matchMedia("(prefers-color-scheme: dark)").matches}`, nodes: [{ html: b.outerHTML, any: [] }] })) }) };"""


@unittest.skipIf(pdf.chromium() is None, browser.MISSING)
class Accessible(unittest.TestCase):
    def looked(self, body: str, *scripts: str, style: str = "") -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
            made = page.render("page.html.j2", scripts, title="t", footer="f")
            Path(folder, "p.html").write_text(made.replace("<footer>", body + "<footer>").replace("</style>", style + "</style>", 1), encoding="utf-8")
            Path(folder, "axe.js").write_text(AXE, encoding="utf-8")
            return accessible.main(folder, f"{folder}/axe.js"), said.getvalue()

    def test_a_sound_page_in_all_its_views(self):
        wide = '<div class="wide"><div style="width: 3000px">x</div></div><pre class="stream tabular" style="--columns: 200">' + "x  " * 66 + "</pre>"
        self.assertEqual(self.looked(wide), (0, f"1 pages, {len(accessible.VIEWS)} views each: 0 violations\n"))

    def test_what_axe_finds_after_the_scripts_have_run(self):
        failed, said = self.looked("<i></i>", "document.querySelector('i').outerHTML = '<b>new</b>';")
        self.assertEqual(failed, 1)
        for width, dark in accessible.VIEWS:
            self.assertIn(f"p.html, {width} px, {'dark' if dark else 'light'}: bold: {width} {str(dark).lower()} (1) <b>new</b>", said)

    def test_what_is_wider_than_a_narrow_window(self):
        failed, said = self.looked('<div id="far" style="width: 900px">x</div>')
        self.assertEqual(failed, 1)
        self.assertIn('px wider than the window: <div id="far"', said)
        self.assertNotIn("1280", said)

    def test_what_complains(self):
        self.assertIn("Content Security Policy", self.looked('<script>let stranger;</script>')[1])
        self.assertIn("the drawing board does not start: no", self.looked('<p class="draw" data-failed="no"></p>')[1])

    def test_a_page_without_dark_colours(self):
        self.assertIn("dark is as light", self.looked("", style="body { background: #fff !important }")[1])


if __name__ == "__main__":
    unittest.main()
