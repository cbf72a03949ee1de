// Package inspect looks into a trained network: what each layer puts out and
// which gradient it gets, which units are dead, which patches excite a unit,
// which pixels decide, which image a class would like best, what a kernel
// resembles.
//
// The way of the data: a model that package train has trained → New makes a
// [Probe], a copy that can be watched → a batch of images → the outputs and
// gradients of every layer, as tensors and plain slices → package viz draws them.
// The model itself is only read.
//
// A probe differentiates the network as it is when it is evaluated: dropout is
// off and batch normalization uses its running statistics, so that a picture of
// one image does not depend on the others in its batch.
//
// What needs the weights alone works on plain slices: [Maps] cuts them into
// kernels or pictures; [FitGabor], [OrientationOf] and [TotalVariations] say what
// is on one, [Similarity] and [Pair] compare those of two networks, [Read] does
// all of it before and after training.
package inspect
