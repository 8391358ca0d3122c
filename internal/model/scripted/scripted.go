// Package scripted is a language model for tests: an HTTP server that really speaks the OpenAI protocol, streamed chat
// completions and embeddings, and says what a test tells it to say, in every way a real one fails.
//
// A Server is a list of Replies for chat and one for embeddings, used up in order; the last stays. Start serves it on a
// loopback address, for tests of the whole binary; InMemory serves it without a network, for tests in a synctest bubble,
// where an hour of silence costs nothing.
package scripted

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Request is what a client asked, kept for assertions.
type Request struct {
	Path   string
	Auth   string // the Authorization header
	Body   string
	Model  string
	Stream bool
	Input  []string // of embeddings
	Chat   []Line   // of a chat completion
}

// Line is one message of a chat completion request.
type Line struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Server answers with its scripts. Use New, Start or InMemory.
type Server struct {
	mu       sync.Mutex
	chat     []Reply
	embed    []Reply
	requests []Request
}

// New makes a server that answers chat completions with replies, in order; the last answers all that follow. Without
// any it answers "OK". Embeddings are answered with Vectors until ScriptEmbeddings says otherwise.
func New(replies ...Reply) *Server {
	s := &Server{embed: []Reply{Vectors(64)}}
	s.Script(replies...)
	return s
}

// Script replaces the replies to chat completions that are still to come.
func (s *Server) Script(replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chat = replies; len(replies) == 0 {
		s.chat = []Reply{Text("OK")}
	}
}

// ScriptEmbeddings replaces the replies to embedding requests that are still to come.
func (s *Server) ScriptEmbeddings(replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.embed = replies; len(replies) == 0 {
		s.embed = []Reply{Vectors(64)}
	}
}

// Requests returns what was asked so far, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// ServeHTTP answers POST …/chat/completions and POST …/embeddings; anything else is a 404.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	req := Request{Path: r.URL.Path, Auth: r.Header.Get("Authorization"), Body: string(body)}
	var shape struct {
		Model    string   `json:"model"`
		Stream   bool     `json:"stream"`
		Messages []Line   `json:"messages"`
		Input    []string `json:"input"`
	}
	chat := strings.HasSuffix(r.URL.Path, "/chat/completions")
	if r.Method != http.MethodPost || !chat && !strings.HasSuffix(r.URL.Path, "/embeddings") {
		http.NotFound(w, r)
		return
	}
	if err := json.Unmarshal(body, &shape); err != nil {
		http.Error(w, `{"error":{"message":"not JSON","type":"invalid_request_error"}}`, http.StatusBadRequest)
		return
	}
	req.Model, req.Stream, req.Chat, req.Input = shape.Model, shape.Stream, shape.Messages, shape.Input
	s.record(req, chat)(&Stream{Request: req, w: w, ctx: r.Context()})
}

// record keeps req and takes the reply to it.
func (s *Server) record(req Request, chat bool) Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, req)
	script := &s.embed
	if chat {
		script = &s.chat
	}
	reply := (*script)[0]
	if len(*script) > 1 {
		*script = (*script)[1:]
	}
	return reply
}

// Start serves s on a free loopback port until the test ends, and returns the URL that a client is given as its base.
func (s *Server) Start(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL + "/v1"
}

// InMemory returns a client whose every connection leads to s through memory, whatever the address. Call stop before the
// test (or its synctest bubble) ends; it returns when the last goroutine of the server has.
func (s *Server) InMemory() (client *http.Client, stop func()) {
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: s, ErrorLog: quiet}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // always http.ErrServerClosed, after stop
	}()
	transport := &http.Transport{DialContext: l.dial}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-done
	}
}

// pipes is a listener whose connections are made by its own dial.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept keeps the promise of net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses further connections.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// Addr names the memory.
func (p *pipes) Addr() net.Addr { return memory{} }

type memory struct{}

func (memory) Network() string { return "memory" }
func (memory) String() string  { return "memory" }
