// Package notebook is what a cell begins and ends with.
//
// The way of the data: [Open] gives a cell its question, which is a lab: data,
// the store of its runs, bars in the page. [Try] is a cell to play in. [Must]
// ends a cell at a mistake with one line. [Answer] and [Headline] put the numbers
// of runs into words, by name, [Claim] checks what words say of them, and [Tell] gives
// the rows of the report's table of results. [Search] tries hyperparameters. [Predict] asks a network about pictures of
// one's own, [Draw] gives the report a board to draw on.
//
//	Open → lab, study → runs → viz, Answer, Claim, Tell, Predict
//
// In order of reading: open.go, try.go, answer.go, claim.go, outcome.go, search.go,
// predict.go.
package notebook
