"""What may be in a page: HTML of cells, markdown and formulas, by lists of what is allowed.

bleach, which nbconvert brings, keeps text, tables, pictures within the page and
harmless styles. Nothing that loads, runs, sends or leads away is on a list, and
nothing that could lie over the page.
"""

from __future__ import annotations

import re
from html import unescape

import tinycss2
from bleach.css_sanitizer import CSSSanitizer
from bleach.html5lib_shim import Filter
from bleach.sanitizer import Cleaner

TAGS = frozenset("""
a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5
h6 hr i img ins kbd li mark meter ol p pre progress q s samp section small span strong sub summary sup table tbody td
tfoot th thead time tr tt u ul var wbr""".split())
ATTRIBUTES = frozenset("""
align alt class colspan dir headers height href id lang max min open reversed role rowspan scope span src start style
title type valign value width""".split())
STYLES = frozenset("""
align-items background background-color border border-bottom border-collapse border-color border-left border-radius
border-right border-spacing border-style border-top border-width box-sizing caption-side color column-gap columns display flex flex-direction
flex-wrap float font font-family font-size font-style font-variant font-variant-numeric font-weight gap
grid-template-columns height justify-content letter-spacing line-height list-style list-style-type margin margin-bottom
margin-left margin-right margin-top max-height max-width min-height min-width opacity overflow overflow-wrap overflow-x overflow-y padding
padding-bottom padding-left padding-right padding-top row-gap text-align text-decoration text-transform
vertical-align white-space width word-break""".split())
HOST = re.compile(r"[\x00-\x20]*[/\\][\x00-\x20]*[/\\]")  # //host, and what browsers read as that: a page lies in a folder
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml)[;,]")  # which runs no script in an <img>

MATH_TAGS = frozenset("""
math menclose merror mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace
msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none""".split())
MATH_ATTRIBUTES = frozenset("""
accent accentunder align close columnalign columnlines columnspacing columnspan depth dir display displaystyle fence
frame height largeop linebreak linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize
movablelimits notation open rowalign rowlines rowspacing rowspan rspace scriptlevel separator separators stretchy
symmetric voffset width xmlns""".split())


FUNCTIONS = frozenset("rgb rgba hsl hsla calc min max clamp repeat minmax".split())


class Styles(CSSSanitizer):
    """The properties of STYLES, without values that load: url() and all functions that are not FUNCTIONS."""

    def sanitize_css(self, style: str) -> str:
        kept = []
        for declaration in tinycss2.parse_declaration_list(super().sanitize_css(style), skip_comments=True, skip_whitespace=True):
            if declaration.type == "declaration" and all(map(harmless, declaration.value)):
                kept.append(f"{declaration.name}: {tinycss2.serialize(declaration.value).strip()};")
        return " ".join(kept)


def harmless(token) -> bool:
    if token.type == "function":
        return token.lower_name in FUNCTIONS and all(map(harmless, token.arguments))
    return token.type in ("ident", "literal", "number", "dimension", "percentage", "hash", "whitespace", "string")


def attribute(tag: str, name: str, value: str) -> bool:
    if name == "src":
        return tag == "img" and PICTURE.match(value) is not None
    if name == "name":
        return tag == "details"  # of which one is open: elsewhere a name is one of scripts
    if name == "href":
        return tag == "a" and not HOST.match(unescape(value))
    return name in ATTRIBUTES


class Quiet(Filter):
    """Links tell where they lead nothing of the page, nor get hold of it."""

    def __iter__(self):
        for token in super().__iter__():
            if token["type"] in ("StartTag", "EmptyTag") and token["name"] == "a":
                token["data"][(None, "rel")] = "noopener noreferrer"
            yield token


HTML = Cleaner(tags=TAGS, attributes=attribute, protocols={"http", "https", "mailto", "data"}, strip=True, filters=[Quiet],
               css_sanitizer=Styles(allowed_css_properties=STYLES))
MATH = Cleaner(tags=MATH_TAGS, attributes=lambda tag, name, value: name in MATH_ATTRIBUTES, strip=True)
# Their text is nothing to read. What this leaves of them, the cleaner takes.
UNREADABLE = re.compile(r"<(script|style|title|template|noscript|iframe|object)\b.*?(?:</\1\s*>|\Z)", re.I | re.S)
HREF_DATA = re.compile(r'\shref="data:[^"]*"', re.I)
LONG_PICTURE = re.compile(r'(<img\b[^<>]{0,300}?\ssrc=")(data:image/(?:png|jpeg);base64,(?:[A-Za-z0-9+/=]|&#43;){200,})(")')


def clean(html: str) -> str:
    """HTML from a cell or from markdown, as a page may hold it."""
    pictures: list[str] = []

    def away(match):
        # The cleaner reads letter by letter; of a picture there is nothing to clean.
        pictures.append(match[2])
        return f"{match[1]}data:image/png;xpicture{len(pictures) - 1}x{match[3]}"

    html = LONG_PICTURE.sub(away, UNREADABLE.sub("", html))
    html = HREF_DATA.sub("", HTML.clean(html))
    return re.sub(r"data:image/png;xpicture(\d+)x(?=\")", lambda m: pictures[int(m[1])] if int(m[1]) < len(pictures) else "", html)


def clean_math(mathml: str) -> str:
    return MATH.clean(mathml)


def base64_only(text: str) -> str:
    """Base64 without whatever else is in it, which could end the attribute it stands in."""
    return re.sub(r"[^A-Za-z0-9+/=]", "", "".join(text) if isinstance(text, list) else str(text))
