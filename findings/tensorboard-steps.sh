#!/usr/bin/env bash
# guess:    TensorBoard draws the scalars that are in an event file, in whatever order they were written
# truth:    the loader that it uses on Linux and macOS drops, at every step that is not above the last one, all points from that step
#           on: a run that goes back to step 3 loses what it had measured after it, steps written downwards leave one point of six, two
#           counters under one tag thin each other out. TensorBoard with --load_fast=false and the EventAccumulator that scripts
#           read with keep every point of the same file
# versions: tensorboard 2.21.0, tensorboard-data-server 0.7.2, Python 3.11
# date:     2026-11-28
# matters:  inkling export writes one tag a curve with rising steps; who appends another run or a fork to the same folder sees less
#           in TensorBoard than a script does
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install -q --no-compile tensorboard==2.21.0 tensorboard-data-server==0.7.2 "setuptools<81"; } \
	>install.log 2>&1 || cannot "$(tail -1 install.log)"
cat >try.py <<'EOF'
import json
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.event_file_writer import EventFileWriter

RUNS = {"rising": [1, 2, 3, 4, 5, 6], "back to 3": [1, 2, 3, 4, 5, 6, 3, 4], "falling": [6, 5, 4, 3, 2, 1], "two counters": [1, 10, 2, 20, 3, 30]}
for run, steps in RUNS.items():
    writer = EventFileWriter("logs/" + run)
    for i, step in enumerate(steps):
        value = summary_pb2.Summary.Value(tag="loss", simple_value=i)
        writer.add_event(event_pb2.Event(wall_time=1e9 + i, step=step, summary=summary_pb2.Summary(value=[value])))
    writer.close()


def shown(fast):
    """The steps of each run as TensorBoard's page gets them."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", "logs", "--port", "0", "--load_fast", fast]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        address = next(m[0] for m in (re.search(r"http://localhost:\d+/", line) for line in server.stdout) if m)
        steps, until = {}, time.monotonic() + 60
        while len(steps) < len(RUNS) and time.monotonic() < until:
            for run in RUNS.keys() - steps.keys():
                try:
                    query = urllib.parse.urlencode({"tag": "loss", "run": run})
                    with urllib.request.urlopen(address + "data/plugin/scalars/scalars?" + query) as answer:
                        steps[run] = [step for _, step, _ in json.load(answer)]
                except urllib.error.HTTPError:  # not read yet
                    time.sleep(0.2)
        return steps
    finally:
        server.terminate()
        server.wait()


fast, slow = shown("true"), shown("false")
for run, steps in RUNS.items():
    script = EventAccumulator("logs/" + run).Reload()
    print(f"{run}: written {steps}, fast {fast[run]}, slow {slow[run]}, script {[e.step for e in script.Scalars('loss')]}")
EOF
venv/bin/python try.py 2>log >seen || cannot "$(tail -1 log)"
cat seen
diff seen - >/dev/null <<'EOF' || { echo "no longer so: TensorBoard shows other points of these files"; exit 1; }
rising: written [1, 2, 3, 4, 5, 6], fast [1, 2, 3, 4, 5, 6], slow [1, 2, 3, 4, 5, 6], script [1, 2, 3, 4, 5, 6]
back to 3: written [1, 2, 3, 4, 5, 6, 3, 4], fast [1, 2, 3, 4], slow [1, 2, 3, 4, 5, 6, 3, 4], script [1, 2, 3, 4, 5, 6, 3, 4]
falling: written [6, 5, 4, 3, 2, 1], fast [1], slow [6, 5, 4, 3, 2, 1], script [6, 5, 4, 3, 2, 1]
two counters: written [1, 10, 2, 20, 3, 30], fast [1, 2, 3, 30], slow [1, 10, 2, 20, 3, 30], script [1, 10, 2, 20, 3, 30]
EOF
