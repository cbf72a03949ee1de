//go:build unix

package lab

import (
	"syscall"
)

// processCPU is the processor time that this process has had, over all cores,
// in seconds.
func processCPU() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
