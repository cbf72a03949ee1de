package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// waited returns for how long the threads of a process could have run and had no
// core; 0 if the kernel does not tell.
func waited(pid int) time.Duration {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	var sum int64
	for _, path := range threads {
		var ran, wait int64
		b, err := os.ReadFile(path)
		if err != nil { // the thread has ended
			continue
		}
		if _, err := fmt.Sscan(string(b), &ran, &wait); err == nil {
			sum += wait
		}
	}
	return time.Duration(sum)
}
