package viz

import (
	"time"

	"github.com/janpfeifer/gonb/gonbui"
)

// frontend is a notebook's output area. Nil means: not in a notebook.
type frontend interface {
	display(html string)     // appends an output
	replace(id, html string) // creates output id, or redraws it in place
	freshID() string         // an id no other cell or run has used
	sync()                   // returns when all is delivered
}

var notebook = func() frontend {
	if gonbui.IsNotebook {
		return gonb{}
	}
	return nil
}()

// InNotebook reports whether figures are shown inline, in a GoNB cell.
func InNotebook() bool { return notebook != nil }

type gonb struct{}

func (gonb) display(html string)     { gonbui.DisplayHTML(html) }
func (gonb) replace(id, html string) { gonbui.UpdateHTML(id, html) }
func (gonb) freshID() string         { return "viz-" + gonbui.UniqueId() }

// sync waits for the kernel's answer, but not for ever: a cell whose kernel was
// restarted gets none and has a checkpoint to write.
func (gonb) sync() {
	done := make(chan struct{})
	go func() {
		gonbui.Sync()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(3 * time.Second):
	}
}
