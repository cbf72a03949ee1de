#!/usr/bin/env bash
# guess:    the text for those who cannot see a figure, which a kernel sends as metadata of its image/png, is in the page that
#           nbconvert makes of a notebook
# truth:    the template `classic` has it; `lab`, the default, drops it and then writes alt="No description has been provided for
#           this image". The alt of an <img> in text/html stays in both; the LaTeX exporter leaves such a figure out with a warning
# versions: nbconvert 7.17.2, nbformat 5.11.1, Python 3.11
# date:     2026-11-28
# matters:  figures with words go into a page as HTML with an <img alt>, and into LaTeX or PDF as image/png
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install -q nbconvert==7.17.2 nbformat==5.11.1; } >install.log 2>&1 || cannot "$(tail -1 install.log)"
cat >try.py <<'EOF'
import sys
import warnings

from nbconvert import HTMLExporter, LatexExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

warnings.simplefilter("ignore")
PNG = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
as_image = new_output("display_data", data={"image/png": PNG}, metadata={"image/png": {"alt": "a red dot"}})
as_html = new_output("display_data", data={"text/html": f'<img alt="a blue dot" src="data:image/png;base64,{PNG}">'})
notebook = new_notebook(cells=[new_code_cell("image", outputs=[as_image]), new_code_cell("html", outputs=[as_html])])
lab, _ = HTMLExporter().from_notebook_node(notebook)
classic, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
_, latex = LatexExporter().from_notebook_node(notebook)
figures = [name for name in latex["outputs"]]
print("alt of image/png: lab", "a red dot" in lab, "classic", "a red dot" in classic)
print("lab says none was provided:", "No description has been provided" in lab)
print("alt in text/html: lab", "a blue dot" in lab, "classic", "a blue dot" in classic)
print("figures in LaTeX:", len(figures), "of 2")
held = "a red dot" not in lab and "a red dot" in classic and "No description has been provided" in lab and len(figures) == 1
sys.exit(0 if held else 1)
EOF
venv/bin/python try.py || { echo "no longer so: the default template keeps the alt text, or LaTeX the figure"; exit 1; }
