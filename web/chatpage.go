package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
)

// The chat page draws itself as plain HTML, forms and all, and works like that; the script, where there is one, takes its place.

// chatData is what the template draws.
type chatData struct {
	Site, Lang, Session string
	Article             string // the help page at hand
	Notice              *notice
	Lines               []chatLine
	Owner               chat.Role
	Place               int
	Reference           string
	Form                *chat.Form
	Buttons             []chat.Button
	Problem             string
	Text                string // what was typed, kept after a problem
	Key                 string // of the next frame: sending the same page twice is one message
	Refresh             bool
	Closed              bool
	AskRating           bool
}

// chatLine is one thing in the log.
type chatLine struct {
	Who     string
	Class   string
	At      string
	HTML    template.HTML
	Text    string
	Sources []chat.Source
	Card    *chat.Card
}

func (s *Server) ancestors(site *Site) string {
	out := "'self'"
	for _, o := range site.Origins {
		out += " " + o
	}
	return out
}

// chatCookie keeps the session of a browser without a script, one for each site.
func chatCookie(site *Site) string { return "balie_chat_" + site.Name }

func (s *Server) pageVisit(r *http.Request) (*visit, string, error) {
	site := s.site(r.URL.Query().Get("site"))
	if site == nil {
		return nil, "", fault.New(fault.NotFound, "There is no such site.")
	}
	v := &visit{site: site, lang: language(r.URL.Query().Get("lang"))}
	if c, err := r.Cookie(chatCookie(site)); err == nil {
		if t, err := s.sessions.read(c.Value); err == nil && t.Site == site.Name {
			v.conv = t.Conv
			return v, c.Value, nil
		}
	}
	return v, "", nil
}

func (s *Server) chatPage(w http.ResponseWriter, r *http.Request) {
	v, _, err := s.pageVisit(r)
	if err != nil {
		s.show(w, http.StatusNotFound, "error", "'none'", map[string]any{"Lang": language(r.URL.Query().Get("lang")), "Title": "Chat", "Text": fault.Text(err)})
		return
	}
	s.drawChat(w, r, v, nil, "")
}

func (s *Server) drawChat(w http.ResponseWriter, r *http.Request, v *visit, problem error, typed string) {
	d := chatData{Site: v.site.Name, Lang: v.lang, Owner: chat.RoleBot, Text: typed, Article: clip(r.FormValue("article"), 100), Key: "p-" + string(chat.NewConversationID(s.now()))}
	status := http.StatusOK
	if problem != nil {
		d.Problem, status = problemText(problem, d.Lang), statuses[fault.KindOf(problem)]
	}
	if v.conv != "" {
		if err := s.fillChat(r, v, &d); err != nil {
			s.slog.Error("chat page", "conv", v.conv, "err", err)
			d.Problem, status = problemText(err, d.Lang), statuses[fault.KindOf(err)]
		}
	}
	d.Notice = s.notice(r.Context(), d.Lang)
	s.show(w, status, "chat", s.ancestors(v.site), d)
}

// dutch says in Dutch, by kind, what went wrong with what a customer sent.
var dutch = map[fault.Kind]string{
	fault.Invalid:     "Er staat niets in, of het formulier klopt niet. Probeer het nog eens.",
	fault.TooLong:     "Dit is te lang. Een bericht heeft ten hoogste 4000 tekens. Stuur het in twee delen.",
	fault.RateLimited: "U stuurt heel veel achter elkaar. Wacht even en probeer het nog eens.",
	fault.IDConflict:  "Deze pagina was al een keer verstuurd. Verstuur uw bericht nog eens.",
	fault.NotFound:    "Dit staat niet meer open. Kijk naar het laatste bericht.",
	fault.Unavailable: "Wij kunnen nu niets bewaren. Probeer het over een minuut nog eens.",
	fault.Internal:    "Er ging bij ons iets mis. Probeer het nog eens.",
}

func problemText(err error, lang string) string {
	if text, ok := dutch[fault.KindOf(err)]; ok && lang == "nl" {
		return text
	}
	return fault.Text(err)
}

func (s *Server) fillChat(r *http.Request, v *visit, d *chatData) error {
	ctx := r.Context()
	c, err := s.log.Conversation(ctx, v.conv)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	d.Owner, d.Reference, d.Form, d.Closed = c.Owner.Role, v.conv.Reference(), c.Form, c.Owner.Role == chat.RoleNobody
	d.AskRating = d.Closed && c.Rating == nil
	if r.URL.Query().Get("lang") == "" {
		d.Lang = c.Lang
	}
	events, err := s.tailOf(ctx, c)
	if err != nil {
		return err
	}
	for _, e := range events {
		e, ok := chat.ForCustomer(e)
		if !ok {
			continue
		}
		if m, ok := e.Body.(*chat.Message); ok {
			if e.By.Role == chat.RoleCustomer {
				d.Buttons = nil
			} else {
				d.Buttons = m.Buttons
			}
		}
		if l, ok := s.chatLine(e, d.Lang); ok {
			d.Lines = append(d.Lines, l)
		}
	}
	d.Refresh = c.Owner.Role == chat.RoleQueue || (!d.Closed && c.Heard > c.Answered) // not while it is the customer's turn: they are typing
	if c.Owner.Role == chat.RoleQueue {
		d.Place, _, err = s.desk.Place(ctx, v.conv)
	}
	return err
}

// chatLine makes of an event what a page without a script shows.
func (s *Server) chatLine(e chat.Event, lang string) (chatLine, bool) {
	l := chatLine{At: e.At.Format(time.RFC3339), Class: string(e.By.Role)}
	pick := func(nl, en string) string { return map[bool]string{true: en, false: nl}[lang == "en"] }
	switch e.By.Role {
	case chat.RoleCustomer:
		l.Who = pick("U", "You")
	case chat.RoleBot:
		l.Who = "Chatbot"
	case chat.RoleAgent:
		l.Who = e.By.Name
	}
	switch b := e.Body.(type) {
	case *chat.Message:
		l.Text, l.Sources, l.Card = b.Text, b.Sources, b.Card
		if e.By.Role == chat.RoleBot {
			l.HTML, l.Text = template.HTML(s.render(b.Text)), ""
		}
		return l, true
	case *chat.OwnerChanged:
		l.Who, l.Class = "", "system"
		switch b.To {
		case chat.RoleAgent:
			l.Text = fmt.Sprintf(pick("U praat nu met %s.", "You are talking to %s now."), b.Name)
		case chat.RoleQueue:
			l.Text = pick("U wacht op een medewerker.", "You are waiting for a person.")
		case chat.RoleBot:
			l.Text = pick("U praat weer met de chatbot.", "You are talking to the chatbot again.")
		default:
			return l, false
		}
		return l, true
	case *chat.ActionMoved:
		if b.Receipt == "" {
			return l, false
		}
		l.Who, l.Class, l.Text = "", "system", pick("Bewijs: ", "Receipt: ")+b.Receipt
		return l, true
	case *chat.Closed:
		l.Who, l.Class, l.Text = "", "system", pick("Het gesprek is gesloten.", "The conversation is closed.")
		return l, true
	}
	return l, false
}

// chatPost takes what a form without a script sends, and shows the page again.
func (s *Server) chatPost(w http.ResponseWriter, r *http.Request) {
	v, token, err := s.pageVisit(r)
	if err != nil {
		s.show(w, http.StatusNotFound, "error", "'none'", map[string]any{"Lang": "nl", "Title": "Chat", "Text": fault.Text(err)})
		return
	}
	if err := r.ParseForm(); err != nil {
		kind := fault.Invalid
		if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
			kind = fault.TooLong
		}
		s.drawChat(w, r, v, fault.Wrap(kind, "The form could not be read.", err), "")
		return
	}
	if v.conv == "" {
		v.conv = chat.NewConversationID(s.now())
		token = s.sessions.mint(v.conv, v.site.Name)
	}
	f := formFrame(r.PostForm)
	switch {
	case !s.pace.allow(string(v.conv), s.clientIP(r)):
		err = errPace
	case f.Type == "language":
		err = s.chooseLanguage(r.Context(), v)
	default:
		_, err = s.accept(r.Context(), v, &f)
	}
	if err != nil {
		s.drawChat(w, r, v, err, f.Text)
		return
	}
	if f.Type == "language" { // nothing was said that would begin a conversation
		s.backToChat(w, r, v)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: chatCookie(v.site), Value: token, Path: "/chat", HttpOnly: true, Secure: isSecure(r),
		SameSite: http.SameSiteLaxMode, MaxAge: int(s.sessions.life / time.Second)})
	s.waitForAnswer(r, v)
	s.backToChat(w, r, v)
}

func (s *Server) backToChat(w http.ResponseWriter, r *http.Request, v *visit) {
	q := url.Values{"site": {v.site.Name}, "lang": {v.lang}}
	http.Redirect(w, r, "/chat?"+q.Encode()+"#end", http.StatusSeeOther)
}

// chooseLanguage keeps the language of the page in a conversation that has begun; another takes it with its first word.
func (s *Server) chooseLanguage(ctx context.Context, v *visit) error {
	c, err := s.log.Conversation(ctx, v.conv)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || c.Lang == v.lang {
		return err
	}
	return s.setLanguage(ctx, v, v.lang)
}

// waitForAnswer gives the bot a moment, so that the page that comes back usually has the answer.
func (s *Server) waitForAnswer(r *http.Request, v *visit) {
	c, err := s.log.Conversation(r.Context(), v.conv)
	if err != nil || c.Owner.Role != chat.RoleBot {
		return
	}
	b := &basket{server: s, ready: make(chan struct{}, 1), last: c.Head}
	f := s.log.Follow(v.conv, c.Head, b)
	defer f.Close()
	timer := time.NewTimer(1500 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-b.ready:
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// formFrame reads a frame from form fields: do says which, value:NAME are the values of a form in the chat.
func formFrame(form url.Values) incoming {
	f := incoming{Type: form.Get("do"), Key: form.Get("key"), Text: form.Get("text"), Button: form.Get("button"), Form: form.Get("form"), Article: clip(form.Get("article"), 100)}
	if f.Button != "" {
		f.Type = "press"
	}
	if f.Type == "submit" {
		f.Values = map[string]string{}
		for name, vals := range form {
			if field, ok := strings.CutPrefix(name, "value:"); ok {
				f.Values[field] = strings.Join(vals, ",")
			}
		}
	}
	if f.Type == "rate" {
		yes := form.Get("resolved") == "yes"
		f.Resolved = &yes
	}
	if f.Type == "" {
		f.Type = "say"
	}
	if f.Key != "" {
		f.Key += ":" + f.Type + f.Button // one page holds several forms
	}
	return f
}
