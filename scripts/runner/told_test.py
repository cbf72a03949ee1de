import json
import tempfile
import unittest
from pathlib import Path

import told
from project import ROOT


def stream(text):
    return {"outputs": [{"output_type": "stream", "name": "stdout", "text": text}]}


class Told(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        for seed in (1, 2):
            self.run_of("q1", f"mlp-a{seed}", seed, 2)
        self.run_of("q1-try", "mlp-b1", 1, 5)
        self.run_of("q2", "adam-c1", 1, 7)

    def run_of(self, question, folder, seed, epochs, recorded=None):
        place = self.root / "mnist-quick" / question / folder
        place.mkdir(parents=True)
        record = {"Question": question, "Epochs": recorded or epochs, "Seed": seed, "Status": "finished",
                  "Config": f"train.Config{{Epochs:{epochs}, Seed:{seed:#x}}}"}
        (place / "run.json").write_text(json.dumps(record))
        (place / "history.jsonl").write_text("".join(json.dumps({"kind": "dev", "epoch": e}) + "\n" for e in range(epochs)))

    def wrong(self, *cells):
        return told.untruths("q1_mlp", {"cells": list(cells)}, told.Store(self.root))

    def test_what_the_runs_bear_out(self):
        alt = {"outputs": [{"output_type": "display_data", "data": {"text/html": '<img alt="5 epochs, seed 1"><td>2 epochs</td>'}}]}
        self.assertEqual(self.wrong(stream("headline: 97 %; 2 epochs, 2 seeds, MNIST\nruns: a1 a2\n"), alt,
                                    stream("headline: 97 %; 2 to 5 epochs, 2 seeds\nruns: a2 b1\nmean of 1 seed\n"),
                                    stream("headline: MNIST\n(split seed 9)\nlr 0.06 seed 1, lr 9 seed 2\n"), {}), [])

    def test_what_they_do_not(self):
        for text, want in {
            "headline: 97 % (5 epochs, 1 seed)\nruns: a1\n": "its runs have [2] epochs",
            "headline: 97 % (2 epochs, 3 seeds)\nruns: a1 a2\n": "its runs have the seeds [1, 2]",
            "headline: 97 % (2 epochs, 1 seed)\nruns: z9\n": "no run ends in z9",
            "headline: 97 % (5 epochs)\n": "names no runs",
            "after 7 epochs\n": "7 epochs, the runs have [2, 5]",
            "mean of 3 seeds\n": "3 seeds, the runs have [1, 2]",
            "mean of 0 seeds\n": "0 seeds",
            "seed 3\n": "seed 3",
        }.items():
            wrong = self.wrong(stream(text))
            self.assertTrue(any(want in line for line in wrong), (text, wrong))
        title = {"outputs": [{"output_type": "display_data", "data": {"text/html": ['<img alt="Five, ', '3 epochs">']}}]}
        self.assertIn("3 epochs", self.wrong(title)[0])

    def test_a_record_that_its_history_contradicts(self):
        self.run_of("q1", "mlp-d1", 1, 2, recorded=5)
        self.assertIn("mlp-d1", self.wrong()[0])

    def test_words_in_texts(self):
        cells = [{"cell_type": "markdown", "source": text} for text in (
            "**The report this repeats** made five epochs.", "Trained for five epochs. Then more.", "In full three seeds.",
            "## Limits\n\n- Two epochs are few.\n\n## Exercises\n\n1. Try ten epochs.", "After each epoch, with seed 1.")]
        self.assertEqual(told.unsaid({"cells": cells}), ["Trained for five epochs.", "- Two epochs are few."])

    def test_our_notebooks_say_which_numbers_are_those_of_a_full_run(self):
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            self.assertEqual(told.unsaid(json.loads(path.read_text())), [], path.name)


if __name__ == "__main__":
    unittest.main()
