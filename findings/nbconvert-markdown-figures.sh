#!/usr/bin/env bash
# guess:    of an output that has both text/html and image/png, nbconvert's Markdown shows the picture, as a file beside the text
# truth:    it extracts the file and never mentions it: text/html comes first, and is copied whole into the Markdown, data: images
#           and all. reStructuredText and LaTeX take the picture; display_data_priority changes it for Markdown
# versions: nbconvert 7.17.2, nbformat 5.11.1, Python 3.11
# date:     2026-11-28
# matters:  our figures carry both; ./scripts/lab sets the order for its Markdown exports
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install -q nbconvert==7.17.2 nbformat==5.11.1; } >install.log 2>&1 || cannot "$(tail -1 install.log)"
cat >try.py <<'EOF'
import sys

from nbconvert import LatexExporter, MarkdownExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from traitlets.config import Config

PNG = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
both = {"text/html": f'<img alt="a dot" src="data:image/png;base64,{PNG}">', "image/png": PNG}
notebook = new_notebook(cells=[new_code_cell("x", outputs=[new_output("display_data", data=both)])])
order = Config({"NbConvertBase": {"display_data_priority": ["image/png", "text/html"]}})
found = {}
for name, exporter in (("markdown", MarkdownExporter()), ("markdown, image/png first", MarkdownExporter(config=order)),
                       ("latex", LatexExporter())):
    text, resources = exporter.from_notebook_node(notebook)
    file = next(iter(resources["outputs"]))
    found[name] = (file in text, "data:image" in text)
    print(f"{name}: a file was extracted; the text names it: {file in text}; it holds a data: image: {'data:image' in text}")
sys.exit(0 if found == {"markdown": (False, True), "markdown, image/png first": (True, False), "latex": (True, False)} else 1)
EOF
venv/bin/python try.py || { echo "no longer so: Markdown names the file that it extracts"; exit 1; }
