// Package visitor is a customer's end of the line, for programs: the terminal chat, tests and load. It speaks the WebSocket protocol of
// docs/protocol.md as a browser does: it keeps what was not acknowledged and says it again after a cut, asks for what it missed, and
// knows from the close code whether to come back.
package visitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"balie/internal/chat"
)

// Options say where to go and as whom.
type Options struct {
	URL      string // of the server, http(s)://HOST
	Site     string
	Lang     string
	Identity string // a token of the website's, or ""
	Page     string
	Session  string // of an earlier visit, or ""
}

// Frame is what the server sends. Raw is all of it; the other fields are what most callers look at.
type Frame struct {
	Raw  []byte   `json:"-"`
	Type string   `json:"type"`
	Key  string   `json:"key"`
	Code string   `json:"code"` // of an error
	Seq  chat.Seq `json:"seq"`
	Kind string   `json:"kind"`

	Session   string     `json:"session"`
	Reference string     `json:"reference"`
	Epoch     string     `json:"epoch"`
	Owner     any        `json:"owner"` // a word in welcome, an object in an event
	From      chat.Party `json:"from"`
	Text      string     `json:"text"` // of a delta

	Message json.RawMessage `json:"message"` // words in an error, an object in an event
}

// Visitor is one customer. Make one with New; Run keeps its line open.
type Visitor struct {
	opt Options

	mu      sync.Mutex
	conn    *websocket.Conn
	session string
	epoch   string
	after   chat.Seq
	unacked []outgoing
	keys    int
	prefix  string
}

type outgoing struct {
	key  string
	data []byte
}

// New makes a visitor; nothing is sent until Run.
func New(opt Options) *Visitor {
	return &Visitor{opt: opt, session: opt.Session, prefix: strconv.FormatUint(rand.Uint64(), 36)}
}

// Session is the secret with which a later visit comes back to this conversation; "" before the first welcome.
func (v *Visitor) Session() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.session
}

// Mine reports whether a key is one that this visitor gave.
func (v *Visitor) Mine(key string) bool { return strings.HasPrefix(key, v.prefix+"-") }

// ErrRefused is wrapped by Run's error when coming back would not help.
var ErrRefused = errors.New("the server does not take this visitor")

// How long a line may be silent before it counts as cut (the server pings more often), and how long a write may take.
const (
	silence   = 90 * time.Second
	writeWait = 10 * time.Second
	dialWait  = 10 * time.Second
	maxFrame  = 1 << 20
)

// Run opens the line, gives each the frames that come, in order, and opens it again when it is cut, until ctx ends. Frames that came
// before are not given twice. It returns nil when ctx ends; an error if the first connection fails, or the server says not to come back.
func (v *Visitor) Run(ctx context.Context, each func(Frame)) error {
	for tries := 0; ; tries++ {
		greeted, err := v.visit(ctx, each)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrRefused), tries == 0 && !greeted:
			return err
		case greeted:
			tries = 0
		}
		pause := min(200*time.Millisecond<<min(tries, 6), 10*time.Second)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause/2 + rand.N(pause)):
		}
	}
}

// visit is one connection, from hello to its end.
func (v *Visitor) visit(ctx context.Context, each func(Frame)) (greeted bool, err error) {
	conn, err := v.dial(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() {
		bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
		conn.Close()
	})
	defer stop()
	defer v.detach()
	conn.SetReadLimit(maxFrame)
	alive := func() { conn.SetReadDeadline(time.Now().Add(silence)) }
	alive()
	ping := conn.PingHandler()
	conn.SetPingHandler(func(data string) error { alive(); return ping(data) })
	for {
		_, data, err := conn.ReadMessage()
		if err != nil {
			return greeted, comeBack(err)
		}
		alive()
		f := Frame{Raw: data}
		if err := json.Unmarshal(data, &f); err != nil {
			return greeted, fmt.Errorf("read frame: %w", err)
		}
		if f.Type == "welcome" {
			greeted = true
		}
		if v.note(f) {
			each(f)
		}
		if f.Type == "welcome" {
			if err := v.attach(conn); err != nil {
				return greeted, err
			}
		}
	}
}

// dial connects and says hello.
func (v *Visitor) dial(ctx context.Context) (*websocket.Conn, error) {
	u, err := url.Parse(strings.TrimRight(v.opt.URL, "/") + "/api/v1/chat/ws?site=" + url.QueryEscape(v.opt.Site))
	if err != nil {
		return nil, fmt.Errorf("%s is not an address: %w", v.opt.URL, err)
	}
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	}
	dialer := websocket.Dialer{HandshakeTimeout: dialWait, Proxy: http.ProxyFromEnvironment}
	conn, _, err := dialer.DialContext(ctx, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", v.opt.URL, err)
	}
	v.mu.Lock()
	hello := map[string]any{"type": "hello", "session": v.session, "after": v.after, "epoch": v.epoch, "lang": v.opt.Lang, "page": v.opt.Page}
	v.mu.Unlock()
	if v.opt.Identity != "" {
		hello["identity"] = v.opt.Identity
	}
	conn.SetWriteDeadline(time.Now().Add(writeWait))
	if err := conn.WriteJSON(hello); err != nil {
		conn.Close()
		return nil, fmt.Errorf("say hello: %w", err)
	}
	return conn, nil
}

// note keeps what must be remembered of a frame, and reports whether it is news.
func (v *Visitor) note(f Frame) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch f.Type {
	case "welcome":
		v.session, v.epoch = f.Session, f.Epoch
	case "reset":
		v.epoch, v.after = f.Epoch, 0
	case "event":
		if f.Seq <= v.after {
			return false
		}
		v.after = f.Seq
	case "ack", "error":
		for i, o := range v.unacked {
			if o.key == f.Key {
				v.unacked = append(v.unacked[:i], v.unacked[i+1:]...)
				break
			}
		}
	}
	return true
}

// attach makes conn the line on which Send writes, and says again what was not acknowledged.
func (v *Visitor) attach(conn *websocket.Conn) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.conn == conn { // a second welcome, to a second hello
		return nil
	}
	v.conn = conn
	for _, o := range v.unacked {
		if err := v.write(o.data); err != nil {
			return err
		}
	}
	return nil
}

func (v *Visitor) detach() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.conn = nil
}

func (v *Visitor) write(data []byte) error {
	v.conn.SetWriteDeadline(time.Now().Add(writeWait))
	if err := v.conn.WriteMessage(websocket.TextMessage, data); err != nil {
		return fmt.Errorf("send frame: %w", err)
	}
	return nil
}

// Send sends a frame under a key of its own and returns the key; its ack or error carries it. While the line is cut the frame waits,
// and it is said again until it is acknowledged: the key makes that safe.
func (v *Visitor) Send(frame map[string]any) (key string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys++
	key = v.prefix + "-" + strconv.Itoa(v.keys)
	frame["key"] = key
	data, err := json.Marshal(frame)
	if err != nil {
		return "", fmt.Errorf("encode frame: %w", err)
	}
	v.unacked = append(v.unacked, outgoing{key, data})
	if v.conn != nil {
		if v.write(data) != nil {
			v.conn.Close() // reading finds out, and the next line says it again
		}
	}
	return key, nil
}

// Speak says hello again in another language.
func (v *Visitor) Speak(lang string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.opt.Lang = lang
	if v.conn == nil {
		return nil
	}
	data, err := json.Marshal(map[string]any{"type": "hello", "session": v.session, "after": v.after, "epoch": v.epoch, "lang": lang})
	if err != nil {
		return fmt.Errorf("encode hello: %w", err)
	}
	return v.write(data)
}

// forGood are the close codes after which coming back does not help.
var forGood = map[int]string{
	websocket.CloseUnsupportedData: "frames must be text", websocket.CloseInvalidFramePayloadData: "frames must be UTF-8",
	4100: "the session is over", 4101: "the site is not known, or the origin is not on its list", 4102: "the frames are not of this protocol",
}

// comeBack is the error of a line that ended; it wraps ErrRefused when it ended for good.
func comeBack(err error) error {
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		if why, ok := forGood[closed.Code]; ok {
			return fmt.Errorf("%w: %s (%d)", ErrRefused, why, closed.Code)
		}
	}
	return fmt.Errorf("the line was cut: %w", err)
}
