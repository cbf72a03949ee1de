package source

import (
	"crypto/sha256"
	"encoding/hex"
)

// Sum is the SHA-256 of a text in hexadecimal digits.
func Sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}
