package kb_test

import (
	"os"
	"path/filepath"
	"testing"

	"balie/kb"
)

// TestAnotherLifeIsAnotherIndex: after a restore the store counts its changes anew, so an index of the life before must not be followed on.
func TestAnotherLifeIsAnotherIndex(t *testing.T) {
	h := newHouse(t)
	current := func(life string) string {
		t.Helper()
		h.close()
		lib, err := kb.Open(h.dir, h.store, kb.Options{Life: life})
		if err != nil {
			t.Fatal(err)
		}
		h.lib = lib
		h.sync()
		name, err := os.ReadFile(filepath.Join(h.dir, "current"))
		if err != nil {
			t.Fatal(err)
		}
		return string(name)
	}
	first := current("a1")
	if again := current("a1"); again != first {
		t.Errorf("the same life: index %s, before it was %s", again, first)
	}
	if other := current("b2"); other == first {
		t.Errorf("another life goes on with index %s", first)
	}
}
