"""Turns the TeX formulas of markdown cells into MathML, which browsers draw offline.

The formulas are taken out before markdown sees them (an underscore or a
backslash means something to markdown) and put back into the finished page.
"""

from __future__ import annotations

import bisect
import functools
import html
import re
from xml.etree import ElementTree as ET

from sanitize import clean_math

try:
    from latex2mathml.converter import convert
except ImportError:  # the machine's own Jupyter: the source has to do
    convert = None

# What may begin a formula, or code, in which a $ is no formula. Where it ends is
# looked for from there (see Scan), so that what is never closed costs no more
# than one look to the end of the text.
BEGIN = re.compile(
    r"(?P<fence>^(?:`{3,}|~{3,}))|(?P<ticks>`+)|(?P<escaped>\\[\\$])|(?P<display>\$\$)|(?P<brackets>\\\[)"
    r"|(?P<environment>\\begin\{(?:equation|align|aligned|gather|gathered|split|cases)\*?\})|(?P<parens>\\\()|(?P<dollar>\$)",
    re.M)
# A single $ opens a formula only right before, and closes one only right after,
# something that is no space, and not before a digit: prices stay prices.
INLINE = re.compile(r"\$(?!\s)((?:[^$`\n]|\n(?![ \t]*\n))*?(?<![\s\\]))\$(?!\d)")
LONGEST = 10_000  # characters of a formula that is drawn
TOKEN = "xformula%dx"
TOKENS = re.compile(r"xformula(\d+)x")


@functools.lru_cache(maxsize=4096)
def mathml(tex: str, display: bool) -> str:
    tex = tex.strip()
    tag = "div" if display else "span"
    source = f'<{tag} class="tex">{html.escape(tex)}</{tag}>'
    if len(tex) > LONGEST:
        return source
    # latex2mathml draws only one of the environments that align lines.
    inner = re.sub(r"\\(?:begin|end)\{equation\*?\}", "", tex)
    inner = re.sub(r"\\(begin|end)\{(?:align|aligned|gather|gathered)\*?\}", r"\\\1{align*}", inner)
    inner = re.sub(r"\\(?:nonumber|notag)\b", "", inner)
    if convert is not None:
        try:
            drawn = clean_math(set_as_tex(convert(inner, display="block" if display else "inline"), display))
            if "\\" in html.unescape(drawn) and not re.search(r"\\(?:backslash|setminus|smallsetminus)\b", tex):
                return source  # it has drawn a command that it does not know as text
            note = f'<annotation encoding="application/x-tex">{html.escape(tex)}</annotation>'
            drawn = re.sub(r"(<math[^>]*>)(.*)</math>", lambda m: f"{m[1]}<semantics>{m[2]}{note}</semantics></math>", drawn, flags=re.S)
            # Where the page is narrow it scrolls, which a keyboard must reach.
            return f'<span class="formula" role="group" aria-label="Formula" tabindex="0">{drawn}</span>' if display else drawn
        except Exception:  # noqa: BLE001 - the parser raises of all kinds; the source is readable too
            pass
    return source


# Operators whose limits stand below and above them in a display.
LIMITS = frozenset("∑∏∐⋀⋁⋂⋃⨀⨁⨂⨆") | {"lim", "max", "min", "sup", "inf", "argmax", "argmin", "limsup", "liminf", "det", "gcd", "Pr"}
UNDER = {"msub": "munder", "msubsup": "munderover"}
SCRIPTS = frozenset("msub msup msubsup munder mover munderover".split())
THIN = ("mspace", {"width": "0.1667em"})


def set_as_tex(mathml: str, display: bool) -> str:
    """What latex2mathml leaves out: limits of operators without \\limits, and the thin spaces around log and its like."""
    head, body = re.fullmatch(r"(<math[^>]*>)(.*)</math>", mathml, re.S).groups()
    tree = ET.fromstring(f"<math>{body}</math>")
    for node in list(tree.iter()):
        if display and node.tag in UNDER and node[0].tag in ("mo", "mi") and node[0].text in LIMITS:
            node.tag = UNDER[node.tag]
            node[0].tag = "mo"
            node[0].set("movablelimits", "true")
    for node in tree.iter():
        before = None
        for child in list(node) if node.tag in ("math", "mrow", "mtd", "mstyle", "msqrt") else ():
            if before is not None and (named(before) and child.tag not in ("mo", "mspace") or named(child) and ends(before)):
                node.insert(list(node).index(child), ET.Element(*THIN))
            before = child
    for name in tree.iter("mo"):
        if named(name):
            name.set("lspace", "0")
            name.set("rspace", "0")
    return head + ET.tostring(tree, encoding="unicode")[len("<math>"):] if len(tree) else mathml


def named(node: ET.Element) -> bool:
    """Whether this is log, max or another operator with a name, with or without scripts."""
    while node.tag in SCRIPTS:
        node = node[0]
    return node.tag in ("mi", "mo") and len(node.text or "") > 1 and node.text.isalpha() and "mathvariant" not in node.attrib


def ends(node: ET.Element) -> bool:
    """Whether this may stand right before an operator with a name: a letter, a number, a closed parenthesis, another such operator."""
    return node.text in (")", "]", "}") or named(node) if node.tag == "mo" else node.tag != "mspace"


class Scan:
    """Finds ends in a text; what has none from some place on has none later."""

    def __init__(self, text: str):
        self.text = text
        self.missing: set[str] = set()
        self.ticks: dict[int, list[int]] = {}
        for run in re.finditer("`+", text):
            self.ticks.setdefault(len(run[0]), []).append(run.start())
        self.fences = [(m.start(1), m[1]) for m in re.finditer(r"^(`{3,}|~{3,})", text, re.M)]
        self.next_fence = 0

    def end(self, closing: str, begin: int) -> int:
        """Where closing begins, at least one character from begin; -1 if nowhere."""
        if closing in self.missing:
            return -1
        found = self.text.find(closing, begin + 1)
        if found < 0:
            self.missing.add(closing)
        return found

    def code_end(self, ticks: int, begin: int) -> int:
        """Behind the next run of as many backticks; -1 if there is none."""
        places = self.ticks[ticks]
        at = bisect.bisect_left(places, begin)
        return places[at] + ticks if at < len(places) else -1

    def fence_end(self, fence: str, begin: int) -> int:
        """Behind the fence that closes; one that is not closed goes on to the end, as in markdown."""
        while self.next_fence < len(self.fences):
            place, other = self.fences[self.next_fence]
            self.next_fence += 1
            if place >= begin and other.startswith(fence):
                return place + len(other)
        return len(self.text)


class Formulas:
    """The formulas taken out of one notebook."""

    def __init__(self):
        self.drawn: list[str] = []
        self.sources: list[str] = []

    def take(self, markdown: str) -> str:
        """Markdown with a token in the place of every formula."""

        scan, kept, at = Scan(markdown), [], 0
        while begin := BEGIN.search(markdown, at):
            kept.append(markdown[at:begin.start()])
            kind, start, at = begin.lastgroup, begin.end(), begin.end()
            if kind in ("fence", "ticks"):
                end = scan.fence_end(begin[0], start) if kind == "fence" else scan.code_end(len(begin[0]), start)
                at = max(end, start)
                kept.append(markdown[begin.start():at])
            elif kind == "escaped":
                kept.append("&#36;" if begin[0] == r"\$" else begin[0])
            elif kind == "dollar":
                inline = INLINE.match(markdown, begin.start())
                # A dollar that markdown does not take for a formula's.
                kept.append(self.token(inline[1], False) if inline else "&#36;")
                at = inline.end() if inline else at
            else:
                closing = {"display": "$$", "brackets": r"\]", "parens": r"\)"}.get(kind) or begin[0].replace("begin", "end")
                end = scan.end(closing, start)
                if end < 0:
                    kept.append("&#36;&#36;" if kind == "display" else begin[0])
                elif kind == "environment":
                    at = end + len(closing)
                    kept.append(self.token(markdown[begin.start():at], True))
                else:
                    at = end + len(closing)
                    kept.append(self.token(markdown[start:end], kind != "parens"))
        return "".join(kept) + markdown[at:]

    def token(self, tex: str, display: bool) -> str:
        self.drawn.append(mathml(tex, display))
        self.sources.append(tex)
        return TOKEN % (len(self.drawn) - 1)

    def put_back(self, page: str) -> str:
        """The page with every formula drawn; inside of tags, its source."""
        page = re.sub(r"<[a-zA-Z][^<>]*>", lambda tag: TOKENS.sub(
            lambda m: html.escape(self.sources[int(m[1])]) if int(m[1]) < len(self.sources) else m[0], tag[0]), page)
        return TOKENS.sub(lambda m: self.drawn[int(m[1])] if int(m[1]) < len(self.drawn) else m[0], page)
