"""The model of what notebooks cost: rising, met by what it chooses, on other data and for notebooks that nobody has measured."""

import json
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import costs
from costs import Choice, Costs, Level
from project import Problem, known_notebooks


def notebook(quick: float, full: float, part: float = 0.2, other: float = 20.0) -> list[Level]:
    """Training from quick to full seconds by equal factors, beside which all else doubles."""
    levels = []
    for counts, images in costs.LEVELS:
        training = quick * (full / quick) ** ((counts + images) / 2)
        levels.append(Level(counts, images, training * (1 - part), training * part, other * (1 + images)))
    return levels


MODEL = Costs(50_000, (1000.0, 200.0), {"a": notebook(2, 200), "b": notebook(1, 400, part=0.6), "c": notebook(0.1, 0.1)})


class Model(unittest.TestCase):
    def models(self):
        return [MODEL, replace(MODEL, here=20_000), replace(MODEL, here=3_000)]

    def test_measured_levels_come_out(self):
        for name, levels in MODEL.notebooks.items():
            for level in levels:
                self.assertAlmostEqual(MODEL.seconds(name, level, level.images), level.seconds)
                self.assertAlmostEqual(MODEL.along(name, level.counts), level.seconds)

    def test_rises(self):
        for model in self.models():
            for name in model.notebooks:
                along = [model.along(name, share / 100) for share in range(101)]
                self.assertEqual(along, sorted(along))
                for level in model.of(name):
                    by_images = [model.seconds(name, level, f / 100) for f in range(101)]
                    self.assertEqual(by_images, sorted(by_images))

    def test_what_is_chosen_costs_what_was_asked(self):
        measured = costs.load()
        # On fewer images there is less between two levels of counts.
        for model in [*self.models()[:2], measured, replace(measured, here=25_000)]:
            for name in model.notebooks:
                asked = model.along(name, 0)
                while asked <= model.along(name, 1):
                    choice = model.choose(name, asked)
                    self.assertLess(abs(choice.seconds / asked - 1), 0.3 if model.here else 0.15, (name, asked, choice))
                    asked *= 1.07

    def test_ends(self):
        self.assertTrue(MODEL.choose("a", 1).quick)
        self.assertEqual(MODEL.choose("a", 1e6), Choice(1, 1, MODEL.along("a", 1)))
        self.assertTrue(MODEL.choose("a", 1e6).full)

    def test_no_images_no_difference(self):
        small = replace(MODEL, here=3_000)  # fewer than quick settings take: only the counts differ
        level = small.of("a")[2]
        self.assertEqual(small.seconds("a", level, 0), small.seconds("a", level, 1))

    def test_unknown_notebook_is_a_mean_one(self):
        mean = sum(MODEL.along(name, 0) for name in MODEL.notebooks) / 3
        self.assertAlmostEqual(MODEL.along("mine", 0), mean)
        self.assertLess(MODEL.along("mine", 0.2), MODEL.along("mine", 0.8))

    def test_bisect(self):
        self.assertAlmostEqual(costs.bisect(lambda x: x * x, 2, 0, 2), 2 ** 0.5)
        self.assertEqual([costs.bisect(lambda x: x, want, 0, 1) for want in (-1, 0, 1, 2)], [0, 0, 1, 1])

    def test_speed(self):
        half = costs.Speed(50_000, (500.0, 100.0), 2)
        self.assertAlmostEqual(half.factor(MODEL), 2)


class File(unittest.TestCase):
    def test_what_is_measured_is_there(self):
        self.assertLessEqual(set(costs.load().notebooks), {path.stem for path in known_notebooks()})

    def test_kept_and_read(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "costs.json")
            with self.assertRaises(Problem) as problem:
                costs.load(file)
            self.assertIn("--measure-costs writes it", str(problem.exception))
            speed = costs.Speed(50_000, (1000.0, 200.0), 2)
            costs.keep({"b": MODEL.notebooks["b"]}, "here", speed, file)
            costs.keep({"a": [level.times(2) for level in MODEL.notebooks["a"]]}, "half as fast", costs.Speed(50_000, (500.0, 100.0), 2), file)
            read = costs.load(file)
            self.assertIn('"machine": "here"', file.read_text())
            self.assertEqual(list(read.notebooks), ["a", "b"])
            self.assertAlmostEqual(read.along("a", 0.5), MODEL.along("a", 0.5), delta=0.1)
            self.assertEqual(file.read_text().count('\n   {"counts"'), 2 * len(costs.LEVELS))  # a line each
            with self.assertRaises(Problem):  # the two would not go together
                costs.keep({"a": MODEL.notebooks["a"]}, "here", costs.Speed(3_000, (1000.0, 200.0), 2), file)
            costs.keep(dict(MODEL.notebooks), "there", costs.Speed(3_000, (500.0, 100.0), 2), file)  # all anew
            self.assertEqual((costs.load(file).images, costs.load(file).rates, len(costs.load(file).notebooks)), (3_000, (500.0, 100.0), 3))
            file.write_text('{"images": 1, "rates": [1], "notebooks": {"a": [{"counts": 0, "images": 0, "all": 1, "part": 0, "other": 1}]}}')
            with self.assertRaises(Problem):
                costs.load(file)

    def test_trained(self):
        with tempfile.TemporaryDirectory() as folder:
            for n, (size, told) in enumerate([(0, {"CPU": 2.0}), (1000, {"CPU": 0.5}), (0, {})]):
                run = Path(folder, "mnist", "q", f"r{n}")
                run.mkdir(parents=True)
                (run / "run.json").write_text(json.dumps({"Hyper": {"size": size}, "Seconds": 3.0, **told}))
            self.assertEqual(costs.trained(Path(folder)), (5.0, 0.5))


if __name__ == "__main__":
    unittest.main()
