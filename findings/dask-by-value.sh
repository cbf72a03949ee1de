#!/usr/bin/env bash
# guess:    after cloudpickle.register_pickle_by_value(module), client.submit(module.f) runs on workers that do not have the module,
#           as client.run(module.f) then does
# truth:    the task graph fails to be deserialized: submit pickles a graph, and the registry is asked about the module of the
#           outermost object alone, which that graph's is not. On a cluster of the same machine nobody notices, as the workers can
#           import the module
# versions: distributed 2026.8.0, dask 2026.8.0, cloudpickle 3.1.3, Python 3.11
# date:     2026-11-28
# matters:  the driver of inkling search --dask hands workers its functions pickled beforehand
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() { echo "cannot tell: $1" >&2; exit 2; }
cd "$folder"
{ python3 -m venv venv && venv/bin/pip install -q distributed==2026.8.0 dask==2026.8.0 cloudpickle==3.1.3; } >install.log 2>&1 || cannot "$(tail -1 install.log)"
mkdir here away
printf 'def f(x):\n    return x + 1\n' >here/mine.py
cat >here/try.py <<'EOF'
import logging
import os
import subprocess
import sys
import time

import cloudpickle
from distributed import Client

import mine

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    # Scheduler and worker run in a folder without the module.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    away = [subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_" + what, "--scheduler-file", "there.json", *words], cwd="../away", env=env,
                             stderr=subprocess.DEVNULL)
            for what, words in (("scheduler", ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]),
                                ("worker", ["--nthreads", "1", "--no-nanny", "--no-dashboard"]))]
    try:
        for _ in range(300):
            if os.path.exists("../away/there.json"):
                break
            time.sleep(0.2)
        with Client(scheduler_file="../away/there.json") as client:
            client.wait_for_workers(1, timeout=60)
            cloudpickle.register_pickle_by_value(mine)
            run = list(client.run(mine.f, 1).values())
            try:
                submit = client.submit(mine.f, 1).result(timeout=60)
            except Exception as e:
                submit = type(e).__name__ + ": " + str(e).splitlines()[0][:70]
    finally:
        for process in away:
            process.kill()
    print("run:", run)
    print("submit:", submit)
    sys.exit(0 if run == [2] and submit != 2 else 1)
EOF
(cd here && ../venv/bin/python try.py) || { echo "no longer so: submit pickles the module's function by value"; exit 1; }
