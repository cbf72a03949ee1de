package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// cores is how many this machine lets a process use.
var cores = runtime.NumCPU()

// contestant is one library on one number of cores: a process that answers
// lines. One that cannot be started is kept with the reason, so that the
// report shows that it is missing.
type contestant struct {
	Name  string // "inkling", "avx2", "torch", "torch-bf16", "torch-compiled", "numpy", "onnxruntime", "gonum"
	Cores int
	About string // versions and kernels, or why it is missing

	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// contestants starts inkling, PyTorch and numpy on all cores and on one; what is
// compared in one way only, once.
func contestants(worker string) []*contestant {
	list := scaleContestants(worker)
	list = append(list, peer("torch-bf16", cores), peer("torch-compiled", cores), peer("numpy", cores),
		start("onnxruntime", cores, []string{"INKLING_BENCH_ONNX=" + filepath.Dir(worker)}, python(), "scripts/benchmark/peer.py", "onnxruntime"))
	if cores > 1 {
		list = append(list, start("inkling", 1, nil, worker), peer("torch", 1), peer("numpy", 1))
	}
	// The products of two other ways: AVX2 where there is more, and gonum.
	if wide := list[0].About; strings.Contains(wide, "avx512") {
		list = append(list, start("avx2", cores, []string{"INKLING_KERNELS=avx2"}, worker))
		if cores > 1 {
			list = append(list, start("avx2", 1, []string{"INKLING_KERNELS=avx2"}, worker))
		}
	}
	return append(list, start("gonum", 1, []string{"INKLING_KERNELS=blas"}, worker))
}

// scaleContestants are inkling and PyTorch on all cores.
func scaleContestants(worker string) []*contestant {
	return []*contestant{start("inkling", cores, nil, worker), peer("torch", cores)}
}

func peer(name string, cores int) *contestant {
	return start(name, cores, nil, python(), "scripts/benchmark/peer.py", name)
}

func python() string { return os.Getenv("INKLING_BENCH_PYTHON") }

// environment says how many cores a process may use, to everyone in the word
// they know. The OPENBLAS_CORETYPE of some machines would slow numpy down.
func environment(cores int, extra []string) []string {
	n := strconv.Itoa(cores)
	env := []string{"GOMAXPROCS=" + n, "PEER_THREADS=" + n, "OMP_NUM_THREADS=" + n, "MKL_NUM_THREADS=" + n, "OPENBLAS_NUM_THREADS=" + n}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "OPENBLAS_") {
			env = append(env, e)
		}
	}
	return append(env, extra...)
}

func start(name string, cores int, env []string, command string, args ...string) *contestant {
	c := &contestant{Name: name, Cores: cores, cmd: exec.Command(command, args...)}
	c.cmd.Env = environment(cores, env)
	c.cmd.Stderr = os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return c.missing(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return c.missing(err)
	}
	if err := c.cmd.Start(); err != nil {
		return c.missing(err)
	}
	c.out = bufio.NewScanner(out)
	c.out.Scan()
	if reason, ok := strings.CutPrefix(c.out.Text(), "missing "); ok {
		return c.missing(errors.New(reason))
	}
	if !strings.HasPrefix(c.out.Text(), "ready") {
		return c.missing(errors.New("it did not start"))
	}
	c.About = fmt.Sprintf("%d cores: %s", cores, strings.TrimSpace(strings.TrimPrefix(c.out.Text(), "ready")))
	return c
}

func (c *contestant) missing(err error) *contestant {
	c.About, c.out = fmt.Sprintf("%d cores: missing: %v", c.Cores, err), nil
	return c
}

func (c *contestant) stop() {
	if c.out != nil {
		c.in.Close()
		c.cmd.Wait()
	}
}

// An answer is what a contestant tells of a workload, in nanoseconds; of a peak
// the best time as well, and its operations.
type answer struct{ NS, Mean, Best, FLOP float64 }

// time asks for the time of one repetition of a workload; zero if the contestant
// is missing or does not know it.
func (c *contestant) time(workload string, seconds float64) (a answer) {
	if c.out == nil {
		return a
	}
	fmt.Fprintln(c.in, workload, seconds)
	if !c.out.Scan() {
		c.missing(fmt.Errorf("it died at %s", workload))
		return a
	}
	if err := json.Unmarshal(c.out.Bytes(), &a); err != nil {
		c.missing(fmt.Errorf("it answered %q", c.out.Text()))
		return answer{}
	}
	// Threads that spin after their work would slow the next contestant.
	time.Sleep(20 * time.Millisecond)
	return a
}

// tries is how often a time is taken again if another process had a core meanwhile.
const tries = 6

// timeAlone is the time of the least disturbed of some tries: on a machine that
// others use too, a median over rounds would tell who else was at work. disturbed
// says that in the best of them too the contestant's threads waited for a core for
// more than a twentieth of the time.
func (c *contestant) timeAlone(workload string, seconds float64) (best answer, disturbed bool) {
	least := time.Duration(-1)
	for range tries {
		if c.out == nil {
			break
		}
		before := waited(c.cmd.Process.Pid)
		begin := time.Now()
		a := c.time(workload, seconds)
		if a.NS == 0 {
			break
		}
		lost := max(0, waited(c.cmd.Process.Pid)-before)
		if least < 0 || lost < least {
			least, best = lost, a
		}
		if least <= time.Since(begin)/20 {
			return best, false
		}
	}
	return best, least >= 0
}

// process runs a command to its end and returns its seconds and its peak
// memory in MB; 0 if it failed, or if nobody tells.
func process(cores int, command string, args ...string) (seconds, megabytes float64) {
	cmd := exec.Command(command, args...)
	cmd.Env = environment(cores, nil)
	cmd.Stderr = os.Stderr
	begin := time.Now()
	if cmd.Run() != nil {
		return 0, 0
	}
	return time.Since(begin).Seconds(), peakMemory(cmd.ProcessState)
}
