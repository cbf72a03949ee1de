import json
import tempfile
import unittest
from pathlib import Path

import weights


class BestRun(unittest.TestCase):
    def test_is_the_best_on_dev_of_those_in_the_table(self):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            for run, score, loss in (("a1", 0.97, 0.1), ("b2", 0.98, 0.3), ("c3", 0.98, 0.2), ("d4", 0.99, 0.1), ("e5", 0.999, 0.1)):
                folder = root / "mnist" / "q1" / f"mlp-{run}"
                folder.mkdir(parents=True)
                (folder / "run.json").write_text(json.dumps({"Best": {"score": score, "loss": loss}}))
            (root / "mnist" / "q1" / "mlp-f6").mkdir()
            rows = [{"dev": "97.50", "runs": ["a1", "b2", "c3", "f6", "gone"]}, {"dev": "–", "runs": ["d4"]}]
            self.assertEqual(weights.best_run(root, rows), root / "mnist" / "q1" / "mlp-c3")
            self.assertIsNone(weights.best_run(root, rows[1:]))


if __name__ == "__main__":
    unittest.main()
