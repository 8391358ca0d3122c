package web_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"balie/web"
)

// FuzzFrames sends any text as a frame, to a customer's line and to a desk's. Each is answered or ends the line with a code of the
// protocol, and the house stands.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{`{"type":"hello"}`, `{"type":"say","key":"k","text":"hallo"}`, `{"type":"press","key":"k","button":"b-1"}`,
		`{"type":"submit","key":"k","form":"f","values":{"a":"b"}}`, `{"type":"human","key":"k"}`, `{"type":"rate","key":"k","score":3}`,
		`{"type":"seen","seq":18446744073709551615}`, `{"type":"end","key":"k"}`, `{"type":"typing"}`, `{"type":"open","conversation":"x","after":1}`,
		`{"type":"presence","state":"away"}`, `{"type":"hello","session":"AAAA","after":18446744073709551615,"epoch":"x"}`, `[]`, `null`, `"`, "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		r := newRig(t, func(o *web.Options) { o.NoRateLimit = false })
		for _, w := range []*wire{r.visitor(), r.signIn("sanne").desk()} {
			w.sendRaw(websocket.TextMessage, []byte(data))
			w.sendRaw(websocket.TextMessage, []byte(`{"type":"no such type"}`)) // is answered, if the line still stands
			for {
				w.conn.SetReadDeadline(time.Now().Add(patience))
				_, b, err := w.conn.ReadMessage()
				if err == nil && len(b) > 0 {
					if string(b[:15]) == `{"type":"error"` {
						break
					}
					continue
				}
				if c, ok := err.(*websocket.CloseError); !ok || c.Code == 1011 || (c.Code == 1007) == utf8.ValidString(data) && len(data) <= 64<<10 {
					t.Errorf("%q: %v", data, err)
				}
				break
			}
		}
	})
}
