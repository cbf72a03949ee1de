//go:build (!amd64 && !arm64) || purego

package f32

func (s Pool) maxPoolOp() func(j *poolJob, plane int) { return maxPoolPlane }

func (s Pool) maxPoolBackwardOp() func(j *poolJob, plane int) { return maxPoolBackwardPlane }
