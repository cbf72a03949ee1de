// Package curves writes the histories of runs for other programs: as CSV, as lines
// of JSON, and as the event files that TensorBoard reads.
package curves
