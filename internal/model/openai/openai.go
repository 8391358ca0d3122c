// Package openai speaks to a language model over the OpenAI protocol, hosted or in the company's own cellar. It is the
// only room that knows that protocol's library.
//
// A model is a stranger with good manners: it may be slow, silent, endless, wrong or talked round by a customer. So it
// only words passages it is given, every wait and size has a limit, what it writes is scrubbed of links and markup that
// the passages do not hold, and after a few failures it is left alone for a while. Whatever happens, the caller gets an
// answer or a fault.Unavailable in time to quote the passage instead.
package openai

import (
	"context"
	"errors"
	"net/http"
	"time"

	"balie/bot"
	"balie/internal/fault"
)

// Limits bound what one model may cost a customer in waiting and the house in memory. A zero field means its default.
type Limits struct {
	FirstToken time.Duration // from the question to the first visible text; 8 s
	Silence    time.Duration // between two pieces of text; 15 s
	Total      time.Duration // for a whole answer; 45 s
	Answer     int           // characters of an answer; 4,000, the most a message may hold
	Tokens     int           // asked of the model as its own limit; 900
	Body       int64         // bytes read of one response; 1 MiB
	InFlight   int           // answers being written at once; 16. One more is refused, not queued
	Failures   int           // in a row before the breaker opens; 5
	Cooldown   time.Duration // the breaker stays open; 30 s. A server's Retry-After may make it longer, at most 2 min
}

// Config says which model to ask, and how patiently.
type Config struct {
	URL    string // base of the API, ending before /chat/completions
	Key    string // bearer token; empty for servers that want none
	Model  string
	Limits Limits
	HTTP   *http.Client     // nil for one of our own, which follows no redirects
	Now    func() time.Time // for the breaker; nil for time.Now
}

// Model words answers. It implements bot.Phraser and is safe for concurrent use.
type Model struct {
	cfg     Config
	slots   chan struct{}
	breaker *breaker
}

var _ bot.Phraser = (*Model)(nil)

// New makes a Model; nothing is sent before the first question.
func New(cfg Config) *Model {
	cfg.Limits = cfg.Limits.filled()
	if cfg.HTTP == nil {
		cfg.HTTP = newHTTPClient(cfg.Limits.InFlight)
	}
	return &Model{
		cfg:     cfg,
		slots:   make(chan struct{}, cfg.Limits.InFlight),
		breaker: newBreaker(cfg.Limits.Failures, cfg.Limits.Cooldown, cfg.Now),
	}
}

// Phrase keeps the promise of bot.Phraser. A question that the caller gives up on says nothing about the model, so it
// does not count for the breaker; an answer of "I do not know" counts as health.
func (m *Model) Phrase(ctx context.Context, req bot.PhraseRequest, delta func(string)) (text string, err error) {
	if len(req.Passages) == 0 {
		return "", bot.ErrNoAnswer
	}
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	default:
		return "", unavailable(errBusy)
	}
	if err := m.breaker.enter(); err != nil {
		return "", unavailable(err)
	}
	verdict, wait := neutral, time.Duration(0)
	defer func() { m.breaker.leave(verdict, wait) }() // also when delta panics: a trial must not stay open for ever
	text, err = m.stream(ctx, req, delta)
	switch {
	case err == nil:
		verdict = good
		return text, nil
	case errors.Is(err, bot.ErrNoAnswer):
		verdict = good
		return "", bot.ErrNoAnswer
	case ctx.Err() == nil:
		verdict, wait = bad, retryAfter(err)
	}
	return "", unavailable(err)
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, "The writing assistant is not available right now", err)
}

func (l Limits) filled() Limits {
	or(&l.FirstToken, 8*time.Second)
	or(&l.Silence, 15*time.Second)
	or(&l.Total, 45*time.Second)
	or(&l.Answer, 4000)
	or(&l.Tokens, 900)
	or(&l.Body, 1<<20)
	or(&l.InFlight, 16)
	or(&l.Failures, 5)
	or(&l.Cooldown, 30*time.Second)
	return l
}

// or fills in what was left zero or makes no sense.
func or[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}
