package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"inkling/pkg/lab"
	"inkling/pkg/lab/search"
)

// clusterHelp tells how runs are made elsewhere.
func clusterHelp(out io.Writer) error {
	_, err := fmt.Fprintf(out, `Runs on more than one machine: train and search take
  --dask=local:4           four processes on this machine, for one command
  --dask=tcp://HOST:8786   a Dask cluster of yours: ./scripts/dask scheduler on one machine, on each of the others
                           ./scripts/dask worker tcp://HOST:8786 --nthreads=4, of which a thread makes one run at a time
  --print                  no run but a command for each, a line, that works from any folder:
                           %s search --lr=0.05,0.1,0.2 --print | tr '\n' '\0' | xargs -0 -n 1 -P 2 sh -c
A run comes back whole into the run store here, and is checked, or not at all. After the death of a worker it begins again
elsewhere; after that of the scheduler or of this program the same command goes on with what is not stored. The program and
the training images go by their SHA-256 to whoever lacks them; a machine whose runs would have other bits gets none.
Whoever can reach the scheduler or a worker can run anything there: a network that you trust, or Dask's TLS (tls://).
`, ourselves())
	return err
}

// daskUsage is how --dask is told.
const daskUsage = "make the runs on a Dask cluster: tcp://HOST:PORT of its scheduler, or local:N for N processes here"

var daskAddress = regexp.MustCompile(`^((tcp|tls)://[^\s/]+:[0-9]+/?|local:[1-9][0-9]{0,2})$`)

// checkDask reports what is wrong with a value of --dask.
func checkDask(address string) error {
	switch {
	case address != "" && !daskAddress.MatchString(address):
		return fmt.Errorf("--dask %.60q, want tcp://HOST:PORT of a Dask scheduler, or local:N for N processes here, at most 999", address)
	case address != "" && lab.ModuleRoot() == "":
		return errors.New("--dask builds the program for its workers: want it inside the folder of inkling's sources")
	}
	return nil
}

// cluster makes runs on a Dask cluster; it is a search.Runner. The run is locked
// here for as long as it is out, so that no other process on this store makes it,
// and enters the store as a whole. The work of talking to Dask is done by
// scripts/runner/dask_driver.py, a process that ends with this one.
type cluster struct {
	lab     *lab.Lab
	address string
	say     io.Writer // what a person should know

	driver *exec.Cmd
	in     io.WriteCloser
	lines  chan driverLine // closed at the driver's end
	stderr bytes.Buffer
	slots  int
	dir    string // of files on their way
	serial int
}

// driverLine is what the driver says.
type driverLine struct {
	ID     int
	Parcel string
	Error  string
	Slots  *int
	Say    string
	Failed string
}

// daskTask is what the driver is told of a run.
type daskTask struct {
	ID     int    `json:"id"`
	Errand errand `json:"errand"`
	Store  string `json:"store"`
	From   string `json:"from"`
	Parcel string `json:"parcel"`
}

// start begins the driver, which stays until Close.
func (c *cluster) start() error {
	if c.driver != nil {
		return nil
	}
	dir, err := os.MkdirTemp("", "inkling-parcels-")
	if err != nil {
		return err
	}
	c.dir = dir
	images := filepath.Join(dir, "images")
	if _, err := c.lab.WriteImages(images); err != nil {
		return err
	}
	c.driver = exec.Command(filepath.Join(lab.ModuleRoot(), "scripts", "dask"), "drive", c.address)
	c.driver.Stderr = &c.stderr
	if c.in, err = c.driver.StdinPipe(); err != nil {
		return err
	}
	out, err := c.driver.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.driver.Start(); err != nil {
		return fmt.Errorf("--dask: %w", err)
	}
	c.lines = make(chan driverLine)
	go func() {
		defer close(c.lines)
		s := bufio.NewScanner(out)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			var l driverLine
			if json.Unmarshal(s.Bytes(), &l) == nil {
				c.lines <- l
			}
		}
	}()
	env := map[string]string{}
	for _, name := range []string{"INKLING_KERNELS", "GOMAXPROCS"} {
		if v := os.Getenv(name); v != "" {
			env[name] = v
		}
	}
	return c.tell(map[string]any{"images": images, "env": env})
}

func (c *cluster) tell(v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = c.in.Write(append(b, '\n'))
	}
	if err != nil {
		return c.gone()
	}
	return nil
}

// gone is why the driver has ended.
func (c *cluster) gone() error {
	why := "its driver ended"
	for l := range c.lines {
		if l.Failed != "" {
			why = l.Failed
		}
	}
	ended := c.driver.Wait()
	var exit *exec.ExitError
	switch said := strings.TrimSpace(c.stderr.String()); {
	case why != "its driver ended":
	case errors.As(ended, &exit) && !exit.Exited(): // what others say of its end is no reason
		why = fmt.Sprintf("its driver was ended from outside, %v: the same command goes on", ended)
	case said != "":
		why = strings.TrimPrefix(said[strings.LastIndexByte(said, '\n')+1:], "dask: ")
	}
	return fmt.Errorf("--dask=%s: %s", c.address, why)
}

// Close ends the driver, and a cluster of its own with it.
func (c *cluster) Close() {
	if c.driver != nil {
		c.in.Close()
		defer time.AfterFunc(30*time.Second, func() { c.driver.Process.Kill() }).Stop()
		for range c.lines {
		}
		c.driver.Wait()
	}
	if c.dir != "" {
		os.RemoveAll(c.dir)
	}
}

// Run implements search.Runner.
func (c *cluster) Run(ctx context.Context, tasks []search.Task, each func(i int, err error)) error {
	var parts []lab.Part
	for _, t := range tasks {
		if t.Words == nil {
			return fmt.Errorf("--dask: %s is not made of flags alone, which is what goes to other machines", t.Name)
		}
		parts = append(parts, t.Part)
	}
	runs, err := c.lab.Away(parts...)
	if err != nil {
		return err
	}
	if err := c.start(); err != nil {
		return err
	}
	out := map[int]int{} // the tasks that are out, by their ids
	defer func() {
		for _, i := range out {
			runs[i].GiveUp()
		}
	}()
	var waiting []int // in their order; some may be at work elsewhere
	for i := range tasks {
		waiting = append(waiting, i)
	}
	busy := map[int]bool{}
	// fill sends out as many as there is room for, and one more for each so that no
	// worker waits for us. Others on the same store find work as well.
	fill := func(again bool) error {
		waiting = slices.DeleteFunc(slices.Clone(waiting), func(i int) bool {
			if err != nil || len(out) >= 2*c.slots || busy[i] && !again {
				return false
			}
			r, failed := runs[i].Take()
			switch {
			case lab.InUse(failed):
				busy[i] = true
				return false
			case r != nil || failed != nil:
				each(i, failed)
				return true
			}
			c.serial++
			out[c.serial] = i
			err = c.send(c.serial, runs[i], tasks[i])
			return true
		})
		return err
	}
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	for len(waiting)+len(out) > 0 {
		select {
		case <-ctx.Done():
			for id := range out {
				if err := c.tell(map[string]int{"drop": id}); err != nil {
					return err
				}
			}
			return nil
		case <-again.C:
			if err := fill(true); err != nil {
				return err
			}
		case l, ok := <-c.lines:
			i, known := out[l.ID]
			switch {
			case !ok:
				return c.gone()
			case l.Failed != "":
				return fmt.Errorf("--dask=%s: %s", c.address, l.Failed)
			case l.Say != "":
				fmt.Fprintln(c.say, l.Say)
			case l.Slots != nil:
				c.slots = *l.Slots
			case known && l.Error != "":
				runs[i].GiveUp()
				delete(out, l.ID)
				each(i, fmt.Errorf("%v: %s", runs[i], l.Error))
			case known:
				delete(out, l.ID)
				_, err := runs[i].Enter(l.Parcel)
				os.Remove(l.Parcel)
				each(i, err)
			}
			if err := fill(false); err != nil {
				return err
			}
		}
	}
	return nil
}

// send gives a run that is taken to the driver.
func (c *cluster) send(id int, run *lab.Away, t search.Task) error {
	name := strconv.Itoa(id)
	order := run.Order()
	task := daskTask{ID: id, Errand: errand{Order: order, Words: t.Words}, Store: order.Store, Parcel: filepath.Join(c.dir, name+".parcel")}
	from := filepath.Join(c.dir, name+".from")
	written, err := run.WriteParcel(from)
	if err != nil {
		return err
	}
	if written {
		task.From = from
	}
	return c.tell(task)
}
