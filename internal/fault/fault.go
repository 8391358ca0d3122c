// Package fault names what can go wrong, so that every door answers the same way.
//
// An error made here carries a Kind, which decides the HTTP status, the WebSocket error code and whether a retry can
// help, and a Text that is fit for a customer to read: no file name, no stack, no word of the house. What an operator
// needs to know is wrapped around or inside it with fmt.Errorf and %w.
package fault

import (
	"errors"
	"fmt"
)

// Kind is a class of failure. The strings are the error codes of the wire protocol.
type Kind string

// The kinds. Internal is what KindOf says of any error that was not made here.
const (
	Invalid            Kind = "invalid"              // the request breaks a stated rule; the same request will fail again
	TooLong            Kind = "too_long"             // a text or frame over its limit
	RateLimited        Kind = "rate_limited"         // too many requests; later will do
	IDConflict         Kind = "id_conflict"          // a key that was used before, with another body
	NotFound           Kind = "not_found"            // no such thing, or not for you to see
	Unauthorized       Kind = "unauthorized"         // nobody is signed in
	Forbidden          Kind = "forbidden"            // signed in, but not allowed
	Conflict           Kind = "conflict"             // somebody else was first; read again, then decide again
	Gone               Kind = "gone"                 // it was there, and its time is over
	Unavailable        Kind = "unavailable"          // a part of the house is down; nothing was stored; later will do
	TooManyConnections Kind = "too_many_connections" // no room for another socket
	Internal           Kind = "internal"             // a mistake of ours
)

// Error is a failure with a kind and a text for people.
type Error struct {
	Kind Kind
	Text string
	err  error
}

// New makes an error of kind k. Text is shown to customers and agents as it is.
func New(k Kind, text string) error { return &Error{Kind: k, Text: text} }

// Newf is New with a format.
func Newf(k Kind, format string, args ...any) error {
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...)}
}

// Wrap gives err a kind and a text for people; err itself stays in the chain for the operator. Wrap of nil is nil.
func Wrap(k Kind, text string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: k, Text: text, err: err}
}

// Error is the text for the operator: the customer's text, and the cause behind it.
func (e *Error) Error() string {
	if e.err != nil {
		return e.Text + ": " + e.err.Error()
	}
	return e.Text
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.err }

// KindOf returns the kind of the outermost fault in err's chain; Internal if there is none, "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var f *Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return Internal
}

// Is reports whether err is of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Text returns what a person may read of err: the text of the outermost fault, or a plain sentence that gives nothing
// away for any other error.
func Text(err error) string {
	var f *Error
	if errors.As(err, &f) {
		return f.Text
	}
	return "Something went wrong on our side. Please try again."
}
