package f32

import "golang.org/x/sys/cpu"

// haveFMA says whether programs built for GOAMD64=v3 run here.
func haveFMA() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasBMI2 }
