package f32

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A Job is work cut into chunks that do not depend on each other. Do runs one
// of them, on any goroutine, in any order; it must write only what belongs to
// its chunk.
type Job interface {
	Do(chunk int)
}

// Parallel calls j.Do(0) … j.Do(chunks-1) and returns when all are done. The
// caller takes part; up to GOMAXPROCS-1 helpers join it. With one chunk, with
// GOMAXPROCS=1, when called from inside a Job, or while another goroutine's job
// has the helpers, every chunk runs on the caller, in order.
//
// The number of chunks must follow from the shape of the work alone, and each
// chunk must cost enough (some ten microseconds) to be worth handing over: then
// results are the same bits on any number of cores.
//
// Nothing is allocated when j holds a pointer. A panic in a chunk is raised
// again in the caller, after the other chunks have stopped.
func Parallel(chunks int, j Job) {
	helpers := min(runtime.GOMAXPROCS(0), chunks) - 1
	if helpers > 0 && crew.mu.TryLock() {
		defer crew.mu.Unlock()
		if start := time.Now(); start.After(crew.crowded) {
			crew.run(chunks, helpers, j, start)
			return
		}
	}
	for i := range chunks {
		j.Do(i)
	}
}

const (
	// A parked goroutine takes about 100 µs to wake, as long as a whole phase
	// of a small network's training step; one that spins takes well under one.
	// Phases follow each other within microseconds, so a helper spins this long
	// before it parks, and is idle from then on.
	spinTime = 80 * time.Microsecond

	// A spinning helper gives its processor to other goroutines this often.
	spinYield = 5 * time.Microsecond

	// A helper that the system has taken off its core holds up the caller for
	// many times the length of a job. Where there is more to run than cores,
	// that happens in almost every job, and one core alone is faster: after a
	// wait longer than the job and lateTime, jobs do without helpers, for
	// minCrowded at first and twice as long each time it happens again.
	lateTime   = time.Millisecond
	minCrowded = 10 * time.Millisecond
	maxCrowded = 320 * time.Millisecond

	// stateOpen is set in workers.state while helpers may join; the bits below
	// count the helpers inside, the upper half counts jobs.
	stateOpen  = 1 << 31
	stateCount = stateOpen - 1
)

// workers lends helper goroutines to one job at a time. Its protocol rests on
// one word, state: a job is published by opening a new generation; a helper
// joins by counting itself in while the generation is open, and only then reads
// job, chunks and limit; the caller closes the generation and waits until the
// count is zero before it lets go of them. A helper that comes late finds the
// generation closed and never sees the next job's fields half written.
type workers struct {
	mu      sync.Mutex // held by the caller whose job is running
	helpers []*helper  // grows to the largest GOMAXPROCS-1 seen, never shrinks

	crowded time.Time     // until then, jobs do without helpers
	penalty time.Duration // how long the last time
	calm    int           // jobs since then whose helpers were in time

	job    Job
	chunks int64
	limit  int // helpers of index < limit may join

	_     [64]byte // state and next are written by all, each on its own line
	state atomic.Uint64
	_     [56]byte
	next  atomic.Int64 // the next chunk nobody has taken
	_     [56]byte

	failure atomic.Pointer[failure] // the first panic of a chunk

	waiting atomic.Bool   // the caller is parked until the last helper has left
	left    chan struct{} // one token, sent by who turns waiting off
}

type failure struct{ value any }

type helper struct {
	index  int
	parked atomic.Bool
	wake   chan struct{} // one token, sent by who turns parked off
}

var crew = workers{left: make(chan struct{}, 1)}

func (w *workers) run(chunks, limit int, j Job, start time.Time) {
	for len(w.helpers) < limit {
		h := &helper{index: len(w.helpers), wake: make(chan struct{}, 1)}
		w.helpers = append(w.helpers, h)
		go h.loop(w)
	}
	w.job, w.chunks, w.limit = j, int64(chunks), limit
	w.next.Store(0)
	w.state.Store((w.state.Load()>>32+1)<<32 | stateOpen)
	for _, h := range w.helpers[:limit] {
		if h.parked.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
	}

	w.work()
	for {
		s := w.state.Load()
		if w.state.CompareAndSwap(s, s&^stateOpen) {
			break
		}
	}
	w.wait(start)
	w.job = nil
	if f := w.failure.Swap(nil); f != nil {
		panic(f.value)
	}
}

// wait returns when no helper is inside. Spinning for one that the system has
// taken off its core could be what keeps it off, so the caller parks after a
// while.
func (w *workers) wait(start time.Time) {
	var from time.Time
	for spins := 0; w.state.Load()&stateCount != 0; spins++ {
		pause()
		if spins&63 != 63 {
			continue
		}
		if from.IsZero() {
			from = time.Now()
		} else if time.Since(from) > spinTime {
			w.waiting.Store(true)
			// The last helper may have left before it could see that.
			if w.state.Load()&stateCount != 0 || !w.waiting.CompareAndSwap(true, false) {
				<-w.left
			}
			w.judge(start, from)
			return
		}
	}
	if w.calm++; w.calm == 1000 {
		w.penalty = 0
	}
}

// judge decides whether the wait since from, in a job since start, means that the
// machine is crowded.
func (w *workers) judge(start, from time.Time) {
	now := time.Now()
	if now.Sub(from) < from.Sub(start)+lateTime {
		return
	}
	w.penalty = min(max(2*w.penalty, minCrowded), maxCrowded)
	w.crowded, w.calm = now.Add(w.penalty), 0
}

// leave counts a helper out.
func (w *workers) leave() {
	s := w.state.Add(^uint64(0))
	if s&(stateOpen|stateCount) == 0 && w.waiting.CompareAndSwap(true, false) {
		w.left <- struct{}{}
	}
}

// work takes chunks until none is left. After a panic it leaves the rest.
func (w *workers) work() {
	defer func() {
		if v := recover(); v != nil {
			w.failure.CompareAndSwap(nil, &failure{v})
			w.next.Store(w.chunks)
		}
	}()
	for {
		i := w.next.Add(1) - 1
		if i >= w.chunks {
			return
		}
		w.job.Do(int(i))
	}
}

// join counts the helper in if a generation other than last is open.
func (w *workers) join(last uint64) (generation uint64, ok bool) {
	for {
		s := w.state.Load()
		if s&stateOpen == 0 || s>>32 == last {
			return last, false
		}
		if w.state.CompareAndSwap(s, s+1) {
			return s >> 32, true
		}
	}
}

func (h *helper) loop(w *workers) {
	var last uint64
	for {
		generation, ok := h.await(w, last)
		if !ok {
			continue
		}
		last = generation
		if h.index < w.limit {
			w.work()
		}
		w.leave()
	}
}

// await spins until it could join, then parks. After a wake it reports false:
// the job may be over already.
func (h *helper) await(w *workers, last uint64) (generation uint64, ok bool) {
	start := time.Now()
	yielded := time.Duration(0)
	for spins := 1; ; spins++ {
		if generation, ok = w.join(last); ok {
			return generation, true
		}
		pause()
		if spins&15 != 0 {
			continue
		}
		spun := time.Since(start)
		if spun > spinTime {
			break
		}
		if spun-yielded > spinYield {
			runtime.Gosched()
			yielded = time.Since(start)
		}
	}
	h.parked.Store(true)
	// A job published before parked was set has not seen it: look once more.
	if generation, ok = w.join(last); ok && h.parked.CompareAndSwap(true, false) {
		return generation, true
	}
	<-h.wake
	return generation, ok
}
