"""./scripts/report --budget 5m: shares for each notebook, so that all of them end in time.

The time that is left is divided anew before each notebook, by the model of costs.py and by what
this run has taken so far against the model.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from costs import Choice, Costs, bisect

TIME = re.compile(r"(?:([0-9.]+)h)?(?:([0-9.]+)m)?(?:([0-9.]+)s)?")
TRUST = 20.0  # seconds that the measured speed of the machine counts against those of notebooks
STORED = 0.6
END = 3.0  # seconds for the index and the like


def seconds(text: str) -> float | None:
    """The seconds of 90s, 5m or 1h30m; None of what is no time above 0."""
    match = TIME.fullmatch(text)
    if not text or match is None:
        return None
    try:
        hours, minutes, rest = (float(part or 0) for part in match.groups())
    except ValueError:  # 1.2.3m
        return None
    return 3600 * hours + 60 * minutes + rest or None


def words(seconds: float) -> str:
    """"45 s", "2m50s", "1h05m"."""
    whole = max(round(seconds), 0)
    if whole < 100:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02}m"


@dataclass
class Plan:
    """What is left of a budget, and how fast this machine is. The seconds of costs times factor are seconds here."""

    asked: str  # as somebody wrote it
    costs: Costs
    factor: float
    began: float  # by clock
    clock: Callable[[], float] = time.time
    predicted: float = 0.0  # of notebooks that are done, in seconds here by the factor at the beginning
    taken: float = 0.0
    start: float = field(init=False)

    def __post_init__(self):
        self.start = self.factor

    def left(self) -> float:
        return self.began + seconds(self.asked) - END - self.clock()

    def least(self, names: Sequence[str]) -> float:
        return self.factor * sum(self.costs.along(name, 0) for name in names)

    def most(self, names: Sequence[str]) -> float:
        return self.factor * sum(self.costs.along(name, 1) for name in names)

    def next(self, names: Sequence[str]) -> Choice:
        """Shares for the first of the notebooks that are still to be made; its seconds are those of this machine."""
        left = max(self.left(), 0) / self.factor
        total = lambda share: sum(self.costs.along(name, share) for name in names)
        part = self.costs.along(names[0], bisect(total, left, 0, 1))
        choice = self.costs.choose(names[0], part)
        return Choice(choice.counts, choice.images, choice.seconds * self.factor)

    def done(self, choice: Choice, seconds: float) -> None:
        """What a notebook took says what others will; not if it took so little that it must have had stored runs."""
        if seconds < STORED * choice.seconds:
            return
        self.predicted += choice.seconds / self.factor * self.start
        self.taken += seconds
        self.factor = self.start * (TRUST + self.taken) / (TRUST + self.predicted)

    def outcome(self) -> str:
        """How it came out, at the end."""
        took = self.clock() - self.began
        off = took / seconds(self.asked) - 1
        return f"{words(took)} of a budget of {self.asked}, {100 * abs(off):.0f} % {'more' if off > 0 else 'less'}"

    def outlook(self, names: Sequence[str]) -> list[str]:
        """What to expect, before the first notebook."""
        least, most, asked = self.least(names), self.most(names), seconds(self.asked)
        said = [f"budget {self.asked} for {len(names)} notebook{'s' * (len(names) != 1)}; on this machine quick settings take about {words(least + END)}, "
                f"full ones {words(most + END)}; runs that are stored already cost nothing, so it may end sooner"]
        unknown = [name for name in names if name not in self.costs.notebooks]
        if unknown:
            said.append(f"nobody has measured what {', '.join(unknown)} cost{'s' * (len(unknown) == 1)}, so a mean notebook's time is set aside: "
                        f"./scripts/report --measure-costs {' '.join(unknown)}")
        if self.left() < least:
            said.append(f"a budget of {self.asked} is too short: quick settings are the least there is, and take about {words(least + END)}"
                        f"{', one notebook after the other (--quick runs two at a time)' if len(names) > 1 else ''}; these it will be")
        elif asked >= most + END:
            said.append(f"a budget of {self.asked} is more than full settings need: full ones it will be, in about {words(most + END)}")
        return said
