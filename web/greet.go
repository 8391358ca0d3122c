package web

import (
	"context"
	"encoding/json"
	"net/url"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// greet answers a hello: a new conversation, or the one the session opens. It returns where to read on from, and whether the client
// must forget what it has. An unreadable session is a fault.Unauthorized.
func (s *Server) greet(ctx context.Context, v *visit, f *incoming) (w welcomeFrame, after chat.Seq, reset bool, err error) {
	v.page = cleanPage(f.Page)
	token := f.Session
	if token == "" {
		v.conv, v.lang = chat.NewConversationID(s.now()), language(f.Lang)
		token = s.sessions.mint(v.conv, v.site.Name)
	} else {
		t, err := s.sessions.read(token)
		if err != nil {
			return w, 0, false, err
		}
		if t.Site != v.site.Name {
			return w, 0, false, errSession
		}
		v.conv = t.Conv
		if s.now().Sub(t.Issued) > s.sessions.life/2 { // whoever keeps coming back keeps the conversation
			token = s.sessions.mint(v.conv, v.site.Name)
		}
	}
	c, err := s.log.Conversation(ctx, v.conv)
	switch {
	case err == nil:
		v.begun, v.lang = true, c.Lang
		if f.Lang != "" && language(f.Lang) != c.Lang && f.Session != "" {
			if err := s.setLanguage(ctx, v, language(f.Lang)); err != nil {
				return w, 0, false, err
			}
		}
	case fault.Is(err, fault.NotFound):
		v.lang = language(f.Lang)
		c.Owner.Role = chat.RoleBot
	default:
		return w, 0, false, err
	}
	epoch := s.lists.Epoch()
	after = f.After
	if after > c.Head || (f.Epoch != "" && f.Epoch != epoch) {
		after, reset = 0, f.After > 0 || f.Epoch != ""
	}
	return welcomeFrame{Type: "welcome", Session: token, Conversation: v.conv, Reference: v.conv.Reference(), Epoch: epoch,
		Seq: c.Head, Owner: c.Owner.Role, Lang: v.lang, Notice: s.notice(ctx, v.lang)}, after, reset, nil
}

// cleanPage keeps the address of a web page and nothing else: agents click on it.
func cleanPage(page string) string {
	page = clip(stripControl(page), 500)
	if u, err := url.Parse(page); err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return page
}

// setLanguage keeps the customer's choice of language in the log.
func (s *Server) setLanguage(ctx context.Context, v *visit, lang string) error {
	_, err := s.log.Commit(ctx, relay.Append{Conv: v.conv, At: chat.Any, Drafts: []chat.Draft{{By: chat.Customer, Body: &chat.LanguageSet{Lang: lang}}}})
	if err == nil {
		v.lang = lang
	}
	return err
}

// note puts a proven identity into the log of a conversation that has begun.
func (s *Server) note(ctx context.Context, v *visit) error {
	c, err := s.log.Conversation(ctx, v.conv)
	if err != nil {
		return err
	}
	if c.Customer != *v.identity {
		_, err = s.log.Commit(ctx, relay.Append{Conv: v.conv, At: chat.Any, Drafts: []chat.Draft{{By: chat.System, Body: v.identity}}})
	}
	if err == nil {
		v.identity = nil
	}
	return err
}

// language is the nearest language we speak.
func language(s string) string {
	if len(s) >= 2 && s[:2] == "en" {
		return "en"
	}
	return "nl"
}

var notices = map[string]notice{
	"nl": {Text: "U praat met een chatbot (AI). De chatbot kan zich vergissen. Deel geen wachtwoorden of bankgegevens. U kunt altijd een medewerker vragen.",
		Quick: []quick{{"Waar is mijn bestelling?", "Waar is mijn bestelling?"}, {"Adres wijzigen", "Ik wil mijn adres wijzigen"},
			{"Iets terugsturen", "Ik wil iets terugsturen"}, {"Wat kost de bezorging?", "Wat kost de bezorging?"}}},
	"en": {Text: "You are talking to a chatbot (AI). It can be wrong. Do not share passwords or bank details. You can always ask for a person.",
		Quick: []quick{{"Where is my order?", "Where is my order?"}, {"Change my address", "I want to change my address"},
			{"Return something", "I want to return something"}, {"What does delivery cost?", "What does delivery cost?"}}},
}

// notice is the disclosure that comes before the first word, with when people are there.
func (s *Server) notice(ctx context.Context, lang string) *notice {
	n, ok := notices[lang]
	if !ok {
		n = notices["nl"]
	}
	if n.People = s.staffed.get(ctx); n.People { // whoever is there is there, whatever the clock says
		n.Hours = map[string]string{"nl": "Er zijn nu medewerkers.", "en": "People are here now."}[lang]
	} else if when := s.desk.When(lang); when != "" {
		n.Hours = map[string]string{"nl": "Onze medewerkers zijn er weer ", "en": "Our team is back "}[lang] + when + "."
	}
	return &n
}

// sendPlace tells a waiting customer who comes back where they stand.
func (s *Server) sendPlace(l *line, conv chat.ConversationID) {
	place, _, err := s.desk.Place(context.Background(), conv)
	if err != nil || place == 0 {
		return
	}
	q := relay.Signal{Kind: "queue", Position: place}
	if low, high, ok := s.desk.Wait(); ok {
		q.WaitLow, q.WaitHigh = low, high
	}
	if b, err := encodeSignal(q); err == nil {
		l.send(b)
	}
}

// problem is an RFC 9457 problem document.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	Key    string `json:"key,omitempty"`
	Holder *who   `json:"holder,omitempty"`
	Reason string `json:"reason,omitempty"` // of a refused act: a code

	Current any `json:"current,omitempty"` // of a conflict: what is there
	Report  any `json:"report,omitempty"`  // of a refused publication: what the gate found
}

func (p problem) bytes() []byte {
	b, _ := json.Marshal(p)
	return b
}
