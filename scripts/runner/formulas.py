"""Turns the TeX formulas of markdown cells into MathML, which browsers draw offline.

The formulas are taken out before markdown sees them (an underscore or a
backslash means something to markdown) and put back into the finished page.
"""

from __future__ import annotations

import html
import re

try:
    from latex2mathml.converter import convert
except ImportError:  # the machine's own Jupyter: the source has to do
    convert = None

# Code comes first so that a $ in it is no formula. A single $ opens a formula
# only right before, and closes one only right after, something that is no
# space, and not before a digit: prices stay prices.
PIECES = re.compile(
    r"(?P<code>^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<escaped>\\[\\$])"
    r"|\$\$(?P<display>.+?)\$\$"
    r"|\\\[(?P<brackets>.+?)\\\]"
    r"|(?P<environment>\\begin\{(?P<name>equation|align|aligned|gather|gathered|split|cases)\*?\}.+?\\end\{(?P=name)\*?\})"
    r"|\\\((?P<parens>.+?)\\\)"
    r"|\$(?!\s)(?P<inline>(?:[^$`\n]|\n(?!\s*\n))*?(?<![\s\\]))\$(?!\d)"
    r"|(?P<dollar>\$)",
    re.M | re.S,
)
TOKEN = "xformula%dx"
TOKENS = re.compile(r"xformula(\d+)x")


def mathml(tex: str, display: bool) -> str:
    tex = tex.strip()
    # latex2mathml draws only one of the environments that align lines.
    inner = re.sub(r"\\(?:begin|end)\{equation\*?\}", "", tex)
    inner = re.sub(r"\\(begin|end)\{(?:align|aligned|gather|gathered)\*?\}", r"\\\1{align*}", inner)
    inner = re.sub(r"\\(?:nonumber|notag)\b", "", inner)
    if convert is not None:
        try:
            drawn = convert(inner, display="block" if display else "inline")
            note = f'<annotation encoding="application/x-tex">{html.escape(tex)}</annotation>'
            return re.sub(r"(<math[^>]*>)(.*)</math>", lambda m: f"{m[1]}<semantics>{m[2]}{note}</semantics></math>", drawn, flags=re.S)
        except Exception:  # noqa: BLE001 - the parser raises of all kinds; the source is readable too
            pass
    tag = "div" if display else "span"
    return f'<{tag} class="tex">{html.escape(tex)}</{tag}>'


class Formulas:
    """The formulas taken out of one notebook."""

    def __init__(self):
        self.drawn: list[str] = []
        self.sources: list[str] = []

    def take(self, markdown: str) -> str:
        """Markdown with a token in the place of every formula."""

        def replace(match):
            if match["code"]:
                return match[0]
            if match["dollar"] or match[0] == r"\$":
                return "&#36;"  # which markdown does not take for a formula's
            if match["escaped"]:
                return match[0]
            display = match["display"] or match["brackets"] or match["environment"]
            tex = display or match["parens"] or match["inline"]
            self.drawn.append(mathml(tex, bool(display)))
            self.sources.append(tex)
            return TOKEN % (len(self.drawn) - 1)

        return PIECES.sub(replace, markdown)

    def put_back(self, page: str) -> str:
        """The page with every formula drawn; inside of tags, its source."""
        page = re.sub(r"<[a-zA-Z][^>]*>", lambda tag: TOKENS.sub(
            lambda m: html.escape(self.sources[int(m[1])]) if int(m[1]) < len(self.sources) else m[0], tag[0]), page)
        return TOKENS.sub(lambda m: self.drawn[int(m[1])] if int(m[1]) < len(self.drawn) else m[0], page)
