// Package f32 holds the float32 kernels of inkling: matrix products,
// convolution, pooling, normalization, elementwise arithmetic and optimizer
// updates, and the one worker pool they and the layers share.
package f32
