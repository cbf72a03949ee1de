"""A notebook whose cells change code of their own: what is stored comes back only for the code that made it."""

import io
import contextlib
import os
import re
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

import project
from execute import execute

LIBRARY = """
import (
	"context"
	"fmt"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

func fit(change func(c *train.Config)) {
	l, err := lab.Open(context.Background(), "own")
	if err != nil {
		panic(err)
	}
	l.Quiet = true
	c := train.Config{Layers: nn.MLP([]int{8}, nn.ReLU{}, 10, 0), Schedule: optim.Constant(0.1), Batch: 100, Epochs: 1, TrainSize: 500}
	change(&c)
	runs, err := l.Fit(c)
	if err != nil {
		panic(err)
	}
	h := runs[0].Train()
	fmt.Println("run", runs[0].Stored, h.Losses(), h.GradNorms())
}
"""

OPTIMIZER = """
type Descent struct{ params []*nn.Param }
func (Descent) New(params []*nn.Param) (optim.Stepper, error) { return Descent{params}, nil }
func (d Descent) State() []nn.State { return nil }
func (d Descent) Step(step int, lr float64) {
	for _, p := range d.params {
		for i, g := range p.Grad {
			p.Data[i] -= float32(%s*lr) * g
		}
	}
}
"""

LOSS = """
type Loss struct{ nn.CrossEntropy }
func (l Loss) Eval(dy, y *nn.Tensor, labels []uint16) float64 {
	v := l.CrossEntropy.Eval(dy, y, labels)
	if dy != nil {
		for i := range dy.Data {
			dy.Data[i] *= %s
		}
	}
	return v
}
"""

SCHEDULE = """
type Falling struct{ Base float64 }
func (f Falling) LR(step int) float64 { return f.Base * fall(step) }
"""

HELPER = """
// fall is what Falling calls.
func fall(step int) float64 { return %s / float64(1+step) }
"""

LAYER = """
import "math/rand/v2"

type Scaled struct{ By float32 }
func (s Scaled) Build(in nn.Shape, _ *rand.Rand) (nn.Module, nn.Shape, error) { return &scaled{by: s.By * %s}, in, nil }
type scaled struct{ by float32; y, dx nn.Tensor }
func (m *scaled) apply(to *nn.Tensor, x *nn.Tensor) *nn.Tensor {
	to.Resize(x.N, x.Shape)
	for i, v := range x.Data {
		to.Data[i] = m.by * v
	}
	return to
}
func (m *scaled) Forward(x *nn.Tensor, _ nn.Pass) *nn.Tensor { return m.apply(&m.y, x) }
func (m *scaled) Backward(dy *nn.Tensor, _ bool) *nn.Tensor { return m.apply(&m.dx, dy) }
func (m *scaled) Params() []*nn.Param { return nil }
var _ = nn.Register(Scaled{})
"""


class OwnCode(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="own code ")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        patch = mock.patch.dict(os.environ, {**project.jupyter_env(), "INKLING_RUNS": str(self.folder / "runs"),
                                             "INKLING_DATA": "synthetic", "INKLING_QUICK": "1", "GOAMD64": "v3"})
        patch.start()
        self.addCleanup(patch.stop)

    def run_cells(self, *sources):
        """What the runs of a notebook tell: whether it was stored, and its numbers; a notebook is a kernel of its own."""
        path = self.folder / "t.ipynb"
        nbformat.write(new_notebook(cells=[new_code_cell(s) for s in sources],
                                    metadata={"kernelspec": {"name": "gonb", "display_name": "Go", "language": "go"}}), path)
        with contextlib.redirect_stdout(io.StringIO()):
            notebook, run = execute(path, "t", 120, dict(os.environ), self.folder / "kernel.log")
        self.assertEqual((run.status, run.error), ("ok", ""))
        text = "".join(o.get("text", "") for c in notebook.cells for o in c.outputs)
        self.assertNotIn("anew", text)
        return [(stored == "true", numbers) for stored, numbers in re.findall(r"^run (\w+) (.*)$", text, re.M)]

    def test_a_changed_body_is_a_new_run_and_the_old_one_comes_back(self):
        optimizer = "%%\nfit(func(c *train.Config) { c.Optimizer = Descent{} })"
        loss = "%%\nfit(func(c *train.Config) { c.Loss = Loss{} })"
        schedule = "%%\nfit(func(c *train.Config) { c.Schedule = optim.Warmup{Steps: 2, Then: &Falling{0.2}} })"
        layer = "%%\nfit(func(c *train.Config) { c.Layers = append([]nn.Layer{Scaled{2}}, c.Layers...) })"
        cells = [LIBRARY]
        for code, body, other, call in [(OPTIMIZER, "1", "0", optimizer), (LOSS, "1", "3", loss), (HELPER + SCHEDULE, "1", "2", schedule),
                                        (LAYER, "1", "0.5", layer)]:
            cells += [code % number + call for number in (body, other, body)]
        runs = self.run_cells(*cells)
        self.assertEqual([stored for stored, _ in runs], [False, False, True] * 4)
        for first, changed, again in zip(*[iter(runs)] * 3):
            self.assertNotEqual(first[1], changed[1])
            self.assertEqual(first[1], again[1])
        # Another kernel, other cells, another order, the helper in a cell of its own.
        again = self.run_cells(LIBRARY, "// a word\nfunc another() int { return 1 }\n" + HELPER % "1", SCHEDULE, schedule + "\nanother()",
                               LOSS % "1", loss, HELPER % "2", schedule)
        self.assertEqual(again, [(True, runs[6][1]), (True, runs[3][1]), (True, runs[7][1])])


if __name__ == "__main__":
    unittest.main()
