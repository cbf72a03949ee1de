package f32

import (
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestStay: a thread comes to the caller's core and goes away again, with all
// that it could use before.
func TestStay(t *testing.T) {
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil || before.Count() < 2 {
		t.Skip("one core, or nobody tells")
	}
	thread, done := make(chan int), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		thread <- threadID()
		<-done
	}()
	defer close(done)
	id := <-thread
	affinity := func() (set unix.CPUSet) {
		if err := unix.SchedGetaffinity(id, &set); err != nil {
			t.Fatal(err)
		}
		return set
	}
	var s stay
	if !s.find(id) {
		t.Fatal("not found")
	}
	if !s.begin() {
		t.Skip("the system lets nobody move threads")
	}
	if got := affinity(); got.Count() != 1 || got != s.here {
		t.Errorf("during the stay the thread may use %d cores", got.Count())
	}
	s.end()
	if got := affinity(); got != before {
		t.Errorf("after the stay the thread may use %d cores, %d before", got.Count(), before.Count())
	}
	if s.find(1) && os.Getpid() != 1 {
		t.Error("another process's thread was found")
	}
}

// A sleepyJob has chunks of the caller, and others that sleep: like those of a
// helper off its core, they are late.
type sleepyJob struct {
	caller int
	slept  atomic.Int32
	done   atomic.Int32
}

func (j *sleepyJob) Do(int) {
	if threadID() != j.caller {
		j.slept.Add(1)
		time.Sleep(3 * time.Millisecond)
	}
	j.done.Add(1)
}

// TestLateHelpers: a job ends when the late have ended, and all threads may then
// use what they could before.
func TestLateHelpers(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Skip(err)
	}
	late := int32(0)
	for deadline := time.Now().Add(10 * time.Second); late < 5 && time.Now().Before(deadline); {
		atProcs(3, func() {
			j := &sleepyJob{caller: threadID()}
			Parallel(12, j)
			if n := j.done.Load(); n != 12 {
				t.Fatalf("%d of 12 chunks are done", n)
			}
			late += j.slept.Load()
		})
	}
	if late == 0 {
		t.Skip("no helper had the time to join")
	}
	for _, h := range crew.helpers {
		h.depart() // of one that has not run since
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(task.Name())
		if err != nil {
			t.Fatal(err)
		}
		var now unix.CPUSet
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
			if unix.SchedGetaffinity(id, &now) != nil || now == before {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("thread %d may use %d cores, %d before", id, now.Count(), before.Count())
			}
		}
	}
}
