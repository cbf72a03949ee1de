package weights

// A Framework is how somebody else lays out weights.
type Framework struct {
	Name    string
	Linear  string // "OI": a matrix is [out, in]; "IO"
	Conv    string // "OIHW", "HWIO", "OHWI": the order of a kernel's dimensions
	Flatten string // "CHW", "HWC": the order in which an image becomes a vector
	// What its batch normalization adds to the variance, and how far it moves its
	// statistics, unless told otherwise: these are in no file of weights.
	Eps, Momentum float64
}

// Frameworks whose layout is known. Keras and Flax are those of images with their
// channels last, as they come. Inkling is a file of ours that lost its metadata.
var (
	PyTorch  = Framework{"pytorch", "OI", "OIHW", "CHW", 1e-5, 0.1}
	Tinygrad = Framework{"tinygrad", "OI", "OIHW", "CHW", 1e-5, 0.1}
	MLX      = Framework{"mlx", "OI", "OHWI", "HWC", 1e-5, 0.1}
	Keras    = Framework{"keras", "IO", "HWIO", "HWC", 1e-3, 0.01}
	Flax     = Framework{"flax", "IO", "HWIO", "HWC", 1e-5, 0.01}
	Inkling  = Framework{"inkling", "OI", "OIHW", "CHW", 1e-5, 0.1}
)

// Frameworks are those that are known, by name.
func Frameworks() map[string]Framework {
	all := map[string]Framework{}
	for _, f := range []Framework{PyTorch, Tinygrad, MLX, Keras, Flax, Inkling} {
		all[f.Name] = f
	}
	return all
}

// roles are what frameworks call the arrays of a layer, and what they are here. A
// layer that normalizes has a scale where others have a matrix.
var roles = map[string]string{
	"weight": "W", "kernel": "W", "W": "W", "w": "W", "embedding": "W",
	"bias": "b", "b": "b",
	"scale": "gamma", "gamma": "gamma", "beta": "beta",
	"running_mean": "running_mean", "moving_mean": "running_mean", "mean": "running_mean",
	"running_var": "running_var", "moving_variance": "running_var", "var": "running_var", "moving_var": "running_var",
	"num_batches_tracked": "count",
}

// collections are what Flax puts before the names of all arrays of a sort.
var collections = []string{"params", "batch_stats"}
