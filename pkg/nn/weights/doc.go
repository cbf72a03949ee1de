// Package weights takes the weights of a network that another framework trained into
// layers of ours: [From].
//
// The way of the data: a file of arrays (safetensors, or numpy's .npz) → which array
// belongs to which layer (match.go) → how its values lie there (place.go) → the
// memory of a model of package nn, into which they are read without a copy of the
// file in between.
//
// What differs between frameworks is little, and each difference that is overlooked
// gives a network that runs and is wrong: whether a matrix is [out, in] or [in, out],
// a kernel OIHW, HWIO or OHWI, in which order an image is flattened, and what batch
// normalization adds to a variance. A [Framework] says these four. All else is seen
// from the file: which arrays belong together by their names, which layer they are
// by their shapes, and what does not fit or could be meant in two ways is told, not
// guessed.
//
// What no file of weights says stays with who gives the layers: activations and their
// variants, and padding, of which Keras' and Flax's "same" at a stride of 2 is one
// that no layer here has: it pads an even image at its end alone.
package weights
