package notebook

import (
	"errors"
	"os"

	"inkling/pkg/lab"
	"inkling/pkg/lab/search"
	"inkling/pkg/viz"
)

// Search makes a search in full view: what it costs, the best so far while it runs,
// then all that was tried as figures, and what the best is worth. What is stored is
// shown at once. An interrupt shows what there is and ends the cell: run again, it
// goes on.
//
// A search is written with types, or as the flags of the cell's %% line, see
// [search.Flags]:
//
//	found := notebook.Search(q2, search.Search{Dims: …, Build: …})
//	found := notebook.Search(q2, notebook.Must(space.Search(q2)))
func Search(l *lab.Lab, s search.Search) *search.Found {
	const rows = 10
	price := Must(s.Price(l))
	viz.Show(viz.Text(price.Plan()))
	board := viz.NewBoard(os.Stdout)
	s.Watch = func(f *search.Found) { board.Update(viz.Text(f.Progress()), f.Table(rows)) }
	found, err := s.Run(l)
	if err != nil && !errors.As(err, new(lab.Unfinished)) {
		stop(err)
	}
	board.Finish(found.Table(rows))
	viz.Show(viz.Text(found.String()))
	viz.Show(found.Figures()...)
	if err != nil {
		stop(err)
	}
	return found
}
