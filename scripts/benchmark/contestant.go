package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// contestant is one library on one number of cores: a process that answers
// lines. One that cannot be started is kept with the reason, so that the
// report shows that it is missing.
type contestant struct {
	name  string // "inkling", "torch", "numpy", "gonum"
	cores int
	about string // versions and kernels, or why it is missing

	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// contestants starts all of them on all cores, and inkling, numpy and PyTorch
// on one.
func contestants(worker string) []*contestant {
	all := runtime.NumCPU()
	var list []*contestant
	for _, cores := range []int{all, 1} {
		list = append(list,
			start("inkling", cores, nil, worker),
			start("torch", cores, nil, python(), "scripts/benchmark/peer.py", "torch"),
			start("numpy", cores, nil, python(), "scripts/benchmark/peer.py", "numpy"),
			start("gonum", cores, []string{"INKLING_KERNELS=blas"}, worker))
		if all == 1 {
			break
		}
	}
	return list
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
	c := &contestant{name: name, cores: cores, cmd: exec.Command(command, args...)}
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
	if !c.out.Scan() || !strings.HasPrefix(c.out.Text(), "ready") {
		return c.missing(fmt.Errorf("it did not start"))
	}
	c.about = fmt.Sprintf("%d cores: %s", cores, strings.TrimSpace(strings.TrimPrefix(c.out.Text(), "ready")))
	return c
}

func (c *contestant) missing(err error) *contestant {
	c.about, c.out = fmt.Sprintf("%d cores: missing: %v", c.cores, err), nil
	return c
}

func (c *contestant) stop() {
	if c.out != nil {
		c.in.Close()
		c.cmd.Wait()
	}
}

// time asks for the median time of one repetition, in seconds; 0 if the
// contestant is missing or does not know the workload.
func (c *contestant) time(workload string, seconds float64) float64 {
	if c.out == nil {
		return 0
	}
	fmt.Fprintln(c.in, workload, seconds)
	if !c.out.Scan() {
		c.missing(fmt.Errorf("it died at %s", workload))
		return 0
	}
	var answer struct {
		NS float64
	}
	if err := json.Unmarshal(c.out.Bytes(), &answer); err != nil {
		c.missing(fmt.Errorf("it answered %q", c.out.Text()))
		return 0
	}
	// Threads that spin after their work would slow the next contestant.
	time.Sleep(20 * time.Millisecond)
	return answer.NS / 1e9
}

// process runs a command to its end and returns its seconds and its peak
// memory in MB; 0 if it failed.
func process(cores int, command string, args ...string) (seconds, megabytes float64) {
	cmd := exec.Command(command, args...)
	cmd.Env = environment(cores, nil)
	cmd.Stderr = os.Stderr
	begin := time.Now()
	if cmd.Run() != nil {
		return 0, 0
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return time.Since(begin).Seconds(), float64(usage.Maxrss) / 1024
}
