package rawjson

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

var samples = []string{
	`{}`, ` { "a" : 1 , "b":[ 1 , {"c":null} ], "d" : {"e":{}} } `, `{"a":"text","b":"with \"quotes\" and \u00e9 \n \/"}`, `{"half":"\ud83d"}`,
	`{"a":-0.5e-10,"b":0,"c":1E+3,"d":true,"e":false}`, `{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":-}`, `{"a":1e}`, `{"a":+1}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`,
	`{"a":1}x`, `[]`, `"a"`, `3`, ``, `{`, `{"a`, `{"a":"b`, `{"a":"\`, `{"a":"\x"}`, `{"a":"\u12"}`, "{\"a\":\"\x01\"}", "{\"a\":\"\xff\"}", `{"\u0061":1}`,
	`{"a":1,"a":2}`, `{"a":nul}`, `{"a":tru}`, `{"a":[1,]}`, `{"a":[,]}`, `{"a":[1 2]}`, `{"a":{"b":}}`, `{"a":{"b":1 2}}`, `{"a":{"b"}}`, `{"":1}`, `{"π":"ü"}`, `{"a":"` + "\u2028" + `"}`, `{"a":"\ufffd"}`,
}

// check says that whatever is read here means the same to package json.
func check(t *testing.T, b []byte) {
	got := map[string]any{}
	ok := Fields(b, func(name string, value []byte) bool {
		if text, ok := Text(value); ok {
			got[name] = text
			return true
		}
		var v any
		if err := json.Unmarshal(value, &v); err != nil {
			if !json.Valid(value) {
				t.Fatalf("%q: the field %q is %q: %v", b, name, value, err)
			}
			return false // a number that no float64 is
		}
		got[name] = v
		return true
	})
	if !ok {
		return
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, b); err != nil || compact.String() != string(Squeezed(b)) {
		t.Fatalf("%q squeezed is %q, want %q, %v", b, Squeezed(b), compact.Bytes(), err)
	}
	var want map[string]any
	if err := json.Unmarshal(b, &want); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%q is read as %v, want %v, %v", b, got, want, err)
	}
}

func TestFields(t *testing.T) {
	read := 0
	for _, text := range samples {
		check(t, []byte(text))
		if Fields([]byte(text), func(string, []byte) bool { return true }) {
			read++
		}
	}
	if read != 10 {
		t.Errorf("%d of the samples are read, want the 10 plain ones", read)
	}
	if Fields([]byte(`{"a":1,"b":2}`), func(name string, _ []byte) bool { return name == "a" }) {
		t.Error("a field that is not ok")
	}
	deep := []byte(`{"a":`)
	for range 1000 {
		deep = append(deep, '[')
	}
	if Fields(deep, func(string, []byte) bool { return true }) {
		t.Error("no end")
	}
}

func FuzzFields(f *testing.F) {
	for _, text := range samples {
		f.Add([]byte(text))
	}
	f.Fuzz(check)
}
