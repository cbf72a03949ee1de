package train

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"
)

func TestEventAsJSON(t *testing.T) {
	for _, c := range []struct {
		event Event
		want  string
	}{
		{Event{Kind: Train, Epoch: 1, Step: 100, Loss: 0.1, Score: 0.5, LR: 0.05, GradNorm: 2, Seconds: 1.5},
			`{"kind":"train","epoch":1,"step":100,"loss":0.1,"score":0.5,"lr":0.05,"gradnorm":2,"seconds":1.5}`},
		{Event{Kind: Best, Step: 7, Loss: 1e-300, Score: 1, Previous: 1.0 / 3},
			`{"kind":"best","epoch":0,"step":7,"loss":1e-300,"score":1,"previous":0.3333333333333333,"seconds":0}`},
		{Event{Kind: Train, Step: 3, Loss: 2, GradNorm: math.Inf(1)},
			`{"kind":"train","epoch":0,"step":3,"loss":2,"score":0,"gradnorm":null,"seconds":0}`},
		{Event{Kind: Dev, Loss: math.NaN()},
			`{"kind":"dev","epoch":0,"step":0,"loss":null,"score":0,"seconds":0}`},
	} {
		b := must(json.Marshal(c.event))
		if string(b) != c.want {
			t.Errorf("%s, want %s", b, c.want)
		}
		var back Event
		must(0, json.Unmarshal(b, &back))
		// NaN is not equal to itself: compare what is written again.
		if again := must(json.Marshal(back)); string(again) != c.want {
			t.Errorf("read back as %s, want %s", again, c.want)
		}
		if finite(c.event.Loss) && finite(c.event.GradNorm) && !reflect.DeepEqual(back, c.event) {
			t.Errorf("read back as %+v, want %+v", back, c.event)
		}
	}
	var e Event
	must(0, json.Unmarshal([]byte(`{"kind":"dev","loss":null}`), &e))
	if !math.IsNaN(e.Loss) {
		t.Errorf("null reads as %v, want NaN", e.Loss)
	}
}

// What is read without package json is what that reads.
func TestPlainEvents(t *testing.T) {
	read := 0
	for _, text := range []string{
		`{"kind":"train","epoch":1,"step":30,"loss":2.5,"score":0.75,"objective":2.625,"lr":1e-3,"gradnorm":null,"seconds":0.5}`, `{}`, ` { "kind" : "best" , "previous":-1 } `,
		`{"kind":"dev","step":1.0}`, `{"kind":"dev","step":1e3}`, `{"Kind":"dev"}`, `{"kind":3}`, `{"loss":"2"}`, `{"loss":1e999}`, `{"step":99999999999999999999}`,
		`{"more":1}`, `{"loss":1,"loss":2}`, `{"kind":"d\u0065v"}`, `null`, `[]`, `{"loss":1`,
	} {
		got, ok := readEvent([]byte(text))
		if !ok {
			continue
		}
		read++
		var want line
		if err := json.Unmarshal([]byte(text), &want); err != nil || fmt.Sprint(got) != fmt.Sprint(Event{want.Kind, want.Epoch, want.Step, float64(want.Loss), float64(want.Score),
			float64(want.Objective), float64(want.LR), float64(want.GradNorm), float64(want.Previous), float64(want.Seconds)}) {
			t.Errorf("%s is read as %+v, want %+v, %v", text, got, want, err)
		}
	}
	if read != 4 {
		t.Errorf("%d of the texts are read, want the 4 plain ones", read)
	}
}
