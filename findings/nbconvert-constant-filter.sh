#!/usr/bin/env bash
# guess:    a filter in a template of nbconvert is called wherever the page gets to it: one that counts numbers three figures 1, 2, 3
# truth:    applied to a constant it is called once, while the template is compiled, before there is a notebook: each figure gets
#           the same number, in every notebook that the exporter converts, and one in a branch that is never taken is called as well.
#           Applied to a variable, be it set to the same constant, it is called each time
# versions: nbconvert 7.17.2, Jinja2 3.1.6, nbformat 5.11.1, Python 3.11
# date:     2026-11-28
# matters:  pages of reports are made by nbconvert: what counts, reads a clock or a file belongs into a preprocessor, or takes the cell
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install -q --no-compile nbconvert==7.17.2 Jinja2==3.1.6 nbformat==5.11.1; } >install.log 2>&1 ||
	cannot "$(tail -1 install.log)"
cat >try.py <<'EOF'
import itertools

from nbconvert.exporters import TemplateExporter
from nbformat.v4 import new_markdown_cell, new_notebook

for name, template in {
    "constant": "{% for cell in nb.cells %}{{ 'Figure'|number }} {% endfor %}",
    "variable": "{% for cell in nb.cells %}{% set word = 'Figure' %}{{ word|number }} {% endfor %}",
    "never": "{% for cell in nb.cells if false %}{{ 'Figure'|number }} {% endfor %}",
}.items():
    counter = itertools.count(1)
    exporter = TemplateExporter(raw_template=template)
    exporter.register_filter("number", lambda word: f"{word} {next(counter)}")
    pages = [exporter.from_notebook_node(new_notebook(cells=[new_markdown_cell("") for _ in range(3)]))[0].strip() for _ in range(2)]
    print(f"{name}: {pages}, called {next(counter) - 1} times")
EOF
venv/bin/python try.py 2>log >seen || cannot "$(tail -1 log)"
cat seen
diff seen - >/dev/null <<'EOF' || { echo "no longer so: a filter of a constant is called where it stands"; exit 1; }
constant: ['Figure 1 Figure 1 Figure 1', 'Figure 1 Figure 1 Figure 1'], called 1 times
variable: ['Figure 1 Figure 2 Figure 3', 'Figure 4 Figure 5 Figure 6'], called 6 times
never: ['', ''], called 1 times
EOF
