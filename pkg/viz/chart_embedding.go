package viz

import "fmt"

// Embedding draws points in the plane, coloured by class, each class named at
// its median: PCA or t-SNE of a layer.
type Embedding struct {
	Title         string
	Points        [][2]float64
	Labels        []uint16  // the class of each point
	Names         []string  // of the classes; nil: 0, 1, 2, …
	Marked        []bool    // points to stress, or nil: the misread ones
	Mark          string    // what Marked means, for the legend
	Explained     []float64 // share of the variance along each axis, as PCA tells it; nil: no axes, the coordinates mean nothing
	Note          string
	Width, Height int // CSS pixels; 0: 640×560
}

// Alt implements Figure.
func (f Embedding) Alt() string {
	s := "Embedding"
	if f.Title != "" {
		s += ": " + f.Title
	}
	seen := map[uint16]bool{}
	for _, l := range f.Labels {
		seen[l] = true
	}
	return s + fmt.Sprintf(". %s of %s in the plane, coloured by class.",
		count(len(f.Points), "point", "points"), count(len(seen), "class", "classes"))
}

func (f Embedding) name() string { return f.Title }

func (f Embedding) layout() layout {
	if len(f.Labels) != len(f.Points) || (f.Marked != nil && len(f.Marked) != len(f.Points)) {
		panic(fmt.Sprintf("viz: embedding: %d points, %d labels, %d marks", len(f.Points), len(f.Labels), len(f.Marked)))
	}
	var classes []Series
	var marked Series
	for i, p := range f.Points {
		k := int(f.Labels[i])
		for len(classes) <= k {
			s := Series{Name: fmt.Sprint(len(classes)), X: []float64{}}
			if len(classes) < len(f.Names) {
				s.Name = f.Names[len(classes)]
			}
			classes = append(classes, s)
		}
		classes[k].X = append(classes[k].X, p[0])
		classes[k].Y = append(classes[k].Y, p[1])
		if f.Marked != nil && f.Marked[i] {
			marked.X, marked.Y = append(marked.X, p[0]), append(marked.Y, p[1])
		}
	}
	if f.Height <= 0 {
		f.Height = 560
	}
	s := Scatter{Title: f.Title, X: f.axis(0), Y: f.axis(1), Series: classes, Label: true,
		Bare: len(f.Explained) == 0, Note: f.Note, Width: f.Width, Height: f.Height}
	c := s.layout().(*chart)
	c.equal = s.Bare // with labelled axes the ticks belong to the unequal scales
	if len(marked.Y) > 0 {
		look := style{color: ink}
		c.labels = append(c.labels, func(p plane) { p.crosses(marked, look) })
		if f.Mark != "" {
			c.legend = append(c.legend, key{name: f.Mark, color: ink, shape: keyCross})
		}
	}
	return c
}

// axis is the label of the first or the second principal axis.
func (f Embedding) axis(i int) string {
	if i >= len(f.Explained) {
		return ""
	}
	return fmt.Sprintf("%s axis, %s of the variance", [...]string{"first", "second"}[i], percent(f.Explained[i]))
}
