// Package nn builds and differentiates feed-forward networks in float32.
//
// The way of the data: a batch of examples arrives as a [Tensor]; the
// [Model] hands it from [Module] to [Module] (Forward), a [Loss] compares
// the last output with the labels and writes the gradient of its mean with
// respect to that output, and Backward carries the gradient back through the
// same modules in reverse order, leaving in each [Param] the gradient of the
// loss with respect to it. Package optim changes the parameters, package
// train repeats all this and tells what happened.
//
//	data.Batch → Tensor → Model.Forward → Loss.Eval → Model.Backward → optim
//
// A [Layer] is a value: hyperparameters only, printable and comparable. [New]
// turns layers into modules, which own parameters, caches and scratch space,
// and infers every shape on the way.
//
// Laws that the code relies on:
//
//   - Storage and kernels are float32; losses, metrics and norms are float64.
//   - Buffers belong to the module that returns them and are valid until its
//     next Forward or Backward. A warm training step allocates nothing.
//   - Backward sets Grad, it never adds: there is nothing to zero.
//   - Whether a pass trains is an argument ([Pass]), not a mode of the model.
//   - Random numbers are functions of (seed, purpose, step, place), so a run
//     that is resumed or repeated gives the same bits on any number of cores.
//
// Activations are stored example by example, channels × rows × columns
// (NCHW); weights as in PyTorch: Linear out×in, Conv2D filters×channels×k×k.
package nn
