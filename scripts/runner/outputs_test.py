import copy
import unittest

import outputs


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def display(**data):
    return {"output_type": "display_data", "metadata": {}, "data": {k.replace("_", "/"): v for k, v in data.items()}}


class Plain(unittest.TestCase):
    def test_last_state_of_redrawn_lines(self):
        self.assertEqual(outputs.plain("epoch 1/5\repoch 5/5\ndone\n"), "epoch 5/5\ndone\n")
        self.assertEqual(outputs.plain("a\r\nb\r\n"), "a\nb\n")
        self.assertEqual(outputs.plain("50 %\r100 %\r"), "100 %")

    def test_no_ansi_codes(self):
        self.assertEqual(outputs.plain("\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07\x1b[2K"), "red link")


class Normalise(unittest.TestCase):
    def test_merges_only_consecutive_chunks_of_one_stream(self):
        got = outputs.normalise([stream("a"), stream("b\rc"), stream("e\n", "stderr"), stream("d\n")])
        self.assertEqual(got, [stream("c"), stream("e\n", "stderr"), stream("d\n")])

    def test_drops_what_shows_nothing(self):
        self.assertEqual(outputs.normalise([display(text_html=" \n"), stream("\n"), display(text_html="<p>")]),
                         [display(text_html="<p>")])

    def test_keeps_what_it_was_given_and_comes_to_rest(self):
        given = [stream("a"), stream("b"), display(text_html="")]
        before = copy.deepcopy(given)
        once = outputs.normalise(given)
        self.assertEqual(given, before)
        self.assertEqual(outputs.normalise(once), once)


class Claims(unittest.TestCase):
    def test_are_found_with_their_cells(self):
        cells = [{}, {"outputs": [stream("claim (true): 1 < 2\nno claim (true): x\n"), stream("claim (false): 2 < 1 (so it is)\n")]},
                 {"outputs": [stream("claim (true): on stderr\n", "stderr"), stream("x\nclaim (not decided by this run: quick settings): a\n")]}]
        self.assertEqual(outputs.claims(cells), [
            {"cell": 1, "verdict": "true", "text": "1 < 2"}, {"cell": 1, "verdict": "false", "text": "2 < 1 (so it is)"},
            {"cell": 2, "verdict": "not decided by this run: quick settings", "text": "a"}])

    def test_results_are_rows(self):
        said = "result: dev 98.02 ± 0.12 | test – | original 80.56 | MLP 784-600-10, SGD; lr 1; 1 to 5 epochs, 3 seeds, MNIST\nruns: a b c\nresult: no row\n"
        self.assertEqual(outputs.results([{"outputs": [stream(said)]}]), [
            {"dev": "98.02 ± 0.12", "test": "–", "original": "80.56", "what": "MLP 784-600-10, SGD; lr 1",
             "made": "1 to 5 epochs, 3 seeds", "data": "MNIST", "runs": ["a", "b", "c"]}])
        said = "result: dev 94.48 | test – | original 80.56 | loss 0.196 | original loss 3.852 | MLP | x; 5 epochs, 1 seed, MNIST\nruns: a\n"
        row, = outputs.results([{"outputs": [stream(said)]}])
        self.assertEqual([row[k] for k in ("original", "loss", "original_loss", "what")], ["80.56", "0.196", "3.852", "MLP | x"])


class ShellFailure(unittest.TestCase):
    def test_finds_gonbs_words_in_cells_with_shell_commands_only(self):
        said = [stream("oops\nexit status 2\n", "stderr")]
        self.assertEqual(outputs.shell_failure("!ls /x", said), "exit status 2")
        self.assertEqual(outputs.shell_failure("%%bash\nfalse", said), "exit status 2")
        self.assertIsNone(outputs.shell_failure("%%\nfmt.Println(1)", said))
        self.assertIsNone(outputs.shell_failure("!ls", [stream("exit status 2\n")]))
        self.assertIsNone(outputs.shell_failure("!ls", [stream("no exit status 2\n", "stderr")]))


class Misread(unittest.TestCase):
    def test_finds_what_gonb_drops_without_a_word(self):
        for source, word in (("%% --lr=0.2\\\nfit()", "backslash"), ("%% --lr=0.2 \\  \nfit()", "backslash"), ("%%\nf()\n%% --lr=1\ng()", "2 lines %%")):
            with self.subTest(source):
                self.assertIn(word, outputs.misread(source))
        for source in ("%%\nfit()", "%% --lr=0.2\nfit()", "func f() {}", "%main\nf()", 'fmt.Printf("50 %%\\n")', "%%\nfmt.Printf(`\n50 %%\n`)"):
            with self.subTest(source):
                self.assertEqual(outputs.misread(source), "")


class Told(unittest.TestCase):
    def test_what_turns_or_hides_text_is_shown_as_its_number(self):
        cells = [{"outputs": [stream("headline: 99 % \u202e% 01 \x1b[31m 学习率 ü\n")]}]
        self.assertEqual(outputs.told(cells, "headline"), ["99 % \\u202e% 01 \\x1b[31m 学习率 ü"])

    def test_lines_of_stdout_each_once_in_order(self):
        cells = [{"outputs": [stream("headline: b 2 %\nx headline: no\nheadline:   a \n"), stream("headline: e", "stderr")]},
                 {"outputs": [stream("headline: b 2 %")]}, {}]
        self.assertEqual(outputs.told(cells, "headline"), ["b 2 %", "a"])

    def test_data_by_its_word_or_as_the_data_package_describes_it(self):
        said = "MNIST: 60000 images\nMNIST: again\n"
        self.assertEqual(outputs.data_used([{"outputs": [stream(said)]}]), ["MNIST: 60000 images"])
        self.assertEqual(outputs.data_used([{"outputs": [stream(said + "data: my digits\n")]}]), ["my digits"])
        self.assertEqual(outputs.data_used([{"outputs": [stream("about MNIST: x\n")]}]), [])


class Places(unittest.TestCase):
    def test_names_for_folders(self):
        places = outputs.Places({"HOME": "/people/ann", "MNIST_DIR": "/people/ann/my data", "GOROOT": "/usr/go"}, "/people/ann/inkling")
        for text, named in [
            ("open /people/ann/my data/t10k: no", "open $MNIST_DIR/t10k: no"), ("/people/ann/inkling/runs.", "./runs."),
            ("in /people/ann.", "in ~."), ("/people/anna /people/ann.b /mnt/people/ann", "/people/anna /people/ann.b /mnt/people/ann"),
            ("file:///people/ann/my%20data/x", "file://$MNIST_DIR/x"), ("/usr/go/src/runtime/panic.go:1", "$GOROOT/src/runtime/panic.go:1"),
        ]:
            self.assertEqual(places.named(text), named)
        told = [{"output_type": "display_data", "data": {"text/html": "<b>/people/ann/x</b>", "image/png": "/people/ann/", "application/json": {"a": ["/people/ann"]}}},
                {"output_type": "error", "ename": "E", "evalue": "/people/ann", "traceback": ["/people/ann"]}]
        places.take_from(told)
        self.assertEqual(told[0]["data"], {"text/html": "<b>~/x</b>", "image/png": "/people/ann/", "application/json": {"a": ["~"]}})
        self.assertEqual((told[1]["evalue"], told[1]["traceback"]), ("~", ["~"]))

    def test_root_is_no_home(self):
        self.assertEqual(outputs.Places({"HOME": "/"}, "/p").named("a / b /x"), "a / b /x")


if __name__ == "__main__":
    unittest.main()
