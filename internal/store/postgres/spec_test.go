package postgres_test

import (
	"os"
	"path/filepath"
	"testing"

	"balie/internal/store/postgres"
	"balie/internal/store/postgres/pgtest"
	"balie/internal/store/storetest"
)

// address of the database that the data folder of a case stands for: the folder holds nothing but that.
func address(t *testing.T, data string) string {
	file := filepath.Join(data, "address")
	if b, err := os.ReadFile(file); err == nil {
		return string(b)
	}
	a := pgtest.Database(t)
	note(t, data, a)
	return a
}

func note(t storetest.T, data, address string) {
	if err := os.WriteFile(filepath.Join(data, "address"), []byte(address), 0o600); err != nil {
		t.Fatalf("note address: %v", err)
	}
}

// engineFor is how the specification handles this engine. A crash is that of the node: the old engine stays open, as a frozen node would, and a
// new one takes over. What a crash of the database does is tested beside.
func engineFor(t *testing.T) storetest.Engine {
	return storetest.Engine{
		Open: func(c storetest.T, data string, opt storetest.Options) storetest.Store {
			e, err := postgres.Open(t.Context(), postgres.Options{URL: address(t, data), Route: opt.Route, Now: opt.Now})
			if err != nil {
				c.Fatalf("open: %v", err)
			}
			return e
		},
		Crash: func(_ storetest.T, data string) string { return data },
		Restore: func(c storetest.T, data string) {
			restored, err := pgtest.Shared(t).Copy(address(t, data))
			if err != nil {
				c.Fatalf("restore: %v", err)
			}
			note(c, data, restored)
		},
	}
}

func TestSpecification(t *testing.T) { storetest.Run(t, engineFor(t)) }

func TestPlantedBugsAreFound(t *testing.T) { storetest.RunMutants(t, engineFor(t)) }
