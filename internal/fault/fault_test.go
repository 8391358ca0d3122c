package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"balie/internal/fault"
)

func TestKindsSurviveWrapping(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.7: refused")
	err := fmt.Errorf("append to c1: %w", fault.Wrap(fault.Unavailable, "Please try again in a minute.", cause))
	if !fault.Is(err, fault.Unavailable) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("kind of %v is %s", err, fault.KindOf(err))
	}
	if got := fault.Text(err); got != "Please try again in a minute." {
		t.Errorf("text for people: %q", got)
	}
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "10.0.0.7") {
		t.Errorf("the operator lost the cause: %v", err)
	}
}

func TestAStrangersErrorGivesNothingAway(t *testing.T) {
	err := errors.New("open /var/lib/balie/balie.db: no space left")
	if fault.KindOf(err) != fault.Internal || strings.Contains(fault.Text(err), "balie.db") {
		t.Errorf("kind %s, text %q", fault.KindOf(err), fault.Text(err))
	}
	if fault.KindOf(nil) != "" || fault.Is(nil, fault.Internal) || fault.Wrap(fault.Internal, "x", nil) != nil {
		t.Error("nil is not a fault")
	}
}
