package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"balie/handoff"
	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// statuses is the one table from kinds of failure to HTTP.
var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusBadRequest, fault.TooLong: http.StatusRequestEntityTooLarge, fault.RateLimited: http.StatusTooManyRequests,
	fault.IDConflict: http.StatusConflict, fault.NotFound: http.StatusNotFound, fault.Unauthorized: http.StatusUnauthorized,
	fault.Forbidden: http.StatusForbidden, fault.Conflict: http.StatusConflict, fault.Gone: http.StatusGone,
	fault.Unavailable: http.StatusServiceUnavailable, fault.TooManyConnections: http.StatusServiceUnavailable, fault.Internal: http.StatusInternalServerError,
}

func maxBody(r *http.Request) int64 {
	if strings.HasPrefix(r.URL.Path, "/api/v1/kb/import") {
		return 100 << 20
	}
	if strings.HasPrefix(r.URL.Path, "/api/v1/kb/") {
		return 2 << 20
	}
	return maxFrame
}

// answer writes v, or what went wrong.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, v any, err error) {
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, v)
}

// refuse writes a problem document. What is a mistake of ours is logged; its text tells nothing.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		err = fault.New(fault.TooLong, "That is too large.")
	}
	k := fault.KindOf(err)
	s.opt.Failed(k)
	if k == fault.Internal && r.Context().Err() == nil {
		s.slog.Error("request failed", "method", r.Method, "path", r.URL.Path, "err", err)
	}
	p := problem{Type: "about:blank", Title: http.StatusText(statuses[k]), Status: statuses[k], Detail: fault.Text(err), Code: string(k)}
	if errors.Is(err, errNotJSON) {
		p.Status, p.Title = http.StatusUnsupportedMediaType, http.StatusText(http.StatusUnsupportedMediaType)
	}
	var held *handoff.HeldError
	if errors.As(err, &held) {
		p.Holder = &who{Role: held.Holder.Role, ID: held.Holder.ID, Name: held.Holder.Name}
	}
	var more interface{ extend(*problem) }
	if errors.As(err, &more) {
		more.extend(&p)
	}
	if (k == fault.RateLimited || k == fault.TooManyConnections || k == fault.Unavailable) && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "30")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	w.Write(p.bytes())
}

func writeProblem(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	w.Write(problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code}.bytes())
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		writeProblem(w, http.StatusInternalServerError, "internal", "Something went wrong on our side. Please try again.")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(b)
}

// errNotJSON is a body of another kind; refuse answers it with 415.
var errNotJSON = fault.New(fault.Invalid, "The body must be JSON, with Content-Type: application/json.")

// readJSON reads a body into v. An empty one leaves v as it is; one that says it is something else than JSON is not read.
func readJSON(r *http.Request, v any) error {
	if kind := r.Header.Get("Content-Type"); kind != "" && r.ContentLength != 0 {
		if kind, _, err := mime.ParseMediaType(kind); err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
			return errNotJSON
		}
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if len(strings.TrimSpace(string(b))) == 0 {
		return nil
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fault.Wrap(fault.Invalid, "The body is not the JSON that belongs here; see docs/protocol.md.", err)
	}
	return nil
}

func (s *Server) customerRoutes(mux router) {
	mux.HandleFunc("GET /api/v1/chat/ws", s.customerSocket)
	mux.HandleFunc("POST /api/v1/chat/hello", s.twinHello)
	for _, kind := range []string{"say", "press", "submit", "human", "rate", "end", "seen"} {
		mux.HandleFunc("POST /api/v1/chat/"+kind, func(w http.ResponseWriter, r *http.Request) { s.twinFrame(w, r, kind) })
	}
	mux.HandleFunc("GET /api/v1/chat/events", s.twinEvents)
}

func bearer(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return strings.TrimSpace(token)
}

// visitOf reads whose conversation a request is about. Without a session it is a new one, if the request may open one.
func (s *Server) visitOf(r *http.Request, mayOpen bool) (visit, string, error) {
	token := bearer(r)
	if token == "" {
		site := s.site(r.URL.Query().Get("site"))
		switch {
		case !mayOpen:
			return visit{}, "", errSession
		case site == nil:
			return visit{}, "", fault.New(fault.NotFound, "There is no such site.")
		case !s.originAllowed(site, r):
			return visit{}, "", fault.New(fault.Forbidden, "This website may not show the chat.")
		}
		v := visit{site: site, conv: chat.NewConversationID(s.now()), lang: language(r.URL.Query().Get("lang"))}
		return v, s.sessions.mint(v.conv, site.Name), nil
	}
	t, err := s.sessions.read(token)
	if err != nil {
		return visit{}, "", err
	}
	site := s.sites[t.Site]
	if site == nil {
		return visit{}, "", errSession
	}
	return visit{site: site, conv: t.Conv, lang: language(r.URL.Query().Get("lang"))}, token, nil
}

func (s *Server) twinHello(w http.ResponseWriter, r *http.Request) {
	var f incoming
	err := readJSON(r, &f)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	name := r.URL.Query().Get("site")
	if name == "" {
		name = f.Site
	}
	v := visit{site: s.site(name)}
	if v.site == nil || !s.originAllowed(v.site, r) {
		s.refuse(w, r, fault.New(fault.Forbidden, "This website may not show the chat."))
		return
	}
	if f.Session == "" {
		f.Session = bearer(r)
	}
	if !s.pace.allow(clip(f.Session, 100), s.clientIP(r)) {
		s.refuse(w, r, errPace)
		return
	}
	welcome, _, _, err := s.greet(r.Context(), &v, &f)
	if err == nil && f.Identity != "" {
		err = s.twinIdentity(r.Context(), &v, &f, &welcome)
	}
	s.answer(w, r, welcome, err)
}

// twinIdentity keeps a website's token. A bad one is told beside the welcome: the chat goes on without.
func (s *Server) twinIdentity(ctx context.Context, v *visit, f *incoming, w *welcomeFrame) (err error) {
	if v.identity, err = v.site.identify(f.Identity, s.now()); err != nil {
		w.Error = &errorFrame{"error", string(fault.KindOf(err)), fault.Text(err), ""}
		return nil
	}
	if v.begun {
		return s.note(ctx, v)
	}
	_, err = s.store(ctx, v, nil) // a line keeps it until the first word; here there is no line
	return err
}

var errPace = fault.New(fault.RateLimited, "You are sending very fast. Please wait a moment and try again.")

// twinFrame does by HTTP what a frame does on the socket.
func (s *Server) twinFrame(w http.ResponseWriter, r *http.Request, kind string) {
	v, token, err := s.visitOf(r, kind == "say" || kind == "human")
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	var f incoming
	if err := readJSON(r, &f); err != nil {
		s.refuse(w, r, err)
		return
	}
	f.Type = kind
	if f.Lang != "" {
		v.lang = language(f.Lang)
	}
	v.page = cleanPage(f.Page)
	if !s.pace.allow(string(v.conv), s.clientIP(r)) {
		s.refuse(w, r, errPace)
		return
	}
	seq, err := s.accept(r.Context(), &v, &f)
	s.answer(w, r, ackFrame{Type: "ack", Key: f.Key, Seq: seq, Session: token, Conversation: v.conv}, err)
}

// pollWait is how long a long poll waits for something to happen.
const pollWait = 25 * time.Second

func (s *Server) twinEvents(w http.ResponseWriter, r *http.Request) {
	v, _, err := s.visitOf(r, false)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	have, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 63)
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		have, _ = strconv.ParseUint(id, 10, 63)
	}
	ip := s.clientIP(r)
	after, reset, err := s.where(r, v, chat.Seq(have))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	if !s.doors.enter(ip, false) {
		s.refuse(w, r, fault.New(fault.TooManyConnections, "It is very busy. Please try again in a minute."))
		return
	}
	defer s.doors.leave(ip, false)
	if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		s.stream(w, r, v, after, reset)
		return
	}
	s.poll(w, r, v, after, reset)
}

// where says from which position a request reads on, and whether its reader must forget what it has: the position is beyond the
// log's end, or of another life of it.
func (s *Server) where(r *http.Request, v visit, after chat.Seq) (from chat.Seq, reset bool, err error) {
	c, err := s.log.Conversation(r.Context(), v.conv)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return 0, false, err
	}
	epoch := r.URL.Query().Get("epoch")
	if after > c.Head || (epoch != "" && epoch != s.lists.Epoch()) {
		return 0, true, nil
	}
	return after, false, nil
}

// basket collects what a long poll waits for.
type basket struct {
	server *Server
	mu     sync.Mutex
	frames []json.RawMessage
	last   chat.Seq
	ready  chan struct{}
}

// Events keeps what a customer may see.
func (b *basket) Events(events []chat.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range events {
		b.last = e.Seq
		e, ok := chat.ForCustomer(e)
		if !ok {
			continue
		}
		f, err := encodeEvent(e, "", false, b.server.render)
		if err != nil {
			return err
		}
		b.frames = append(b.frames, f)
	}
	if len(b.frames) > 0 {
		select {
		case b.ready <- struct{}{}:
		default:
		}
	}
	return nil
}

// Signal ignores what is of the moment: a poll comes too late for it.
func (b *basket) Signal(relay.Signal) error { return nil }

func (s *Server) poll(w http.ResponseWriter, r *http.Request, v visit, after chat.Seq, reset bool) {
	b := &basket{server: s, ready: make(chan struct{}, 1), last: after, frames: []json.RawMessage{}}
	f := s.log.Follow(v.conv, after, b)
	timer := time.NewTimer(pollWait)
	defer timer.Stop()
	select {
	case <-b.ready:
	case <-timer.C:
	case <-s.over:
	case <-r.Context().Done():
	}
	f.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	out := struct {
		Events []json.RawMessage `json:"events"`
		Seq    chat.Seq          `json:"seq"`
		Owner  chat.Role         `json:"owner"`
		Epoch  string            `json:"epoch"`
		Reset  bool              `json:"reset,omitempty"` // forget what you have: these begin at 0
	}{b.frames, b.last, chat.RoleBot, s.lists.Epoch(), reset}
	c, err := s.log.Conversation(context.WithoutCancel(r.Context()), v.conv)
	if err == nil {
		out.Owner = c.Owner.Role
	} else if fault.Is(err, fault.NotFound) {
		err = nil
	}
	s.answer(w, r, out, err)
}

// eventStream is a customer's server-sent events.
type eventStream struct {
	server *Server
	w      http.ResponseWriter
	rc     *http.ResponseController
	mu     sync.Mutex
	over   bool // the handler has returned: nothing may be written any more
	failed chan struct{}
	once   sync.Once
}

func (e *eventStream) write(id chat.Seq, frame []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return http.ErrHandlerTimeout
	}
	e.rc.SetWriteDeadline(time.Now().Add(writeWait))
	var err error
	if len(frame) == 0 {
		_, err = fmt.Fprint(e.w, ": still here\n\n")
	} else if id > 0 {
		_, err = fmt.Fprintf(e.w, "id: %d\ndata: %s\n\n", id, frame)
	} else {
		_, err = fmt.Fprintf(e.w, "data: %s\n\n", frame)
	}
	if err == nil {
		err = e.rc.Flush()
	}
	if err != nil {
		e.Ended(err)
	}
	return err
}

// Events writes what a customer may see.
func (e *eventStream) Events(events []chat.Event) error {
	for _, ev := range events {
		ev, ok := chat.ForCustomer(ev)
		if !ok {
			continue
		}
		b, err := encodeEvent(ev, "", false, e.server.render)
		if err != nil {
			e.Ended(err)
			return err
		}
		if err := e.write(ev.Seq, b); err != nil {
			return err
		}
	}
	return nil
}

// Ended ends the stream when the log can no longer be followed: whoever comes back gets what they lack.
func (e *eventStream) Ended(error) { e.once.Do(func() { close(e.failed) }) }

// Signal writes what is of the moment.
func (e *eventStream) Signal(sig relay.Signal) error {
	if sig.To != "" && sig.To != chat.RoleCustomer {
		return nil
	}
	b, err := encodeSignal(sig)
	if err != nil {
		return err
	}
	return e.write(0, b)
}

func (s *Server) stream(w http.ResponseWriter, r *http.Request, v visit, after chat.Seq, reset bool) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	e := &eventStream{server: s, w: w, rc: http.NewResponseController(w), failed: make(chan struct{})}
	if e.rc.Flush() != nil {
		return
	}
	if reset {
		b, err := json.Marshal(resetFrame{"reset", s.lists.Epoch()})
		if err != nil || e.write(0, b) != nil {
			return
		}
	}
	f := s.log.Follow(v.conv, after, e)
	e.wait(r.Context(), s.over)
	f.Close()
	e.mu.Lock() // waits for whoever is writing
	defer e.mu.Unlock()
	e.over = true
}

// wait keeps the stream alive until it fails, its reader leaves or the server goes away.
func (e *eventStream) wait(ctx context.Context, over <-chan struct{}) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if e.write(0, nil) != nil {
				return
			}
		case <-e.failed:
			return
		case <-over:
			return
		case <-ctx.Done():
			return
		}
	}
}
