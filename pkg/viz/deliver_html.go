package viz

import (
	"fmt"
	"html"
	"strings"
)

// htmlBuilder writes HTML in which no argument can become markup. html/template
// would do as much, but it looks methods up by name, for which the linker has
// to keep every exported method of every type, in a program that each notebook
// cell links anew.
type htmlBuilder struct{ b strings.Builder }

// add appends format, in which every argument but an int is escaped. Text and
// quoted attribute values are the places for them, not scripts or style rules.
func (h *htmlBuilder) add(format string, args ...any) {
	for i, a := range args {
		if _, ok := a.(int); !ok {
			args[i] = html.EscapeString(fmt.Sprint(a))
		}
	}
	fmt.Fprintf(&h.b, format, args...)
}

// addIf appends format around a text that is not empty.
func (h *htmlBuilder) addIf(format, text string) {
	if text != "" {
		h.add(format, text)
	}
}

func (h *htmlBuilder) String() string { return h.b.String() }
