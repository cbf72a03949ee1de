package notebook

import (
	"fmt"
	"image"

	"inkling/pkg/lab"
	"inkling/pkg/lab/predict"
	"inkling/pkg/viz"
)

// Predict asks the network of a run about pictures of one's own: each is a file, a
// folder of them, or an image.Image that the cell has drawn. It shows them as the network
// sees them, with what it says; one without an answer says why and stops nothing.
//
//	notebook.Predict(runs[0], "seven.jpg", "scans")
func Predict(run *lab.Result, pictures ...any) []predict.Answer {
	reader := Must(predict.Of(run))
	var answers []predict.Answer
	for _, p := range pictures {
		switch p := p.(type) {
		case string:
			answers = append(answers, reader.Read(Must(predict.Files(p))...)...)
		case image.Image:
			answers = append(answers, reader.Pictures(p)...)
		default:
			stop(fmt.Errorf("predict: a %T, want the name of a file or folder, or an image.Image", p))
		}
	}
	fmt.Println(reader.How())
	viz.Show(predict.Figure("As the network sees them", answers), predict.Table(answers))
	for _, a := range answers {
		if a.Err != nil {
			fmt.Println(lab.OneLine(a.Err))
		}
	}
	return answers
}
