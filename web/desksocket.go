package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"balie/handoff"
	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// deskLine is the socket of somebody at the desk: rows of what changes, and the events of the conversations they have or opened.
type deskLine struct {
	line
	server *Server
	person handoff.Person
	ip     string
	cookie string

	mu     sync.Mutex
	open   map[chat.ConversationID]*deskFollow
	shown  map[chat.ConversationID]shown
	closed bool
}

// shown is what the desk last heard of a conversation, to tell what is news.
type shown struct {
	owner chat.Owner
	sla   string
	heard chat.Seq
	asked int
}

func (s *Server) deskSocket(w http.ResponseWriter, r *http.Request) {
	p, err := s.person(r)
	refuse := 0
	origin := r.Header.Get("Origin")
	switch {
	case origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host && !s.isOwn(origin):
		refuse = closeOrigin
	case err != nil || !p.May(handoff.RoleAgent, handoff.RoleSupervisor):
		refuse = closeSignedOut
	case !s.doors.enter("", true):
		refuse = websocket.CloseTryAgainLater
	}
	conn, upErr := s.upgrader.Upgrade(upgraded{w}, r, nil)
	if upErr != nil {
		if refuse == 0 {
			s.doors.leave("", true)
		}
		return
	}
	l := &deskLine{line: line{conn: conn, rate: s.frameBucket()}, server: s, person: p, ip: s.clientIP(r), cookie: cookieValue(r),
		open: map[chat.ConversationID]*deskFollow{}, shown: map[chat.ConversationID]shown{}}
	s.wg.Add(1)
	if refuse != 0 {
		go l.refuse(refuse)
		return
	}
	s.lines.Store(&l.line, l)
	go l.serve()
}

func (l *deskLine) refuse(code int) {
	defer l.server.wg.Done()
	defer l.linger()
	l.hangUp(code, map[int]string{closeOrigin: "origin is not allowed", closeSignedOut: "please sign in", websocket.CloseTryAgainLater: "too many connections"}[code])
}

// errGreeting is what a line ends with when the house could not even say who is signed in.
var errGreeting = errors.New("greeting failed")

func (l *deskLine) serve() {
	s := l.server
	defer s.wg.Done()
	l.prepare()
	l.greeted = true
	l.patience()
	ctx, cancel := context.WithCancel(context.Background())
	var live sync.WaitGroup
	w := s.log.Watch() // before the first look: what changes from here on is told
	err := l.greet(ctx)
	if err == nil {
		live.Go(func() { l.live(ctx, w) })
		for err == nil {
			err = l.read(s, l.handle)
		}
	} else {
		s.slog.Warn("desk cannot be greeted", "agent", l.person.ID, "err", err)
		err = errGreeting
	}
	w.Close()
	cancel()
	s.lines.Delete(&l.line)
	l.closeAll()
	l.part(err)
	live.Wait()
	s.doors.leave("", true)
}

func (l *deskLine) closeAll() {
	l.mu.Lock()
	l.closed = true
	var all []*deskFollow
	for _, f := range l.open {
		all = append(all, f)
	}
	clear(l.open)
	l.mu.Unlock()
	for _, f := range all {
		f.follower.Close() // the line is gone: nobody hears what is still under way
	}
}

// greet says who is signed in, and takes up the conversations they have.
func (l *deskLine) greet(ctx context.Context) error {
	s := l.server
	err := l.sendJSON(struct {
		Type  string `json:"type"`
		Me    me     `json:"me"`
		Epoch string `json:"epoch"`
	}{"welcome", meOf(l.person), s.lists.Epoch()})
	if err != nil {
		return err
	}
	if err := s.desk.Beat(ctx, l.person, ""); err != nil {
		return err
	}
	v, err := s.desk.Queue(ctx, l.person)
	if err != nil {
		return err
	}
	for _, cs := range [][]chat.Conversation{v.Waiting, v.Mine, v.Bot} {
		for _, c := range cs {
			l.shown[c.ID] = shown{c.Owner, s.desk.Urgency(c), c.Heard, len(asked(c, s.now()))}
		}
	}
	for _, c := range v.Mine {
		l.follow(c.ID, c.Head, false)
	}
	return l.sendAgents(ctx)
}

func (l *deskLine) sendAgents(ctx context.Context) error {
	agents, err := l.server.agents(ctx)
	if err != nil {
		return err
	}
	return l.sendJSON(struct {
		Type   string     `json:"type"`
		Agents []agentOut `json:"agents"`
	}{"agents", agents})
}

// live tells the desk what changes, keeps the agent's presence alive, and hangs up when they are signed out.
func (l *deskLine) live(ctx context.Context, w *relay.Watcher) {
	beat := time.NewTicker(l.server.desk.Lease() / 3)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-w.Ready():
			for _, id := range w.Take() {
				if err = l.changed(ctx, id); err != nil {
					break
				}
			}
		case <-beat.C:
			err = l.beat(ctx)
		}
		if err != nil {
			if ctx.Err() == nil && fault.Is(err, fault.Unauthorized) {
				l.hangUp(closeSignedOut, "please sign in")
			} else if ctx.Err() == nil {
				l.hangUp(websocket.CloseInternalServerErr, "come back")
			}
			return
		}
	}
}

func (l *deskLine) beat(ctx context.Context) error {
	s := l.server
	p, err := s.bearerOf(ctx, l.cookie)
	if err == nil && !p.May(handoff.RoleAgent, handoff.RoleSupervisor) {
		err = errSignIn
	}
	if err != nil {
		return err
	}
	if err := s.desk.Beat(ctx, l.person, ""); err != nil {
		return err
	}
	if err := l.lookAtOwn(ctx); err != nil {
		return err
	}
	return l.sendAgents(ctx)
}

// lookAtOwn tells of this person's conversations in which a promise is nearly broken since: nothing happens in them that would tell.
func (l *deskLine) lookAtOwn(ctx context.Context) error {
	l.mu.Lock()
	own := map[chat.ConversationID]string{}
	for id, was := range l.shown {
		if was.owner.Agent == l.person.ID {
			own[id] = was.sla
		}
	}
	l.mu.Unlock()
	for id, was := range own {
		c, err := l.server.log.Conversation(ctx, id)
		if err != nil {
			return err
		}
		if l.server.desk.Urgency(c) != was {
			if err := l.changed(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// changed tells of one conversation: its row, an alert if it concerns this person, and its events if it has become theirs.
func (l *deskLine) changed(ctx context.Context, id chat.ConversationID) error {
	s := l.server
	c, err := s.log.Conversation(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := shown{c.Owner, s.desk.Urgency(c), c.Heard, len(asked(c, s.now()))}
	l.mu.Lock()
	was, known := l.shown[id]
	if c.Owner.Role == chat.RoleNobody {
		delete(l.shown, id)
	} else {
		l.shown[id] = now
	}
	l.mu.Unlock()
	mine := c.Owner.Role == chat.RoleAgent && c.Owner.Agent == l.person.ID
	if mine {
		l.follow(id, c.Owner.Since-1, false)
	} else {
		l.unfollow(id, false)
	}
	err = l.sendJSON(struct {
		Type string `json:"type"`
		Row  row    `json:"row"`
	}{"row", s.row(c, l.person)})
	if err != nil {
		return err
	}
	return l.alert(c, was, known, now, mine)
}

func (l *deskLine) alert(c chat.Conversation, was shown, known bool, now shown, mine bool) error {
	kind := ""
	switch {
	case c.Owner.Role == chat.RoleQueue && (!known || was.owner.Role != chat.RoleQueue):
		kind = "new_in_queue"
	case now.asked > was.asked && l.person.May(handoff.RoleSupervisor):
		kind = "request"
	case mine && (!known || was.owner.Since != c.Owner.Since):
		kind = "assigned"
	case mine && now.heard > was.heard:
		kind = "new_message"
	case (mine || c.Owner.Role == chat.RoleQueue) && now.sla != "ok" && was.sla != now.sla:
		kind = "sla"
	default:
		return nil
	}
	return l.sendJSON(struct {
		Type  string              `json:"type"`
		Alert string              `json:"alert"`
		Conv  chat.ConversationID `json:"conversation"`
		Text  string              `json:"text"`
	}{"alert", kind, c.ID, c.Last.Text})
}

// deskFrame is what the desk's page sends.
type deskFrame struct {
	Type         string              `json:"type"`
	State        string              `json:"state"`
	Conversation chat.ConversationID `json:"conversation"`
	After        chat.Seq            `json:"after"`
}

func (l *deskLine) handle(data []byte) error {
	if !l.rate.take(1) {
		return errTooFast
	}
	var f deskFrame
	if err := json.Unmarshal(data, &f); err != nil {
		return l.fail(fault.New(fault.Invalid, "That is not a frame of this protocol; see docs/protocol.md."), "")
	}
	ctx := context.Background()
	switch f.Type {
	case "presence":
		if err := l.server.desk.SetState(ctx, l.person, handoff.State(f.State)); err != nil {
			return l.fail(err, "")
		}
		return l.sendAgents(ctx)
	case "typing":
		return l.typing(ctx, f.Conversation)
	case "open":
		return l.openConversation(ctx, f)
	case "leave":
		if c, err := l.server.log.Conversation(ctx, f.Conversation); err == nil && c.Owner.Agent != l.person.ID {
			l.unfollow(f.Conversation, true)
		}
	case "ping":
	default:
		return l.fail(fault.Newf(fault.Invalid, "There is no frame of type %q.", clip(f.Type, 40)), "")
	}
	return nil
}

// typing shows the customer that their agent types. Who only looks on is seen typing by colleagues.
func (l *deskLine) typing(ctx context.Context, id chat.ConversationID) error {
	c, err := l.server.log.Conversation(ctx, id)
	if err != nil {
		return l.fail(err, "")
	}
	sig := relay.Signal{Conv: id, Kind: "typing", From: chat.Party{Role: chat.RoleAgent, ID: l.person.ID, Name: l.person.Name}}
	if c.Owner.Agent != l.person.ID {
		sig.To = chat.RoleAgent
	}
	l.server.log.Signal(sig)
	return nil
}

// openConversation follows one from a position; opening it again starts anew from there.
func (l *deskLine) openConversation(ctx context.Context, f deskFrame) error {
	c, err := l.server.log.Conversation(ctx, f.Conversation)
	if err != nil {
		return l.fail(err, "")
	}
	if err := l.server.desk.Opened(ctx, l.person, c); err != nil {
		return l.fail(err, "")
	}
	l.unfollow(f.Conversation, true)
	if !l.follow(f.Conversation, f.After, true) { // silence would look like a quiet conversation
		return l.fail(fault.Newf(fault.Invalid, "At most %d conversations can be open at once.", maxOpen), "")
	}
	return nil
}
