package curves_test

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"inkling/pkg/lab"
	"inkling/pkg/lab/curves"
	"inkling/pkg/nn/train"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// run is a run with a report, an evaluation and a best score.
func run(name, id string) *lab.Result {
	return &lab.Result{
		Dir:    filepath.Join("mnist", "q", "run-"+id),
		Record: lab.Record{Name: name, Named: true, Question: "q", Status: lab.Finished, Started: time.Unix(1795860537, 0), Events: 3, Planned: 300},
		History: lab.History{
			{Kind: train.Train, Step: 100, Loss: 1.25, Score: 0.5, Objective: 1.5, LR: 0.1, GradNorm: math.Inf(1), Seconds: 0.5},
			{Kind: train.Dev, Epoch: 1, Step: 300, Loss: 0.75, Score: 0.8125, Seconds: 1.25},
			{Kind: train.Best, Epoch: 1, Step: 300, Loss: 0.75, Score: 0.8125, Seconds: 1.25},
		},
	}
}

// golden is what TensorBoard 2.21 itself writes of the run: its RecordWriter, given
// messages of its Event.
const golden = "1800000000000000a37f4b22090000400eaac2da411a0d627261696e2e4576656e743a3272a7d1137700000000000000e6b4a6c3090000600eaac2da4110642a6a0a110a0a6c6f73732f747261696e150000a03f0a150a0e61636375726163792f747261696e150000003f0a160a0f6f626a6563746976652f747261696e150000c03f0a0f0a086c722f747261696e15cdcccc3d0a150a0e677261646e6f726d2f747261696e150000807f6e853c2e34000000000000005e33175c090000900eaac2da4110ac022a260a0f0a086c6f73732f646576150000403f0a130a0c61636375726163792f646576150000503ff25b1a21"

func TestTensorBoardsBytes(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // again, it replaces what there is
		files := must(curves.TensorBoard(dir, run("a/b: 学", "0123456789ab"), run("A-B- 学", "ba9876543210"), run(" .. ", "123456")))
		var names []string
		for _, f := range files {
			names = append(names, filepath.ToSlash(must(filepath.Rel(dir, f))))
			if got := hex.EncodeToString(must(os.ReadFile(f))); got != golden {
				t.Errorf("%s holds\n%s, want\n%s", f, got, golden)
			}
		}
		want := []string{
			"a-b- 学 0123456789ab/events.out.tfevents.1795860537.inkling-0123456789ab", "A-B- 学 ba9876543210/events.out.tfevents.1795860537.inkling-ba9876543210",
			"123456/events.out.tfevents.1795860537.inkling-123456",
		}
		if !slices.Equal(names, want) {
			t.Errorf("files %q, want %q", names, want)
		}
	}
}

func TestTables(t *testing.T) {
	var b strings.Builder
	r := run(`a, "b"`, "0123456789ab")
	if err := curves.CSV(&b, r); err != nil {
		t.Fatal(err)
	}
	want := `run,name,question,kind,epoch,step,loss,score,objective,lr,gradnorm,seconds
0123456789ab,"a, ""b""",q,train,0,100,1.25,0.5,1.5,0.1,,0.5
0123456789ab,"a, ""b""",q,dev,1,300,0.75,0.8125,,,,1.25
0123456789ab,"a, ""b""",q,best,1,300,0.75,0.8125,,,,1.25
`
	if b.String() != want {
		t.Errorf("the table is\n%s, want\n%s", b.String(), want)
	}
	b.Reset()
	if err := curves.JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if want := `{"run":"0123456789ab","name":"a, \"b\"","question":"q","kind":"train","epoch":0,"step":100,"planned_steps":300,"loss":1.25,"score":0.5,"objective":1.5,"lr":0.1,"seconds":0.5}`; len(lines) != 3 || lines[0] != want {
		t.Errorf("lines %q, the first should be %q", lines, want)
	}
	var l curves.Line
	if err := json.Unmarshal([]byte(lines[1]), &l); err != nil || *l.Score != 0.8125 || l.LR != nil {
		t.Errorf("%+v, %v", l, err)
	}
	r.Events = 5
	if err := curves.CSV(&b, r); err == nil || !strings.Contains(err.Error(), "has 3 events that can be read, its record tells of 5") {
		t.Errorf("a history with a hole: %v", err)
	}
}
