package train

import (
	"runtime"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// What is estimated is what is allocated.
func TestMemoryIsAsEstimated(t *testing.T) {
	in := nn.CHW(1, 28, 28)
	for name, c := range map[string]struct {
		layers []nn.Layer
		change func(c *Config)
	}{
		"MLP":   {nn.MLP([]int{1500, 1500}, nn.ReLU{}, 10, 0.2), func(c *Config) { c.Optimizer, c.EMA = optim.Adam{}, 0.9 }},
		"CNN":   {[]nn.Layer{nn.Conv2D{Filters: 24, Kernel: 3}, nn.BatchNorm{}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2}, nn.Conv2D{Filters: 32, Kernel: 3}, nn.GELU{}, nn.AvgPool2D{Kernel: 2}, nn.Linear{Out: 10}}, func(c *Config) {}},
		"block": {[]nn.Layer{nn.Conv2D{Filters: 32, Kernel: 3, Padding: 1}, nn.Bottleneck{Mid: 16, Out: 64, Stride: 2}, nn.Dropout{P: 0.3}, nn.GlobalAvgPool{}, nn.Linear{Out: 10}}, func(c *Config) { c.Optimizer = optim.SGD{} }},
	} {
		cfg := mlp()
		cfg.Layers, cfg.Batch = c.layers, 128
		c.change(&cfg)
		var need int64
		d := must(nn.NewDraft(in, c.layers...))
		parts := must((&Plan{Config: must(cfg.Complete()), draft: d}).memory(false))
		for _, p := range parts {
			need += p.Bytes
		}
		used := live(func() any {
			m := must(nn.New(1, in, c.layers...))
			tr := must(NewTrainer(cfg, m))
			x, dy := nn.NewTensor(cfg.Batch, in), nn.Tensor{}
			y := m.Forward(x, nn.Pass{Train: true})
			nn.CrossEntropy{}.Eval(&dy, y, make([]uint16, cfg.Batch))
			m.Backward(&dy)
			tr.Model().Forward(nn.NewTensor(nn.EvalBatch, in), nn.Pass{})
			return []any{m, tr}
		})
		if ratio := float64(used) / float64(need); ratio < 0.75 || ratio > 1.25 {
			t.Errorf("%s: estimated %.1f MB, in use %.1f MB", name, float64(need)/1e6, float64(used)/1e6)
		} else {
			t.Logf("%s: estimated %.1f MB, in use %.1f MB", name, float64(need)/1e6, float64(used)/1e6)
		}
	}
}

// live is by how much the heap grows through what f makes.
func live(f func() any) int64 {
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	before := heap()
	kept := f()
	after := heap()
	runtime.KeepAlive(kept)
	return after - before
}
