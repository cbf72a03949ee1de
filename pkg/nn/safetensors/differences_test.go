package safetensors

import (
	"fmt"
	"strings"
	"testing"
)

func TestDifferences(t *testing.T) {
	of := func(name string, dims ...int) Array { return Array{Name: name, Dims: dims} }
	want := []Array{of("0.linear.W", 10, 784), of("0.linear.b", 10), of("1.conv2d.W", 8, 1, 3, 5)}
	for _, c := range []struct {
		have []Array
		want string
	}{
		{want, ""},
		{[]Array{want[2], want[0], want[1]}, ""},
		{want[:2], `missing "1.conv2d.W" [8 1 3 5]`},
		{append([]Array{of("z")}, want...), `unexpected "z" []`},
		{[]Array{of("0.linear.w", 10, 784), want[1], want[2]}, `missing "0.linear.W" [10 784] (nearest: "0.linear.w" [10 784]); unexpected "0.linear.w" [10 784]`},
		{[]Array{of("0.linear.W", 784, 10), want[1], want[2]}, `"0.linear.W" has shape [784 10], want [10 784]: transposed it would fit`},
		{[]Array{want[0], want[1], of("1.conv2d.W", 3, 5, 1, 8)}, `"1.conv2d.W" has shape [3 5 1 8], want [8 1 3 5]: with its dimensions in another order it would fit`},
		{[]Array{want[0], of("0.linear.b", 1, 10), want[2]}, `"0.linear.b" has shape [1 10], want [10]: it has as many values`},
		{[]Array{want[0], of("0.linear.b", 9), want[2]}, `"0.linear.b" has shape [9], want [10]`},
	} {
		if got := Differences(want, c.have); got != c.want {
			t.Errorf("%v: %q, want %q", c.have, got, c.want)
		}
	}
	var many []Array
	for i := range 4000 {
		many = append(many, of(fmt.Sprint(strings.Repeat("x", 250), i), i))
	}
	if got := Differences(want, many); len(got) > 1000 || !strings.HasSuffix(got, "3997 more") {
		t.Errorf("%d bytes that end in %q", len(got), got[len(got)-20:])
	}
}
