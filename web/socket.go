package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// Close codes of our own; docs/protocol.md tells clients what to do with them. 40xx: come back. 41xx: do not.
const (
	closeNoHello   = 4000
	closeSlow      = 4001
	closeTooFast   = 4002
	closeSilent    = 4003
	closeSession   = 4100
	closeOrigin    = 4101
	closeProtocol  = 4102
	closeSignedOut = 4103
)

// The times of a socket.
const (
	helloWait = 10 * time.Second // for the first frame
	writeWait = 10 * time.Second // for one frame to be taken; longer is a slow reader
	pingEvery = 25 * time.Second
	pongWait  = 65 * time.Second // two pings may get lost on a bad line
)

// line is a WebSocket with one reading goroutine and writes from any. It holds no channel and no timer of its own: what is to be
// written is written by whoever has it, and one goroutine pings all lines.
type line struct {
	conn *websocket.Conn
	mu   sync.Mutex // of writing
	gone bool
	rate bucket // frames and pings
}

func newUpgrader(pool websocket.BufferPool) websocket.Upgrader {
	return websocket.Upgrader{HandshakeTimeout: helloWait, ReadBufferSize: 512, WriteBufferSize: 1024, WriteBufferPool: pool,
		CheckOrigin: func(*http.Request) bool { return true }, // checked before: a refused browser gets a close code it can read
	}
}

// send writes one text frame. A reader that does not take it in time is closed as too slow: the log has what it missed.
func (l *line) send(data []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return net.ErrClosed
	}
	l.conn.SetWriteDeadline(time.Now().Add(writeWait))
	err := l.conn.WriteMessage(websocket.TextMessage, data)
	if err != nil {
		l.gone = true
		if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
			l.farewell(closeSlow, "too slow: come back with your position")
		}
		l.conn.Close()
	}
	return err
}

func (l *line) sendJSON(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return l.send(b)
}

func (l *line) fail(err error, key string) error {
	code := fault.KindOf(err)
	switch code {
	case fault.Internal, fault.Conflict, fault.Gone:
		code = fault.Unavailable
	case fault.Unauthorized:
		code = fault.Forbidden
	}
	return l.sendJSON(errorFrame{"error", string(code), fault.Text(err), key})
}

// farewell tells the other side why; it may not arrive.
func (l *line) farewell(code int, why string) {
	l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(time.Second))
}

// hangUp closes the line with a code that says whether to come back.
func (l *line) hangUp(code int, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return
	}
	l.gone = true
	l.farewell(code, why)
	l.conn.Close()
}

// ping keeps the line alive; it is called by the server's one pinging goroutine.
func (l *line) ping() {
	l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
}

// prepare sets the limits of reading.
func (l *line) prepare() {
	l.conn.SetReadLimit(maxFrame)
	l.conn.SetReadDeadline(time.Now().Add(helloWait))
	alive := func() { l.conn.SetReadDeadline(time.Now().Add(pongWait)) }
	l.conn.SetPongHandler(func(string) error { alive(); return nil })
	l.conn.SetPingHandler(func(data string) error {
		if !l.rate.take(1) {
			return errTooFast
		}
		alive()
		err := l.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
		if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
			return nil
		}
		return err
	})
}

var (
	errTooFast = errors.New("too many frames")
	errBinary  = errors.New("binary frame")
	errUTF8    = errors.New("text is not UTF-8")
)

// readBuffers are shared by all lines: a line that is silent holds none.
var readBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read waits for one frame and hands its bytes to use, which must not keep them.
func (l *line) read(use func([]byte) error) error {
	kind, r, err := l.conn.NextReader()
	if err != nil {
		return err
	}
	if kind != websocket.TextMessage {
		return errBinary
	}
	buf := readBuffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= 8<<10 {
			readBuffers.Put(buf)
		}
	}()
	buf.Reset()
	if _, err := io.Copy(buf, r); err != nil {
		return err
	}
	if !utf8.Valid(buf.Bytes()) {
		return errUTF8
	}
	l.conn.SetReadDeadline(time.Now().Add(pongWait))
	return use(buf.Bytes())
}

// part ends a line for the reason that reading ended.
func (l *line) part(err error, greeted bool) {
	var ne net.Error
	switch {
	case errors.Is(err, errBinary):
		l.hangUp(websocket.CloseUnsupportedData, "text frames only")
	case errors.Is(err, errUTF8):
		l.hangUp(websocket.CloseInvalidFramePayloadData, "text must be UTF-8")
	case errors.Is(err, errTooFast):
		l.hangUp(closeTooFast, "too many frames: come back later")
	case errors.Is(err, errGarbage):
		l.hangUp(closeProtocol, "these frames are not of the protocol")
	case errors.Is(err, errSession):
		l.hangUp(closeSession, "the session is over: start a new one")
	case errors.Is(err, websocket.ErrReadLimit):
		l.hangUp(websocket.CloseMessageTooBig, "a frame has at most 64 KiB")
	case errors.As(err, &ne) && ne.Timeout() && !greeted:
		l.hangUp(closeNoHello, "no hello in time")
	case errors.As(err, &ne) && ne.Timeout():
		l.hangUp(closeSilent, "no sign of life")
	default:
		l.hangUp(websocket.CloseNormalClosure, "")
	}
}

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
	greeted  bool
}

// customerSocket opens the customer's WebSocket. The handler returns after the upgrade, so that the HTTP server's goroutine and
// buffers go; one goroutine with a small stack serves the line.
func (s *Server) customerSocket(w http.ResponseWriter, r *http.Request) {
	site := s.site(r.URL.Query().Get("site"))
	refuse := 0
	switch {
	case site == nil, !s.originAllowed(site, r):
		refuse = closeOrigin
	case !s.doors.enter(clientIP(r), false):
		refuse = websocket.CloseTryAgainLater
	}
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil { // Upgrade has answered
		if refuse == 0 {
			s.doors.leave(clientIP(r), false)
		}
		return
	}
	l := &customerLine{line: line{conn: conn, rate: s.frameBucket()}, server: s, ip: clientIP(r)}
	if refuse != 0 {
		go l.refuse(refuse)
		return
	}
	l.visit.site = site
	s.lines.Store(&l.line, struct{}{})
	s.wg.Add(1)
	go l.serve()
}

func (l *customerLine) refuse(code int) {
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
		err = l.read(l.handle)
	}
	if l.follower != nil {
		l.follower.Close()
	}
	l.part(err, l.greeted)
	s.lines.Delete(&l.line)
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
		if err := l.senseless(); err != nil {
			return err
		}
		return nil
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
		return l.fail(fault.New(fault.RateLimited, "You are sending very fast. Please wait a moment and try again."), clip(f.Key, maxKey))
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
	if f.Identity != "" && l.visit.identity == nil {
		if err := l.addIdentity(f.Identity); err != nil {
			return err
		}
	}
	if l.greeted {
		return nil
	}
	l.greeted = true
	if reset {
		if err := l.sendJSON(struct {
			Type  string `json:"type"`
			Epoch string `json:"epoch"`
		}{"reset", w.Epoch}); err != nil {
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
			return err
		}
		if err := l.send(b); err != nil {
			return err
		}
	}
	return nil
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
