package flow

import "testing"

// Every flow that Balie comes with is free of mistakes.
func TestBuiltinFlowsCheck(t *testing.T) {
	all := NewSet(Builtin()...)
	for _, f := range all.All() {
		if err := Check(f, all); err != nil {
			t.Errorf("%s:\n%v", f.Name, err)
		}
	}
}
