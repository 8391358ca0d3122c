package nlu_test

import (
	"bytes"
	"reflect"
	"testing"

	"balie/bot/nlu"
	"balie/internal/fault"
)

func TestAKeptModelHearsTheSame(t *testing.T) {
	m := builtin()
	var b bytes.Buffer
	if err := m.Save(&b, []byte("us"), []byte("a note")); err != nil {
		t.Fatal(err)
	}
	again, note, err := nlu.Load(bytes.NewReader(b.Bytes()), nlu.Options{}, []byte("us"))
	if err != nil || string(note) != "a note" {
		t.Fatalf("%q %v", note, err)
	}
	for _, text := range []string{"waar blijft mijn pakje", "where is my order #W1234567", "1234 AB 12", "", "☃", "ik wil iemand spreken", "who won the cup"} {
		if was, is := m.Understand(text, nlu.Hints{Lang: "nl"}), again.Understand(text, nlu.Hints{Lang: "nl"}); !reflect.DeepEqual(was, is) {
			t.Errorf("%q: %+v, loaded %+v", text, was, is)
		}
	}
	if _, _, err := nlu.Load(bytes.NewReader(b.Bytes()), nlu.Options{}, []byte("others")); !fault.Is(err, fault.Gone) {
		t.Errorf("kept by another program: %v", err)
	}
	for _, at := range []int{0, 31, 32, 70, 100, b.Len() / 2, b.Len() - 1} {
		damaged := bytes.Clone(b.Bytes())
		damaged[at] ^= 4
		if _, _, err := nlu.Load(bytes.NewReader(damaged), nlu.Options{}, []byte("us")); !fault.Is(err, fault.Invalid) {
			t.Errorf("byte %d changed: %v", at, err)
		}
		if _, _, err := nlu.Load(bytes.NewReader(b.Bytes()[:at]), nlu.Options{}, []byte("us")); !fault.Is(err, fault.Invalid) {
			t.Errorf("cut at %d: %v", at, err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	var kept bytes.Buffer
	if err := builtin().Save(&kept, nil, nil); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(kept.Len()), "file-bytes")
	for b.Loop() {
		if _, _, err := nlu.Load(bytes.NewReader(kept.Bytes()), nlu.Options{}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
