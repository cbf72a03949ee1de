"""A font for the formulas of a page, inside of the page.

Only with a MATH table do parentheses and roots grow with what they hold, and few
machines have such a font. Ours is STIX Two Math, under the SIL Open Font License, from
the package ziamath; of its glyphs a page gets those that its formulas can need. Where
the package is not, as with the machine's own Jupyter, browsers take what they find.
"""

from __future__ import annotations

import base64
import functools
import importlib.util
import io
import logging
import re
import unicodedata
from html import unescape
from pathlib import Path

try:
    from fontTools import subset
    from fontTools.ttLib import TTFont
except ImportError:
    subset = None

FAMILY = "formulas"  # first in style.css
FORMULA = re.compile(r"<math\b.*?</math>", re.S)
UNSEEN = re.compile(r"<annotation\b.*?</annotation>|<[^<>]*>", re.S)
# A browser draws x in <mi>x</mi> as the slanted letter of Unicode.
SLANTED = {unicodedata.normalize("NFKC", c): c for c in map(chr, [*range(0x1D434, 0x1D468), 0x1D6A4, 0x1D6A5, *range(0x1D6E2, 0x1D71C)])}
SLANTED["h"] = "\u210e"
# It draws a minus for a hyphen, and what no text says for a root.
DRAWN = {"-": "\u2212", "<msqrt": "\u221a", "<mroot": "\u221a"}


def embed(page: str) -> str:
    """The page, with a font if it has formulas and the font is here."""
    needed = characters(page)
    font = made(needed) if needed else ""
    face = f"@font-face {{ font-family: {FAMILY}; src: url(data:font/woff;base64,{font}) }}\n"
    return page.replace("</style>", face + "</style>", 1) if font else page


def characters(page: str) -> str:
    """What the formulas of a page are drawn with, in order."""
    formulas = "".join(FORMULA.findall(page))
    needed = set(unescape(UNSEEN.sub("", formulas)))
    needed |= {drawn for source, drawn in DRAWN.items() if source in formulas}
    needed |= {SLANTED[c] for c in needed & SLANTED.keys()}
    return "".join(sorted(c for c in needed if not c.isspace()))


def file() -> Path | None:
    found = importlib.util.find_spec("ziamath") if subset else None
    path = Path(found.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf" if found else None
    return path if path and path.is_file() else None


@functools.lru_cache(maxsize=64)
def made(needed: str) -> str:
    """The font with these characters, whatever they grow to, and the words of its licence: WOFF in base64; "" where it cannot be had."""
    path = file()
    if path is None:
        return ""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    options = subset.Options(layout_features=["ssty"], name_IDs=[0, 1, 2, 13, 14], notdef_outline=True, hinting=False, flavor="woff")
    with TTFont(path, lazy=True, recalcTimestamp=False, recalcBBoxes=False) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=needed)
        subsetter.subset(font)
        out = io.BytesIO()
        subset.save_font(font, out, options)
    return base64.b64encode(out.getvalue()).decode()
