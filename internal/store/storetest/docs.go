package storetest

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"balie/internal/fault"
	"balie/internal/store/document"
)

var docSpecs = []spec{
	{"a document has a revision", docRevisions},
	{"documents are put all or none", docAllOrNone},
	{"one of many writers wins a revision", docRace},
	{"documents are listed by key and by id", docLists},
	{"documents keep their history", docHistory},
	{"bodies come back as they were", docBodies},
	{"names and bodies that cannot be", docHostile},
}

func put(id string, rev uint64, body string, keys ...string) document.Put {
	return document.Put{Collection: "things", ID: id, Rev: rev, Body: []byte(body), Keys: keys}
}

func kept(p document.Put) document.Put {
	p.Collection, p.History = "articles", true
	return p
}

func gone(p document.Put) document.Put {
	p.Delete, p.Body = true, nil
	return p
}

func (r *rig) puts(ps ...document.Put) []document.Doc {
	r.Helper()
	docs, err := r.PutDocs(r.ctx, ps...)
	if err != nil || len(docs) != len(ps) {
		r.Fatalf("put %s: %d documents (%v)", ps[0].ID, len(docs), err)
	}
	return docs
}

func (r *rig) noPut(kind fault.Kind, ps ...document.Put) {
	r.Helper()
	if _, err := r.PutDocs(r.ctx, ps...); !fault.Is(err, kind) {
		r.Errorf("put %.40q at %d: got %v, want a %s", ps[0].ID, ps[0].Rev, err, kind)
	}
}

func (r *rig) get(collection, id string, rev uint64, body string) {
	r.Helper()
	d, err := r.GetDoc(r.ctx, collection, id)
	if err != nil {
		r.Errorf("get %s: %v", id, err)
		return
	}
	if d.Rev != rev || !sameJSON(d.Body, []byte(body)) || d.ID != id || d.Collection != collection || d.Deleted {
		r.Errorf("%s is at revision %d, %s; want %d, %s", id, d.Rev, d.Body, rev, body)
	}
}

func (r *rig) noDoc(collection, id string) {
	r.Helper()
	if d, err := r.GetDoc(r.ctx, collection, id); !fault.Is(err, fault.NotFound) {
		r.Errorf("get %s: %+v (%v), want not found", id, d, err)
	}
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && asJSON(x) == asJSON(y)
}

func docRevisions(r *rig) {
	r.noDoc("things", "a")
	first := r.puts(put("a", 0, `1`))[0]
	if first.Rev != 1 || first.Cursor == 0 || first.At.Nanosecond()%1000 != 0 || first.At.Location() != time.UTC {
		r.Errorf("the first put gave %+v", first)
	}
	r.noPut(fault.Conflict, put("a", 0, `2`))
	r.noPut(fault.Conflict, put("a", 2, `2`))
	r.noPut(fault.Conflict, put("b", 1, `2`))
	second := r.puts(put("a", 1, `2`))[0]
	if second.Rev != 2 || second.Cursor <= first.Cursor {
		r.Errorf("the second put gave %+v after %+v", second, first)
	}
	r.noPut(fault.Conflict, put("a", 1, `3`))
	r.get("things", "a", 2, `2`)
	r.noDoc("others", "a")

	anyway := put("a", 99, `"anyway"`)
	anyway.Anyway = true
	r.puts(anyway)
	anyway.ID = "new"
	r.puts(anyway)
	r.crash()
	r.get("things", "a", 3, `"anyway"`)
	r.get("things", "new", 1, `"anyway"`)

	r.noPut(fault.Conflict, gone(put("a", 1, ``)))
	r.noPut(fault.NotFound, gone(put("never", 0, ``)))
	r.puts(gone(put("a", 3, ``)))
	r.noDoc("things", "a")
	r.noPut(fault.NotFound, gone(put("a", 0, ``)))
	r.reopen()
	r.noDoc("things", "a")
	r.puts(put("a", 0, `"again"`))
	r.get("things", "a", 1, `"again"`)

	r.puts(kept(put("k", 0, `1`)))
	r.puts(gone(kept(put("k", 1, ``))))
	r.noDoc("articles", "k")
	r.noPut(fault.Conflict, kept(put("k", 2, `2`)))
	r.puts(kept(put("k", 0, `3`)))
	r.get("articles", "k", 3, `3`)
}

func docAllOrNone(r *rig) {
	r.puts(put("a", 0, `1`), put("b", 0, `1`), kept(put("a", 0, `"other collection"`)))
	r.noPut(fault.Conflict, put("a", 1, `2`, "tag/x"), put("c", 0, `2`), put("b", 7, `2`), kept(put("a", 1, `2`)))
	r.noPut(fault.Invalid, put("a", 1, `2`), put("a", 2, `3`))
	for range 2 {
		r.get("things", "a", 1, `1`)
		r.get("things", "b", 1, `1`)
		r.get("articles", "a", 1, `"other collection"`)
		r.noDoc("things", "c")
		r.same("listed by a key that was refused", r.docIDs("things", "tag", "x"), nil)
		r.crash()
	}
	if docs, err := r.PutDocs(r.ctx); err != nil || len(docs) != 0 {
		r.Errorf("no puts at all: %v (%v)", docs, err)
	}
}

func docRace(r *rig) {
	const writers = 16
	r.puts(put("n", 0, `0`))
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for done := 0; done < 5; {
				d, err := r.GetDoc(r.ctx, "things", "n")
				if err != nil {
					r.Errorf("get: %v", err)
					return
				}
				var n int
				if err := json.Unmarshal(d.Body, &n); err != nil {
					r.Errorf("body: %v", err)
					return
				}
				_, err = r.PutDocs(r.ctx, put("n", d.Rev, fmt.Sprint(n+1)))
				if err == nil {
					done++
				} else if !fault.Is(err, fault.Conflict) {
					r.Errorf("put: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	r.get("things", "n", writers*5+1, fmt.Sprint(writers*5))
}

// docIDs lists a collection.
func (r *rig) docIDs(collection, index, prefix string) []string {
	r.Helper()
	var got []string
	err := r.ListDocs(r.ctx, collection, index, prefix, func(d document.Doc) bool {
		got = append(got, d.ID)
		return true
	})
	if err != nil {
		r.Errorf("list %s %s/%s: %v", collection, index, prefix, err)
	}
	return got
}

func docLists(r *rig) {
	r.puts(put("b", 0, `1`, "tag/x", "owner/7"), put("a", 0, `1`, "tag/x", "tag/y"), put("B", 0, `1`, "tag/X"),
		put("é", 0, `1`, "tag/é"), put("ab", 0, `1`, "tag/xa"), put("a/b", 0, `1`), kept(put("zz", 0, `1`, "tag/x")))
	check := func(index, prefix string, want ...string) {
		r.Helper()
		r.same(fmt.Sprintf("by %q, %q", index, prefix), r.docIDs("things", index, prefix), want)
	}
	for range 2 {
		check("", "", "B", "a", "a/b", "ab", "b", "é") // by byte, whatever the language
		check("", "a", "a", "a/b", "ab")
		check("tag", "", "B", "a", "b", "ab", "a", "é")
		check("tag", "x", "a", "b", "ab")
		check("owner", "7", "b")
		check("owner", "8")
		check("own", "")
		r.crash()
	}
	r.puts(put("b", 1, `2`, "tag/z"), gone(put("a", 1, ``, "tag/x")))
	check("tag", "x", "ab")
	check("tag", "y")
	check("tag", "z", "b")
	check("owner", "7")
	check("", "a", "a/b", "ab")

	n := 0
	for i := range 600 {
		p := put(fmt.Sprintf("n%04d", i), 0, `1`, "many/x")
		p.Collection = "many"
		r.puts(p)
	}
	err := r.ListDocs(r.ctx, "many", "many", "", func(d document.Doc) bool {
		if want := fmt.Sprintf("n%04d", n); d.ID != want {
			r.Errorf("document %d is %s", n, d.ID)
		}
		n++
		if n%100 == 0 {
			r.puts(document.Put{Collection: "many", ID: d.ID, Rev: 1, Body: []byte(`2`), Keys: []string{"many/x"}})
		}
		return n < 599
	})
	if err != nil || n != 599 {
		r.Errorf("listed %d of 600, want to be stopped at 599 (%v)", n, err)
	}
}

func docHistory(r *rig) {
	const n = 70
	for i := range n {
		r.puts(kept(put("a", uint64(i), fmt.Sprint(i+1))), kept(put("a\x01", uint64(i), `0`)))
	}
	r.puts(gone(kept(put("a", n, ``))))
	r.puts(put("plain", 0, `1`))
	r.puts(put("plain", 1, `2`))
	for range 2 {
		want := uint64(n + 1)
		err := r.DocHistory(r.ctx, "articles", "a", func(d document.Doc) bool {
			if d.Rev != want || d.Deleted != (want == n+1) || d.ID != "a" || (!d.Deleted && string(d.Body) != fmt.Sprint(want)) {
				r.Errorf("revision %d is %+v, %s", want, d, d.Body)
			}
			want--
			return true
		})
		if err != nil || want != 0 {
			r.Errorf("history stopped before revision %d (%v)", want, err)
		}
		r.crash()
	}
	seen := 0
	stop := func(document.Doc) bool { seen++; return seen < 3 }
	if err := r.DocHistory(r.ctx, "articles", "a", stop); err != nil || seen != 3 {
		r.Errorf("told to stop at the third revision: %d (%v)", seen, err)
	}
	for _, id := range []string{"plain", "never", ""} {
		err := r.DocHistory(r.ctx, "things", id, func(d document.Doc) bool {
			r.Errorf("%s keeps no history, but has %+v", id, d)
			return true
		})
		if err != nil {
			r.Errorf("history of %s: %v", id, err)
		}
	}
}

func docBodies(r *rig) {
	bodies := []string{`null`, `true`, `-0.5e3`, `"\u0000\u2028 é <&> \ud83d\ude00"`, `[]`, `{}`, `{"z":1,"a":{"b":[1,2,{"c":null}]},"":""}`, `{ "spaced" : [ 1 , 2 ] }`}
	for i, b := range bodies {
		r.puts(kept(put(fmt.Sprint(i), 0, b)))
	}
	r.reopen()
	for i, b := range bodies {
		r.get("articles", fmt.Sprint(i), 1, b)
	}
	d, err := r.GetDoc(r.ctx, "articles", "6")
	if err != nil {
		r.Fatalf("get: %v", err)
	}
	for i := range d.Body {
		d.Body[i] = '!'
	}
	r.get("articles", "6", 1, bodies[6])
}

func docHostile(r *rig) {
	long := string(make([]byte, 70_000))
	for _, p := range []document.Put{
		put("", 0, `1`), put(long, 0, `1`), put("a\x00b", 0, `1`), put("\xff", 0, `1`),
		put("a", 0, ``), put("a", 0, `{`), put("a", 0, `1 2`), put("a", 0, "\"\xff\""), put("a", 0, `1`, long), put("a", 0, `1`, "x/\x00"), put("a", 0, `1`, "x/\xff"),
		{Collection: "", ID: "a", Body: []byte(`1`)}, {Collection: long, ID: "a", Body: []byte(`1`)}, {Collection: "a\x00b", ID: "a", Body: []byte(`1`)},
	} {
		r.noPut(fault.Invalid, p, put("beside", 0, `1`))
	}
	r.noPut(fault.TooLong, put("a", 0, `"`+string(make([]byte, 17<<20))+`"`))
	for _, id := range []string{"", long, "a\x00b", "a"} {
		r.noDoc("things", id)
	}
	r.noDoc("things", "beside")
	r.puts(put("a", 0, `1`))
	r.crash()
	r.get("things", "a", 1, `1`)
}
