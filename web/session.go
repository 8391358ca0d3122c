package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
)

// sessions mints and reads the secret that gives a customer back their conversation. It is signed, not stored: a chat that nobody
// has written in yet costs no disk, and every node that shares the secret can read it.
type sessions struct {
	secret []byte
	life   time.Duration
	now    func() time.Time
}

// session is what the token says.
type session struct {
	Conv   chat.ConversationID
	Site   string
	Issued time.Time
}

const macLen = 16

var errSession = fault.New(fault.Unauthorized, "This chat is over or was opened elsewhere. Please start a new one.")

// mint makes a token: issue time, conversation, site, and a MAC over them.
func (s *sessions) mint(conv chat.ConversationID, site string) string {
	body := binary.BigEndian.AppendUint32(nil, uint32(s.now().Unix()))
	body = append(body, conv...)
	body = append(body, site...)
	return base64.RawURLEncoding.EncodeToString(append(body, s.mac(body)...))
}

func (s *sessions) mac(body []byte) []byte {
	m := hmac.New(sha256.New, s.secret)
	m.Write([]byte("customer session\x00"))
	m.Write(body)
	return m.Sum(nil)[:macLen]
}

// read returns what a token says; a forged, foreign, mangled or outlived one gives a fault.Unauthorized.
func (s *sessions) read(token string) (session, error) {
	if len(token) > 512 {
		return session{}, errSession
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(token))
	if err != nil || len(raw) < 4+26+macLen {
		return session{}, errSession
	}
	body, mac := raw[:len(raw)-macLen], raw[len(raw)-macLen:]
	if subtle.ConstantTimeCompare(mac, s.mac(body)) != 1 {
		return session{}, errSession
	}
	out := session{Issued: time.Unix(int64(binary.BigEndian.Uint32(body)), 0), Conv: chat.ConversationID(body[4:30]), Site: string(body[30:])}
	if !out.Conv.Valid() || s.now().Sub(out.Issued) > s.life {
		return session{}, errSession
	}
	return out, nil
}
