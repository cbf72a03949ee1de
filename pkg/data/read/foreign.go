package read

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// unread are formats that people have and that are not read, by the ends of their
// names, with what to do instead.
var unread = []struct{ ends, what, instead string }{
	{".mat", "a file of MATLAB, as SVHN comes", "save its arrays as .npz: numpy.savez(…, x_train=X, y_train=y) after scipy.io.loadmat"},
	{".parquet .arrow", "a table of Apache, as Hugging Face keeps data sets", "save its images as PNG, one folder a class"},
	{".h5 .hdf5", "a file of HDF5", "save its arrays as .npz: numpy.savez(…, x_train=…, y_train=…)"},
	{".arff", "a table of Weka, as OpenML keeps data sets", "take it as CSV from there"},
	{".tfrecord .tfrecords", "a file of TensorFlow", "save its images as PNG, one folder a class"},
	{".pkl .pkl.gz .pickle .pt .pth data_batch_1 batches.meta", "a pickle of Python, which may run programs", "for CIFAR take the binary version (data_batch_1.bin); else numpy.savez(…, x_train=…, y_train=…)"},
	{".zip .tar .tar.gz .tgz .7z .rar .xz .bz2", "an archive", "unpack it and name the folder"},
	{".webp .bmp .tif .tiff .avif .heic .svg", "an image in a format that is not read", "save it as PNG, JPEG or GIF"},
}

// foreign says of a place without anything to read what is there instead.
func foreign(p *Place) error {
	for _, u := range unread {
		for _, f := range p.Files {
			name := strings.ToLower(path.Base(f.Name))
			if slices.ContainsFunc(strings.Fields(u.ends), func(end string) bool {
				return name == end || end[0] == '.' && strings.HasSuffix(name, end)
			}) {
				return fmt.Errorf("%s: %s, is not read: %s", p.At(f.Name), u.what, u.instead)
			}
		}
	}
	return nil
}
