package nn

import "fmt"

// maxKernel bounds the side of a window: the padding may be nearly as large,
// so the image does not bound it.
const maxKernel = 1 << 14

// window checks a sliding window over in and returns its stride.
func window(in Shape, kernel, stride, defaultStride, padding int) (int, error) {
	if stride == 0 {
		stride = defaultStride
	}
	switch {
	case kernel < 1 || kernel > maxKernel:
		return 0, fmt.Errorf("Kernel %d, want 1 to %d", kernel, maxKernel)
	case stride < 1:
		return 0, fmt.Errorf("Stride %d, want at least 1", stride)
	case padding < 0 || padding >= kernel:
		return 0, fmt.Errorf("Padding %d, want 0 ≤ Padding < Kernel %d", padding, kernel)
	case in.H+2*padding < kernel || in.W+2*padding < kernel:
		return 0, fmt.Errorf("Kernel %d does not fit %d×%d with Padding %d", kernel, in.H, in.W, padding)
	}
	return stride, nil
}

// poolWindow checks the window of a pooling. With padding of more than half of
// it, some would see nothing but padding.
func poolWindow(in Shape, kernel, stride, padding int) (int, error) {
	stride, err := window(in, kernel, stride, kernel, padding)
	if err == nil && 2*padding > kernel {
		err = fmt.Errorf("Padding %d, want at most half of Kernel %d", padding, kernel)
	}
	return stride, err
}
