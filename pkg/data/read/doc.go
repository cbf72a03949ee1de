// Package read turns what lies in a folder or a file into labelled images: a
// [Data] of bytes, whatever the format was.
//
//	IDX           the four files of MNIST, Fashion-MNIST, KMNIST, QMNIST, EMNIST, plain or .gz   idxset.go
//	images        PNG, JPEG or GIF, one folder a class, with or without train/ and test/        images.go
//	CSV           a row an image, its label first or last                                        csv.go
//	npz           numpy's arrays, x_train, y_train, x_test, y_test                               npz.go
//	CIFAR         the binary batches of CIFAR-10 and CIFAR-100                                   cifar.go
//
// Beside the options of every format (see data.Open) each has its own:
//
//	split=NAME      IDX, CSV, npz  which of several sets in a folder: letters of emnist-letters-…
//	transpose       IDX, CSV, npz  rows and columns exchanged; EMNIST's are, unless transpose=no
//	label=first     CSV            where the label stands, or label=last
//	shape=HxW       CSV, npz       of rows of pixels; CxHxW and HxWxC, too
//	max=N           CSV, npz       the number that stands for 255
//	label=coarse    CIFAR          the 20 classes of CIFAR-100, for its 100
//	ground=black    images         what transparent images are laid on, for white
//
// Classes are named by what the files say: folders, words in a column of labels,
// emnist-letters-mapping.txt, kmnist_classmap.csv, batches.meta.txt, or a file
// classes.txt beside the data with a name in each line; else by their labels.
//
// A format is one file with a [Format] in it, registered below the type; which one
// fits is decided by names alone (Format.Find), so that nothing large is read
// before it is known what it is.
//
// Nothing is taken on trust. What is found is read whole or not at all, and what
// does not fit is one line: the file, the place, what was found, what is allowed.
// Files are opened within the folder (os.Root), whatever their names or links say;
// memory follows the bytes that come and not what a header claims, up to fixed
// limits. What was decided for the user (a test part split off, images resized,
// files left aside) is told in Data.Notes.
package read
