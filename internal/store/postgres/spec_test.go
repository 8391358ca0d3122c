package postgres_test

import (
	"testing"

	"balie/internal/store/postgres"
	"balie/internal/store/postgres/pgtest"
	"balie/internal/store/storetest"
)

// engineFor is how the specification handles this engine. A crash is that of the node: the old engine stays open, as a frozen node would, and a
// new one takes over. What a crash of the database does is tested beside.
func engineFor(t *testing.T) storetest.Engine {
	return storetest.Engine{
		Open: func(c storetest.T, data string, opt storetest.Options) storetest.Store {
			e, err := postgres.Open(t.Context(), postgres.Options{URL: pgtest.At(t, data), Route: opt.Route, Now: opt.Now})
			if err != nil {
				c.Fatalf("open: %v", err)
			}
			return e
		},
		Crash:   func(_ storetest.T, data string) string { return data },
		Restore: func(_ storetest.T, data string) { pgtest.Restore(t, data) },
	}
}

func TestSpecification(t *testing.T) { storetest.Run(t, engineFor(t)) }

func TestPlantedBugsAreFound(t *testing.T) { storetest.RunMutants(t, engineFor(t)) }
