package predict

import (
	"encoding/json"
	"fmt"
	"image"

	"inkling/pkg/internal/printable"
	"inkling/pkg/viz"
)

// A Guess is a class and how probable the network holds it to be.
type Guess struct {
	Class       int
	Name        string
	Probability float64
}

// An Answer is what a network says of a picture.
type Answer struct {
	File          string
	Err           error       // why there is no answer
	Image         image.Image // the picture as the network saw it
	Signs         int         // found in the picture, if it was looked for one: more than 1 is too many
	First, Second Guess
	P             []float32 // the probabilities of all classes
}

// Note is what a reader of the answer should know, or "".
func (a Answer) Note() string {
	switch {
	case a.Err != nil:
		return "no answer"
	case a.Signs > 1:
		return fmt.Sprintf("%d signs, one a picture is read: the largest", a.Signs)
	}
	return ""
}

// MarshalJSON writes what a program would ask for.
func (a Answer) MarshalJSON() ([]byte, error) {
	type guess struct {
		Class       string  `json:"class"`
		Index       int     `json:"index"`
		Probability float64 `json:"probability"`
	}
	v := struct {
		File  string    `json:"file"`
		Error string    `json:"error,omitempty"`
		First *guess    `json:"first,omitempty"`
		Then  *guess    `json:"second,omitempty"`
		P     []float32 `json:"probabilities,omitempty"`
		Note  string    `json:"note,omitempty"`
	}{File: a.File}
	if a.Err != nil {
		v.Error = a.Err.Error()
	} else {
		v.First, v.Then = &guess{a.First.Name, a.First.Class, a.First.Probability}, &guess{a.Second.Name, a.Second.Class, a.Second.Probability}
		v.P, v.Note = a.P, a.Note()
	}
	return json.Marshal(v)
}

func percent(p float64) string {
	if p >= 0.9995 {
		return fmt.Sprintf("%.2f %%", 100*p)
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}

// Table is a row for each answer.
func Table(answers []Answer) viz.Table {
	t := viz.NewTable("", "picture", "is", "probability", "or", "probability", "")
	for i, a := range answers {
		name := printable.Text(a.File)
		if name == "" {
			name = fmt.Sprint(i + 1)
		}
		if a.Err != nil {
			t.Add(name, "–", "", "", "", a.Note())
			continue
		}
		t.Add(name, a.First.Name, percent(a.First.Probability), a.Second.Name, percent(a.Second.Probability), a.Note())
	}
	return *t
}

// Figure shows the pictures as the network saw them, with what it says of each; those
// without an answer are left out.
func Figure(title string, answers []Answer) viz.Images {
	f := viz.Images{Title: title, Columns: 8}
	missing := 0
	for _, a := range answers {
		if a.Err != nil {
			missing++
			continue
		}
		f.Tiles = append(f.Tiles, viz.Tile{
			Image:   a.Image,
			Caption: fmt.Sprintf("%s  %s\n%s  %s", a.First.Name, percent(a.First.Probability), a.Second.Name, percent(a.Second.Probability)),
			Wrong:   a.Signs > 1,
		})
		if a.Signs > 1 {
			f.Note = "Red: several signs in the picture, of which the largest is read."
		}
	}
	if missing > 0 {
		f.Note += fmt.Sprintf(" Pictures without an answer: %d.", missing)
	}
	return f
}
