package export

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/nn"
)

// torchModules are the operators that PyTorch has a module for, and the names of
// its parameters, in the order of the arrays. An empty module is none.
var torchModules = map[string]func(n nn.Node) (module string, params []string){
	"Gemm": func(n nn.Node) (string, []string) {
		return fmt.Sprintf("nn.Linear(%d, %d%s)", n.In.Size(), n.Out.Size(), noBias(n, 2)), []string{"weight", "bias"}
	},
	"Conv": func(n nn.Node) (string, []string) {
		k, s, p := window(n)
		return fmt.Sprintf("nn.Conv2d(%d, %d, %d, stride=%d, padding=%d%s)", n.In.C, n.Out.C, k, s, p, noBias(n, 2)), []string{"weight", "bias"}
	},
	"BatchNormalization": func(n nn.Node) (string, []string) {
		dim := 2
		if n.Flat {
			dim = 1
		}
		return fmt.Sprintf("nn.BatchNorm%dd(%d, eps=%v)", dim, n.In.C, n.Attr("epsilon")), []string{"weight", "bias", "running_mean", "running_var"}
	},
	"MaxPool": func(n nn.Node) (string, []string) {
		k, s, p := window(n)
		return fmt.Sprintf("nn.MaxPool2d(%d, stride=%d, padding=%d)", k, s, p), nil
	},
	"AveragePool": func(n nn.Node) (string, []string) {
		k, s, p := window(n)
		return fmt.Sprintf("nn.AvgPool2d(%d, stride=%d, padding=%d)", k, s, p), nil
	},
	"GlobalAveragePool": func(nn.Node) (string, []string) { return "nn.AdaptiveAvgPool2d(1)", nil },
	"Relu":              func(nn.Node) (string, []string) { return "nn.ReLU()", nil },
	"LeakyRelu": func(n nn.Node) (string, []string) {
		return fmt.Sprintf("nn.LeakyReLU(%v)", n.Attr("alpha")), nil
	},
	"Sigmoid": func(nn.Node) (string, []string) { return "nn.Sigmoid()", nil },
	"Tanh":    func(nn.Node) (string, []string) { return "nn.Tanh()", nil },
	"Gelu":    func(nn.Node) (string, []string) { return "nn.GELU()", nil },
	"Swish":   func(nn.Node) (string, []string) { return "nn.SiLU()", nil },
	"Softmax": func(nn.Node) (string, []string) { return "nn.Softmax(dim=1)", nil },
	"Flatten": func(nn.Node) (string, []string) { return "nn.Flatten()", nil },
	"Reshape": func(n nn.Node) (string, []string) {
		return fmt.Sprintf("nn.Unflatten(1, (%d, %d, %d))", n.Out.C, n.Out.H, n.Out.W), nil
	},
	"Identity": func(nn.Node) (string, []string) { return "nn.Identity()", nil },
	"Add":      func(nn.Node) (string, []string) { return "", nil },
}

// noBias is the argument of a module that has none.
func noBias(n nn.Node, with int) string {
	if len(n.Arrays) < with {
		return ", bias=False"
	}
	return ""
}

// PyTorch writes the network to path as a program: a class Net, load, which fills
// one with the weights of a safetensors file beside it, and a main that says how far
// its outputs are from those that the model gives here for one input. It needs torch
// and safetensors. Dropout, which does nothing at evaluation, is left out. It returns
// the names of the two files.
func (s Subject) PyTorch(path string) (files []string, err error) {
	weights := strings.TrimSuffix(path, ".py") + ".safetensors"
	var b bytes.Buffer
	if err := s.pyTorch(&b, filepath.Base(weights)); err != nil {
		return nil, err
	}
	if err := s.Model.Save(weights, s.Meta); err != nil {
		return nil, err
	}
	return []string{path, weights}, save(path, b.Bytes())
}

func (s Subject) pyTorch(w io.Writer, weights string) error {
	g, err := s.graph()
	if err != nil {
		return err
	}
	var parts, forward, names strings.Builder
	values := map[string]string{g.Input: "x"}
	for i, n := range g.Nodes {
		module, ok := torchModules[n.Op]
		if !ok {
			return unsupported(n, "module of PyTorch", slices.Sorted(maps.Keys(torchModules)))
		}
		text, params := module(n)
		out := fmt.Sprint("x", i)
		values[n.Output] = out
		x := values[n.Inputs[0]]
		if text == "" {
			fmt.Fprintf(&forward, "        %s = %s + %s\n", out, x, values[n.Inputs[1]])
			continue
		}
		field := "m" + strings.NewReplacer(".", "_", "-", "_").Replace(n.Name)
		fmt.Fprintf(&parts, "        self.%s = %s\n", field, text)
		fmt.Fprintf(&forward, "        %s = self.%s(%s)\n", out, field, x)
		for j, a := range n.Arrays {
			fmt.Fprintf(&names, "    %s: %s,\n", quoted(a.Name), quoted(field+"."+params[j]))
		}
	}

	in := g.In
	shape := fmt.Sprintf("%d, %d, %d", in.C, in.H, in.W)
	if in.IsVec() {
		shape = fmt.Sprint(in.C)
	}
	x := nn.NewTensor(1, in)
	for i := range x.Data {
		x.Data[i] = float32(i*37%256) / 256
	}
	y := s.Model.Forward(x, nn.Pass{})
	var expected []string
	for _, v := range y.Data {
		expected = append(expected, fmt.Sprint(v))
	}
	classes := "None"
	if s.Classes != nil {
		var list []string
		for _, c := range s.Classes {
			list = append(list, quoted(c))
		}
		classes = "[" + strings.Join(list, ", ") + "]"
	}
	var about strings.Builder
	for _, line := range s.facts() {
		fmt.Fprintf(&about, "# %s\n", line)
	}
	_, err = fmt.Fprintf(w, `# Written by inkling export: the network %s, for %s.
%simport pathlib

import torch
from safetensors.torch import load_file
from torch import nn

CLASSES = %s


class Net(nn.Module):
    """Takes a batch of [%s], values between 0 and 1, and gives its %s."""

    def __init__(self):
        super().__init__()
%s
    def forward(self, x):
%s        return %s


# The arrays of the file of weights, and what PyTorch calls them.
NAMES = {
%s}


def load(path=pathlib.Path(__file__).with_name(%s)):
    """The trained network, at evaluation."""
    net = Net()
    tensors = load_file(path) if NAMES else {}
    net.load_state_dict({ours: tensors[name] for name, ours in NAMES.items()})
    return net.eval()


if __name__ == "__main__":
    size = %d
    x = (torch.arange(size) * 37 %% 256).float().div(256).reshape(1, %s)
    with torch.no_grad():
        y = load()(x).flatten()
    expected = torch.tensor([%s])
    print(f"largest difference from inkling: {(y - expected).abs().max().item():.3g}")
`, nn.Outline(s.Model.Layers), s.input(), about.String(), classes, shape, g.Output, parts.String(), forward.String(), values[g.Output],
		names.String(), quoted(weights), in.Size(), shape, strings.Join(expected, ", "))
	return err
}

// quoted is a string of Python: its escapes are a part of Go's.
func quoted(s string) string { return fmt.Sprintf("%+q", s) }
