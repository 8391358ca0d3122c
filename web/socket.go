package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/gorilla/websocket"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// maxGarbage is how many frames in a row may make no sense before the line is cut.
const maxGarbage = 20

var errGarbage = errors.New("frames make no sense")

// customerLine is a customer's socket.
type customerLine struct {
	line
	server   *Server
	visit    visit
	follower *relay.Follower
	ip       string
	garbage  int
	token    string
}

// customerSocket opens the customer's WebSocket. The handler returns after the upgrade, so that the HTTP server's goroutine and
// buffers go; one goroutine with a small stack serves the line.
func (s *Server) customerSocket(w http.ResponseWriter, r *http.Request) {
	site := s.site(r.URL.Query().Get("site"))
	refuse := 0
	switch {
	case site == nil, !s.originAllowed(site, r):
		refuse = closeOrigin
	case !s.doors.enter(s.clientIP(r), false):
		refuse = websocket.CloseTryAgainLater
	}
	conn, err := s.upgrader.Upgrade(upgraded{w}, r, nil)
	if err != nil { // Upgrade has answered
		if refuse == 0 {
			s.doors.leave(s.clientIP(r), false)
		}
		return
	}
	l := &customerLine{line: line{conn: conn, rate: s.frameBucket()}, server: s, ip: s.clientIP(r)}
	s.wg.Add(1)
	if refuse != 0 {
		go l.refuse(refuse)
		return
	}
	l.visit.site = site
	s.lines.Store(&l.line, (*deskLine)(nil))
	go l.serve()
}

// fail tells the customer what is wrong with what they sent.
func (l *customerLine) fail(err error, key string) error {
	l.server.opt.Failed(fault.KindOf(err))
	return l.line.fail(err, key)
}

// refuse says why nobody is let in, in words and in a number, and closes the line.
func (l *customerLine) refuse(code int) {
	defer l.server.wg.Done()
	defer l.linger()
	if code == closeOrigin {
		l.fail(fault.New(fault.Forbidden, "This website may not show the chat."), "")
		l.hangUp(code, "origin or site is not allowed")
		return
	}
	l.fail(fault.New(fault.TooManyConnections, "It is very busy. Please try again in a minute."), "")
	l.hangUp(code, "too many connections")
}

func (l *customerLine) serve() {
	s := l.server
	defer s.wg.Done()
	l.prepare()
	var err error
	for err == nil {
		err = l.read(s, l.handle)
	}
	if l.follower != nil {
		l.follower.Close()
	}
	s.lines.Delete(&l.line)
	l.part(err)
	s.doors.leave(l.ip, false)
}

// handle deals with one frame. An error ends the line; what is wrong with the frame itself is answered on it.
func (l *customerLine) handle(data []byte) error {
	if !l.rate.take(1) {
		return errTooFast
	}
	var f incoming
	if err := json.Unmarshal(data, &f); err != nil || f.Type == "" {
		return l.senseless()
	}
	switch {
	case f.Type == "hello":
		l.garbage = 0
		return l.hello(&f)
	case !l.greeted:
		return l.senseless()
	case f.Type == "typing":
		if l.visit.begun {
			l.server.log.Signal(relay.Signal{Conv: l.visit.conv, Kind: "typing", From: chat.Customer, To: chat.RoleAgent})
		}
		return nil
	}
	return l.take(&f)
}

func (l *customerLine) senseless() error {
	if l.garbage++; l.garbage > maxGarbage {
		return errGarbage
	}
	text := "That is not a frame of this protocol; see docs/protocol.md."
	if !l.greeted {
		text = "The first frame must be a hello; see docs/protocol.md."
	}
	return l.fail(fault.New(fault.Invalid, text), "")
}

// take stores what the customer did, and acknowledges it when it is on disk.
func (l *customerLine) take(f *incoming) error {
	s := l.server
	if f.Type != "seen" && !s.pace.allow(string(l.visit.conv), l.ip) {
		return l.fail(errPace, clip(f.Key, maxKey))
	}
	seq, err := s.accept(context.Background(), &l.visit, f)
	if err != nil {
		if fault.Is(err, fault.Internal) {
			s.slog.Error("customer's frame failed", "conv", l.visit.conv, "type", clip(f.Type, 20), "err", err)
		}
		if fault.Is(err, fault.Invalid) {
			if l.garbage++; l.garbage > maxGarbage {
				return errGarbage
			}
		}
		return l.fail(err, clip(f.Key, maxKey))
	}
	l.garbage = 0
	if f.Type == "seen" {
		return nil
	}
	return l.sendJSON(ackFrame{Type: "ack", Key: f.Key, Seq: seq})
}

// hello opens or resumes a conversation on this line; a later one may add an identity or change the language.
func (l *customerLine) hello(f *incoming) error {
	s := l.server
	if l.greeted {
		f.Session, f.After = l.token, 0
	}
	w, after, reset, err := s.greet(context.Background(), &l.visit, f)
	if err != nil {
		if fault.Is(err, fault.Unauthorized) {
			l.fail(err, "")
			return errSession
		}
		return l.fail(err, "")
	}
	l.token = w.Session
	if err := l.sendJSON(w); err != nil {
		return err
	}
	if f.Identity != "" {
		if err := l.addIdentity(f.Identity); err != nil {
			return err
		}
	}
	if l.greeted {
		return nil
	}
	l.greeted = true
	l.patience()
	if reset {
		if err := l.sendJSON(resetFrame{"reset", w.Epoch}); err != nil {
			return err
		}
	}
	if w.Owner == chat.RoleQueue {
		s.sendPlace(&l.line, l.visit.conv)
	}
	l.follower = s.log.Follow(l.visit.conv, after, l)
	return nil
}

// addIdentity checks the website's token. A conversation that has begun gets it at once, another with its first word.
func (l *customerLine) addIdentity(token string) error {
	id, err := l.visit.site.identify(token, l.server.now())
	if err != nil {
		return l.fail(err, "")
	}
	l.visit.identity = id
	if !l.visit.begun {
		return nil
	}
	if err := l.server.note(context.Background(), &l.visit); err != nil {
		return l.fail(err, "")
	}
	return nil
}

// Events writes what a customer may see of events; it is the follower's sink.
func (l *customerLine) Events(events []chat.Event) error {
	for _, e := range events {
		e, ok := chat.ForCustomer(e)
		if !ok {
			continue
		}
		b, err := encodeEvent(e, "", false, l.server.render)
		if err != nil {
			l.Ended(err)
			return err
		}
		if err := l.send(b); err != nil {
			return err
		}
	}
	return nil
}

// Ended hangs up when the log can no longer be followed: whoever comes back gets what they lack.
func (l *customerLine) Ended(error) {
	l.hangUp(websocket.CloseInternalServerErr, "our mistake: come back later")
}

// Signal writes what is of the moment.
func (l *customerLine) Signal(sig relay.Signal) error {
	if sig.To != "" && sig.To != chat.RoleCustomer {
		return nil
	}
	b, err := encodeSignal(sig)
	if err != nil {
		return err
	}
	return l.send(b)
}

// originAllowed reports whether a browser's page may open this site's chat. Programs send no Origin; they get no cookies of ours either.
func (s *Server) originAllowed(site *Site, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	return u.Host == r.Host || s.isOwn(origin) || site.allows(origin)
}

func (s *Site) allows(origin string) bool {
	for _, o := range s.Origins {
		if o == origin || o == "*" {
			return true
		}
	}
	return false
}
