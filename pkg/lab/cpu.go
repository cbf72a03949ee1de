package lab

import (
	"runtime"
	"sync"

	"inkling/pkg/internal/printable"
)

// cpuClock shares the processor time of the process out among the runs that are
// at work in it, evenly at every moment: what a run costs, which hardly depends
// on what else the machine does, unlike its seconds.
type cpuClock struct {
	mu     sync.Mutex
	read   func() float64
	at     float64
	active []*float64
}

var machine = &cpuClock{read: processCPU}

// settle gives out the time since it was last called.
func (c *cpuClock) settle() {
	now := c.read()
	for _, share := range c.active {
		*share += (now - c.at) / float64(len(c.active))
	}
	c.at = now
}

// begin counts for one more run; spent is its share so far, until end.
func (c *cpuClock) begin() (spent func() float64, end func()) {
	share := new(float64)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	c.active = append(c.active, share)
	spent = func() float64 {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.settle()
		return *share
	}
	end = func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.settle()
		for i, s := range c.active {
			if s == share {
				c.active = append(c.active[:i], c.active[i+1:]...)
				return
			}
		}
	}
	return spent, end
}

// Cost is the processor time of a run in seconds, over all cores: what to
// compare runs by that were made beside others, or beside other programs. Where
// the system does not tell it, it is Seconds.
func (r *Result) Cost() float64 {
	if r.CPU == 0 {
		return r.Seconds
	}
	return r.CPU
}

// Disturbed says why the seconds of a run do not compare with those of others,
// "" if nothing is known against it or they are less than one: it was made in several parts, or had less
// of the machine than it had work for, because of other programs.
func (r *Result) Disturbed() string {
	switch n := float64(max(r.SideBySide, 1)); {
	case r.Parts > 1:
		return "interrupted and continued"
	case r.CPU > 0 && r.Seconds >= 1 && r.CPU < 0.9*r.Seconds*min(n, float64(runtime.GOMAXPROCS(0)))/n:
		return "beside other load"
	}
	return ""
}

// Disturbances is a sentence on how many of the runs were disturbed, for the
// note of a table with times; "" for none.
func (rs Runs) Disturbances() string {
	n := 0
	for _, r := range rs {
		if r.Disturbed() != "" {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return printable.Count(n, "run") + " of these had other load beside or went on after an interrupt."
}
