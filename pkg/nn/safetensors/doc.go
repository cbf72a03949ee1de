// Package safetensors holds a [File]: named float32 arrays and words about them,
// as they lie on disk.
//
// The way of the data: the parameters and states of a model, or all that a run
// needs to go on → a File → Save → disk → Load → the same. It knows of no model:
// package nn says which arrays make one, package train which make a run.
//
// The format is safetensors, version 0.3: an 8-byte little-endian header length, a
// JSON header {"name": {"dtype", "shape", "data_offsets": [begin, end]}}, and the
// arrays one after the other, row-major and little-endian. Any Python user opens
// such a file with safetensors.numpy.load_file.
// Source: https://github.com/huggingface/safetensors#format
//
// Any valid file is read, in whatever order its entries stand: numbers of other types
// become float32 and are told of (File.Converted), names may be any printable ones.
// [Open] reads single arrays of a file without the others.
//
// The reader is strict: it believes nothing that the header says before it has
// checked it against the length of the file, and allocates nothing larger than the
// float32 values that the file itself holds. A file that Encode wrote carries a SHA-256 of its contents
// (checksum.go), so a changed bit anywhere in it is noticed, and a file that
// another program has read and written again with all that it held is not taken
// for damaged.
package safetensors
