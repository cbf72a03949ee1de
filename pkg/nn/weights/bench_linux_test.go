package weights

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"inkling/pkg/nn"
)

var (
	heavy   = []nn.Layer{nn.Linear{Out: 4096}, nn.ReLU{}, nn.Linear{Out: 4096}, nn.ReLU{}, nn.Linear{Out: 1250}}
	heavyIn = nn.Vec(784)
)

// BenchmarkLoad100MB loads 100 MB of weights, from a file that the system has in
// memory, in a process that does nothing else. load-ms is the time of Load, cpu-ms
// that of the processor in it, which other programs do not lengthen; peak/file how
// much memory the process took for it at most, as a share of the file.
//
//	go test -run XXX -bench Load100MB -benchtime 5x ./pkg/nn/weights
func BenchmarkLoad100MB(b *testing.B) {
	m, err := nn.Blank(heavyIn, heavy...)
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range []Framework{PyTorch, Keras} {
		file, err := m.File(nil)
		if err != nil {
			b.Fatal(err)
		}
		for i, x := range file.Tensors {
			layer, role := cutLast(x.Name, ".")
			file.Tensors[i].Name = layer + map[string]string{"W": ".kernel", "b": ".bias"}[role]
			if f.Linear == "IO" && role == "W" {
				file.Tensors[i].Dims = []int{x.Dims[1], x.Dims[0]}
			}
		}
		path := filepath.Join(b.TempDir(), "theirs.safetensors")
		if err := file.Save(path); err != nil {
			b.Fatal(err)
		}
		b.Run(f.Name, func(b *testing.B) {
			var load, cpu, peak, largest float64
			for b.Loop() {
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), "WEIGHTS_LOAD="+f.Name+" "+path)
				out, err := cmd.CombinedOutput()
				if err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				var l, c float64
				if _, err := fmt.Sscan(string(out), &l, &c, &peak); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				load, cpu, largest = load+l, cpu+c, max(largest, peak)
			}
			b.ReportMetric(load/float64(b.N), "load-ms/op")
			b.ReportMetric(cpu/float64(b.N), "cpu-ms/op")
			b.ReportMetric(largest, "peak/file")
		})
	}
}

// What the benchmark starts: it loads a file and says what that took.
func init() {
	name, path, ok := strings.Cut(os.Getenv("WEIGHTS_LOAD"), " ")
	if !ok {
		return
	}
	before, began, cpu := memory("VmRSS"), time.Now(), processor()
	_, _, err := From{Framework: Frameworks()[name]}.Load(path, heavyIn, heavy...)
	took, cpu := time.Since(began), processor()-cpu
	info, e := os.Stat(path)
	if err != nil || e != nil {
		fmt.Println(err, e)
		os.Exit(1)
	}
	fmt.Println(took.Seconds()*1e3, cpu.Seconds()*1e3, float64(memory("VmHWM")-before)/float64(info.Size()))
	os.Exit(0)
}

// processor is the time that this process has had of it.
func processor() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory is a line of what Linux says of this process, in bytes.
func memory(name string) (bytes int64) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			fmt.Sscan(rest, &bytes)
		}
	}
	return bytes << 10
}
