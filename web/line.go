package web

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"balie/internal/fault"
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
	helloWait  = 10 * time.Second // for the first frame
	writeWait  = 10 * time.Second // for one frame to be taken; longer is a slow reader
	pingEvery  = 25 * time.Second
	pongWait   = 65 * time.Second       // two pings may get lost on a bad line
	lingerWait = 700 * time.Millisecond // for the other side to read why we hang up
)

// sendRoom is how much a reader may be behind before a write waits for it. The kernel doubles it. It bounds what ten thousand slow
// readers can make the kernel hold, and leaves room to enlarge it for a farewell.
const sendRoom = 64 << 10

// line is a WebSocket with one reading goroutine and writes from any. It holds no channel and no timer of its own: what is to be
// written is written by whoever has it, and one goroutine pings all lines.
type line struct {
	conn    *websocket.Conn
	mu      sync.Mutex  // of writing
	gone    atomic.Bool // nothing is written any more
	greeted bool        // only the reader uses it: an honest client, who may be silent for longer
	rate    bucket      // frames and pings
}

func newUpgrader(pool websocket.BufferPool) websocket.Upgrader {
	return websocket.Upgrader{HandshakeTimeout: helloWait, ReadBufferSize: 512, WriteBufferSize: 4096, WriteBufferPool: pool,
		CheckOrigin: func(*http.Request) bool { return true }, // checked before: a refused browser gets a close code it can read
	}
}

// tail is a connection that counts what it has written of the present text frame, so that a farewell can follow a frame that a slow
// reader did not take in time.
type tail struct {
	net.Conn
	sent atomic.Int64
}

// textFrame is the first byte of an unfragmented text frame, closeFrame of a close frame (RFC 6455, 5.2).
const (
	textFrame  = 0x81
	closeFrame = 0x88
)

// Write writes. Pings and pongs, which may stand between two text frames, are not counted.
func (t *tail) Write(b []byte) (int, error) {
	n, err := t.Conn.Write(b)
	if len(b) > 0 && (b[0] == textFrame || t.sent.Load() > 0) {
		t.sent.Add(int64(n))
	}
	return n, err
}

// goodbye says to a reader who fell behind why the line ends. Their side of the connection is full, so it is given a little more room:
// the kernel delivers the rest of the frame and the farewell after we have gone.
func (t *tail) goodbye(data []byte, code int, why string) {
	tcp, ok := t.Conn.(*net.TCPConn)
	if !ok {
		return
	}
	var out []byte
	if sent := int(t.sent.Load()); sent > 0 {
		frame := append(frameHead(len(data)), data...)
		out = frame[min(sent, len(frame)):]
	}
	body := websocket.FormatCloseMessage(code, why)
	out = append(append(out, closeFrame, byte(len(body))), body...)
	tcp.SetWriteBuffer(8 * sendRoom)
	tcp.SetWriteDeadline(time.Now().Add(time.Second))
	tcp.Write(out)
}

// frameHead is what a server writes before a text of n bytes.
func frameHead(n int) []byte {
	switch {
	case n <= 125:
		return []byte{textFrame, byte(n)}
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16([]byte{textFrame, 126}, uint16(n))
	}
	return binary.BigEndian.AppendUint64([]byte{textFrame, 127}, uint64(n))
}

// upgraded hands gorilla a tail instead of the bare connection.
type upgraded struct{ http.ResponseWriter }

// Hijack takes the connection over from the HTTP server.
func (u upgraded) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(sendRoom)
	}
	return &tail{Conn: c}, rw, nil
}

// send writes one text frame. A reader that does not take it in time is closed as too slow: the log has what it missed.
func (l *line) send(data []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone.Load() {
		return net.ErrClosed
	}
	t, counted := l.conn.NetConn().(*tail)
	if counted {
		t.sent.Store(0)
	}
	l.conn.SetWriteDeadline(time.Now().Add(writeWait))
	err := l.conn.WriteMessage(websocket.TextMessage, data)
	if err != nil {
		l.gone.Store(true)
		if ne := net.Error(nil); counted && errors.As(err, &ne) && ne.Timeout() {
			t.goodbye(data, closeSlow, "too slow: come back with your position")
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

// hangUp says why the line ends; the reader then closes it, when the other side has heard or a moment has passed.
func (l *line) hangUp(code int, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone.Swap(true) {
		return
	}
	l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(time.Second))
	l.conn.SetReadDeadline(time.Now().Add(lingerWait))
}

// patience gives the other side time until the next sign of life. Before the hello there is one deadline, and after the
// farewell another; neither moves.
func (l *line) patience() {
	if l.greeted && !l.gone.Load() {
		l.conn.SetReadDeadline(time.Now().Add(pongWait))
		if l.gone.Load() {
			l.conn.SetReadDeadline(time.Now().Add(lingerWait))
		}
	}
}

// linger reads on for a moment after the farewell: closing while something unread lies here would make the network drop the
// farewell too.
func (l *line) linger() {
	defer l.conn.Close()
	c := l.conn.NetConn()
	if t, ok := c.(*tail); ok {
		c = t.Conn
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.CloseWrite()
	}
	c.SetReadDeadline(time.Now().Add(lingerWait))
	io.Copy(io.Discard, io.LimitReader(c, 4<<20))
}

// ping keeps the line alive. One that is busy writing is alive already.
func (l *line) ping() {
	if !l.mu.TryLock() {
		return
	}
	defer l.mu.Unlock()
	if l.gone.Load() {
		return
	}
	if err := l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)); err != nil {
		l.gone.Store(true)
		l.conn.Close()
	}
}

// prepare sets the limits of reading.
func (l *line) prepare() {
	l.conn.SetReadLimit(maxFrame)
	l.conn.SetReadDeadline(time.Now().Add(helloWait))
	l.conn.SetPongHandler(func(string) error { l.patience(); return nil })
	l.conn.SetPingHandler(func(data string) error {
		if !l.rate.take(1) {
			return errTooFast
		}
		l.patience()
		err := l.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
		if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() || errors.Is(err, websocket.ErrCloseSent) {
			return nil
		}
		return err
	})
}

var (
	errTooFast = errors.New("too many frames")
	errBinary  = errors.New("binary frame")
	errUTF8    = errors.New("text is not UTF-8")
	errPanic   = errors.New("panicked")
)

// readBuffers are shared by all lines: a line that is silent holds none.
var readBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read waits for one frame and hands its bytes to use, which must not keep them; see deal.
func (l *line) read(s *Server, use func([]byte) error) error {
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
	l.patience()
	if l.gone.Load() {
		return net.ErrClosed
	}
	return deal(use, buf.Bytes(), s.slog)
}

// part ends a line for the reason that reading ended, and closes it.
func (l *line) part(err error) {
	var ne net.Error
	var closed *websocket.CloseError
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
	case errors.Is(err, errPanic), errors.Is(err, errGreeting):
		l.hangUp(websocket.CloseInternalServerErr, "our mistake: come back later")
	case errors.As(err, &closed):
		l.gone.Store(true) // gorilla has answered
	case errors.As(err, &ne) && ne.Timeout() && !l.greeted:
		l.hangUp(closeNoHello, "no hello in time")
	case errors.As(err, &ne) && ne.Timeout():
		l.hangUp(closeSilent, "no sign of life")
	default:
		l.hangUp(websocket.CloseNormalClosure, "")
	}
	l.linger()
}
