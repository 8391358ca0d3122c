package demo_test

import (
	"bytes"
	"io/fs"
	"testing"
	"time"

	"balie/cmd/balie/demo"
	connector "balie/internal/connector/demo"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
	"balie/kb"
)

// TestTheLibraryReadsIt lets the room that will serve the articles read them, and write them back unchanged.
func TestTheLibraryReadsIt(t *testing.T) {
	files, err := fs.Glob(demo.Library, "library/*/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("list the library: %d files, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := fs.ReadFile(demo.Library, file)
		if err != nil {
			t.Fatal(err)
		}
		a, err := kb.Parse(raw)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if !bytes.Equal(a.Markdown(), raw) {
			t.Errorf("%s does not come back as it was", file)
		}
	}
}

// TestTheConnectorReadsIt lets the demo order system load the shop, and counts the days back from the day of seeding.
func TestTheConnectorReadsIt(t *testing.T) {
	e, err := bolt.Open(t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	docs := document.In(e, "demo", document.Options[connector.Record]{})
	s := connector.New(connector.Bytes(demo.Orders), docs, func() time.Time { return now })
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	o, err := s.Order(t.Context(), "#P10002")
	if err != nil {
		t.Fatal(err)
	}
	if want := now.AddDate(0, 0, -4); !o.DeliveredAt.Equal(want) {
		t.Errorf("#P10002 was delivered at %s, want %s", o.DeliveredAt, want)
	}
	if want := now.AddDate(0, 0, 26); !o.ReturnUntil.Equal(want) {
		t.Errorf("#P10002 may be returned until %s, want %s", o.ReturnUntil, want)
	}
}
