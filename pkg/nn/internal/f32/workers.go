package f32

import (
	"math"
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
// caller takes part; up to GOMAXPROCS-1 helpers join it, fewer by one for every
// other goroutine that is in here too: each has a core already. With one chunk, with
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
	inside := crew.inside.Add(1)
	defer crew.inside.Add(-1)
	if procs := runtime.GOMAXPROCS(0); chunks > 1 && procs > 1 {
		start := time.Now()
		helpers := min(procs-crew.callers(inside, start), chunks-1)
		if helpers > 0 && crew.mu.TryLock() {
			defer crew.mu.Unlock()
			if start.After(crew.crowded) {
				crew.run(chunks, helpers, j, start)
				return
			}
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

	// A helper that has had time for two chunks and lendTime is not on a core; the
	// caller lends it its own, for maxLend at most.
	lendTime = 30 * time.Microsecond
	maxLend  = time.Millisecond

	// Goroutines that train side by side leave Parallel for less than this between
	// their jobs, and are still counted.
	companyTime = 2 * time.Millisecond

	// A helper that misses this many jobs in a row is moved off the caller's core.
	moveAfter = 20

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

	_       [64]byte     // what all write has lines of its own
	inside  atomic.Int32 // goroutines in Parallel
	company atomic.Int64 // when they were last more than one, in µs since born, and in the low byte how many

	_     [48]byte
	state atomic.Uint64
	_     [56]byte
	taken atomic.Uint64 // chunks taken: in the lower half from the front, in the upper from the back
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

	thread atomic.Int64  // the system's number of the thread it ran on last
	joined atomic.Uint64 // the job it joined last
	left   atomic.Uint64 // the job it has left last
	guest  atomic.Int32  // stranger, visitor or leaving
	stay   stay          // the caller's to write while the helper is a stranger
	missed int           // jobs in a row that it did not join
	moves  int           // how often it was moved since it joined one
}

// What a helper is on the caller's core. The caller makes it a visitor, who of
// the two comes first lets it leave.
const (
	stranger = iota
	visitor
	leaving
)

// mindCompany says that goroutines side by side do without helpers, where there are
// as many as cores. Only benchmarks turn it off.
var mindCompany = true

// moveHelpers says that helpers' threads may be moved from core to core. Only
// benchmarks turn it off.
var moveHelpers = true

var crew = workers{left: make(chan struct{}, 1)}

var born = time.Now()

// callers is how many goroutines share the cores: those inside now, or lately. A
// helper beside them would push one of them off its core.
func (w *workers) callers(inside int32, now time.Time) int {
	if !mindCompany {
		return 1
	}
	was, at := w.company.Load(), now.Sub(born).Microseconds()
	ago, many := at-was>>8, was&math.MaxUint8
	if inside > 1 {
		if now := int64(min(inside, math.MaxUint8)); now != many || ago > companyTime.Microseconds()/4 { // seldom: all read it
			w.company.Store(at<<8 | now)
		}
		return int(inside)
	}
	if ago < companyTime.Microseconds() {
		return max(1, int(many))
	}
	return 1
}

func (w *workers) run(chunks, limit int, j Job, start time.Time) {
	for len(w.helpers) < limit {
		h := &helper{index: len(w.helpers), wake: make(chan struct{}, 1)}
		w.helpers = append(w.helpers, h)
		go h.loop(w)
	}
	w.job, w.chunks, w.limit = j, int64(chunks), limit
	w.taken.Store(0)
	generation := uint64(uint32(w.state.Load()>>32) + 1)
	w.state.Store(generation<<32 | stateOpen)
	for _, h := range w.helpers[:limit] {
		if h.parked.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
	}

	w.work(true)
	for {
		s := w.state.Load()
		if w.state.CompareAndSwap(s, s&^stateOpen) {
			break
		}
	}
	w.wait(start, generation)
	w.job = nil
	for _, h := range w.helpers[:limit] {
		h.watch(generation)
	}
	if f := w.failure.Swap(nil); f != nil {
		panic(f.value)
	}
}

// wait returns when no helper is inside. One that is not done although it had
// time for two chunks has been taken off its core by the system, perhaps for
// milliseconds: the caller lends it its own. Where that cannot be or does not
// help, the caller parks, as spinning could be what keeps the helper off.
func (w *workers) wait(start time.Time, generation uint64) {
	if w.state.Load()&stateCount == 0 {
		w.inTime()
		return
	}
	from := time.Now()
	own := max(1, w.taken.Load()&math.MaxUint32) // chunks that the caller did
	if w.spin(from, lendTime+2*from.Sub(start)/time.Duration(own)) || w.lend(generation) {
		w.inTime()
		return
	}
	w.waiting.Store(true)
	// The last helper may have left before it could see that.
	if w.state.Load()&stateCount != 0 || !w.waiting.CompareAndSwap(true, false) {
		<-w.left
	}
	w.judge(start, from)
}

// spin waits for the helpers until some time after from.
func (w *workers) spin(from time.Time, d time.Duration) (done bool) {
	for spins := 1; w.state.Load()&stateCount != 0; spins++ {
		pause()
		if spins&63 == 0 && time.Since(from) > d {
			return false
		}
	}
	return true
}

// lend moves the helpers that are inside to the caller's core and lets them run
// there. Each goes away again when it is done.
func (w *workers) lend(generation uint64) (done bool) {
	if !moveHelpers {
		return false
	}
	lent := false
	for _, h := range w.helpers[:w.limit] {
		inside := h.joined.Load() == generation && h.left.Load() != generation
		if inside && h.guest.Load() == stranger && h.stay.find(int(h.thread.Load())) && h.stay.begin() {
			h.guest.Store(visitor)
			lent = true
		}
	}
	for from := time.Now(); lent && time.Since(from) < maxLend; {
		yieldThread()
		if w.state.Load()&stateCount == 0 {
			return true
		}
	}
	// A helper that is not even on its thread must not leave it on this core.
	for _, h := range w.helpers[:w.limit] {
		h.depart()
	}
	return false
}

// depart ends the helper's stay on the caller's core, if there is one.
func (h *helper) depart() {
	if h.guest.Load() == visitor && h.guest.CompareAndSwap(visitor, leaving) {
		h.stay.end()
		h.guest.Store(stranger)
	}
}

// watch counts the jobs that the helper missed, and moves it off the caller's
// core if they are many. Where other processes run, the system often leaves the
// helper's thread there, waiting for the caller to finish its work: two cores are
// then one. A helper that misses jobs for another reason is left alone for longer
// and longer.
func (h *helper) watch(generation uint64) {
	if h.joined.Load() == generation {
		h.missed, h.moves = 0, 0
		return
	}
	if h.missed++; h.missed < moveAfter<<min(h.moves, 10) {
		return
	}
	h.missed, h.moves = 0, h.moves+1
	if moveHelpers && h.guest.Load() == stranger && h.stay.find(int(h.thread.Load())) {
		h.stay.end()
	}
}

// inTime notes a job that did not have to wait long for its helpers.
func (w *workers) inTime() {
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

// work takes chunks until none is left: the caller and every second helper from
// the front, the others from the back. Phases of a step that walk over the same
// weights then find the part that each core used last in its own cache. After a
// panic, work leaves the rest.
func (w *workers) work(front bool) {
	defer func() {
		if v := recover(); v != nil {
			w.failure.CompareAndSwap(nil, &failure{v})
			w.taken.Store(uint64(w.chunks))
		}
	}()
	for {
		i, ok := w.take(front)
		if !ok {
			return
		}
		w.job.Do(i)
	}
}

// take takes the next chunk from one end.
func (w *workers) take(front bool) (chunk int, ok bool) {
	for {
		t := w.taken.Load()
		fore, back := int64(t&math.MaxUint32), int64(t>>32)
		if fore+back >= w.chunks {
			return 0, false
		}
		if front && w.taken.CompareAndSwap(t, t+1) {
			return int(fore), true
		}
		if !front && w.taken.CompareAndSwap(t, t+1<<32) {
			return int(w.chunks - 1 - back), true
		}
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
		h.joined.Store(generation)
		if h.index < w.limit {
			w.work(h.index%2 != 0)
		}
		h.left.Store(generation)
		w.leave()
		h.depart()
	}
}

// await spins until it could join, then parks. After a wake it reports false:
// the job may be over already.
func (h *helper) await(w *workers, last uint64) (generation uint64, ok bool) {
	h.thread.Store(int64(threadID()))
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
		h.depart()
		spun := time.Since(start)
		if spun > spinTime {
			break
		}
		if spun-yielded > spinYield {
			runtime.Gosched()
			h.thread.Store(int64(threadID()))
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
