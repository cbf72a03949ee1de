"""./scripts/report --measure-costs: makes notebooks at every level of costs.py and keeps what they cost in costs.json.

Nothing of it is stored or shown: runs and pages go into folders that are removed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import time
from pathlib import Path

import costs
import draw
import render
import signals
import toolchain
import variant
import weights
from project import TOOLS, Problem

# Processors at work while a notebook does not train, where other programs took some of the time and nothing better is known.
ALONE = 1.8


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--go", required=True)
    parser.add_argument("--timeout", type=float, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("notebooks", nargs="+", type=Path)
    args = parser.parse_args(given)
    if "INKLING_BUDGET" in os.environ:
        raise Problem("INKLING_BUDGET is set: costs are measured with budgets of their own")
    go = toolchain.find_go()
    speed = costs.measure_speed(go)
    machine = render.describe_machine(args.go)
    try:
        known = costs.load()
    except Problem:
        known = costs.Costs(0, (), {})
        costs.FILE.unlink(missing_ok=True)  # one of other settings
    if args.quick and (unknown := [path.stem for path in args.notebooks if path.stem not in known.notebooks]):
        raise Problem(f"--quick leaves out the full settings, which nobody has measured for {', '.join(unknown)}: measure without")
    measured: dict[str, list[costs.Level]] = {}
    scratch = TOOLS / "costs"
    with signals.noted() as note:
        for path in args.notebooks:
            # The least disturbed is that of the machine.
            speed = max(speed, costs.measure_speed(go), key=lambda s: s.processors)
            levels = []
            for number, (counts, images) in enumerate(costs.LEVELS):
                if args.quick and (counts, images) == costs.LEVELS[-1]:
                    levels.append(known.notebooks[path.stem][-1].times(speed.alone().factor(known)))
                    continue
                print(f"{path.stem}, {number + 1} of {len(costs.LEVELS)} settings", flush=True)
                level = one(path, counts, images, args, machine, speed, scratch, note)
                shutil.rmtree(scratch, ignore_errors=True)
                if level is None or note.number:
                    return 128 + note.number if note.number else 1
                print(f"  {level.seconds:.0f} s: training {level.all + level.part:.1f} s, all else {level.other:.1f} s", flush=True)
                levels.append(level)
            measured[path.stem] = levels
            costs.keep(measured, machine, speed.alone())
    print(f"wrote {costs.FILE}")
    return 0


def one(path: Path, counts: float, images: float, args, machine: str, speed: costs.Speed, scratch: Path, note: signals.Note) -> costs.Level | None:
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "reports").mkdir(parents=True)
    made = variant.Variant("costs", {}, {}, budget="measured", share=counts, images=images, time="1h")
    alone = argparse.Namespace(output=scratch / "reports", variants={path: made}, notebooks=[path], at_once=1, timeout=args.timeout, go=args.go)
    os.environ["INKLING_RUNS"] = str(scratch / "runs")
    own, busy, start = own_time(), busy_time(), time.monotonic()
    runs = asyncio.run(render.everything(alone, machine, weights.Exporter(alone.output / "weights"), draw.Boards(alone.output), note))
    seconds, own, busy = time.monotonic() - start, own_time() - own, busy_time() - busy
    if [run.status for run in runs] != ["ok"]:
        return None
    return level(counts, images, seconds, own, busy, costs.trained(scratch / "runs"), speed.alone().processors)


def level(counts: float, images: float, seconds: float, own: float, busy: float, trained: tuple[float, float], processors: float) -> costs.Level:
    """What was measured, as seconds of a machine that does nothing else: from seconds of the clock, or if other programs took
    a tenth of the machine from those of processors."""
    whole, part = (t / processors for t in trained)
    other = seconds - whole - part
    if busy - own > 0.1 * seconds * (os.cpu_count() or 1):
        other = max(own - sum(trained), 0) / ALONE
        print(f"  other programs had {100 * (busy - own) / seconds / (os.cpu_count() or 1):.0f} % of the machine: seconds by processor time")
    return costs.Level(counts, images, whole, part, max(other, 0.1))


def own_time() -> float:
    return sum(os.times()[:4])


def busy_time() -> float:
    """Processor seconds of all programs; where the system does not tell, ours."""
    try:
        fields = [int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return own_time()
