import unittest

import accessible
import page


class Accessible(unittest.TestCase):
    def test_a_view_is_light_or_dark_and_runs_axe_alone(self):
        made = page.render("page.html.j2", ("startMine();",), title="t", footer="f")
        self.assertIn(accessible.DARK, made)
        for dark, media in ((False, "@media not all"), (True, "@media all")):
            view = accessible.seen(made, dark, "AXE")
            self.assertIn(media, view)
            self.assertNotIn(accessible.DARK, view)
            self.assertNotIn("startMine", view)
            self.assertNotIn("Content-Security-Policy", view)
            self.assertEqual(view.count("<script>"), 2)
            self.assertIn("<script>AXE</script>", view)

    def test_pages_whose_style_has_no_dark_are_not_passed(self):
        with self.assertRaises(SystemExit):
            accessible.seen("<style></style></body>", True, "")


if __name__ == "__main__":
    unittest.main()
