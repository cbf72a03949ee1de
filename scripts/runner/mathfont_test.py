import base64
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import browser
import mathfont
import page
import pdf
from formulas import Formulas

# Every machine's fonts but those with a MATH table.
NO_MATH = """<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<selectfont><rejectfont><glob>*Math*</glob></rejectfont></selectfont></fontconfig>"""
FORMULAS = r"""$$A = \begin{pmatrix} a \\ b \\ c \end{pmatrix}$$ $$\sqrt{\frac{x}{1 + \frac{1}{y}}}$$ $$\sum_{k} e^{z_k - m}, \hat h$$"""


def drawn(markdown):
    found = Formulas()
    return found.put_back(f"<style>{page.style()}</style><body>{found.take(markdown)}</body>")


class Characters(unittest.TestCase):
    def test_those_that_a_browser_draws(self):
        math = '<p>Zé</p><math display="inline"><mi>x</mi><mo>-</mo><mi>sin</mi><mi>h</mi><msqrt><mi>&#x3b1;</mi></msqrt><annotation encoding="TeX">\\Q</annotation></math>'
        self.assertEqual(set(mathfont.characters(math)), set("x-sinhα" "𝑥−√ℎ𝛼" "𝑠𝑖𝑛"))
        self.assertEqual(mathfont.characters("<p>no formula</p>"), "")


@unittest.skipIf(mathfont.file() is None, "no font here: the machine's own Jupyter")
class Font(unittest.TestCase):
    def test_small_with_its_table_and_its_licence(self):
        from fontTools.ttLib import TTFont

        needed = mathfont.characters(drawn(FORMULAS))
        raw = base64.b64decode(mathfont.made(needed))
        self.assertLess(len(raw), 20_000)
        with TTFont(io.BytesIO(raw)) as font:
            self.assertIn("MATH", font)
            self.assertIn("Open Font License", font["name"].getDebugName(13))
            self.assertEqual({c for c in needed if ord(c) not in font.getBestCmap()}, set())
        self.assertEqual(mathfont.made.__wrapped__(needed), mathfont.made(needed))

    def test_only_in_pages_with_formulas(self):
        self.assertEqual(mathfont.embed(drawn("costs $5")), drawn("costs $5"))
        self.assertEqual(mathfont.embed(drawn("$x$")).count("@font-face"), 1)

    @unittest.skipIf(pdf.chromium() is None, browser.MISSING)
    def test_grows_where_no_other_font_can(self):
        """Heights in Chromium: parentheses as high as the matrix, the root as its fraction."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "fonts.conf").write_text(NO_MATH)
            heights = {}
            with mock.patch.dict(os.environ, FONTCONFIG_FILE=str(Path(folder, "fonts.conf"))), browser.Browser() as chromium:
                for name, text in (("without", drawn(FORMULAS)), ("with", mathfont.embed(drawn(FORMULAS)))):
                    path = Path(folder, f"{name}.html")
                    path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{page.POLICY}">{text}')
                    chromium.open(path)
                    chromium.until("document.readyState === 'complete'")
                    chromium.ask("document.fonts.ready.then(() => true)")
                    heights[name] = chromium.ask("""(() => {
                        const height = node => node.getBoundingClientRect().height;
                        const fence = [...document.querySelectorAll('mo')].find(m => m.textContent === '(');
                        return [height(fence) / height(document.querySelector('mtable')), document.fonts.check('16px formulas', '(')];
                    })()""")
                self.assertEqual(chromium.said(), [])
        self.assertLess(heights["without"][0], 0.6)
        self.assertGreater(heights["with"][0], 0.85)


class Without(unittest.TestCase):
    def test_pages_are_as_they_were(self):
        with mock.patch.object(mathfont, "file", lambda: None):
            mathfont.made.cache_clear()
            self.addCleanup(mathfont.made.cache_clear)
            self.assertEqual(mathfont.embed(drawn("$x$")), drawn("$x$"))


if __name__ == "__main__":
    unittest.main()
