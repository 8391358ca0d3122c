package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"balie/handoff"
	"balie/internal/chat"
	"balie/internal/fault"
)

// Draft is what an agent has typed and not sent.
type Draft struct {
	Text string `json:"text"`
	Note string `json:"note"`
}

// row is a conversation in a list; see docs/protocol.md.
type row struct {
	ID         chat.ConversationID `json:"id"`
	Reference  string              `json:"reference"`
	Site       string              `json:"site"`
	Name       string              `json:"name"`
	Verified   bool                `json:"verified"`
	Topic      string              `json:"topic"`
	Lang       string              `json:"lang"`
	Owner      ownerOut            `json:"owner"`
	Reason     chat.Reason         `json:"reason"`
	Priority   int                 `json:"priority"`
	Team       string              `json:"team"`
	Last       *chat.Last          `json:"last"`
	Waiting    *time.Time          `json:"waiting_since"`
	WaitedS    int                 `json:"waited_s"`
	SLA        string              `json:"sla"`
	Head       chat.Seq            `json:"head"`
	Heard      chat.Seq            `json:"heard"`
	Answered   chat.Seq            `json:"answered"`
	Unanswered bool                `json:"unanswered"`
	Created    time.Time           `json:"created"`
	Closed     *time.Time          `json:"closed"`
	Code       string              `json:"code"`
	Asked      int                 `json:"asked"`
	Lease      string              `json:"lease,omitempty"`
}

type ownerOut struct {
	Role   chat.Role   `json:"role"`
	Agent  string      `json:"agent"`
	Name   string      `json:"name"`
	Reason chat.Reason `json:"reason"`
	Since  chat.Seq    `json:"since"`
}

func (s *Server) row(c chat.Conversation, p handoff.Person) row {
	r := row{ID: c.ID, Reference: c.ID.Reference(), Site: c.Site, Name: c.Customer.Name, Verified: c.Customer.Level.AtLeast(chat.LevelOrder),
		Topic: c.Intent, Lang: c.Lang, Owner: ownerOut{c.Owner.Role, c.Owner.Agent, c.Owner.Name, c.Owner.Reason, c.Owner.Since},
		Reason: c.Escalated, Priority: c.Priority, Team: c.Team, SLA: s.desk.Urgency(c), Head: c.Head, Heard: c.Heard, Answered: c.Answered,
		Unanswered: handoff.Unanswered(c), Created: c.Created, Code: c.Code, Asked: len(asked(c, s.now()))}
	if c.Last.Seq > 0 {
		r.Last = &c.Last
	}
	if !c.WaitingSince.IsZero() {
		r.Waiting, r.WaitedS = &c.WaitingSince, int(s.now().Sub(c.WaitingSince)/time.Second)
	}
	if !c.Closed.IsZero() {
		r.Closed = &c.Closed
	}
	if c.Owner.Agent == p.ID {
		r.Lease = c.Lease()
	}
	return r
}

func (s *Server) rows(cs []chat.Conversation, p handoff.Person) []row {
	out := make([]row, len(cs))
	for i, c := range cs {
		out[i] = s.row(c, p)
	}
	return out
}

func (s *Server) deskRoutes(mux router) {
	mux.HandleFunc("POST /api/v1/login", s.login)
	mux.HandleFunc("POST /api/v1/logout", s.logout)
	mux.HandleFunc("GET /api/v1/me", s.as(func(w http.ResponseWriter, r *http.Request, p handoff.Person) { writeJSON(w, http.StatusOK, meOf(p)) }))
	mux.HandleFunc("GET /api/v1/desk/ws", s.deskSocket)
	agent := []string{handoff.RoleAgent, handoff.RoleSupervisor}
	for pattern, h := range map[string]func(*http.Request, handoff.Person) (any, error){
		"GET /api/v1/desk/queue":                        s.deskQueue,
		"PUT /api/v1/desk/presence":                     s.deskPresence,
		"GET /api/v1/desk/settings":                     s.deskSettings,
		"GET /api/v1/desk/search":                       s.deskSearch,
		"GET /api/v1/desk/actions":                      s.deskActs,
		"GET /api/v1/desk/requests":                     s.deskRequests,
		"GET /api/v1/desk/conversations/{id}/actions":   s.deskChoices,
		"GET /api/v1/desk/conversations/{id}":           s.deskConversation,
		"POST /api/v1/desk/conversations/{id}/claim":    s.deskClaim,
		"POST /api/v1/desk/conversations/{id}/messages": s.deskMessage,
		"POST /api/v1/desk/conversations/{id}/notes":    s.deskNote,
		"POST /api/v1/desk/conversations/{id}/transfer": s.deskTransfer,
		"POST /api/v1/desk/conversations/{id}/return":   s.deskReturn,
		"POST /api/v1/desk/conversations/{id}/close":    s.deskClose,
		"POST /api/v1/desk/conversations/{id}/marks":    s.deskMark,
		"POST /api/v1/desk/conversations/{id}/actions":  s.deskAction,
		"POST /api/v1/desk/conversations/{id}/tests":    s.deskKeepTest,
		"PUT /api/v1/desk/conversations/{id}/draft":     s.deskDraft,
	} {
		mux.HandleFunc(pattern, s.as(func(w http.ResponseWriter, r *http.Request, p handoff.Person) {
			v, err := h(r, p)
			if err == nil && v == nil {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			s.answer(w, r, v, err)
		}, agent...))
	}
}

// convOf reads the conversation's id from the path; what has not the form of an id is not there.
func convOf(r *http.Request) (chat.ConversationID, error) {
	id := chat.ConversationID(r.PathValue("id"))
	if !id.Valid() {
		return "", fault.New(fault.NotFound, "There is no such conversation.")
	}
	return id, nil
}

// deskBody is the body of any call that changes a conversation.
type deskBody struct {
	Key     string   `json:"key"`
	Text    string   `json:"text"`
	Lease   string   `json:"lease"`
	Note    string   `json:"note"`
	Team    string   `json:"team"`
	Agent   string   `json:"agent"`
	Code    string   `json:"code"`
	Seq     chat.Seq `json:"seq"`
	Verdict string   `json:"verdict"`
	Article string   `json:"article"`
	State   string   `json:"state"`

	actBody
}

func (b deskBody) key() chat.Key { return chat.Key(b.Key) }

func deskCall(r *http.Request) (chat.ConversationID, deskBody, error) {
	var b deskBody
	id, err := convOf(r)
	if err == nil {
		err = readJSON(r, &b)
	}
	if err == nil && len(b.Key) > maxKey {
		err = fault.Newf(fault.TooLong, "A key has at most %d characters.", maxKey)
	}
	return id, b, err
}

func (s *Server) deskQueue(r *http.Request, p handoff.Person) (any, error) {
	if err := s.desk.Beat(r.Context(), p, ""); err != nil {
		return nil, err
	}
	v, err := s.desk.Queue(r.Context(), p)
	if err != nil {
		return nil, err
	}
	present, err := s.desk.Present(r.Context())
	if err != nil {
		return nil, err
	}
	state := handoff.Offline
	for _, x := range present {
		if x.Agent == p.ID {
			state = x.State
		}
	}
	return map[string]any{"waiting": s.rows(v.Waiting, p), "mine": s.rows(v.Mine, p), "bot": s.rows(v.Bot, p), "closed": s.rows(v.Closed, p), "presence": state}, nil
}

func (s *Server) deskPresence(r *http.Request, p handoff.Person) (any, error) {
	var b deskBody
	if err := readJSON(r, &b); err != nil {
		return nil, err
	}
	return map[string]string{"state": b.State}, s.desk.SetState(r.Context(), p, handoff.State(b.State))
}

// agentOut is a colleague as the desk sees them.
type agentOut struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	State         handoff.State `json:"state"`
	Conversations int           `json:"conversations"`
}

func (s *Server) agents(ctx context.Context) ([]agentOut, error) {
	present, err := s.desk.Present(ctx)
	if err != nil {
		return nil, err
	}
	out := []agentOut{}
	for _, x := range present {
		a := agentOut{ID: x.Agent, Name: x.Name, State: x.State}
		err := s.lists.List(ctx, chat.AgentList(x.Agent), "", false, func(string, chat.Conversation) bool {
			a.Conversations++
			return true
		})
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (s *Server) deskSettings(r *http.Request, p handoff.Person) (any, error) {
	agents, err := s.agents(r.Context())
	if err != nil {
		return nil, err
	}
	canned, err := s.canned(r, false)
	set := s.desk.Settings()
	if set.Teams == nil {
		set.Teams = []handoff.Team{}
	}
	return map[string]any{"codes": set.Codes, "canned": canned, "teams": set.Teams, "agents": agents, "sla_s": set.SLA}, err
}

// maxLog bounds how many events of a conversation a page gets at once: the latest.
const maxLog = 5000

// tailOf reads the latest events of a conversation, in pieces.
func (s *Server) tailOf(ctx context.Context, c chat.Conversation) ([]chat.Event, error) {
	after := chat.Seq(0)
	if c.Head > maxLog {
		after = c.Head - maxLog
	}
	var all []chat.Event
	for after < c.Head {
		part, err := s.log.Read(ctx, c.ID, after, 500)
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			break
		}
		all = append(all, part...)
		after = part[len(part)-1].Seq
	}
	return all, nil
}

func (s *Server) deskConversation(r *http.Request, p handoff.Person) (any, error) {
	id, err := convOf(r)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	c, err := s.log.Conversation(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := s.desk.Opened(ctx, p, c); err != nil {
		return nil, err
	}
	all, err := s.tailOf(ctx, c)
	if err != nil {
		return nil, err
	}
	packet, err := s.desk.Packet(ctx, c, all, s.opt.Profiles)
	if err != nil {
		return nil, err
	}
	if about := packet.About; about != nil {
		lang, article, _ := strings.Cut(about.Article, "/")
		if a, err := s.opt.Library.Article(ctx, lang, article); err == nil { // else it was taken away since
			about.Title = a.Title
		}
	}
	after, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 63)
	events := []json.RawMessage{}
	for _, e := range all {
		if e.Seq <= chat.Seq(after) {
			continue
		}
		b, err := encodeEvent(e, "", true, s.render)
		if err != nil {
			return nil, err
		}
		events = append(events, b)
	}
	d, _, err := s.opt.Drafts.Get(ctx, draftID(p, id))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	return map[string]any{"row": s.row(c, p), "events": events, "customer": packet.Customer, "context": packet, "draft": d}, s.desk.Beat(ctx, p, "")
}

func draftID(p handoff.Person, id chat.ConversationID) string { return p.ID + "/" + string(id) }

func (s *Server) deskClaim(r *http.Request, p handoff.Person) (any, error) {
	id, err := convOf(r)
	if err != nil {
		return nil, err
	}
	c, err := s.desk.Claim(r.Context(), p, id)
	if err != nil {
		return nil, err
	}
	return map[string]any{"lease": c.Lease(), "row": s.row(c, p)}, nil
}

func (s *Server) deskMessage(r *http.Request, p handoff.Person) (any, error) {
	id, b, err := deskCall(r)
	if err != nil {
		return nil, err
	}
	seq, err := s.desk.Say(r.Context(), p, id, b.key(), b.Text, b.Lease)
	return map[string]chat.Seq{"seq": seq}, err
}

func (s *Server) deskNote(r *http.Request, p handoff.Person) (any, error) {
	id, b, err := deskCall(r)
	if err != nil {
		return nil, err
	}
	seq, err := s.desk.Note(r.Context(), p, id, b.key(), b.Text)
	return map[string]chat.Seq{"seq": seq}, err
}

func (s *Server) deskMark(r *http.Request, p handoff.Person) (any, error) {
	id, b, err := deskCall(r)
	if err != nil {
		return nil, err
	}
	seq, err := s.desk.Mark(r.Context(), p, id, b.Seq, b.Verdict)
	return map[string]chat.Seq{"seq": seq}, err
}

func (s *Server) deskTransfer(r *http.Request, p handoff.Person) (any, error) {
	id, b, err := deskCall(r)
	if err != nil {
		return nil, err
	}
	c, err := s.desk.Transfer(r.Context(), p, id, b.Team, b.Agent, clip(b.Note, handoff.MaxText), b.Lease)
	return map[string]any{"row": s.row(c, p)}, err
}

func (s *Server) deskReturn(r *http.Request, p handoff.Person) (any, error) {
	id, b, err := deskCall(r)
	if err != nil {
		return nil, err
	}
	c, err := s.desk.Return(r.Context(), p, id, clip(b.Note, handoff.MaxText), b.Lease)
	return map[string]any{"row": s.row(c, p)}, err
}

func (s *Server) deskClose(r *http.Request, p handoff.Person) (any, error) {
	id, b, err := deskCall(r)
	if err != nil {
		return nil, err
	}
	c, err := s.desk.Close(r.Context(), p, id, b.Code, clip(b.Note, handoff.MaxText), b.Lease)
	return map[string]any{"row": s.row(c, p)}, err
}

func (s *Server) deskDraft(r *http.Request, p handoff.Person) (any, error) {
	id, b, err := deskCall(r)
	if err != nil {
		return nil, err
	}
	if _, err := s.log.Conversation(r.Context(), id); err != nil {
		return nil, err
	}
	d := Draft{Text: clip(b.Text, 4*handoff.MaxText), Note: clip(b.Note, 4*handoff.MaxText)}
	return nil, s.opt.Drafts.Set(r.Context(), draftID(p, id), d)
}

// maxSearch bounds what a search at the desk looks through.
const maxSearch = 5000

// deskSearch finds conversations by reference, name, e-mail or customer id.
func (s *Server) deskSearch(r *http.Request, p handoff.Person) (any, error) {
	q := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("q")))
	out := []row{}
	if len(q) < 2 || len(q) > 200 {
		return map[string]any{"rows": out}, nil
	}
	looked := 0
	for _, prefix := range []string{"queue/", "agent/", "bot/", "closed/"} {
		err := s.lists.List(r.Context(), prefix, "", true, func(_ string, c chat.Conversation) bool {
			for _, field := range []string{c.ID.Reference(), c.Customer.Name, c.Customer.Email, c.Customer.ID, string(c.ID)} {
				if strings.Contains(strings.ToLower(field), q) {
					out = append(out, s.row(c, p))
					break
				}
			}
			looked++
			return len(out) < 50 && looked < maxSearch
		})
		if err != nil {
			return nil, err
		}
	}
	return map[string]any{"rows": out}, nil
}
