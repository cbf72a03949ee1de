//go:build js && wasm

// Command draw is the network of a report inside its page: our packages compiled to
// WebAssembly, asked from the page's script. See native.go for its other half.
package main

import (
	"crypto/sha256"
	"fmt"
	"syscall/js"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

func main() {
	var net *network
	page := js.Global().Get("inkling")
	// export makes f a function of the page that gets bytes, and gives bytes, or an
	// error's text.
	export := func(name string, f func(in []byte, args []js.Value) ([]byte, error)) {
		page.Set(name, js.FuncOf(func(_ js.Value, args []js.Value) (result any) {
			defer func() {
				if v := recover(); v != nil {
					result = fmt.Sprint(v)
				}
			}()
			in := make([]byte, args[0].Get("length").Int())
			js.CopyBytesToGo(in, args[0])
			out, err := f(in, args[1:])
			if err != nil {
				return err.Error()
			}
			to := js.Global().Get("Uint8Array").New(len(out))
			js.CopyBytesToJS(to, out)
			return to
		}))
	}
	export("load", func(file []byte, _ []js.Value) (names []byte, err error) {
		f, err := safetensors.Decode(file) // and its checksum
		if err != nil {
			return nil, err
		}
		m, err := nn.FromFile(f)
		if err != nil {
			return nil, err
		}
		if net, err = newNetwork(m); err != nil {
			return nil, err
		}
		for _, s := range net.stages {
			shape := net.probe.Shape(s)
			names = fmt.Appendf(names, "%s %d %d %d\n", net.probe.Name(s), shape.C, shape.H, shape.W)
		}
		return names, nil
	})
	export("fit", func(pixels []byte, size []js.Value) ([]byte, error) {
		image, _ := fit(pixels, size[0].Int(), size[1].Int())
		return image, nil
	})
	export("answer", func(image []byte, _ []js.Value) ([]byte, error) { return bytesOf(net.answer(image)), nil })
	export("logits", func(images []byte, _ []js.Value) ([]byte, error) { return bytesOf(net.logits(images)), nil })
	export("sum", func(in []byte, _ []js.Value) ([]byte, error) { s := sha256.Sum256(in); return s[:], nil })
	page.Call("ready")
	select {}
}
