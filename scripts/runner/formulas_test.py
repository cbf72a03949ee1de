import unittest

import formulas
from formulas import Formulas


class Take(unittest.TestCase):
    def taken(self, markdown):
        found = Formulas()
        return found.take(markdown), found.sources

    def test_what_would_show_a_backslash_is_its_source(self):
        for unknown in (r"\arg z", r"a + \nosuchcommand{b}"):
            drawn = formulas.mathml(unknown, False)
            self.assertNotIn("<math", drawn)
            self.assertIn(unknown, drawn)
        for known in (r"A \setminus B", r"\backslash", r"\frac{a}{b}"):
            self.assertIn("<math", formulas.mathml(known, True))

    def test_formulas_of_all_kinds(self):
        for markdown, tex in [
            ("a $x_i$ b", "x_i"), ("$x$", "x"), ("$a\nb$", "a\nb"), ("$$\na\n$$", "\na\n"), (r"\(a\)", "a"),
            (r"\[a\]", "a"), ("\\begin{align}a&=b\\end{align}", "\\begin{align}a&=b\\end{align}"),
        ]:
            with self.subTest(markdown):
                self.assertEqual(self.taken(markdown)[1], [tex])

    def test_code_stays(self):
        for markdown in ("`$HOME$`", "``$a$ ` $b$``", "```\n$a$\n```", "~~~\n$a$\n~~~"):
            with self.subTest(markdown):
                self.assertEqual(self.taken(markdown), (markdown, []))

    def test_other_dollars_are_dollars(self):
        for markdown in ("costs $5 and $6", "$a\n\nb$", "$ a $", "a $5 `code` b", r"\$3 and \$4"):
            with self.subTest(markdown):
                self.assertEqual(self.taken(markdown), (markdown.replace("\\$", "$").replace("$", "&#36;"), []))


@unittest.skipIf(formulas.convert is None, "latex2mathml is not installed")
class PutBack(unittest.TestCase):
    def drawn(self, markdown):
        found = Formulas()
        return found.put_back(found.take(markdown))

    def test_inline_and_display(self):
        self.assertRegex(self.drawn("$x$"), r'<math [^>]*display="inline">.*<mi>x</mi>')
        self.assertRegex(self.drawn("$$x$$"), r'<math [^>]*display="block">.*<mi>x</mi>')

    def test_lines_are_aligned(self):
        for name in ("align", "align*", "aligned", "gather"):
            with self.subTest(name):
                page = self.drawn(rf"$$\begin{{{name}}} a &= b \\ c &= d \end{{{name}}}$$")
                self.assertEqual(page.count("<mtr>"), 2)
                self.assertNotIn("<mi>&", page)

    def test_limits_stand_below_in_a_display(self):
        for tex in (r"\left(\sum_i x\right)", r"\max_k z_k", r"\lim_{x \to 0} x", r"\bigcup_i A"):
            with self.subTest(tex):
                self.assertIn("<munder><mo", self.drawn(f"$${tex}$$"))
                self.assertNotIn("<munder>", self.drawn(f"a ${tex}$"))
        for tex in (r"\log_2 x", r"\int_0^1 x", "x_i"):
            self.assertNotIn("<munder", self.drawn(f"$${tex}$$"), tex)

    def test_operators_with_names_have_thin_spaces(self):
        """As TeX has them: towards letters and numbers, and none towards parentheses and signs."""
        for tex, spaces in ((r"\cos r", 1), (r"p \log q", 2), (r"-\log p", 1), (r"(1 - y) \log p", 2), (r"\log(x)", 0), (r"\log_2 x", 1), (r"\sin^2 x + \cos^2 x", 2),
                            (r"\max_k z_k", 1), (r"\operatorname{softmax}(z)", 0), (r"\begin{pmatrix} \cos r & -\sin r \end{pmatrix}", 2), ("x y", 0), (r"\text{if } x", 0)):
            with self.subTest(tex):
                self.assertEqual(self.drawn(f"$${tex}$$").count('<mspace width="0.1667em">'), spaces)

    def test_source_inside_of_tags(self):
        found = Formulas()
        token = found.take("$a<b$")
        self.assertEqual(found.put_back(f'<h2 id="{token}">').replace("&lt;", "<"), '<h2 id="a<b">')

    def test_what_cannot_be_drawn_stays_readable(self):
        self.assertIn("frac", self.drawn(r"$\frac{$"))

    def test_tokens_of_others_are_left_alone(self):
        self.assertEqual(Formulas().put_back("xformula7x <a href='xformula7x'>"), "xformula7x <a href='xformula7x'>")


if __name__ == "__main__":
    unittest.main()
