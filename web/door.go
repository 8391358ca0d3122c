package web

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/kb"
)

// customerKey marks the keys that customers chose, so that they cannot meet those of agents or workers.
const customerKey = "c:"

// Log is what the doors ask of the mail room.
type Log interface {
	Commit(ctx context.Context, a relay.Append) (relay.Appended, error)
	Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error)
	Conversation(ctx context.Context, conv chat.ConversationID) (chat.Conversation, error)
	Keyed(ctx context.Context, conv chat.ConversationID, key chat.Key) (chat.Event, bool, error)
	Follow(conv chat.ConversationID, pos chat.Seq, sink relay.Sink) *relay.Follower
	Watch() *relay.Watcher
	Signal(s relay.Signal)
}

// visit is one customer at the door, over whichever kind of line. Begun is known to be true once the conversation has events.
type visit struct {
	site     *Site
	conv     chat.ConversationID
	lang     string
	page     string
	identity *chat.Identified // proven, and not yet in the log
	begun    bool
}

// accept turns a frame into drafts and stores them. It returns the position of the frame's own event. Everything a customer
// does to a conversation goes through here, from WebSocket, HTTP and plain forms alike.
func (s *Server) accept(ctx context.Context, v *visit, f *incoming) (chat.Seq, error) {
	if len(f.Key) > maxKey || !utf8.ValidString(f.Key) {
		return 0, fault.Newf(fault.TooLong, "A key has at most %d characters.", maxKey)
	}
	key := chat.Key("")
	if f.Key != "" {
		key = chat.Key(customerKey + f.Key)
	}
	if f.Type == "human" {
		return s.human(ctx, v, key)
	}
	own, more, err := s.drafts(ctx, v, f, key)
	if err != nil {
		return 0, err
	}
	if own == nil {
		return 0, nil
	}
	return s.store(ctx, v, append([]chat.Draft{{By: chat.Customer, Key: key, Body: own}}, more...))
}

// drafts makes of a frame the event it is, and what must come with it. A nil body means: nothing to store.
func (s *Server) drafts(ctx context.Context, v *visit, f *incoming, key chat.Key) (chat.Body, []chat.Draft, error) {
	switch f.Type {
	case "say":
		text, err := cleanText(f.Text)
		if err != nil {
			return nil, nil, err
		}
		return &chat.Message{Text: text, About: aboutOf(f.Article, v.lang)}, nil, nil
	case "press":
		return s.press(ctx, v, f, key)
	case "submit":
		b, err := s.submit(ctx, v, f, key)
		return b, nil, err
	case "rate":
		b, err := rating(f)
		return b, nil, err
	case "seen":
		b, err := s.seen(ctx, v, f)
		return b, nil, err
	case "end":
		return &chat.Closed{Code: "customer"}, nil, nil
	}
	return nil, nil, fault.Newf(fault.Invalid, "There is no frame of type %q.", clip(f.Type, 40))
}

// aboutOf is the key of the help page at hand, "nl/retour", whether or not the language is said; "" for what is no name of a page.
func aboutOf(article, lang string) string {
	l, id, ok := strings.Cut(article, "/")
	if !ok {
		l, id = language(lang), article
	}
	if l != language(l) || !articleName.MatchString(id) {
		return ""
	}
	return kb.Key(l, id)
}

// human passes a customer on to people, in every state and without asking the bot. With people already it changes nothing, and is
// kept all the same: the agent sees that the customer asked again.
func (s *Server) human(ctx context.Context, v *visit, key chat.Key) (chat.Seq, error) {
	for range 20 {
		e, known, err := s.log.Keyed(ctx, v.conv, key)
		if err != nil {
			return 0, err
		}
		if known {
			if _, same := e.Body.(*chat.HumanRequested); !same {
				return 0, errKeyUsed
			}
			return e.Seq, nil
		}
		c, err := s.log.Conversation(ctx, v.conv)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return 0, err
		}
		body := &chat.HumanRequested{}
		if withPeople(c) {
			body.Already = c.Owner.Role
		}
		seq, err := s.storeAt(ctx, v, c.Head, []chat.Draft{{By: chat.Customer, Key: key, Body: body}})
		if !fault.Is(err, fault.Conflict) {
			return seq, err
		}
	}
	return 0, errMoving
}

func withPeople(c chat.Conversation) bool {
	return c.Owner.Role == chat.RoleQueue || c.Owner.Role == chat.RoleAgent
}

var (
	errKeyUsed = fault.New(fault.IDConflict, "This key was already used for something else.")
	errMoving  = fault.New(fault.Unavailable, "The conversation keeps changing. Please try again.")
)

func (s *Server) press(ctx context.Context, v *visit, f *incoming, key chat.Key) (chat.Body, []chat.Draft, error) {
	c, err := s.log.Conversation(ctx, v.conv)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, nil, err
	}
	b := c.Button(f.Button)
	if b == nil {
		m, err := s.again(ctx, v, key, func(m *chat.Message) bool { return m.Pressed != nil && m.Pressed.ID == f.Button })
		return m, nil, err
	}
	pressed := *b
	var more []chat.Draft
	if pressed.Do == "human" && !withPeople(c) { // the same as the button in the header: it does not reach the bot
		more = []chat.Draft{{By: chat.Customer, Key: key + ":human", Body: &chat.HumanRequested{}}}
		if key == "" {
			more[0].Key = ""
		}
	}
	return &chat.Message{Text: b.Label, Pressed: &pressed}, more, nil
}

func (s *Server) submit(ctx context.Context, v *visit, f *incoming, key chat.Key) (chat.Body, error) {
	values := map[string]string{}
	if len(f.Values) > maxFields {
		return nil, fault.New(fault.TooLong, "There are too many fields.")
	}
	total := 0
	for name, val := range f.Values {
		val = strings.TrimSpace(stripControl(val))
		if total += utf8.RuneCountInString(val); len(name) > 64 || total > maxMessage {
			return nil, fault.Newf(fault.TooLong, "At most %d characters, please.", maxMessage)
		}
		values[name] = val
	}
	c, err := s.log.Conversation(ctx, v.conv)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if c.Form == nil || c.Form.ID != f.Form {
		m, err := s.again(ctx, v, key, func(m *chat.Message) bool { return m.Submit != nil && m.Submit.Form == f.Form })
		if m == nil {
			return nil, err
		}
		if !maps.Equal(m.Submit.Values, readForm(values, m.Submit.Values)) {
			return nil, errKeyUsed
		}
		return m, nil
	}
	known := map[string]string{}
	var lines []string
	for _, field := range c.Form.Fields {
		if val, ok := values[field.Name]; ok {
			known[field.Name] = val
			lines = append(lines, field.Label+": "+optionLabels(field, val))
		}
	}
	return &chat.Message{Text: strings.Join(lines, "\n"), Submit: &chat.Submission{Form: f.Form, Values: known}}, nil
}

// optionLabels shows what was chosen by its words, not its code.
func optionLabels(f chat.Field, val string) string {
	if len(f.Options) == 0 {
		return val
	}
	var out []string
	for _, v := range strings.Split(val, ",") {
		i := slices.IndexFunc(f.Options, func(o chat.Option) bool { return o.Value == strings.TrimSpace(v) })
		if i >= 0 {
			v = f.Options[i].Label
		}
		out = append(out, v)
	}
	return strings.Join(out, ", ")
}

// readForm keeps of values those that the earlier submission had too: fields the form did not know were dropped then as well.
func readForm(values, earlier map[string]string) map[string]string {
	out := map[string]string{}
	for name, val := range values {
		if _, ok := earlier[name]; ok {
			out[name] = val
		}
	}
	return out
}

// again finds what an earlier frame with this key became, for a retry of something that is no longer open.
func (s *Server) again(ctx context.Context, v *visit, key chat.Key, fits func(*chat.Message) bool) (*chat.Message, error) {
	e, ok, err := s.log.Keyed(ctx, v.conv, key)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.NotFound, "That is no longer open. Please look at the last message.")
	}
	m, isMessage := e.Body.(*chat.Message)
	if !isMessage || !fits(m) {
		return nil, errKeyUsed
	}
	return m, nil
}

func rating(f *incoming) (chat.Body, error) {
	if f.Score < 0 || f.Score > 5 || f.Effort < 0 || f.Effort > 5 {
		return nil, fault.New(fault.Invalid, "A score is from 1 to 5.")
	}
	if f.Resolved == nil && f.Score == 0 && f.Effort == 0 && strings.TrimSpace(f.Comment) == "" {
		return nil, fault.New(fault.Invalid, "There is nothing in it.")
	}
	comment := strings.TrimSpace(stripControl(f.Comment))
	if utf8.RuneCountInString(comment) > maxMessage {
		return nil, fault.Newf(fault.TooLong, "At most %d characters, please.", maxMessage)
	}
	return &chat.Rating{Resolved: f.Resolved, Score: f.Score, Effort: f.Effort, Comment: comment}, nil
}

// seen stores how far the customer has read, if that is news and true.
func (s *Server) seen(ctx context.Context, v *visit, f *incoming) (chat.Body, error) {
	c, err := s.log.Conversation(ctx, v.conv)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil || f.Seq <= c.SeenBy.Seq || f.Seq > c.Head || f.Seq <= c.Heard {
		return nil, err
	}
	return &chat.Seen{Seq: f.Seq}, nil
}

// store appends drafts; the first frame of a conversation also opens it. It returns the position of the first draft given.
func (s *Server) store(ctx context.Context, v *visit, drafts []chat.Draft) (chat.Seq, error) {
	for range 20 {
		seq, err := s.storeAt(ctx, v, chat.Any, drafts)
		if !fault.Is(err, fault.Conflict) {
			return seq, err
		}
		// two first frames at once: one of them opened it
	}
	return 0, errMoving
}

// storeAt is store at a position; a fault.Conflict says that somebody spoke first, and nothing is stored.
func (s *Server) storeAt(ctx context.Context, v *visit, at chat.Seq, drafts []chat.Draft) (chat.Seq, error) {
	a := relay.Append{Conv: v.conv, At: at, Drafts: drafts}
	if err := s.begin(ctx, v, &a); err != nil {
		return 0, err
	}
	done, err := s.log.Commit(ctx, a)
	if err != nil {
		return 0, err
	}
	v.begun, v.identity = true, nil
	if len(drafts) == 0 {
		return done.State.Head, nil
	}
	return done.Events[len(a.Drafts)-len(drafts)].Seq, nil
}

// begin puts in front of a what the log does not know yet: that the conversation opens, and who the customer is.
func (s *Server) begin(ctx context.Context, v *visit, a *relay.Append) error {
	if v.begun && v.identity == nil {
		return nil
	}
	var front []chat.Draft
	c, err := s.log.Conversation(ctx, v.conv)
	switch {
	case fault.Is(err, fault.NotFound):
		a.At = 0
		front = append(front, chat.Draft{By: chat.Customer, Body: &chat.Opened{Site: v.site.Name, Lang: v.lang, Page: v.page}})
	case err != nil:
		return err
	}
	if v.identity != nil && c.Customer != *v.identity {
		front = append(front, chat.Draft{By: chat.System, Body: v.identity})
	}
	a.Drafts = append(front, a.Drafts...)
	return nil
}

// cleanText bounds and tidies what a customer typed: no control characters, no invisible direction marks, at most maxMessage characters.
func cleanText(text string) (string, error) {
	if utf8.RuneCountInString(text) > maxMessage {
		return "", fault.Newf(fault.TooLong, "At most %d characters, please. Send it in two parts.", maxMessage)
	}
	text = strings.TrimSpace(stripControl(text))
	if text == "" {
		return "", fault.New(fault.Invalid, "There is nothing in it.")
	}
	return text, nil
}

func stripControl(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
}

func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
