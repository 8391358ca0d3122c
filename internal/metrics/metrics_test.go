package metrics_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/metrics"
	"balie/internal/relay"
	"balie/internal/store/bolt"
)

// echo answers once and then finds that somebody spoke first.
type echo struct{ relay *relay.Relay }

func (echo) Name() string { return relay.WorkerBot }

func (e echo) Work(ctx context.Context, t relay.Task) error {
	_, err := e.relay.Commit(ctx, relay.Append{Conv: t.Conv, At: 1, Drafts: []chat.Draft{{By: chat.Bot, Body: &chat.Message{Text: "antwoord"}}}})
	return err
}

func TestFigures(t *testing.T) {
	route := func(_ *chat.Conversation, added []chat.Event) []relay.Leave {
		return []relay.Leave{{Worker: relay.WorkerBot}}
	}
	e, err := bolt.Open(t.TempDir(), bolt.Options{Route: route})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	m := metrics.New()
	now := time.Now
	m.Queue(e, func() time.Time { return now().Add(90 * time.Second) })
	m.Gauge("balie_connections", "Open lines.", func() float64 { return 7 })
	r := relay.New(m.Store(e), m.Tasks(e), slog.New(slog.DiscardHandler))
	conv := chat.NewConversationID(now())
	said := chat.Draft{By: chat.Customer, Key: "k", Body: &chat.Message{Text: "hallo"}}
	for range 3 { // a retry is not a second message
		if _, err := r.Append(t.Context(), conv, chat.Any, said); err != nil {
			t.Fatal(err)
		}
	}
	w := m.Worker(echo{r})
	if err := w.Work(t.Context(), relay.Task{Conv: conv}); err != nil {
		t.Fatal(err)
	}
	if err := w.Work(t.Context(), relay.Task{Conv: conv}); !fault.Is(err, fault.Conflict) {
		t.Fatalf("second turn: %v", err)
	}
	if _, _, err := m.Tasks(e).Claim(t.Context(), relay.WorkerBot, 1, time.Second); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Append(t.Context(), conv, chat.Any, chat.Draft{By: chat.Customer, Body: &chat.HumanRequested{}}); err != nil {
		t.Fatal(err)
	}
	m.Failed(fault.RateLimited)
	m.Failed("something a customer made up")
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`balie_messages_total{role="customer"} 1`, `balie_messages_total{role="bot"} 1`, `balie_messages_total{role="agent"} 0`,
		`balie_turn_seconds_count{result="done",worker="bot"} 1`, `balie_turn_seconds_count{result="conflict",worker="bot"} 1`,
		`balie_task_delay_seconds_count{worker="bot"} 1`, `balie_queue 1`, `balie_queue_oldest_seconds 90.`, `balie_connections 7`,
		`balie_errors_total{kind="rate_limited"} 1`, `balie_errors_total{kind="internal"} 1`, `balie_commit_seconds_count 5`, `go_goroutines`,
	} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("no %s in\n%s", want, lines(rec.Body.String(), "balie_"))
		}
	}
}

func lines(s, with string) string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if strings.HasPrefix(l, with) && !strings.Contains(l, "_bucket") {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}
