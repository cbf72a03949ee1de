// Package words reads the words of a command line or of a cell's %% line: package
// flag's grammar with nothing dropped, and errors that show the line as it should be.
package words
