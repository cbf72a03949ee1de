import base64
import hashlib
import re
import tempfile
import time
import unittest
from html.parser import HTMLParser
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import page
import sanitize
import summary

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TOLD = {"title": "Q1", "status": "ok", "error": "", "failed_cell": None, "headlines": ["98 % <b>"], "data": ["MNIST"],
        "date": "1 May 2030", "seconds": 61.2, "quick": True, "machine": "8 cores"}


ATTACKS = [
    '<meta http-equiv="refresh" content="0;url=https://evil.example">', '<base href="https://evil.example/">',
    '<form action="https://evil.example"><input type="image" src="x"><button formaction="//evil.example">b</button></form>',
    '<iframe src="https://evil.example" srcdoc="<b>"></iframe>', '<object data="https://evil.example"></object>', '<embed src="//evil.example">',
    '<link rel="stylesheet" href="//evil.example">', '<a href="javascript:alert(1)" onclick="x()">a</a>', '<a href="JaVa&#x0a;Script:alert(1)">a</a>',
    '<a href="//evil.example" target="_top">a</a>', '<a href="\\\\evil.example">a</a>', '<a href="/&#x9;/evil.example">a</a>', '<a href="&sol;&#47;evil.example">a</a>', '<a href=" /\\evil.example">a</a>',
    '<a href="data:text/html,<script>x</script>">a</a>', '<img src="https://evil.example/x.png" onerror="x()" srcset="//evil.example">', '<img src=x onerror=x()>',
    '<svg onload="x()"><script>x</script><animate attributeName="href" to="javascript:x"/><foreignObject><b>b</b></foreignObject></svg>',
    '<style>@import "//evil.example"; main { display: none }</style>', '<p style="background:url(//evil.example)">p</p>',
    '<p style="position:fixed;inset:0;z-index:9">p</p>', '<math href="javascript:x"><mtext><img src=x onerror=x()></mtext></math>',
    '<script>x()</script>', '<scr<script>ipt>x()</scr</script>ipt>', '"><script>x()</script>', '</div></main><meta http-equiv=refresh content=0>',
    '<video poster="//evil.example" src="//evil.example"></video>', '<noscript><p title="</noscript><img src=x onerror=x()>"></noscript>',
    '<!--><img src=x onerror=x()>-->', '<template><meta http-equiv=refresh content=0></template>', 'x" onmouseover="x()',
]


class Acts(HTMLParser):
    """What in the body of a page loads, runs, sends or leads away."""

    def __init__(self):
        super().__init__()
        self.body, self.found = False, []

    def handle_starttag(self, tag, attrs):
        if tag == "body":
            self.body = True
        if not self.body:
            return
        if tag in ("meta", "base", "form", "button", "iframe", "object", "embed", "link", "script", "style", "svg", "video", "template"):
            self.found.append(tag)
        for name, value in attrs:
            value = re.sub(r"\s", "", value or "").lower().replace("\\", "/")
            if (name.startswith("on") or name in ("srcset", "poster", "formaction", "srcdoc", "data", "action", "target")
                    or name in ("href", "src") and value.startswith(("javascript:", "data:text", "//"))
                    or name == "src" and not value.startswith("data:image/")
                    or name == "href" and tag != "a"
                    or name == "style" and re.search(r"url|import|position|z-index", value)):
                self.found.append((tag, name, value))


def notebook(*cells, **told):
    made = new_notebook(cells=list(cells), metadata={"language_info": {"name": "go", "pygments_lexer": "go"}})
    made.metadata[page.KEY] = {**TOLD, **told}
    return made


class Report(unittest.TestCase):
    def assertIn(self, part, page):
        self.assertTrue(part in page, f"{part!r} is not in the page")  # which is too long to print

    def made(self, *cells, **told):
        return page.report(notebook(*cells, **told), Path("."))

    def test_whole_page(self):
        html = self.made(
            new_markdown_cell("# First $x^2$\n\ntext $a_i$ and *more*\n\n## One\n\n### Two `code`"),
            new_code_cell("%%\nx := 1", outputs=[
                new_output("stream", name="stdout", text="a < b\n"),
                new_output("display_data", {"image/png": PIXEL, "text/plain": "figure"}, metadata={"image/png": {"alt": "a dot"}}),
                new_output("display_data", {"text/html": "<table><tr><td>7</td></tr></table>"}),
                new_output("error", ename="ERROR", evalue="boom", traceback=["bad <thing>"]),
            ]))
        self.assertRegex(html, r"<h1>First <math")
        self.assertEqual(html.count("<h1"), 1)
        self.assertIn("98 % &lt;b&gt;", html)
        for fact in ("MNIST", "1 May 2030", "61 s", "quick settings", "8 cores"):
            self.assertIn(fact, html)
        self.assertEqual(re.findall(r'<li class="level(\d)"><a href="#([^"]*)"', html), [("2", "One"), ("3", "Two-code")])
        for heading in ("One", "Two-code"):
            self.assertIn(f'id="{heading}"', html)
        self.assertIn("a &lt; b", html)
        self.assertIn(f'src="data:image/png;base64,{PIXEL}"', html)
        self.assertIn('alt="a dot"', html)
        self.assertNotIn(">figure<", html)
        self.assertIn("<td>7</td>", html)
        self.assertIn("bad &lt;thing&gt;", html)
        self.assertNotIn("xformula", html)

    def test_one_copy_of_a_picture_that_can_be_enlarged(self):
        image = f'<img src="data:image/png;base64,{PIXEL}" alt="a &amp; b" width="640" height="380" style="display:block">'
        twice = new_output("display_data", {"text/html": image, "image/png": PIXEL}, metadata={"image/png": {"alt": "a & b", "width": 640, "height": 380}})
        once = new_output("display_data", {"text/html": image})
        table = new_output("display_data", {"text/html": "<div>t</div>" + image, "image/png": PIXEL})
        html = self.made(new_markdown_cell("# A"), new_code_cell("x", outputs=[twice, once, table]))
        self.assertEqual(html.count(PIXEL), 3)
        shown = re.findall(r'<label><input [^<>]*/?><img ([^<>]*?)/?></label></figure>', html)
        for attributes in shown:
            for part in ('alt="a &amp; b"', 'width="640"', 'height="380"', 'style="--width: 640px"'):
                self.assertIn(part, attributes)
        self.assertEqual(re.findall(r'<figure.*?aria-label="(Enlarge figure \d)"', html), ["Enlarge figure 1", "Enlarge figure 2"])
        self.assertEqual(len(shown), 2)
        self.assertRegex(html, r'<div class="html"><div>t</div><img')

    def test_a_long_stream_is_folded_and_whole(self):
        long = "".join(f"line {i} <b>\n" for i in range(100))
        html = self.made(new_code_cell("x", outputs=[new_output("stream", name="stderr", text=long), new_output("stream", name="stdout", text="short")]))
        self.assertIn('<details class="log"><summary>line 99 &lt;b&gt; <span class="beside">(100 lines)</span></summary><pre class="stream stderr">line 0 &lt;b&gt;\n', html)
        self.assertIn('<pre class="stream">short</pre>', html)
        self.assertEqual(html.count("<details"), 1)

    def test_printed_tables_are_not_wrapped(self):
        table = ["   layer  output", "0.linear    <b>", "   total      1"]
        said = "before\na  b\n\n" + "\n".join(table) + "\nafter"
        html = self.made(new_code_cell("x", outputs=[new_output("stream", name="stdout", text=said)]))
        self.assertIn('<pre class="stream">before\na  b\n</pre><pre aria-label="Table" class="stream tabular" role="group" style="--columns: 16" tabindex="0">'
                      '   layer  output\n0.linear    &lt;b&gt;\n   total      1</pre><pre class="stream">after</pre>', html)
        # A table is no log, however long; what is coloured across its lines stays whole.
        html = self.made(new_code_cell("x", outputs=[new_output("stream", name="stdout", text="\n".join(table * 50))]))
        self.assertNotIn("<details", html)
        html = self.made(new_code_cell("x", outputs=[new_output("stream", name="stdout", text="\x1b[31ma\n" + "\n".join(table) + "\nb\x1b[0m")]))
        self.assertNotIn('class="stream tabular', html)

    def test_printed_paragraphs_can_be_broken_elsewhere(self):
        lines = ["The gradient of cross-entropy with the softmax inside is p - y &", "it does not die where the network is wrong.", "Short.", "  indented",
                 "A line of sixty letters or more that ends a paragraph of its own.", "Another."]
        html = self.made(new_code_cell("x", outputs=[new_output("stream", name="stdout", text="\n".join(lines))]))
        self.assertIn('<pre class="stream"><span class="wrapped">The gradient of cross-entropy with the softmax inside is p - y &amp;\n'
                      'it does not die where the network is wrong.</span>\nShort.\n  indented\nA line', html)

    def test_tables_scroll_where_a_keyboard_reaches(self):
        html = self.made(new_markdown_cell("# A\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
                         new_code_cell("x", outputs=[new_output("display_data", {"text/html": "<b>t</b><table><tr><td>7</td></tr></table>"})]))
        self.assertEqual(html.count('<div class="wide" role="group" aria-label="Table" tabindex="0"><table'), 2)

    def test_loads_and_runs_nothing(self):
        html = self.made(new_markdown_cell("# A\n\n$x$ [link](https://example.org) ```go\nx\n```"),
                         new_code_cell("x", outputs=[new_output("display_data", {"application/javascript": "alert(1)", "text/plain": "t"})]))
        self.assertEqual(re.findall(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=[\"']?(?:https?:)?//[^>]*>", html), [])
        self.assertNotIn("<script", html)
        self.assertNotIn("alert(1)", html)
        self.assertNotRegex(html, r"@import|url\(\s*[\"']?http")
        self.assertIn("default-src 'none'", html)

    def test_no_script_but_ours_by_hash(self):
        ours = ('document.title = "é <b> & </b> $x$";\nlet a = 1 && 2;\n', "let b;")
        html = page.render("page.html.j2", ours, wasm=True, title="<i>", footer="foot")
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)[1]
        ran = re.findall(r"<script>(.*?)</script>", html, re.S)  # as a browser reads it
        self.assertEqual(ran, list(ours))
        hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in ran]
        self.assertEqual(policy.split("; ")[-1], f"script-src 'sha256-{hashes[0]}' 'sha256-{hashes[1]}' 'wasm-unsafe-eval'")
        self.assertNotIn("wasm", page.policy(ours, wasm=False))
        # A page without one allows none: script-src falls back on default-src.
        self.assertNotIn("script-src", self.made(new_markdown_cell("# A")))
        for broken in ("a</script>", "a<!-- b", "'<SCRIPT'", "a\r\nb", "a\0"):
            with self.subTest(broken), self.assertRaises(ValueError):
                page.render("page.html.j2", (broken,), title="", footer="")

    def test_cannot_be_led_away(self):
        for attack in ATTACKS:
            outputs = [new_output("display_data", {kind: attack}) for kind in ("text/html", "text/markdown", "text/latex")]
            outputs.append(new_output("display_data", {"image/png": PIXEL + '">' + attack}, metadata={"image/png": {"alt": attack, "width": "9"}}))
            outputs += [new_output("stream", name="stdout", text=attack),
                        new_output("error", ename="E", evalue=attack, traceback=[attack])]
            html = self.made(new_markdown_cell(f"# {attack}\n\n{attack}\n\n[a]({attack}) ${attack}$ $\\text{{{attack}}}$ $$\\href{{javascript:x}}{{y}}$$"),
                             new_code_cell(attack, outputs=outputs), title=attack, headlines=[attack], data=[attack], error=attack)
            seen = Acts()
            seen.feed(html)
            with self.subTest(attack):
                self.assertEqual(seen.found, [])

    def test_our_figures_stay(self):
        figure = (f'<div style="overflow-x: auto; margin: 4px 0;"><img alt="a" width="3" src="data:image/png;base64,{PIXEL * 9}">'
                  '<table style="border-collapse: collapse;"><thead><tr><th style="text-align: right; border-bottom: 1px solid rgba(128,128,128,.6);">n</th>'
                  '</tr></thead><tbody><tr><td>1 &lt; 2</td></tr></tbody></table><details open><summary>log</summary><pre>x</pre></details>'
                  '<span style="display: inline-block; width: 180px; height: 7px; background: #2f81c7;"></span><a href="q1.html" rel="noopener noreferrer">q</a></div>')
        self.assertEqual(sanitize.clean(figure), figure)

    def test_links_tell_nothing_and_keep_their_place(self):
        for href, kept in (("https://go.dev/x", True), ("q1.html#a", True), ("/a", True), ("mailto:a@b.c", True), ("//go.dev", False), ("\\\\go.dev", False)):
            with self.subTest(href):
                to = f'href="{href}" ' if kept else ""
                self.assertEqual(sanitize.clean(f'<a href="{href}" rel="opener" target="_top" title="<a ">x</a>'),
                                 f'<a {to}title="&lt;a " rel="noopener noreferrer">x</a>')

    def test_unclosed_text_is_read_once(self):
        for text in ("\\[", "\\(", "$$", "$", "$a ", "`", "``` ", "\\begin{align}", "{", "<script", "<!--", "<a"):
            with self.subTest(text):
                began = time.process_time()
                formulas = page.Formulas()
                formulas.put_back(formulas.take(text * (200_000 // len(text))))
                sanitize.UNREADABLE.sub("", text * (200_000 // len(text)))
                self.assertLess(time.process_time() - began, 30, "quadratic takes minutes")

    def test_go_is_coloured_as_go(self):
        self.assertRegex(self.made(new_code_cell("func f() {}")), r'<span class="kd">func</span>')

    def test_failed_cell_is_marked(self):
        html = self.made(new_code_cell("a"), new_code_cell("b"), status="failed", error="cell 2 of 2: boom", failed_cell=1)
        self.assertEqual(re.findall(r'class="(cell[^"]*)"', html), ["cell", "cell failed"])
        self.assertIn("cell 2 of 2: boom", html)

    def test_claims_are_marked(self):
        said = "claim (true): 1 < 2\nclaim (false): <b>\nclaim (not decided by this run: x): y\n"
        html = self.made(new_code_cell("a", outputs=[new_output("stream", name="stdout", text=said)]), status="failed", error="a claim is false: b",
                         claims=[{"cell": 0, "verdict": "false", "text": "b"}])
        self.assertEqual(re.findall(r'class="verdict (\w+)">(.) claim', html), [("true", "✓"), ("false", "✗"), ("not", "?")])
        self.assertIn("</span> &lt;b&gt;", html)
        self.assertNotIn("What ran before", html)  # everything ran
        self.assertIn("1 claim: 1 false", html)

    def test_links_lead_to_pages(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("q 1", "q2", "q3"):
                nbformat.write(notebook(new_markdown_cell(f"# Title of {name}")), Path(folder, f"{name}.ipynb"))
            links = "[a](q%201.ipynb) [b](q2.ipynb#Two) [c](gone.ipynb) [d](../q2.ipynb) [e](https://x.org/q2.ipynb)"
            html = page.report(notebook(new_markdown_cell("# T\n\n" + links)), Path(folder), "q2", ["q 1", "q2", "q3"])
        self.assertEqual(re.findall(r'<a href="([^"]*)"[^>]*>[a-e]</a>', html),
                         ["q%201.html", "q2.html#Two", "gone.ipynb", "../q2.ipynb", "https://x.org/q2.ipynb"])
        self.assertEqual(re.findall(r'<a class="(\w+)" href="([^"]*)" rel="\w+">([^<]*)</a>', html),
                         [("previous", "q%201.html", "← Title of q 1"), ("next", "q3.html", "Title of q3 →")])

    def test_no_heading(self):
        self.assertIn("<h1>Q1</h1>", self.made(new_code_cell("a")))


class Index(unittest.TestCase):
    def test_lists_reports_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            nbformat.write(notebook(new_code_cell("a", outputs=[new_output("display_data", {"image/png": PIXEL})])), folder / "q 1.ipynb")
            figure = '<img alt="a" src="data:image/png;base64,ab&#43;c=">'
            nbformat.write(notebook(new_code_cell("a", outputs=[new_output("display_data", {"text/html": figure})])), folder / "q1.ipynb")
            nbformat.write(notebook(status="failed", error="cell 1 of 1: <boom>", title="Q2 <i> for $5"), folder / "q2.ipynb")
            nbformat.write(new_notebook(), folder / "foreign.ipynb")
            (folder / "broken.ipynb").write_text("{")
            html = page.index(folder, "foot")
        self.assertEqual(re.findall(r'<h2><a href="([^"]*)">([^<]*)', html), [("q%201.html", "Q1"), ("q1.html", "Q1"), ("q2.html", "Q2 &lt;i&gt; for $5")])
        self.assertIn("&lt;boom&gt;", html)
        self.assertEqual(re.findall(r'<img src="([^"]*)"', html), [f"data:image/png;base64,{PIXEL}", "data:image/png;base64,ab+c="])
        self.assertIn("98 % &lt;b&gt;", html)

    def test_says_what_all_reports_come_to(self):
        row = {"dev": "98.02 ± 0.12", "test": "–", "original": "80.56", "what": "MLP <1>", "made": "5 epochs, 3 seeds", "data": "MNIST", "runs": ["a1"]}
        best = {**row, "test": "98.33 ± 0.03", "original": "–", "what": "MLP 2", "runs": ["a1", "b2"]}
        claims = [{"cell": 0, "verdict": v, "text": f"{v} <i>"} for v in ("true", "false", "not decided by this run: x")]
        with tempfile.TemporaryDirectory() as name:
            nbformat.write(notebook(results=[row, best], claims=claims, versions={"Go": "1.26"}, kernels=["avx"], quick=False), Path(name, "q1_mlp.ipynb"))
            html = page.index(Path(name), "foot")
        self.assertEqual(re.findall(r"<tr><td><a [^>]*>(.*?)</a></td><td>(.*?)</td>", html), [("1", "MLP &lt;1&gt;"), ("1", "MLP 2")])
        for part in ("1 result has a counterpart here: 80.56 % right on its dev images, 98.02 % on ours.", "The best on the test set is 98.33 ± 0.03 %: MLP 2 (5 epochs, 3 seeds).",
                     "Of 3 claims in the text 1 is true, 1 is false, 1 is not decided.", "A claim is false:</strong> false &lt;i&gt;", "Go 1.26", "avx", "2 in the table above"):
            self.assertTrue(part in html, part)
        self.assertFalse("quick" in html.split("<body>")[1])

    def test_counts_and_times_in_few_words(self):
        self.assertEqual(summary.grouped("MNIST: 60000 training and 9000 test images in x/12345 images, 1234567 weights"),
                         "MNIST: 60,000 training and 9000 test images in x/12345 images, 1,234,567 weights")
        dates = ["1 May 2030, 09:05", "1 May 2030, 10:00", "30 April 2030, 23:00"]
        for given, want in ((dates[:2], "1 May 2030, 09:05 to 10:00"), (dates, "30 April 2030, 23:00 to 1 May 2030, 10:00"), (dates[:1] * 2, dates[0]), ([], ""), (["1 May", "x"], "1 May; x")):
            self.assertEqual(summary.period(given), want)
        self.assertEqual([summary.span(n, "epoch") for n in ([3, 1, 12], [1, 1])], ["1 to 12 epochs", "1 epoch"])

    def test_title(self):
        self.assertEqual(page.title(notebook(new_markdown_cell("x\n\n# A *b* `c`\n")), "name"), "A b c")
        self.assertEqual(page.title(notebook(new_markdown_cell("## no")), "name"), "name")


if __name__ == "__main__":
    unittest.main()
