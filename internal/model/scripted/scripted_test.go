package scripted_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"balie/internal/model/scripted"
)

// post asks url and returns the status and as much of the body as came; a cut is an error.
func post(t *testing.T, url, body string) (int, string, error) {
	t.Helper()
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

func TestRepliesInOrderAndTheLastStays(t *testing.T) {
	s := scripted.New(scripted.Text("een twee"), scripted.Status(429, 3*time.Second), scripted.Broken("half"))
	url := s.Start(t) + "/chat/completions"
	const ask = `{"model":"m","stream":true,"messages":[{"role":"user","content":"hoi"}]}`

	_, text, err := post(t, url, ask)
	if err != nil || !strings.Contains(text, `"content":"een "`) || !strings.HasSuffix(text, "data: [DONE]\n\n") {
		t.Errorf("first: %q, %v", text, err)
	}
	if status, _, _ := post(t, url, ask); status != http.StatusTooManyRequests {
		t.Errorf("second: %d", status)
	}
	for range 2 {
		if _, text, err := post(t, url, ask); err == nil || !strings.Contains(text, "half") {
			t.Errorf("third and on: %q, %v", text, err)
		}
	}
	want := []scripted.Line{{Role: "user", Content: "hoi"}}
	if r := s.Requests(); len(r) != 4 || !r[0].Stream || r[0].Model != "m" || !reflect.DeepEqual(r[0].Chat, want) {
		t.Errorf("recorded %+v", r)
	}
}

func TestVectorsAreTheSameForTheSameText(t *testing.T) {
	url := scripted.New().Start(t) + "/embeddings"
	_, text, err := post(t, url, `{"model":"m","input":["een","twee","een"]}`)
	var got struct {
		Data []struct {
			Index     int
			Embedding []float32
		}
	}
	if err != nil || json.Unmarshal([]byte(text), &got) != nil || len(got.Data) != 3 {
		t.Fatalf("%q, %v", text, err)
	}
	at := map[int][]float32{}
	for _, d := range got.Data {
		at[d.Index] = d.Embedding
	}
	if !reflect.DeepEqual(at[0], at[2]) || reflect.DeepEqual(at[0], at[1]) {
		t.Errorf("%v", at)
	}
}

func TestOtherRequests(t *testing.T) {
	url := scripted.New().Start(t)
	if status, _, _ := post(t, url+"/models", "{}"); status != http.StatusNotFound {
		t.Errorf("another path: %d", status)
	}
	if status, _, _ := post(t, url+"/embeddings", "no json"); status != http.StatusBadRequest {
		t.Errorf("no JSON: %d", status)
	}
}
