// Package predict asks a trained network about pictures that are in no set: one's
// own handwriting, photographed.
//
// The way of the data: files and folders become pictures, decoded within bounds and
// turned upright; a [Reader], a model that knows which images it was trained on,
// prepares each of them like those and reads all at once; an [Answer] is what it
// says of one, or why it says nothing.
//
//	paths → Files → Reader.Read → Answers → Table, Figure
//
// In order of reading: reader.go, answers.go.
package predict
