"""Budgets of time: what is one, how it is divided, and that it is kept although the model is wrong."""

import random
import unittest

import budget
import report
from costs_test import MODEL, notebook
from costs import Costs
from project import Problem

MANY = Costs(50_000, (1000.0, 200.0), {f"q{n}": notebook(1 + n % 3, 60 + 40 * n, part=0.1 * n, other=10 + 3 * n) for n in range(8)})


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def whole(asked: str, truth, model: Costs = MANY, factor: float = 1.0) -> float:
    """The seconds of a report of all notebooks that take truth(name, seconds of the model)."""
    clock = Clock()
    plan = budget.Plan(asked, model, factor, clock.now, clock)
    names = list(model.notebooks)
    for i, name in enumerate(names):
        choice = plan.next(names[i:])
        took = truth(name, choice.seconds / factor)
        clock.now += took
        plan.done(choice, took)
    return clock.now - plan.began


class Words(unittest.TestCase):
    def test_times(self):
        for text, want in {"5m": 300, "90s": 90, "1h30m": 5400, "1.5m": 90, "2h": 7200, "1h0m5s": 3605}.items():
            self.assertEqual(budget.seconds(text), want, text)
        for text in ("", "5", "0", "0s", "0m0s", "-1m", "5 m", "5min", "m", "0.5", "1m1h", "nan", "5M", "0:20:00", "٣m", "1e3s", ".m", "1.2.3m"):
            self.assertIsNone(budget.seconds(text), text)

    def test_words(self):
        self.assertEqual([budget.words(s) for s in (0.2, 45, 170, 3660)], ["0 s", "45 s", "2m50s", "1h01m"])

    def test_given(self):
        for words, want in ((["--budget", "5m"], "5m"), (["--budget=0.35"], 0.35), (["--budget", "5m", "--budget", "5m"], "5m"), ([], None)):
            self.assertEqual(report.arguments(words).budget, want)

    def test_refused(self):
        for given, said in (
            (["--budget", "5"], "'5', want a time with its unit, as 90s, 5m or 1h30m, or a share from 0.001 to 0.999"),
            (["--budget", "0"], "'0', want a time"), (["--budget", "1"], "want a time"), (["--budget", "0s"], "'0s', want a time"),
            (["--budget", "-1m"], "'-1m', want a time"), (["--budget=-1m"], "'-1m', want a time"), (["--budget", "-0.5"], "'-0.5', want a time"),
            (["--budget", "5min"], "want a time"), (["--budget", "nan"], "want a time"),
            (["--budget", "4m", "--budget", "5m"], "given twice, as 4m and as 5m"),
            (["--budget", "--quick"], "expected one argument"), (["--budget"], "expected one argument"),
        ):
            with self.subTest(given=given), self.assertRaises(Problem) as problem:
                report.arguments(given)
            self.assertIn(said, str(problem.exception))
            self.assertNotIn("\n", str(problem.exception))
        for given, said in (
            (["--budget", "4m", "--quick"], "--quick and --budget, want one"),
            (["--publish", "--budget", "4m"], "--publish takes"),
            (["--measure-costs", "--budget", "4m"], "--measure-costs makes"),
            (["--budget", "4m", "nothing"], "no notebook 'nothing'"),
        ):
            with self.subTest(given=given), self.assertRaises(Problem) as problem:
                report.main(given)
            self.assertIn(said, str(problem.exception))


class Plans(unittest.TestCase):
    def test_kept_when_the_model_is_right(self):
        low, high = MANY_RANGE
        asked = low * 1.02
        while asked < high:
            took = whole(f"{asked:.0f}s", lambda _, s: s)
            self.assertLess(abs(took / asked - 1), 0.2, asked)
            asked *= 1.15

    def test_kept_when_the_model_is_wrong(self):
        """Notebooks that take a quarter more or less than the model says, each by itself or all alike."""
        rng = random.Random(1)
        low, high = MANY_RANGE
        for asked in (1.3 * low, 2 * low, 0.7 * high):
            for _ in range(20):
                off = {name: rng.uniform(0.75, 1.25) for name in MANY.notebooks}
                took = whole(f"{asked:.0f}s", lambda name, s: s * off[name])
                self.assertLess(abs(took / asked - 1), 0.2, (asked, off))
        for slower in (0.8, 1.25):
            took = whole(f"{2 * low:.0f}s", lambda _, s: s * slower)
            self.assertLess(abs(took / (2 * low) - 1), 0.1, slower)

    def test_another_machine(self):
        low, _ = MANY_RANGE
        self.assertLess(abs(whole(f"{6 * low:.0f}s", lambda _, s: 3 * s, factor=3.0) / (6 * low) - 1), 0.2)

    def test_too_short_and_too_long(self):
        names = list(MANY.notebooks)
        low, high = MANY_RANGE
        clock = Clock()
        short = budget.Plan("30s", MANY, 1.0, clock.now, clock)
        self.assertTrue(short.next(names).quick)
        self.assertIn(f"too short: quick settings are the least there is, and take about {budget.words(low + budget.END)}", short.outlook(names)[-1])
        long = budget.Plan("5h", MANY, 1.0, clock.now, clock)
        self.assertTrue(long.next(names).full)
        self.assertIn("more than full settings need", long.outlook(names)[-1])
        between = budget.Plan(f"{2 * low:.0f}s", MANY, 1.0, clock.now, clock)
        self.assertEqual(len(between.outlook(names)), 1)
        clock.now += 10 * low  # nothing is left
        self.assertTrue(between.next(names[-1:]).quick)

    def test_stored_runs_leave_time_to_the_others(self):
        """What took nothing was free: the others get more, but not as if they were free too."""
        names = list(MANY.notebooks)
        low, _ = MANY_RANGE
        clock = Clock()
        plan = budget.Plan(f"{2 * low:.0f}s", MANY, 1.0, clock.now, clock)
        first = plan.next(names)
        usual = budget.Plan(f"{2 * low:.0f}s", MANY, 1.0, clock.now - first.seconds, clock).next(names[1:])
        clock.now += 1
        plan.done(first, 1)
        self.assertGreater(plan.next(names[1:]).seconds, usual.seconds)
        self.assertEqual(plan.factor, 1)

    def test_unknown_notebooks(self):
        plan = budget.Plan("5m", MODEL, 1.0, 0, lambda: 0)
        said = plan.outlook(["mine", "a"])
        self.assertIn("nobody has measured what mine costs", said[1])
        self.assertFalse(plan.next(["mine", "a"]).quick)


MANY_RANGE = tuple(sum(MANY.along(name, share) for name in MANY.notebooks) for share in (0, 1))

if __name__ == "__main__":
    unittest.main()
