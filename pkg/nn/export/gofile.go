package export

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"go/format"
	"go/token"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/nn"
)

// goCalls are the operators that Go writes: how one is called, and what helper it
// takes. $x and $y are values, $0 to $3 arrays.
var goCalls = map[string]func(n nn.Node) (call string, helpers []string){
	"Gemm": func(n nn.Node) (string, []string) {
		return fmt.Sprintf("gemm($x, $0, $1, %d)", n.Out.Size()), []string{"gemm"}
	},
	"Conv": func(n nn.Node) (string, []string) {
		k, s, p := window(n)
		return fmt.Sprintf("conv($x, $0, $1, %d, %d, %d, %d, %d, %d, %d)", n.In.C, n.In.H, n.In.W, n.Out.C, k, s, p), []string{"conv"}
	},
	"BatchNormalization": func(n nn.Node) (string, []string) {
		return fmt.Sprintf("batchNorm($x, $0, $1, $2, $3, %v)", n.Attr("epsilon")), []string{"batchNorm"}
	},
	"MaxPool": func(n nn.Node) (string, []string) {
		k, s, p := window(n)
		return fmt.Sprintf("pool($x, %d, %d, %d, %d, %d, %d, largest)", n.In.C, n.In.H, n.In.W, k, s, p), []string{"pool", "largest"}
	},
	"AveragePool": func(n nn.Node) (string, []string) {
		k, s, p := window(n)
		return fmt.Sprintf("pool($x, %d, %d, %d, %d, %d, %d, mean)", n.In.C, n.In.H, n.In.W, k, s, p), []string{"pool", "mean"}
	},
	"GlobalAveragePool": func(n nn.Node) (string, []string) {
		return fmt.Sprintf("globalMeans($x, %d)", n.In.C), []string{"globalMeans"}
	},
	"LeakyRelu": func(n nn.Node) (string, []string) {
		return fmt.Sprintf("each($x, func(v float64) float64 { return max(v, %v*v) })", n.Attr("alpha")), []string{"each"}
	},
	"Relu": func(nn.Node) (string, []string) {
		return "each($x, func(v float64) float64 { return max(v, 0) })", []string{"each"}
	},
	"Sigmoid": func(nn.Node) (string, []string) {
		return "each($x, func(v float64) float64 { return 1 / (1 + math.Exp(-v)) })", []string{"each"}
	},
	"Tanh": func(nn.Node) (string, []string) { return "each($x, math.Tanh)", []string{"each"} },
	"Gelu": func(nn.Node) (string, []string) {
		return "each($x, func(v float64) float64 { return v * 0.5 * math.Erfc(-v/math.Sqrt2) })", []string{"each"}
	},
	"Swish": func(nn.Node) (string, []string) {
		return "each($x, func(v float64) float64 { return v / (1 + math.Exp(-v)) })", []string{"each"}
	},
	"Softmax":  func(nn.Node) (string, []string) { return "softmax($x)", []string{"softmax"} },
	"Add":      func(nn.Node) (string, []string) { return "add($x, $y)", []string{"add"} },
	"Flatten":  func(nn.Node) (string, []string) { return "$x", nil },
	"Reshape":  func(nn.Node) (string, []string) { return "$x", nil },
	"Identity": func(nn.Node) (string, []string) { return "$x", nil },
}

// maxInside is the most bytes of weights that a Go file has in itself.
const maxInside = 4 << 20

// Go writes the network to path as a package of one Go file, which compiles with Go
// 1.21 and newer and imports the standard library alone: Evaluate gives for one
// image what the model gives, Classify names its class. More than 4 MiB of weights
// are a second file beside it, which //go:embed takes into the program. It returns
// the names of the files.
func (s Subject) Go(path, pkg string) (files []string, err error) {
	weights := strings.TrimSuffix(path, ".go") + ".weights"
	var src bytes.Buffer
	beside, err := s.goFile(&src, pkg, filepath.Base(weights))
	if err != nil {
		return nil, err
	}
	if beside != nil {
		files = append(files, weights)
		if err := save(weights, beside); err != nil {
			return nil, err
		}
	}
	return append(files, path), save(path, src.Bytes())
}

// goFile writes the program, and returns the weights that do not lie in it.
func (s Subject) goFile(w io.Writer, pkg, weights string) (beside []byte, err error) {
	if !token.IsIdentifier(pkg) || pkg == "_" {
		return nil, fmt.Errorf("export: package %.40q, want a name of a Go package", pkg)
	}
	g, err := s.graph()
	if err != nil {
		return nil, err
	}
	var body, data strings.Builder
	var raw []byte
	values := map[string]string{g.Input: "x"}
	used := map[string]bool{"input": true}
	for i, n := range g.Nodes {
		call, ok := goCalls[n.Op]
		if !ok {
			return nil, unsupported(n, "Go", slices.Sorted(maps.Keys(goCalls)))
		}
		line, helpers := call(n)
		for _, h := range helpers {
			used[h] = true
		}
		for j := range 4 {
			a := "nil"
			if j < len(n.Arrays) {
				from := len(raw) / 4
				for _, v := range n.Arrays[j].Data {
					raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
				}
				a = fmt.Sprintf("weights[%d:%d]", from, len(raw)/4)
			}
			line = strings.ReplaceAll(line, fmt.Sprint("$", j), a)
		}
		line = strings.ReplaceAll(line, "$x", values[n.Inputs[0]])
		if len(n.Inputs) > 1 {
			line = strings.ReplaceAll(line, "$y", values[n.Inputs[1]])
		}
		values[n.Output] = fmt.Sprint("x", i)
		if line == values[n.Inputs[0]] { // nothing to do
			values[n.Output] = line
			continue
		}
		fmt.Fprintf(&body, "\t// %s: %v\n\tx%d := %s\n", n.Name, n.Out, i, line)
	}
	out, outputs := values[g.Output], g.Out.Size()

	inside := len(raw) <= maxInside
	imports := []string{`"encoding/binary"`, `"fmt"`, `"math"`}
	if inside {
		imports = append(imports, `"encoding/base64"`, `"strings"`)
		fmt.Fprintf(&data, "// encoded are the weights: float32, little-endian, in base64.\nconst encoded = `\n")
		text := base64.StdEncoding.EncodeToString(raw)
		for len(text) > 0 {
			n := min(len(text), 120)
			data.WriteString(text[:n] + "\n")
			text = text[n:]
		}
		data.WriteString("`\n")
	} else {
		imports = append(imports, `_ "embed"`)
		beside = raw
	}
	slices.Sort(imports)

	var b strings.Builder
	fmt.Fprintf(&b, "// Code generated by inkling export. DO NOT EDIT.\n\n")
	fmt.Fprintf(&b, "// Package %s classifies %s: the network %s, %d weights.\n", pkg, s.input(), nn.Outline(s.Model.Layers), s.Model.Weights())
	for _, line := range s.facts() {
		fmt.Fprintf(&b, "// %s\n", line)
	}
	fmt.Fprintf(&b, "package %s\n\nimport (\n\t%s\n)\n\n", pkg, strings.Join(imports, "\n\t"))
	fmt.Fprintf(&b, "// Of one image: its planes, rows and columns.\nconst (\n\tChannels = %d\n\tHeight = %d\n\tWidth = %d\n)\n\n", g.In.C, g.In.H, g.In.W)
	fmt.Fprintf(&b, "// Outputs is the number of them.\nconst Outputs = %d\n\n", outputs)
	if s.Classes != nil {
		fmt.Fprintf(&b, "// Classes are the names of the outputs, in order.\nvar Classes = []string{")
		for i, c := range s.Classes {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%q", c)
		}
		b.WriteString("}\n\n")
	}
	name := "logits"
	if s.Model.EndsInSoftmax() {
		name = "probabilities"
	}
	fmt.Fprintf(&b, `// Evaluate gives the outputs for one image: x has its values, plane by plane and row
// by row, each between 0 and 1. They are the %s.
func Evaluate(x []float32) []float32 {
	if len(x) != Channels*Height*Width {
		panic(fmt.Sprintf("%s: %%d values, want %%d×%%d×%%d", len(x), Channels, Height, Width))
	}
%s	return %s
}

`, name, pkg, body.String(), out)
	used["weights"] = len(raw) > 0
	probability := "Evaluate(x)"
	if !s.Model.EndsInSoftmax() {
		probability, used["softmax"] = "softmax(Evaluate(x))", true
	}
	fmt.Fprintf(&b, `// Classify names the class of an image, and its probability, from 0 to 1. The bytes
// lie as the values of Evaluate do, each from 0 to 255.
func Classify(pixels []byte) (class int, probability float32) {
	x := make([]float32, len(pixels))
	for i, v := range pixels {
		x[i] = float32(float64(v) / 255)
	}
	for i, p := range %s {
		if p > probability {
			class, probability = i, p
		}
	}
	return class, probability
}

`, probability)
	for _, h := range goHelpers {
		if used[h.name] {
			b.WriteString(h.code + "\n")
		}
	}
	if inside {
		fmt.Fprintf(&b, `var weights = func() []float32 {
	raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(encoded, "\n", ""))
	if err != nil {
		panic(err)
	}
	return floats(raw)
}()

`)
	} else {
		fmt.Fprintf(&b, "//go:embed %s\nvar encoded []byte\n\nvar weights = floats(encoded)\n\n", weights)
	}
	b.WriteString(data.String())
	text := b.String()
	if !strings.Contains(text, "math.") {
		return nil, fmt.Errorf("export: a program without arithmetic")
	}
	src, err := format.Source([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	_, err = w.Write(src)
	return beside, err
}

// goHelpers are written into a program that calls them.
var goHelpers = []struct{ name, code string }{
	{"input", `func floats(raw []byte) []float32 {
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}
`},
	{"gemm", `// gemm is w·x + b, with w of n rows.
func gemm(x, w, b []float32, n int) []float32 {
	y := make([]float32, n)
	for i := range y {
		row, sum := w[i*len(x):(i+1)*len(x)], 0.0
		for j, v := range x {
			sum += float64(row[j]) * float64(v)
		}
		if b != nil {
			sum += float64(b[i])
		}
		y[i] = float32(sum)
	}
	return y
}
`},
	{"conv", `// conv slides filters of k×k over c planes of h×width.
func conv(x, w, b []float32, c, h, width, filters, k, stride, pad int) []float32 {
	rows, columns := (h+2*pad-k)/stride+1, (width+2*pad-k)/stride+1
	y := make([]float32, filters*rows*columns)
	for f := 0; f < filters; f++ {
		for i := 0; i < rows; i++ {
			for j := 0; j < columns; j++ {
				sum := 0.0
				if b != nil {
					sum = float64(b[f])
				}
				for p := 0; p < c; p++ {
					for u := 0; u < k; u++ {
						r := i*stride - pad + u
						if r < 0 || r >= h {
							continue
						}
						for v := 0; v < k; v++ {
							if s := j*stride - pad + v; s >= 0 && s < width {
								sum += float64(w[((f*c+p)*k+u)*k+v]) * float64(x[(p*h+r)*width+s])
							}
						}
					}
				}
				y[(f*rows+i)*columns+j] = float32(sum)
			}
		}
	}
	return y
}
`},
	{"batchNorm", `// batchNorm normalizes every channel with the statistics of the training.
func batchNorm(x, gamma, beta, mean, variance []float32, eps float64) []float32 {
	y, plane := make([]float32, len(x)), len(x)/len(gamma)
	for i, v := range x {
		c := i / plane
		y[i] = float32(float64(gamma[c])*(float64(v)-float64(mean[c]))/math.Sqrt(float64(variance[c])+eps) + float64(beta[c]))
	}
	return y
}
`},
	{"pool", `// pool slides a window of k×k over each of c planes of h×width; of gives for the values
// in it and the size of the window one value.
func pool(x []float32, c, h, width, k, stride, pad int, of func(window []float32, size int) float32) []float32 {
	rows, columns := (h+2*pad-k)/stride+1, (width+2*pad-k)/stride+1
	y, window := make([]float32, 0, c*rows*columns), make([]float32, 0, k*k)
	for p := 0; p < c; p++ {
		for i := 0; i < rows; i++ {
			for j := 0; j < columns; j++ {
				window = window[:0]
				for r := i*stride - pad; r < i*stride-pad+k; r++ {
					for s := j*stride - pad; s < j*stride-pad+k; s++ {
						if r >= 0 && r < h && s >= 0 && s < width {
							window = append(window, x[(p*h+r)*width+s])
						}
					}
				}
				y = append(y, of(window, k*k))
			}
		}
	}
	return y
}
`},
	{"largest", `func largest(window []float32, _ int) float32 {
	v := window[0]
	for _, w := range window {
		v = max(v, w)
	}
	return v
}
`},
	{"mean", `func mean(window []float32, size int) float32 {
	sum := 0.0
	for _, v := range window {
		sum += float64(v)
	}
	return float32(sum / float64(size))
}
`},
	{"globalMeans", `// globalMeans are those of c planes.
func globalMeans(x []float32, c int) []float32 {
	y, plane := make([]float32, c), len(x)/c
	for i := range y {
		sum := 0.0
		for _, v := range x[i*plane : (i+1)*plane] {
			sum += float64(v)
		}
		y[i] = float32(sum / float64(plane))
	}
	return y
}
`},
	{"each", `// each is f of every value.
func each(x []float32, f func(float64) float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(f(float64(v)))
	}
	return y
}
`},
	{"add", `func add(x, y []float32) []float32 {
	z := make([]float32, len(x))
	for i := range z {
		z[i] = x[i] + y[i]
	}
	return z
}
`},
	{"softmax", `// softmax turns logits into probabilities.
func softmax(x []float32) []float32 {
	top, sum := x[0], 0.0
	for _, v := range x {
		top = max(top, v)
	}
	y := make([]float32, len(x))
	for _, v := range x {
		sum += math.Exp(float64(v - top))
	}
	for i, v := range x {
		y[i] = float32(math.Exp(float64(v-top)) / sum)
	}
	return y
}
`},
}
