//go:build !purego

#include "textflag.h"

// func pause()
//
// YIELD does nothing on most cores; this takes as long as PAUSE does.
TEXT ·pause(SB), NOSPLIT, $0-0
	ISB $15
	RET
