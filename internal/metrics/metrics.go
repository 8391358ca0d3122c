// Package metrics is the house's gauges: it counts what passes and tells Prometheus, and is the only room that knows its client. It
// wraps the engine and the workers from outside, so no room has to count for it. No label holds anything that a
// customer or an agent can choose: roles, workers, kinds of error, and that is all.
package metrics

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// Metrics are the figures of one process.
type Metrics struct {
	reg      *prometheus.Registry
	messages *prometheus.CounterVec
	commits  prometheus.Histogram
	turns    *prometheus.HistogramVec
	late     *prometheus.HistogramVec
	errors   *prometheus.CounterVec
}

// times are the buckets of durations: from a quick commit to a slow language model.
var times = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// New makes figures that are all zero.
func New() *Metrics {
	m := &Metrics{reg: prometheus.NewRegistry(),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "balie_messages_total", Help: "Messages stored, by who said them."}, []string{"role"}),
		commits:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "balie_commit_seconds", Help: "From asking the store to knowing that it is on disk.", Buckets: times}),
		turns:    prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "balie_turn_seconds", Help: "How long a worker took over a task, and how it ended.", Buckets: times}, []string{"worker", "result"}),
		late:     prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "balie_task_delay_seconds", Help: "How long after it was due a task was begun.", Buckets: times}, []string{"worker"}),
		errors:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "balie_errors_total", Help: "What was refused or went wrong at the doors, by kind."}, []string{"kind"}),
	}
	m.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.messages, m.commits, m.turns, m.late, m.errors)
	for _, role := range []chat.Role{chat.RoleCustomer, chat.RoleBot, chat.RoleAgent, chat.RoleSystem} {
		m.messages.WithLabelValues(string(role)) // shown from the start
	}
	return m
}

// Handler serves the figures.
func (m *Metrics) Handler() http.Handler { return promhttp.HandlerFor(m.reg, promhttp.HandlerOpts{}) }

// Gauge adds a figure that is read when somebody asks. A name that is taken is a mistake of the program, and panics.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// kinds bounds the label of errors: another word counts as internal.
var kinds = map[fault.Kind]bool{fault.Invalid: true, fault.TooLong: true, fault.RateLimited: true, fault.IDConflict: true, fault.NotFound: true,
	fault.Unauthorized: true, fault.Forbidden: true, fault.Conflict: true, fault.Gone: true, fault.Unavailable: true, fault.TooManyConnections: true}

// Failed counts something that was refused or went wrong.
func (m *Metrics) Failed(k fault.Kind) {
	if !kinds[k] {
		k = fault.Internal
	}
	m.errors.WithLabelValues(string(k)).Inc()
}

// maxQueue bounds what a look at the queue costs.
const maxQueue = 10_000

// Queue adds how many wait for a person, and how long the one who waits longest has done so. A store that does not answer shows as -1.
func (m *Metrics) Queue(lists relay.Lists, now func() time.Time) {
	look := func(each func(chat.Conversation)) bool {
		n := 0
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return lists.List(ctx, "queue/", "", false, func(_ string, c chat.Conversation) bool {
			each(c)
			n++
			return n < maxQueue
		}) == nil
	}
	m.Gauge("balie_queue", "Conversations that wait for a person.", func() float64 {
		n := 0
		if !look(func(chat.Conversation) { n++ }) {
			return -1
		}
		return float64(n)
	})
	m.Gauge("balie_queue_oldest_seconds", "How long the customer who waits longest has waited.", func() float64 {
		var oldest time.Duration
		if !look(func(c chat.Conversation) { oldest = max(oldest, now().Sub(c.WaitingSince)) }) {
			return -1
		}
		return oldest.Seconds()
	})
}

// Store returns s with its commits timed and its messages counted.
func (m *Metrics) Store(s relay.Store) relay.Store { return store{s, m} }

type store struct {
	relay.Store
	m *Metrics
}

// Commit is the store's.
func (s store) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	began := time.Now()
	done, err := s.Store.Commit(ctx, a)
	if err != nil {
		return done, err
	}
	s.m.commits.Observe(time.Since(began).Seconds())
	first := done.State.Head - chat.Seq(done.New) + 1
	for _, e := range done.Events {
		if _, said := e.Body.(*chat.Message); said && done.New > 0 && e.Seq >= first {
			s.m.messages.WithLabelValues(string(e.By.Role)).Inc()
		}
	}
	return done, nil
}

// Tasks returns t with the delay of what it hands out measured.
func (m *Metrics) Tasks(t relay.Tasks) relay.Tasks { return tasks{t, m} }

type tasks struct {
	relay.Tasks
	m *Metrics
}

// Claim is the store's.
func (t tasks) Claim(ctx context.Context, worker string, max int, lease time.Duration) ([]relay.Task, time.Time, error) {
	out, next, err := t.Tasks.Claim(ctx, worker, max, lease)
	for _, task := range out {
		t.m.late.WithLabelValues(worker).Observe(time.Since(task.Due).Seconds())
	}
	return out, next, err
}

// Worker returns w with its turns timed; a conflict is no failure, somebody spoke first.
func (m *Metrics) Worker(w relay.Worker) relay.Worker { return worker{w, m} }

type worker struct {
	relay.Worker
	m *Metrics
}

// Work is the worker's.
func (w worker) Work(ctx context.Context, t relay.Task) error {
	began := time.Now()
	err := w.Worker.Work(ctx, t)
	result := "done"
	switch {
	case fault.Is(err, fault.Conflict):
		result = "conflict"
	case err != nil:
		result = "failed"
	}
	w.m.turns.WithLabelValues(w.Name(), result).Observe(time.Since(began).Seconds())
	return err
}
