package viz

import (
	"encoding/base64"
	"encoding/gob"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// frontend is a notebook's output area. Nil means: not in a notebook.
type frontend interface {
	display(o output)            // appends an output
	replace(id string, o output) // creates output id, or redraws it in place
	freshID() string             // an id no other cell or run has used
	sync()                       // returns when all is delivered
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

func (gonb) display(o output)            { gonbui.SendData(bundle("", o)) }
func (gonb) replace(id string, o output) { gonbui.SendData(bundle(id, o)) }
func (gonb) freshID() string             { return "viz-" + gonbui.UniqueId() }

func init() { gob.Register(map[string]any{}) } // which metadata nest; the kernel has registered it

// bundle is an output as Jupyter takes it: the same in several formats, of which
// a reader takes the one it likes best. The text for those who cannot see a PNG
// is where nbconvert's templates look for it.
func bundle(id string, o output) *protocol.DisplayData {
	d := &protocol.DisplayData{Data: map[protocol.MIMEType]any{protocol.MIMETextHTML: o.html}, DisplayID: id}
	if o.png != nil {
		d.Data[protocol.MIMEImagePNG] = base64.StdEncoding.EncodeToString(o.png)
		d.Metadata = map[string]any{string(protocol.MIMEImagePNG): map[string]any{"width": o.width, "height": o.height, "alt": o.alt}}
	}
	return d
}

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
