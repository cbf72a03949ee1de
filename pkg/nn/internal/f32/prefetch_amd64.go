//go:build amd64 && !purego

package f32

// prefetch asks for lines of 64 bytes from p on, at least one.
//
//go:noescape
func prefetch(p *float32, lines int)

// fetchLines is how much of what comes next is worth asking for: the processor
// sees the rest coming by itself, and more at once holds up what is needed now.
const fetchLines = 16

// fetch asks for s, which is wanted soon, so that it comes from memory while
// something else is computed.
func fetch(s []float32) {
	if len(s) > 0 {
		prefetch(&s[0], min(fetchLines, (len(s)+15)/16))
	}
}
