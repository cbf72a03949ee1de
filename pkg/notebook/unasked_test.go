package notebook

import "testing"

// What papermill's cell adds is told from what a person's next cell does.
func TestAddedParameters(t *testing.T) {
	const head = "package main\n\nimport \"flag\"\n\nvar (\n\tepochs any\n\tgiven = f(lr)\n\tlr any\n"
	before := declared([]byte(head + ")\n\nfunc main() { flag.Parse() }\n"))
	for _, c := range []struct{ vars, rest, want string }{
		{"", "", ""},
		{"lrr = 0.1\n", "", "lrr"},
		{"lrr = -1\n\twhat = \"adam\"\n\tyes = true\n", "", "lrr"},
		{"width = 2 * 3\n", "", ""},
		{"width int = 3\n", "", ""},
		{"hyper = lab.Flags(lab.Hyper{})\n", "", ""},
		{"width = 5\n", "type T struct{}\n", ""},
		{"width = 5\n", "func g() {}\n", ""},
		{"width = 5\n", "const c = 1\n", ""},
	} {
		source := head + "\t" + c.vars + ")\n" + c.rest + "\nfunc main() { flag.Parse() }\n"
		if got := firstAdded([]byte(source), before); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.vars, c.rest, got, c.want)
		}
	}
	if got := firstAdded([]byte(head+"\tlrr = 0.1\n)\nfunc main() {\n\tflag.Parse()\n\tprintln(lrr)\n}\n"), before); got != "" {
		t.Errorf("a cell that does something: %q", got)
	}
}
