package action

import (
	"encoding/json"
	"testing"

	"balie/internal/chat"
)

// FuzzProposedWrite: whatever lies in a log as the parameters of an act is either refused, or a well-formed write of exactly that id
// and hash.
func FuzzProposedWrite(f *testing.F) {
	good, err := json.Marshal(Write{Key: "a-0123456789abcdef", Kind: CancelOrder, Customer: "ann_1", Order: "#W1", Reason: "no longer needed"})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{string(good), "", "null", "{}", "[]", `{"key":"a-0123456789abcdef","kind":"withdraw","customer":"","order":"#W1"}`, `{"items":["a"],"items":["b"]}`} {
		f.Add([]byte(s), "a-0123456789abcdef")
	}
	f.Fuzz(func(t *testing.T, params []byte, id string) {
		hash := ""
		var w Write
		if json.Unmarshal(params, &w) == nil {
			hash = w.Fingerprint()
		}
		got, err := proposedWrite(chat.ActionMoved{ID: id, Params: params, Hash: hash})
		if err == nil && (got.Key != id || got.Fingerprint() != hash || got.Check() != nil) {
			t.Errorf("accepted %s as %+v", params, got)
		}
		if err != nil && ReasonOf(err) == "" {
			t.Errorf("refused without a reason: %v", err)
		}
	})
}
