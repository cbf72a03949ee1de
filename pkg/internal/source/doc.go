// Package source says which code a value is made of, so that a stored result
// can be told from the one that would come out now.
//
// The way of the data:
//
//	a value → Describe → its text, and the types and functions in it that others wrote
//	        → Own      → a digest of all that these reach, or why it cannot be known
//
// Code is found by its source: the running program's own table of functions
// names the folder of every package and the files there that were certainly
// compiled; these and what the build takes beside them are parsed, and from the
// methods of a type the declarations of packages are followed from name to name.
// What is hashed are their tokens: comments, layout, order, files and positions
// do not count. A notebook's cell is a program of all declarations so far and
// another main, so the same code has the same digest in every cell.
//
// Nothing is guessed in favour of a stored result. No types are checked here;
// where a name could mean two things, both are taken, and where what a name
// stands for when the program runs cannot be read from the source (a variable
// that is set somewhere, a flag, a file, the time, a function with captured
// values), the answer is that the code is unknown, and why. So it is for a
// program that was not built and started in one by the go command or GoNB: no
// time of a file tells that its source is still what it was. Of Go's own library
// only what pure and pureNames list is taken for what computes, and a value given
// to the rest of it may have any of its methods called. Modules that have a
// version are followed like all else, but for functions in assembly of packages
// that cannot reach the system: these are what version and checksum say.
package source
