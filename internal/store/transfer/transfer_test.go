package transfer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
	"balie/internal/store/postgres"
	"balie/internal/store/postgres/pgtest"
	"balie/internal/store/storetest"
	"balie/internal/store/transfer"
	"balie/internal/store/verify"
)

// store is an engine as a house has it, and as a transfer sees it.
type store interface {
	storetest.Store
	transfer.Engine
}

func openBolt(t *testing.T) store {
	t.Helper()
	e, err := bolt.Open(t.TempDir(), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func openPostgres(t *testing.T) store {
	t.Helper()
	e, err := postgres.Open(t.Context(), postgres.Options{URL: pgtest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func conv(i int) chat.ConversationID { return chat.ConversationID(fmt.Sprintf("0%025d", i)) }

// fill writes something of everything: keys, unknown kinds, odd text, a redaction, a claimed task and a timer, documents with and without
// history, tombstones.
func fill(t *testing.T, s store, conversations int) {
	t.Helper()
	commit := func(a relay.Append) {
		t.Helper()
		if _, err := s.Commit(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	for i := range conversations {
		commit(relay.Append{Conv: conv(i), At: chat.Any, Drafts: []chat.Draft{
			{By: chat.System, Body: &chat.Opened{Site: "demo", Lang: "nl"}},
			{By: chat.Customer, Key: "k1", Body: &chat.Message{Text: "Waar is \x00 mijn \xff pakket? <b>&\u2028é"}},
			{By: chat.System, Body: &chat.Unknown{Name: "from_the_future", Raw: json.RawMessage(`{ "z":1, "a":[1,2.50,"<"] }`)}},
			{By: chat.Bot, Body: &chat.SlotSet{Name: "order", Value: json.RawMessage(`{ "id" : "P1" }`)}},
			{By: chat.System, Body: &chat.Identified{Level: chat.LevelSignedIn, ID: "c/9", Name: "Jan"}},
			{By: chat.System, Body: &chat.Note{Text: "secret"}},
			{By: chat.System, Body: &chat.Redacted{Seqs: []chat.Seq{6}}},
		}, Leave: []relay.Leave{{Worker: relay.WorkerBot}, {Worker: relay.WorkerHandoff, Name: "close", Due: time.Now().Add(time.Hour)}}})
	}
	if tasks, _, err := s.Claim(t.Context(), relay.WorkerBot, 1, time.Minute); err != nil || len(tasks) != 1 {
		t.Fatalf("claimed %+v (%v)", tasks, err)
	}
	put := func(p document.Put) {
		t.Helper()
		if _, err := s.PutDocs(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 300 {
		put(document.Put{Collection: "plain", ID: fmt.Sprintf("p%d", i), Body: []byte(`{"z": 1, "a": "<&>"}`), Keys: []string{"tag/x", "owner/é"}})
	}
	for rev := range uint64(5) {
		put(document.Put{Collection: "kept", ID: "a", Rev: rev, History: true, Body: fmt.Appendf(nil, "%d", rev), Keys: []string{fmt.Sprintf("rev/%d", rev)}})
		put(document.Put{Collection: "kept", ID: "a\x01", Rev: rev, History: true, Body: []byte(`null`)})
	}
	put(document.Put{Collection: "kept", ID: "gone", History: true, Body: []byte(`[]`)})
	put(document.Put{Collection: "kept", ID: "gone", Rev: 1, History: true, Delete: true})
}

func export(t *testing.T, s store, dir string) transfer.Summary {
	t.Helper()
	sum, err := transfer.Export(t.Context(), s, dir, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// bring imports dir and checks the result with the engine's own eyes.
func bring(t *testing.T, s store, dir string) transfer.Summary {
	t.Helper()
	sum, err := transfer.Import(t.Context(), s, dir, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := verify.Log(t.Context(), s, func(c chat.ConversationID, problem string) { t.Errorf("%s: %s", c, problem) }, func(int) {}); err != nil {
		t.Error(err)
	}
	return sum
}

// TestThereAndBack moves a house from the file to the database and back, and finds the same house.
func TestThereAndBack(t *testing.T) {
	first, second, third := openBolt(t), openPostgres(t), openBolt(t)
	fill(t, first, 30)
	there, back := t.TempDir(), t.TempDir()
	was := export(t, first, there)
	if was.Conversations != 30 || was.Events != 210 || was.Tasks != 60 || was.Documents != 303 || was.Revisions != 12 {
		t.Errorf("exported %+v", was)
	}
	bring(t, second, there)
	if is := export(t, second, back); is != was {
		t.Errorf("in the database %+v, in the file %+v", is, was)
	}
	if is := bring(t, third, back); is != was {
		t.Errorf("back in a file %+v, before %+v", is, was)
	}
	for _, s := range []store{second, third} {
		done, err := s.Commit(t.Context(), relay.Append{Conv: conv(3), At: chat.Any, Drafts: []chat.Draft{{By: chat.Customer, Key: "k1", Body: &chat.Message{Text: "Waar is \x00 mijn \xff pakket? <b>&\u2028é"}}}})
		if err != nil || done.New != 0 || done.Events[0].Seq != 2 {
			t.Errorf("a retry from before the move: %+v (%v)", done.Events, err)
		}
		if tasks, _, err := s.Claim(t.Context(), relay.WorkerBot, 100, time.Minute); err != nil || len(tasks) != 30 {
			t.Errorf("%d tasks to claim after the move, want 30 (%v)", len(tasks), err)
		}
		if docs, err := s.PutDocs(t.Context(), document.Put{Collection: "kept", ID: "gone", History: true, Body: []byte(`1`)}); err != nil || docs[0].Rev != 3 {
			t.Errorf("a tombstone goes on counting: %+v (%v)", docs, err)
		}
		n := 0
		if _, err := s.DocChanges(t.Context(), "kept", 0, func(document.Doc) bool { n++; return true }); err != nil || n != 3 {
			t.Errorf("the feed has %d documents, want 3 (%v)", n, err)
		}
		n = 0
		if err := s.ListDocs(t.Context(), "plain", "tag", "x", func(document.Doc) bool { n++; return true }); err != nil || n != 300 {
			t.Errorf("%d documents by key, want 300 (%v)", n, err)
		}
	}
}

// TestBrokenOff breaks transfers off and goes on.
func TestBrokenOff(t *testing.T) {
	from, to := openBolt(t), openPostgres(t)
	fill(t, from, 2300)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := transfer.Export(ctx, from, dir, func(done int) {
		if done == 2100 {
			cancel()
		}
	}); err == nil {
		t.Fatal("the export was not broken off")
	}
	if _, err := transfer.Import(t.Context(), to, dir, func(int, int) {}); !fault.Is(err, fault.Invalid) {
		t.Errorf("half an export was imported: %v", err)
	}
	kept, err := os.Stat(filepath.Join(dir, "conversations-000001.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := from.Commit(t.Context(), relay.Append{Conv: conv(1500), At: chat.Any, Drafts: []chat.Draft{{By: chat.Customer, Body: &chat.Message{Text: "meanwhile"}}}}); err != nil {
		t.Fatal(err)
	}
	was := export(t, from, dir)
	if again, err := os.Stat(filepath.Join(dir, "conversations-000001.jsonl")); err != nil || !os.SameFile(kept, again) {
		t.Errorf("a whole file was written again (%v)", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	if _, err := transfer.Import(ctx, to, dir, func(done, _ int) {
		if done == 1200 {
			cancel()
		}
	}); err == nil {
		t.Fatal("the import was not broken off")
	}
	if is := bring(t, to, dir); is != was {
		t.Errorf("imported %+v, exported %+v", is, was)
	}
}

// TestImportNotices holds the import to its promise: what is not the same afterwards is said.
func TestImportNotices(t *testing.T) {
	from := openBolt(t)
	fill(t, from, 3)
	dir := t.TempDir()
	export(t, from, dir)
	other := openPostgres(t)
	if _, err := other.Commit(t.Context(), relay.Append{Conv: conv(1), At: 0, Drafts: []chat.Draft{{By: chat.Customer, Body: &chat.Message{Text: "somebody else's"}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.Import(t.Context(), other, dir, func(int, int) {}); !fault.Is(err, fault.Conflict) {
		t.Errorf("import over other data: %v", err)
	}
	file := filepath.Join(dir, "conversations-000001.jsonl")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"cut":          b[:len(b)-5],
		"not JSON":     append([]byte("{]\n"), b...),
		"not its name": append([]byte(`{"conv":"x","events":[]}`+"\n"), b...),
		"a gap":        append([]byte(`{"conv":"0000000000000000000000000a","events":[{"n":2,"at":1,"by":{"role":"bot"},"t":"note","b":{}}]}`+"\n"), b...),
		"one letter":   append(append([]byte(nil), b[:len(b)/2]...), append([]byte(nil), swap(b[len(b)/2:])...)...),
	} {
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := transfer.Import(t.Context(), openBolt(t), dir, func(int, int) {}); err == nil {
			t.Errorf("an export with a file that is spoilt (%s) was imported", name)
		}
	}
}

// swap changes one letter of a text.
func swap(b []byte) []byte {
	out := append([]byte(nil), b...)
	for i := range out {
		if out[i] == 'p' {
			out[i] = 'q'
			return out
		}
	}
	return out
}
