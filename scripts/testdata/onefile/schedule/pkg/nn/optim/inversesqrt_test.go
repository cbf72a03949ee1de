package optim

import "testing"

func TestInverseSqrt(t *testing.T) {
	s := InverseSqrt{Base: 0.3, Every: 10}
	for step, want := range map[int]float64{0: 0.3, 30: 0.15, 80: 0.1} {
		if got := s.LR(step); got-want > 1e-12 || want-got > 1e-12 {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
	}
}
