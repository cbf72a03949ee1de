package train

import (
	"encoding/json"
	"testing"
)

func TestCodeOfOlderRecords(t *testing.T) {
	var r Record
	if err := json.Unmarshal([]byte(`{"Name":"a","Code":"0123 4567 avx2"}`), &r); err != nil {
		t.Fatal(err)
	}
	if want := (Code{Older: "0123 4567 avx2"}); r.Code != want {
		t.Errorf("%+v, want %+v", r.Code, want)
	}
	for _, c := range []Code{r.Code, code(), {Library: "l", Own: "o", Unknown: "u", Once: "1"}} {
		var back Code
		if err := json.Unmarshal(must(json.Marshal(c)), &back); err != nil || back != c {
			t.Errorf("%+v comes back as %+v, %v", c, back, err)
		}
		if c.Older != "" && c == code() {
			t.Error("older code is today's")
		}
	}
	if err := json.Unmarshal([]byte(`{"Code":3}`), &r); err == nil {
		t.Error("a number is code")
	}
}
