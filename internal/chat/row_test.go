package chat_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"balie/internal/chat"
)

// scatter puts something into v: nothing, in one of so many cases, else something at random.
func scatter(r *rand.Rand, v reflect.Value, empty int) {
	if empty > 0 && r.IntN(empty) == 0 {
		return
	}
	texts := []string{"", "x", "een twee", "<b>&\"\\\n\u2028é\x00\x7f", "\xff", strings.Repeat("lang ", 50)}
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.UnixMicro(r.Int64N(4e15)).UTC()))
		return
	case reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(`{"a":[1,"b"]}`))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(texts[r.IntN(len(texts))])
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(r.Int64N(9) - 2)
	case reflect.Uint64, reflect.Uint32, reflect.Uint:
		v.SetUint(r.Uint64() >> r.IntN(64))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		scatter(r, v.Elem(), empty)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		for i := range v.Len() {
			scatter(r, v.Index(i), empty)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			scatter(r, key, empty)
			scatter(r, value, empty)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			scatter(r, v.Field(i), empty)
		}
	case reflect.Float64:
		v.SetFloat(r.Float64())
	default:
		panic("a row holds a " + v.Kind().String())
	}
}

// TestRowsAreWrittenAsJSON compares the row written by hand with what encoding/json makes of it: empty, full, and each field there or not.
func TestRowsAreWrittenAsJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 5000 {
		var c chat.Conversation
		if i > 0 {
			scatter(r, reflect.ValueOf(&c).Elem(), i%4) // 0: always something
		}
		want, err := json.Marshal(&c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.AppendJSON([]byte("before"))
		if err != nil || !bytes.Equal(got, append([]byte("before"), want...)) {
			t.Fatalf("row %d: %v\n%s\n%s", i, err, got, want)
		}
	}
}

// TestRowRefusesWhatJSONRefuses: a year that no JSON has is an error, not half a row.
func TestRowRefusesWhatJSONRefuses(t *testing.T) {
	c := chat.Conversation{Updated: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}
	if _, err := json.Marshal(&c); err == nil {
		t.Fatal("encoding/json takes it")
	}
	if b, err := c.AppendJSON(nil); err == nil || len(b) > 0 {
		t.Errorf("%s, %v", b, err)
	}
}
