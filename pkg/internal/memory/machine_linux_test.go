package memory

import (
	"io/fs"
	"testing"
)

const meminfo = "MemTotal:       24000000 kB\nMemFree:         1000000 kB\nMemAvailable:   20000000 kB\nSwapFree:         500000 kB\n"

func TestRead(t *testing.T) {
	const kB = 1024
	unheld := held
	held = func() int64 { return 1000 }
	defer func() { held = unheld }()
	for name, c := range map[string]struct {
		files       map[string]string
		total, free int64
		ok          bool
	}{
		"no /proc":     {nil, 0, 0, false},
		"no available": {map[string]string{"/proc/meminfo": "MemTotal: 24 kB\n"}, 0, 0, false},
		"a machine":    {map[string]string{"/proc/meminfo": meminfo}, 24000000 * kB, 20500000 * kB, true},
		"a group without limit": {map[string]string{
			"/proc/meminfo": meminfo, "/proc/self/cgroup": "0::/user.slice\n",
			"/sys/fs/cgroup/user.slice/memory.max": "max\n", "/sys/fs/cgroup/user.slice/memory.current": "5\n",
		}, 24000000 * kB, 20500000 * kB, true},
		"a container": {map[string]string{
			"/proc/meminfo": meminfo, "/proc/self/cgroup": "0::/\n",
			"/sys/fs/cgroup//memory.max": "4000000000\n", "/sys/fs/cgroup//memory.current": "1500000000\n",
			"/sys/fs/cgroup//memory.stat": "anon 1000\ninactive_file 500000000\n",
		}, 4000000000, 3000000000, true},
		"the limit of a group above": {map[string]string{
			"/proc/meminfo": meminfo, "/proc/self/cgroup": "0::/a/b\n",
			"/sys/fs/cgroup/a/memory.max": "2000000000", "/sys/fs/cgroup/a/memory.current": "2500000000",
			"/sys/fs/cgroup/a/b/memory.max": "max",
		}, 2000000000, 0, true},
		"version 1": {map[string]string{
			"/proc/meminfo": meminfo, "/proc/self/cgroup": "9:cpu:/x\n4:memory:/docker/1\n",
			"/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": "1000000000", "/sys/fs/cgroup/memory/docker/1/memory.usage_in_bytes": "400000000",
		}, 1000000000, 600000000, true},
		"a limit of the address space": {map[string]string{
			"/proc/meminfo": meminfo, "/proc/self/status": "VmPeak:\t 9000 kB\nVmSize:\t 2000000 kB\nVmData:\t 100000 kB\n",
			"/proc/self/limits": "Limit                     Soft Limit           Hard Limit           Units\nMax data size             unlimited            unlimited            bytes\nMax address space         8192000000           unlimited            bytes\n",
		}, 8192000000, 8192000000 - 2000000*kB + 1000, true},
		"a limit of the data": {map[string]string{
			"/proc/meminfo": meminfo, "/proc/self/status": "VmSize:\t 2000000 kB\nVmData:\t 100000 kB\n",
			"/proc/self/limits": "Max data size             1000000000            unlimited            bytes\nMax address space         unlimited           unlimited            bytes\n",
		}, 1000000000, 1000000000 - 100000*kB + 1000, true},
		"a limit above the machine": {map[string]string{
			"/proc/meminfo": meminfo, "/proc/self/cgroup": "4:memory:/\n",
			"/sys/fs/cgroup/memory//memory.limit_in_bytes": "9223372036854771712",
		}, 24000000 * kB, 20500000 * kB, true},
	} {
		total, free, ok := read(func(name string) ([]byte, error) {
			s, found := c.files[name]
			if !found {
				return nil, fs.ErrNotExist
			}
			return []byte(s), nil
		})
		if total != c.total || free != c.free || ok != c.ok {
			t.Errorf("%s: %d, %d, %v, want %d, %d, %v", name, total, free, ok, c.total, c.free, c.ok)
		}
	}
	if total, free, ok := machine(); !ok || total < 1<<28 || free < 1 || free > 1<<50 {
		t.Errorf("this machine: %d, %d, %v", total, free, ok)
	}
}
