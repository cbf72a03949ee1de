package f32

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// threadID returns the system's number of the thread this runs on.
func threadID() int { return unix.Gettid() }

// yieldThread lets another thread have the core, if one waits for it.
func yieldThread() { unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

// A stay moves a thread to the caller's core or off it: by what it may use, for
// as long as that takes. Kept where it is for good, it would fight with other
// processes for a core while another is idle.
type stay struct {
	thread            int
	all, here, others unix.CPUSet // cores: all that it may use, the caller's, all but that
}

// find fills s for a thread of this process and the core of the caller. It
// reports false where the thread has no other core, and where the system does
// not tell or has more cores than a CPUSet.
func (s *stay) find(thread int) bool {
	var core uint32
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&core)), 0, 0); errno != 0 {
		return false
	}
	// The number of a thread that has ended may be another process's by now.
	if unix.Tgkill(os.Getpid(), thread, 0) != nil || unix.SchedGetaffinity(thread, &s.all) != nil {
		return false
	}
	// A thread is born with what its maker may use, and that may have been on a
	// stay: then the first thread tells.
	if s.all.Count() == 1 && unix.SchedGetaffinity(os.Getpid(), &s.all) != nil {
		return false
	}
	s.thread, s.others = thread, s.all
	s.others.Clear(int(core))
	s.here.Zero()
	s.here.Set(int(core))
	return s.all.IsSet(int(core)) && s.others.Count() > 0
}

// begin moves the thread to the core, if the system lets it.
func (s *stay) begin() bool { return unix.SchedSetaffinity(s.thread, &s.here) == nil }

// end moves the thread off the core and gives it back all that it may use. What
// fails leaves it where it is.
func (s *stay) end() {
	unix.SchedSetaffinity(s.thread, &s.others)
	unix.SchedSetaffinity(s.thread, &s.all)
}
