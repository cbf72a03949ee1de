import unittest
from unittest import mock

import render


class Machine(unittest.TestCase):
    def test_without_git(self):
        with mock.patch.dict("os.environ", PATH="/nowhere"):
            said = render.describe_machine("go1.26")
        self.assertIn("go1.26", said)
        self.assertNotIn("source", said)


if __name__ == "__main__":
    unittest.main()
