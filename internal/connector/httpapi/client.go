// Package httpapi talks to a company's own order system over the HTTP contract of docs/order-system.yaml.
//
// What is certain and what is not: a request that never got a connection did nothing; a 4xx answer did nothing; anything
// else that is not a readable 2xx answer may have been carried out, and a write then ends in action.ErrUnknownOutcome.
// Nothing is ever sent twice by itself. Answers are hostile until checked: bounded, tidied, and about what was asked.
package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"balie/internal/action"
	"balie/internal/fault"
)

// Options say where the order system is and how long it may take.
type Options struct {
	URL       string        // base; the contract's paths are appended to it
	Token     string        // sent as a bearer token; never logged
	Timeout   time.Duration // of one call with its answer; 10 s if zero
	MaxAnswer int64         // bytes of one answer; 2 MiB if zero
}

// New makes the client, behind an action.Guard: an answer about another customer or order never comes through. It
// contacts nobody yet. The error says what is wrong with the options.
func New(o Options) (action.Guard, error) {
	u, err := url.Parse(o.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return action.Guard{}, fmt.Errorf("parse order system's address %q: want http(s)://host/path", o.URL)
	}
	if strings.ContainsAny(o.Token, "\r\n") {
		return action.Guard{}, errors.New("read order system's token: it holds a line break")
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxAnswer <= 0 {
		o.MaxAnswer = 2 << 20
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxResponseHeaderBytes = 64 << 10
	t.MaxIdleConnsPerHost = 16
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return action.Guard{System: &client{
		base: strings.TrimRight(o.URL, "/"), opt: o, http: &http.Client{Transport: t, CheckRedirect: stay},
	}}, nil
}

type client struct {
	base string
	opt  Options
	http *http.Client
}

// call is one request; path is escaped already.
type call struct {
	method, path string
	body         any // nil for a read
	key          string
	customer     action.CustomerID
}

// reply is an answer of which the body was read whole.
type reply struct {
	status int
	body   []byte
}

// errNotSent marks a failure before anything reached the order system.
var errNotSent = errors.New("not sent")

// send makes one call. An error that is errNotSent did nothing; after any other the request may have been carried out.
func (c *client) send(ctx context.Context, k call) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opt.Timeout)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req, err := c.request(ctx, k)
	if err != nil {
		return reply{}, errors.Join(errNotSent, err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		if !connected.Load() {
			err = errors.Join(errNotSent, err)
		}
		return reply{}, fmt.Errorf("call order system: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, c.opt.MaxAnswer+1))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return reply{}, fmt.Errorf("read order system's answer: %w", err)
	}
	if int64(len(b)) > c.opt.MaxAnswer {
		return reply{}, fmt.Errorf("read order system's answer: more than %d bytes", c.opt.MaxAnswer)
	}
	return reply{res.StatusCode, b}, nil
}

func (c *client) request(ctx context.Context, k call) (*http.Request, error) {
	var body io.Reader
	if k.body != nil {
		b, err := json.Marshal(k.body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, k.method, c.base+k.path, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.opt.Token)
	req.Header.Set("Accept", "application/json")
	if k.body != nil {
		// With an Idempotency-Key net/http repeats a request on its own when a kept connection breaks; it can't without this.
		req.GetBody = nil
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", k.key)
		req.Header.Set("On-Behalf-Of", url.PathEscape(string(k.customer)))
	}
	return req, nil
}

// problem is what a refusal may say of itself (RFC 9457, with the contract's code and reason).
type problem struct {
	Detail string `json:"detail"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// refusal turns a 4xx answer into an error. The order system's own words are for the operator; the customer gets ours.
func (r reply) refusal() error {
	var p problem
	if json.Unmarshal(r.body, &p) != nil {
		p = problem{}
	}
	said := fmt.Errorf("order system answered %d: %.200q", r.status, p.Detail)
	kind, text := fault.Forbidden, "The order system does not allow this."
	switch r.status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		return unavailable(said)
	case http.StatusTooManyRequests, http.StatusTooEarly:
		return fault.Wrap(fault.RateLimited, "The order system is too busy at the moment.", said)
	case http.StatusNotFound, http.StatusGone:
		kind, text = fault.NotFound, "We can't find this."
	case http.StatusConflict:
		if p.Code == string(fault.IDConflict) {
			kind = fault.IDConflict
		}
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		kind = fault.Invalid
	case http.StatusRequestEntityTooLarge:
		kind = fault.TooLong
	}
	return fault.Wrap(kind, text, errors.Join(reason(p.Reason), said))
}

// reason accepts a code that looks like one.
func reason(s string) action.Reason {
	odd := strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' })
	if s == "" || len(s) > 40 || odd {
		return action.Refused
	}
	return action.Reason(s)
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, "The order system can't be reached at the moment.", err)
}

// refused tells whether a status says for certain that nothing was done.
func refused(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != 499
}

// escape makes an id one step of a path. The error is fault.NotFound: what can't be an id names nothing.
func escape[ID ~string](id ID) (string, error) {
	if !action.ValidID(string(id)) {
		return "", fault.New(fault.NotFound, "We can't find this.")
	}
	return url.PathEscape(string(id)), nil
}
