package openai

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	sdk "github.com/sashabaranov/go-openai"
)

// The ways in which a model fails. They go into logs, so none carries a word of what was said.
var (
	errBusy       = errors.New("too many requests of ours are under way")
	errOpen       = errors.New("it failed before and is left alone for a while")
	errFirstToken = errors.New("it wrote nothing within the time for the first token")
	errSilence    = errors.New("it fell silent in the middle")
	errTotal      = errors.New("it did not finish within the time for a whole answer")
	errTooLong    = errors.New("it wrote more than an answer may hold")
	errBody       = errors.New("it sent more bytes than a response may have")
	errCut        = errors.New("the line was cut before it finished")
	errEmpty      = errors.New("it finished without writing anything")
	errTool       = errors.New("it asked for a tool, and was given none")
	errReported   = errors.New("it reported an error of its own in the middle")
	errGarbage    = errors.New("what it sent does not follow the protocol")
)

// statusError is an HTTP answer other than 200. Its body is not read: servers repeat keys and questions in it.
type statusError struct {
	status int
	wait   time.Duration
}

func (e *statusError) Error() string { return fmt.Sprintf("it answered with HTTP status %d", e.status) }

// retryAfter returns what the server asked us to wait, or zero.
func retryAfter(err error) time.Duration {
	var s *statusError
	if errors.As(err, &s) {
		return s.wait
	}
	return 0
}

// wire is the HTTP client of one request: it lets through only a 200 of the expected type, of bounded size, and sees
// whether a stream came to its end mark, which the library keeps to itself.
type wire struct {
	http   *http.Client
	limit  int64
	stream bool
	body   *boundedBody
}

// client returns the library's client for this one request.
func (w *wire) client(url, key string) *sdk.Client {
	cfg := sdk.DefaultConfig(key)
	cfg.BaseURL = url
	cfg.HTTPClient = w
	return sdk.NewClientWithConfig(cfg)
}

// Do sends the request. An answer that is not what was asked for is closed unread and becomes an error.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	resp, err := w.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		err = &statusError{status: resp.StatusCode, wait: seconds(resp.Header.Get("Retry-After"))}
	} else if w.stream && !isStream(resp.Header.Get("Content-Type")) {
		err = fmt.Errorf("%w: not an event stream", errGarbage)
	}
	if err != nil {
		_ = resp.Body.Close() // nothing was read, so nothing can be lost
		return nil, err
	}
	w.body = &boundedBody{body: resp.Body, left: w.limit}
	resp.Body = w.body
	return resp, nil
}

// finished reports whether the end mark of the stream has passed.
func (w *wire) finished() bool { return w.body != nil && w.body.done }

// isStream accepts the types that servers give an event stream: the right one, none, or plain text.
func isStream(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return contentType == "" || err == nil && (t == "text/event-stream" || t == "text/plain")
}

// seconds reads a Retry-After; a date or nonsense is zero.
func seconds(header string) time.Duration {
	n, err := strconv.Atoi(header)
	if err != nil || n <= 0 {
		return 0
	}
	return time.Duration(min(n, int(maxWait/time.Second))) * time.Second
}

// boundedBody fails with errBody after left bytes and remembers whether the end mark passed. A line of the protocol
// holds JSON, which has no bare newline, so the mark cannot be forged by what the model writes.
type boundedBody struct {
	body io.ReadCloser
	left int64
	tail []byte
	done bool
}

var endMarks = [][]byte{[]byte("\ndata: [DONE]"), []byte("\ndata:[DONE]")}

// Read keeps the promise of io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errBody
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	b.look(p[:n])
	return n, err
}

func (b *boundedBody) look(p []byte) {
	b.tail = append(b.tail, p...)
	for _, mark := range endMarks {
		b.done = b.done || bytes.Contains(b.tail, mark)
	}
	if keep := len(endMarks[0]); len(b.tail) > keep {
		b.tail = append(b.tail[:0], b.tail[len(b.tail)-keep:]...)
	}
}

// Close closes the body. What follows the end mark is read first, so that the connection can serve the next question.
func (b *boundedBody) Close() error {
	if b.done {
		_, _ = io.CopyN(io.Discard, b.body, 4096) // an error only costs the connection
	}
	return b.body.Close()
}

// newHTTPClient makes a client that keeps conns connections for reuse and follows no redirects: a key and a customer's
// question go where the operator said and nowhere else.
func newHTTPClient(conns int) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = conns
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
