package chat_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"balie/internal/chat"
)

var update = flag.Bool("update", false, "write what the fold gives to testdata/*.golden.json")

// TestGoldenFolds folds each log of testdata and compares the row. A log is one event a line; a line that begins with # is for readers.
func TestGoldenFolds(t *testing.T) {
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d scenarios (%v), want at least 12", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		t.Run(name, func(t *testing.T) {
			got, err := json.MarshalIndent(chat.Fold(chat.Conversation{}, scenario(t, file)...), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := "testdata/" + name + ".golden.json"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(bytes.TrimSpace(got), bytes.TrimSpace(want)) {
				t.Errorf("the fold of %s changed; look, then run with -update\n%s", file, got)
			}
		})
	}
}

// scenario reads a log; events are numbered, and dated a minute apart, where the file leaves that out.
func scenario(t *testing.T, file string) (events []chat.Event) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		var e chat.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v in %s", file, err, line)
		}
		n := len(events)
		e.Conv, e.Seq, e.At = "00000000000000000000000001", chat.Seq(n+1), start.Add(time.Duration(n)*time.Minute)
		events = append(events, e)
	}
	return events
}

func allScenarios(t *testing.T) map[string][]chat.Event {
	t.Helper()
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios (%v)", err)
	}
	all := map[string][]chat.Event{}
	for _, f := range files {
		all[f] = scenario(t, f)
	}
	return all
}

// shuffled makes long logs that no person would: events of all scenarios in any order.
func shuffled(t *testing.T, seed uint64) []chat.Event {
	t.Helper()
	var pool []chat.Event
	for _, f := range []string{"flow_corrections", "action_phases", "agent_gone", "reopen", "identity", "redaction", "signs", "unknown_kind", "queued_wish"} {
		pool = append(pool, scenario(t, "testdata/"+f+".jsonl")...)
	}
	rng := rand.New(rand.NewPCG(seed, 7))
	out := make([]chat.Event, 120)
	for i := range out {
		out[i] = pool[rng.IntN(len(pool))]
		out[i].Seq, out[i].At = chat.Seq(i+1), time.Unix(int64(i)*30, 0).UTC()
	}
	return out
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestFoldInParts: folding in two goes is folding in one; a fold changes neither the state nor the events it was given; what went to disk and
// back folds the same; a clone is the same and shares nothing.
func TestFoldInParts(t *testing.T) {
	logs := allScenarios(t)
	for seed := range uint64(20) {
		logs["shuffled "+string(rune('a'+seed))] = shuffled(t, seed)
	}
	for name, log := range logs {
		before := text(t, log)
		whole := text(t, chat.Fold(chat.Conversation{}, log...))
		var back []chat.Event
		if err := json.Unmarshal([]byte(before), &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range back {
			back[i].Conv = log[i].Conv
		}
		if got := text(t, chat.Fold(chat.Conversation{}, back...)); got != whole {
			t.Errorf("%s: from disk it folds to\n%s, want\n%s", name, got, whole)
		}
		for cut := range log {
			first := chat.Fold(chat.Conversation{}, log[:cut]...)
			was, clone := text(t, first), first.Clone()
			if got := text(t, chat.Fold(first, log[cut:]...)); got != whole {
				t.Errorf("%s: cut at %d it folds to\n%s, want\n%s", name, cut, got, whole)
			}
			if got := text(t, chat.Fold(first, log...)); got != whole {
				t.Errorf("%s: folding what is already in it changed it", name)
			}
			if text(t, first) != was || text(t, clone) != was {
				t.Errorf("%s: folding on from %d changed the state it came from", name, cut)
			}
			var row chat.Conversation
			if err := json.Unmarshal([]byte(was), &row); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := text(t, chat.Fold(row, log[cut:]...)); got != whole {
				t.Errorf("%s: from a row that was on disk at %d it folds to\n%s, want\n%s", name, cut, got, whole)
			}
		}
		if text(t, log) != before {
			t.Errorf("%s: folding changed the events", name)
		}
	}
}

// TestBlankedLogsFoldTheSame: the words may go, the state may not, once the redaction itself is folded.
func TestBlankedLogsFoldTheSame(t *testing.T) {
	for name, log := range allScenarios(t) {
		seqs := make([]chat.Seq, len(log))
		blanked := make([]chat.Event, len(log))
		for i, e := range log {
			seqs[i], blanked[i] = e.Seq, chat.Blank(e)
		}
		end := chat.Event{Conv: log[0].Conv, Seq: chat.Seq(len(log) + 1), At: log[len(log)-1].At, By: chat.System, Body: &chat.Redacted{Seqs: seqs}}
		a := chat.Fold(chat.Conversation{}, append(log, end)...)
		b := chat.Fold(chat.Conversation{}, append(blanked, end)...)
		if text(t, a) != text(t, b) {
			t.Errorf("%s: blanked it folds to\n%s, want\n%s", name, text(t, b), text(t, a))
		}
	}
}

func TestListsSortAndKeepApart(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 1000, time.UTC)
	queue := func(priority int, since time.Time) string {
		c := chat.Conversation{Owner: chat.Owner{Role: chat.RoleQueue}, Priority: priority, WaitingSince: since}
		return c.Lists()[0]
	}
	ordered := []string{queue(99, at), queue(3, at), queue(1, at.Add(-time.Hour)), queue(0, at), queue(-5, at.Add(time.Microsecond)), queue(0, at.Add(time.Hour))}
	for i := 1; i < len(ordered); i++ {
		if ordered[i-1] >= ordered[i] {
			t.Errorf("%s does not come before %s", ordered[i-1], ordered[i])
		}
	}
	ids := []string{"a", "a/b", "a%2Fb", "a\x00", "é", "\xff", strings.Repeat("x", 5000), strings.Repeat("x", 5000) + "y"}
	seen := map[string]string{}
	for _, id := range ids {
		list := chat.CustomerList("s", id)
		if other, ok := seen[list]; ok || len(list) > 400 {
			t.Errorf("the list of %.20q is that of %.20q, or long: %d", id, other, len(list))
		}
		for have := range seen {
			if strings.HasPrefix(list, have) || strings.HasPrefix(have, list) {
				t.Errorf("%q begins with %q", list, have)
			}
		}
		seen[list] = id
	}
}
