//go:build !linux

package f32

// Elsewhere nobody moves threads.

func threadID() int { return 0 }

func yieldThread() {}

type stay struct{}

func (*stay) find(int) bool { return false }
func (*stay) begin() bool   { return false }
func (*stay) end()          {}
