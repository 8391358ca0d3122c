package bolt_test

import (
	"os"
	"path/filepath"
	"testing"

	"balie/internal/store/bolt"
	"balie/internal/store/storetest"
)

// engine is how the specification handles this engine.
var engine = storetest.Engine{
	Open: func(t storetest.T, data string, opt storetest.Options) storetest.Store {
		e, err := bolt.Open(data, bolt.Options{Route: opt.Route, Now: opt.Now})
		if err != nil {
			t.Fatalf("open: %v", err)
		}
		return e
	},
	Crash: func(t storetest.T, data string) string {
		now := t.TempDir()
		b, err := os.ReadFile(filepath.Join(data, bolt.FileName))
		if err == nil {
			err = os.WriteFile(filepath.Join(now, bolt.FileName), b, 0o600)
		}
		if err != nil {
			t.Fatalf("copy the data file: %v", err)
		}
		return now
	},
	Restore: func(t storetest.T, data string) {
		if err := bolt.NewLife(filepath.Join(data, bolt.FileName)); err != nil {
			t.Fatalf("new life: %v", err)
		}
	},
}

func TestSpecification(t *testing.T) { storetest.Run(t, engine) }

func TestPlantedBugsAreFound(t *testing.T) { storetest.RunMutants(t, engine) }
