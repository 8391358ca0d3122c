package action_test

import (
	"context"
	"errors"
	"testing"

	"balie/internal/action"
)

// plain is an order system that cannot tell beforehand what a write would do, as one behind HTTP cannot.
type plain struct{ action.System }

// telling is one that can, and says always the same.
type telling struct {
	action.System
	result action.Result
}

func (t telling) Preview(context.Context, action.Write) (action.Result, error) { return t.result, nil }

// TestGuardOfAGuard: a client comes with a guard of its own and the ledger puts another around it. That nothing is known beforehand is
// no answer about something else; but such an answer is still refused.
func TestGuardOfAGuard(t *testing.T) {
	w := action.Write{Key: "a-1", Kind: action.CancelOrder, Customer: "ann_1", Order: "#W1"}
	guarded := action.Guard{System: action.Guard{System: plain{}}}
	if r, err := guarded.Preview(t.Context(), w); err != nil || r != (action.Result{}) {
		t.Errorf("a system that cannot preview: %+v, %v; want nothing", r, err)
	}
	other := action.Result{Key: "a-1", Kind: action.CancelOrder, Customer: "bob_2", Order: "#W1"}
	guarded = action.Guard{System: action.Guard{System: telling{result: other}}}
	if _, err := guarded.Preview(t.Context(), w); !errors.Is(err, action.ErrWrongReply) {
		t.Errorf("a preview about somebody else: %v, want ErrWrongReply", err)
	}
}
