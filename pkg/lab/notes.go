package lab

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"inkling/pkg/data"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// checkSets reports sets that no run could be made on.
func (l *Lab) checkSets() error {
	sets := []*data.Set{l.Train, l.Dev, l.Data.Test}
	for i, s := range sets {
		name := []string{"training", "dev", "test"}[i]
		if s == nil && s == l.Data.Test { // a run does without a test set
			continue
		}
		if err := s.Check(); err != nil {
			return fmt.Errorf("lab: %s images: %w", name, err)
		}
		if s.Len() == 0 && s != l.Data.Test {
			return fmt.Errorf("lab: no %s images: %v were split into %d for training and %d for dev", name, l.Data.Train, l.Train.Len(), l.Dev.Len())
		}
		if err := s.Like(l.Train); err != nil {
			return fmt.Errorf("lab: %s: %w", name, err)
		}
	}
	return nil
}

// notes say what of a run may be meant but looks like a mistake, a line each.
func (l *Lab) notes(p *train.Plan) (notes []string) {
	if s := optim.ScheduleNote(p.Schedule, p.Steps()); s != "" {
		notes = append(notes, s)
	}
	if evaluations := 1 + (p.Steps()-1)/int(p.DevEvery); p.Patience >= evaluations {
		notes = append(notes, fmt.Sprintf("patience %d, evaluations on dev %d: the run cannot stop early", p.Patience, evaluations))
	}
	var missing []string
	counts := p.Set.Counts()
	for class, n := range l.Dev.Counts() {
		if n > 0 && (class >= len(counts) || counts[class] == 0) {
			missing = append(missing, l.Train.Classes[class])
		}
	}
	if len(missing) > 0 {
		notes = append(notes, fmt.Sprintf("no training images of %s, dev has some: they cannot be learned", few(missing)))
	}
	return notes
}

// few are the first names of a list that may be long.
func few(names []string) string {
	if more := len(names) - 5; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:5], ", "), more)
	}
	return strings.Join(names, ", ")
}

// tellNotes tells what is odd about jobs, each thing once.
func (l *Lab) tellNotes(jobs []*job) {
	if l.Quiet {
		return
	}
	var told []string
	for _, j := range jobs {
		for _, note := range l.notes(j.Plan) {
			if !slices.Contains(told, note) {
				told = append(told, note)
				io.WriteString(l.Log, "note: "+note+"\n")
			}
		}
	}
}
