package predict_test

import (
	"fmt"
	"image"
	"image/color"

	"inkling/pkg/data"
	"inkling/pkg/lab/predict"
	"inkling/pkg/nn"
)

// A network is asked about a picture. This one has learned nothing; Of and Load make
// a reader of a run or of a file.
func Example() {
	model, err := nn.New(1, nn.CHW(1, 28, 28), nn.Linear{Out: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	reader := &predict.Reader{Model: model, Kind: data.Synthetic("digits", 1, 0, 1)}
	page := image.NewGray(image.Rect(0, 0, 120, 160))
	for i := range page.Pix {
		page.Pix[i] = 250
	}
	for _, a := range reader.Pictures(page) {
		fmt.Println(a.Err)
	}
	for y := 30; y < 120; y++ { // a stroke of a pen
		for x := range 9 {
			page.SetGray(60-y/6+x, y, color.Gray{20})
		}
	}
	answer := reader.Pictures(page)[0]
	fmt.Println(answer.Err, answer.Signs, answer.Image.Bounds(), len(answer.P))
	// Output:
	// nothing is written there, or too faintly: want one sign that stands out from its ground
	// <nil> 1 (0,0)-(28,28) 10
}
