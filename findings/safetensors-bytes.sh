#!/usr/bin/env bash
# guess:    safetensors is a plain format, so saving the same tensors and metadata gives the same file, and a file that is opened
#           and saved unchanged stays as it was
# truth:    metadata are written in the order of a hash table that is seeded anew at every call: two calls of save() one after
#           the other differ from two entries on. Tensors are sorted by type and name, whatever order they had
# versions: safetensors 0.8.0, numpy 2.2.6, Python 3.11
# date:     2026-11-28
# matters:  a checksum of a safetensors file may cover what it says, never its bytes or the order of its header
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install -q safetensors==0.8.0 numpy==2.2.6; } >install.log 2>&1 || cannot "$(tail -1 install.log)"
cat >try.py <<'EOF'
import json
import struct
import sys

import numpy
from safetensors import safe_open
from safetensors.numpy import save, save_file


def write(path, names, meta):
    """A valid file whose tensors stand in the order of names."""
    header, data = {"__metadata__": meta}, b""
    for name in names:
        header[name] = {"dtype": "F32", "shape": [2], "data_offsets": [len(data), len(data) + 8]}
        data += struct.pack("<2f", 1, 2)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head + data)


def resave(path):
    with safe_open(path, "np") as f:
        save_file({name: f.get_tensor(name) for name in f.keys()}, path + "2", f.metadata())
    with open(path, "rb") as old, open(path + "2", "rb") as new:
        return old.read() == new.read()


tensors, meta = {"a": numpy.zeros(2, numpy.float32)}, {str(i): "" for i in range(8)}
calls = len({save(tensors, meta) for _ in range(8)})
write("order", ["b", "a"], {"format": "np"})
write("meta", ["a"], meta)
order, words = resave("order"), resave("meta")
print(f"8 calls of save() with the same arguments gave {calls} files")
print(f"opened and saved unchanged: tensors b, a the same bytes: {order}; eight entries of metadata the same bytes: {words}")
sys.exit(0 if calls > 1 and not order and not words else 1)
EOF
venv/bin/python try.py || { echo "no longer so: safetensors writes the same bytes"; exit 1; }
