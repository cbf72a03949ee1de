// Package data gives bytes: a [Set] of images with labels, in the order and shape
// that training wants them. It is the first station; what it gives, package nn
// takes as a Tensor.
//
// The way of the data:
//
//	Open ──► Dataset{Train, Test} ──► Partition ──► Loader{Set, Batch, Seed} ──► Epoch(e) ──► Batch
//	  MNIST_DIR, the user's cache,     50,000 + 10,000         float32 in [0,1], fresh order
//	  a mirror, or synthetic digits                        (and augmentation) every epoch
//
// A Set keeps its images as bytes, one after the other, and nothing else:
// everything downstream is a view of it (Image), a choice from it (Select,
// Partition) or a conversion made a batch at a time (Loader). The 60,000 images of
// MNIST so take 47 MB, whatever is done with them.
//
// Nothing is taken on trust. IDX files are read by a strict reader that never
// allocates what a header merely claims; MNIST is accepted only when the
// SHA-256 of its raw bytes is MNIST's. When it cannot be had within seconds,
// the synthetic digits drawn by this package stand in for it, and say so in
// Dataset.Name.
//
// Everything random is a function of a seed and of what it is drawn for (the
// epoch, the index of the image), so that a run means the same on any machine,
// on any number of cores, and after a resume.
package data
