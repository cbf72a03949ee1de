"""Looks at all pages of a report: every link within leads to a file and a place in it, every id is one.

    links.py FOLDER
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Anchors(HTMLParser):
    def __init__(self, page: Path):
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if attrs.get("id"):
            self.ids.append(attrs["id"])
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])


def broken(folder: Path) -> list[str]:
    pages = {path.name: Anchors(path) for path in sorted(folder.glob("*.html"))}
    wrong = [f"{name}: two places are called #{twice}" for name, page in pages.items()
             for twice in sorted({i for i in page.ids if page.ids.count(i) > 1})]
    for name, page in pages.items():
        for link in page.links:
            to = urlsplit(link)
            if to.scheme or to.netloc:
                continue
            file = unquote(to.path) or name
            if not (folder / file).is_file():
                wrong.append(f"{name}: {link} leads to no file")
            elif to.fragment and file in pages and unquote(to.fragment) not in pages[file].ids:
                wrong.append(f"{name}: {link} leads to no place")
    return wrong


def main(folder: str) -> int:
    wrong = broken(Path(folder))
    for line in wrong:
        print(line)
    print(f"{len(list(Path(folder).glob('*.html')))} pages: {len(wrong)} broken links")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
