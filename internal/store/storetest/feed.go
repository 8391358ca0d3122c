package storetest

import (
	"fmt"
	"sync"

	"balie/internal/store/document"
)

var feedSpecs = []spec{
	{"the feed has each document's latest change once", feedLatest},
	{"the feed skips nothing under many writers", feedComplete},
}

// changes reads the feed after a cursor.
func (r *rig) changes(after uint64) (docs []document.Doc, next uint64) {
	r.Helper()
	next, err := r.DocChanges(r.ctx, "articles", after, func(d document.Doc) bool {
		docs = append(docs, d)
		return true
	})
	if err != nil {
		r.Errorf("changes after %d: %v", after, err)
	}
	return docs, next
}

func feedLatest(r *rig) {
	check := func(when string, after uint64, want ...string) uint64 {
		r.Helper()
		docs, next := r.changes(after)
		var got []string
		last := after
		for _, d := range docs {
			mark := ""
			if d.Deleted {
				mark = " gone"
			}
			got = append(got, fmt.Sprintf("%s %d%s", d.ID, d.Rev, mark))
			if d.Cursor <= last {
				r.Errorf("%s: cursor %d comes after %d", when, d.Cursor, last)
			}
			last = d.Cursor
		}
		r.same(when, got, want)
		if next != last {
			r.Errorf("%s: go on from %d, want %d", when, next, last)
		}
		return next
	}
	check("an empty feed", 0)
	r.puts(kept(put("a", 0, `1`)), kept(put("b", 0, `1`)), kept(put("c", 0, `1`)))
	first := check("the first changes", 0, "a 1", "b 1", "c 1")
	r.puts(put("plain", 0, `1`)) // no history: not in the feed
	check("nothing new", first)
	r.puts(kept(put("a", 1, `2`)))
	r.puts(kept(put("a", 2, `3`)), gone(kept(put("b", 1, ``))))
	for range 2 {
		check("what changed since", first, "a 3", "b 2 gone")
		check("all, from the beginning", 0, "c 1", "a 3", "b 2 gone")
		r.crash()
	}
	var seen []string
	next, err := r.DocChanges(r.ctx, "articles", 0, func(d document.Doc) bool {
		seen = append(seen, d.ID)
		return len(seen) < 2
	})
	if err != nil {
		r.Errorf("changes: %v", err)
	}
	r.same("stopped at the second", seen, []string{"c", "a"})
	check("and on from there, the one at which it stopped again", next, "a 3", "b 2 gone")
	r.same("another collection", len(r.docIDs("nothing", "", "")), 0)
	check("after the end of time", ^uint64(0)>>1)
}

func feedComplete(r *rig) {
	const writers, each = 16, 20
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("w%d-%d", w, i%7)
				p := kept(put(id, 0, fmt.Sprintf(`{"w":%d,"i":%d}`, w, i)))
				p.Anyway = true
				if _, err := r.PutDocs(r.ctx, p); err != nil {
					r.Errorf("put: %v", err)
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { wg.Wait(); close(written) }()
	latest := map[string]uint64{}
	var cursor uint64
	read := func() {
		docs, next := r.changes(cursor)
		for _, d := range docs {
			if d.Cursor <= cursor {
				r.Errorf("%s came at %d, behind the cursor %d", d.ID, d.Cursor, cursor)
			}
			latest[d.ID] = d.Rev
		}
		cursor = next
	}
	for over := false; !over; {
		select {
		case <-written:
			over = true
		default:
		}
		read()
	}
	n := 0
	err := r.ListDocs(r.ctx, "articles", "", "", func(d document.Doc) bool {
		n++
		if latest[d.ID] != d.Rev {
			r.Errorf("the reader knows %s at revision %d, it is at %d", d.ID, latest[d.ID], d.Rev)
		}
		return true
	})
	if err != nil || n != writers*7 {
		r.Errorf("%d documents (%v), want %d", n, err, writers*7)
	}
}
