package web

import (
	"encoding/json"
	"net"
	"sync"

	"github.com/gorilla/websocket"

	"balie/internal/chat"
	"balie/internal/relay"
)

// deskFollow is one conversation that is followed on this line.
type deskFollow struct {
	desk     *deskLine
	conv     chat.ConversationID
	follower *relay.Follower
	asked    bool // opened by hand, not because it is theirs

	mu   sync.Mutex // held while one event is sent
	left bool       // no longer followed: whatever is still under way is not sent
}

// maxOpen bounds how many conversations one desk line follows.
const maxOpen = 200

// follow begins to send a conversation's events after a position, unless it is followed already.
// It reports false when the line follows as many as it may.
func (l *deskLine) follow(id chat.ConversationID, after chat.Seq, asked bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.open[id]; f != nil {
		f.asked = f.asked || asked
		return true
	}
	if l.closed || len(l.open) >= maxOpen {
		return false
	}
	f := &deskFollow{desk: l, conv: id, asked: asked}
	f.follower = l.server.log.Follow(id, after, f)
	l.open[id] = f
	return true
}

// unfollow ends it; one that was opened by hand stays until it is left by hand.
func (l *deskLine) unfollow(id chat.ConversationID, byHand bool) {
	l.mu.Lock()
	f := l.open[id]
	if f == nil || (f.asked && !byHand) {
		l.mu.Unlock()
		return
	}
	delete(l.open, id)
	l.mu.Unlock()
	f.leave()
}

// leave ends the following: when it returns nothing more is sent for it.
func (f *deskFollow) leave() {
	f.follower.Close()
	f.mu.Lock()
	f.left = true
	f.mu.Unlock()
}

// send writes one frame unless the conversation has been left.
func (f *deskFollow) send(b []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left {
		return net.ErrClosed
	}
	return f.desk.send(b)
}

// Ended hangs up when the log can no longer be followed: whoever comes back gets what they lack.
func (f *deskFollow) Ended(error) {
	f.desk.hangUp(websocket.CloseInternalServerErr, "our mistake: come back later")
}

// Events writes events as the desk sees them: all of them, notes included.
func (f *deskFollow) Events(events []chat.Event) error {
	for _, e := range events {
		b, err := encodeEvent(e, f.conv, true, f.desk.server.render)
		if err != nil {
			f.Ended(err)
			return err
		}
		if err := f.send(b); err != nil {
			return err
		}
	}
	return nil
}

// Signal writes typing: the customer's, and colleagues', but not one's own.
func (f *deskFollow) Signal(sig relay.Signal) error {
	if sig.Kind != "typing" || (sig.To != "" && sig.To != chat.RoleAgent) || sig.From.ID == f.desk.person.ID && sig.From.ID != "" {
		return nil
	}
	b, err := json.Marshal(struct {
		Type string              `json:"type"`
		Conv chat.ConversationID `json:"conversation"`
		From who                 `json:"from"`
	}{"typing", f.conv, who{Role: sig.From.Role, ID: sig.From.ID, Name: sig.From.Name}})
	if err != nil {
		return err
	}
	return f.send(b)
}
