package bolt_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
)

// someData is a closed data folder with conversations and documents in it.
func someData(t *testing.T, messages int) string {
	t.Helper()
	dir := t.TempDir()
	e := open(t, dir)
	for i := range messages {
		conv := convs(5)[i%5]
		drafts := []chat.Draft{{By: chat.Customer, Key: chat.Key(fmt.Sprint(i)), Body: &chat.Message{Text: fmt.Sprintf("message %d %s", i, strings.Repeat("y", 100))}}}
		if _, err := e.Commit(t.Context(), relay.Append{Conv: conv, At: chat.Any, Drafts: drafts}); err != nil {
			t.Fatal(err)
		}
		p := document.Put{Collection: "articles", ID: fmt.Sprint(i % 9), Anyway: true, Body: []byte(`{"a":1}`), Keys: []string{fmt.Sprintf("n/%d", i)}, History: true}
		if _, err := e.PutDocs(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// damaged is a copy of the data file with something done to it.
func damaged(t *testing.T, dir string, do func([]byte) []byte) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, bolt.FileName))
	if err != nil {
		t.Fatal(err)
	}
	now := t.TempDir()
	if err := os.WriteFile(filepath.Join(now, bolt.FileName), do(b), 0o600); err != nil {
		t.Fatal(err)
	}
	return now
}

// used is how much of the file is in use: the rest is zeroes.
func used(b []byte) int {
	n := len(b)
	for n > 0 && b[n-1] == 0 {
		n--
	}
	return n
}

// TestDamageIsAnError looks at damaged files in a process of its own: it may find something or not (a flipped letter of a text is still a
// text), but it may not crash or hang.
func TestDamageIsAnError(t *testing.T) {
	dir := someData(t, 200)
	look := func(name string, must bool, do func([]byte) []byte) {
		t.Run(name, func(t *testing.T) {
			out, err := child(t, "look", damaged(t, dir, do)).CombinedOutput()
			var exit *exec.ExitError
			if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
				t.Errorf("%v\n%.6000s", err, out)
			}
			if must && err == nil {
				t.Errorf("nothing was noticed")
			}
		})
	}
	look("none", false, func(b []byte) []byte { return b })
	for _, part := range []int{0, 1, 2, 3, 4, 5, 6, 7} {
		look(fmt.Sprintf("cut to %d eighths", part), true, func(b []byte) []byte { return b[:used(b)*part/8] })
	}
	look("zeroes", true, func(b []byte) []byte { clear(b); return b })
	look("another format", true, func(b []byte) []byte { return []byte(strings.Repeat("SQLite format 3\x00", 1000)) })
	for page := range 8 {
		look(fmt.Sprintf("page %d gone", page), page > 7, func(b []byte) []byte { clear(b[page*4096 : (page+1)*4096]); return b })
	}
	flips := uint64(6)
	if os.Getenv("BALIE_SOAK") != "" {
		flips = 150
	}
	for seed := range flips {
		look(fmt.Sprintf("flips %d", seed), false, func(b []byte) []byte {
			rng := rand.New(rand.NewPCG(seed, 1))
			end := used(b)
			for range 1 + seed*4 {
				b[rng.IntN(end)] ^= 1 << rng.IntN(8)
			}
			return b
		})
	}
}

// edit changes a closed data file behind the engine's back.
func edit(t *testing.T, dir string, do func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, bolt.FileName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(do), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestFilesOfOthers are refused with a word that helps.
func TestFilesOfOthers(t *testing.T) {
	for _, c := range []struct {
		name, want string
		do         func(tx *bbolt.Tx) error
	}{
		{"newer", "newer balie", func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("99")) }},
		{"foreign", "not one of balie's", func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("meta")) }},
		{"incomplete", "damaged", func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("task")) }},
		{"a bad task", "damaged", func(tx *bbolt.Tx) error { return tx.Bucket([]byte("task")).Put([]byte("x"), []byte("x")) }},
	} {
		dir := someData(t, 3)
		edit(t, dir, c.do)
		for range 2 { // and the refusal lets go of the file
			if _, err := bolt.Open(dir, bolt.Options{}); err == nil || !strings.Contains(fault.Text(err), c.want) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		}
	}
}

// TestVerifyFinds breaks what is kept beside the log, one thing at a time.
func TestVerifyFinds(t *testing.T) {
	conv := string(convs(1)[0])
	row := conv + strings.Repeat("\xff", 8)
	event := func(n byte) []byte { return []byte(conv + "\x00\x00\x00\x00\x00\x00\x00" + string(n)) }
	bucket := func(tx *bbolt.Tx, name string) *bbolt.Bucket { return tx.Bucket([]byte(name)) }
	first := func(tx *bbolt.Tx, name string) []byte { k, _ := bucket(tx, name).Cursor().First(); return k }
	swap := func(tx *bbolt.Tx, key []byte, old, new string) error {
		v := string(bucket(tx, "conv").Get(key))
		if !strings.Contains(v, old) {
			return fmt.Errorf("no %s in %s", old, v)
		}
		return bucket(tx, "conv").Put(key, []byte(strings.Replace(v, old, new, 1)))
	}
	for _, c := range []struct {
		name, conv, want string
		do               func(tx *bbolt.Tx) error
	}{
		{"nothing", "", "", func(*bbolt.Tx) error { return nil }},
		{"a changed row", conv, "in: owner", func(tx *bbolt.Tx) error { return swap(tx, []byte(row), `"role":"bot"`, `"role":"agent"`) }},
		{"a row behind its log", conv, "in: ", func(tx *bbolt.Tx) error { return swap(tx, []byte(row), `"heard":4`, `"heard":3`) }},
		{"a row before its log", conv, "event 5 is missing", func(tx *bbolt.Tx) error { return swap(tx, []byte(row), `"head":4`, `"head":5`) }},
		{"a missing event", conv, "event 2 is missing", func(tx *bbolt.Tx) error { return bucket(tx, "conv").Delete(event(2)) }},
		{"a missing row", conv, "row cannot be read", func(tx *bbolt.Tx) error { return bucket(tx, "conv").Delete([]byte(row)) }},
		{"an unreadable event", conv, "cannot be read", func(tx *bbolt.Tx) error { return bucket(tx, "conv").Put(event(3), []byte("{")) }},
		{"a key used twice", conv, "same key", func(tx *bbolt.Tx) error { return swap(tx, event(2), `"k":"5"`, `"k":"0"`) }},
		{"a missing place", conv, "missing from the list bot", func(tx *bbolt.Tx) error { return bucket(tx, "list").Delete(first(tx, "list")) }},
		{"a second place", conv, "in the list queue", func(tx *bbolt.Tx) error { return bucket(tx, "list").Put([]byte("queue/9/x\x00"+conv), nil) }},
		{"a missing index entry", "", "missing from its index", func(tx *bbolt.Tx) error { return bucket(tx, "key").Delete(first(tx, "key")) }},
		{"an extra index entry", "", "the index has", func(tx *bbolt.Tx) error { return bucket(tx, "key").Put([]byte("articles\x00n/x\x000"), nil) }},
		{"a missing feed entry", "", "missing from the feed", func(tx *bbolt.Tx) error { return bucket(tx, "feed").Delete(first(tx, "feed")) }},
	} {
		dir := someData(t, 20)
		edit(t, dir, c.do)
		e := open(t, dir)
		var found []string
		n, events, err := e.Verify(t.Context(), func(conv, problem string) { found = append(found, conv+": "+problem) }, func(int) {})
		if err != nil || n != 5 {
			t.Errorf("%s: looked at %d conversations (%v)", c.name, n, err)
		}
		all := strings.Join(found, "\n")
		if c.want == "" && (all != "" || events != 20) {
			t.Errorf("%s: %d events, found %s", c.name, events, all)
		}
		if c.want != "" && (!strings.Contains(all, c.want) || !strings.Contains(all, c.conv+": ")) {
			t.Errorf("%s: found %q, want %q", c.name, all, c.want)
		}
		if strings.Contains(all, "yyyy") {
			t.Errorf("%s: quotes a customer: %s", c.name, all)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestBackup copies the file while work goes on.
func TestBackup(t *testing.T) {
	e := open(t, someData(t, 50))
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, bolt.FileName))
	if err != nil {
		t.Fatal(err)
	}
	n, err := e.Backup(f)
	if info, _ := f.Stat(); err != nil || n != info.Size() {
		t.Errorf("wrote %d bytes of %d (%v)", n, info.Size(), err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	copied := open(t, dir)
	sound(t, copied)
	for _, id := range convs(5) {
		a, errA := e.Conversation(t.Context(), id)
		b, errB := copied.Conversation(t.Context(), id)
		if errA != nil || errB != nil || a.Head != b.Head || a.Head != 10 {
			t.Errorf("%s is at %d and %d (%v, %v)", id, a.Head, b.Head, errA, errB)
		}
	}
	if err := copied.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := copied.Commit(t.Context(), relay.Append{Conv: convs(1)[0], At: chat.Any, Drafts: []chat.Draft{{By: chat.Bot, Body: &chat.Note{}}}}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a write after Close: %v", err)
	}
	if _, err := copied.Read(t.Context(), convs(1)[0], 0, 1); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a read after Close: %v", err)
	}
}
