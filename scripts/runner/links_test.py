import tempfile
import unittest
from pathlib import Path

import links


class Broken(unittest.TestCase):
    def test_what_leads_nowhere(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "a b.html").write_text('<h2 id="x é">x</h2><a href="#x%20%C3%A9">x</a><a href="c.html#y">y</a><a href="https://x.org/z">z</a><a href="w/q.onnx">q</a>')
            (folder / "c.html").write_text('<h2 id="y">y</h2><i id="y"></i><a href="a%20b.html#gone">g</a><a href="gone.html">g</a>')
            (folder / "w").mkdir()
            self.assertEqual(links.broken(folder), [
                "c.html: two places are called #y", "a b.html: w/q.onnx leads to no file", "c.html: a%20b.html#gone leads to no place", "c.html: gone.html leads to no file"])
            (folder / "w" / "q.onnx").write_text("")
            (folder / "c.html").write_text('<h2 id="y">y</h2>')
            self.assertEqual(links.broken(folder), [])


if __name__ == "__main__":
    unittest.main()
