package memory

import (
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
)

// machine reads what the kernel says of the machine, and of the control groups
// and the limits of this process, of which each may allow less.
func machine() (total, free int64, ok bool) { return read(os.ReadFile) }

func read(file func(name string) ([]byte, error)) (total, free int64, ok bool) {
	info, err := file("/proc/meminfo")
	if err != nil {
		return 0, 0, false
	}
	const kB = 1024
	total, ok = field(info, "MemTotal:", kB)
	available, known := field(info, "MemAvailable:", kB)
	if !ok || !known {
		return 0, 0, false
	}
	swap, _ := field(info, "SwapFree:", kB)
	free = available + swap
	groups, _ := file("/proc/self/cgroup")
	for _, line := range strings.Split(string(groups), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		root, limit, usage := "/sys/fs/cgroup", "memory.max", "memory.current"
		if parts[0] != "0" { // version 1
			if parts[1] != "memory" {
				continue
			}
			root, limit, usage = "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
		}
		for group := path.Clean("/" + parts[2]); ; group = path.Dir(group) {
			if most, known := number(file, root+group+"/"+limit); known && most < total {
				used, _ := number(file, root+group+"/"+usage)
				stat, _ := file(root + group + "/memory.stat")
				cache, _ := field(stat, "inactive_file", 1) // given back when it is needed
				total, free = most, min(free, most-used+cache)
			}
			if group == "/" {
				break
			}
		}
	}
	// ulimit -v and -d: what the process has mapped counts, used or not.
	limits, _ := file("/proc/self/limits")
	status, _ := file("/proc/self/status")
	for _, l := range []struct{ limit, used string }{{"Max address space", "VmSize:"}, {"Max data size", "VmData:"}} {
		most, limited := field([]byte(strings.ReplaceAll(string(limits), l.limit, "limit")), "limit", 1)
		if mapped, known := field(status, l.used, kB); limited && known {
			total, free = min(total, most), min(free, most-mapped+held())
		}
	}
	return total, max(free, 0), true
}

// held is what the runtime has mapped and does not use: it will be used first.
// Only tests change it.
var held = func() int64 {
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return int64(now.HeapIdle)
}

func number(file func(name string) ([]byte, error), name string) (int64, bool) {
	b, err := file(name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil && n >= 0 // "max" is no number
}

// field finds the number behind a name at the beginning of a line.
func field(text []byte, name string, unit int64) (int64, bool) {
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != name {
			continue
		}
		n, err := strconv.ParseInt(words[1], 10, 64)
		return n * unit, err == nil && n >= 0
	}
	return 0, false
}
