package notebook

import (
	"fmt"
	"path/filepath"

	"inkling/pkg/lab"
	"inkling/pkg/nn"
)

// Draw gives the page that ./scripts/report makes of the notebook a board here, on which
// one draws and the network of a run answers, in the page itself. What is drawn is made into an
// image as MNIST's are, so the run must have been trained on such; of others it says so. A
// page has one board.
//
//	notebook.Draw(runs[0])
func Draw(run *lab.Result) {
	model, kind, err := run.Reads()
	if err != nil {
		stop(err)
	}
	if kind.Prepared != "mnist" || model.In != nn.CHW(1, 28, 28) {
		fmt.Printf("no drawing board: %s reads images that are not prepared as MNIST's digits are\n", run.Name)
		return
	}
	// The report finds the weights by this line.
	fmt.Printf("draw: %s/%s\n", run.Where(), filepath.Base(run.Dir))
	fmt.Println("In the page that ./scripts/report makes of this notebook one draws here, and this network answers.")
}
