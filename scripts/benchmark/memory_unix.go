//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory returns the peak memory of a process that has ended, in MB.
func peakMemory(s *os.ProcessState) float64 {
	peak := float64(s.SysUsage().(*syscall.Rusage).Maxrss)
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return peak / (1 << 20) // bytes there, kilobytes elsewhere
	}
	return peak / (1 << 10)
}
