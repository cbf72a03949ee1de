package nn

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// String is a table of the layers: name, output shape, parameters and FLOPs
// of a forward pass for one example.
func (m *Model) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "layer\toutput\tparameters\tFLOPs\t\n")
	fmt.Fprintf(w, "input\t%v\t\t\t\n", m.In)
	for i, mod := range m.chain.modules {
		params, flops := 0, 0
		for _, p := range mod.Params() {
			params += p.Len()
		}
		if c, ok := mod.(Coster); ok {
			flops = c.FLOPs()
		}
		fmt.Fprintf(w, "%s\t%v\t%s\t%s\t\n", m.chain.names[i], m.chain.shapes[i+1], count(params), count(flops))
	}
	fmt.Fprintf(w, "total\t\t%s\t%s\t\n", count(m.Weights()), count(m.FLOPs()))
	w.Flush()
	return b.String()
}

// Outline names layers in short, by those that have a place in it: "512-256-10",
// "conv16-pool-10".
func Outline(layers []Layer) string {
	var parts []string
	for _, l := range layers {
		if o, ok := l.(Outliner); ok {
			parts = append(parts, o.Outline())
		}
	}
	return strings.Join(parts, "-")
}

// count writes n with thousands separated, and nothing for 0.
func count(n int) string {
	if n == 0 {
		return ""
	}
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
