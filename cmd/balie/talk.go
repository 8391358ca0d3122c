package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"balie/internal/chat"
	"balie/kb"
	"balie/web/visitor"
)

// talk is a conversation in a terminal.
type talk struct {
	v   *visitor.Visitor
	out io.Writer
	raw bool // show frames as they are
	en  bool // English, else Dutch

	greeted bool
	queued  bool // waits for a person: nobody answers until one comes
	over    bool // the conversation is closed
	left    bool // the person is gone
	buttons []chat.Button
	form    *filling

	sent    string   // key of what was sent last; "" once it was acknowledged or refused
	wants   bool     // what was sent asks for an answer
	at      chat.Seq // where it stands in the log
	latest  chat.Seq // the last words of somebody else
	refused bool     // what was sent was refused
	refusal bool     // something was, at some time
}

// answered reports whether what was sent last has been acknowledged and, where that can be expected, answered.
func (t *talk) answered() bool {
	return t.greeted && t.sent == "" && (!t.wants || t.refused || t.latest > t.at || t.over)
}

// take deals with a frame of the server.
func (t *talk) take(f visitor.Frame) {
	if t.raw {
		fmt.Fprintf(t.out, "%s\n", f.Raw)
	}
	switch f.Type {
	case "welcome":
		t.welcome(f)
	case "ack":
		if f.Key == t.sent {
			t.sent, t.at = "", f.Seq
		}
	case "error":
		if f.Key == t.sent || f.Key == "" {
			t.sent, t.refused, t.refusal = "", true, true
		}
		var text string
		if json.Unmarshal(f.Message, &text) == nil {
			t.line("!", text)
		}
	case "event":
		t.event(f)
	case "queue":
		t.place(f)
	}
}

func (t *talk) welcome(f visitor.Frame) {
	var w struct {
		Notice struct {
			Text  string `json:"text"`
			Hours string `json:"hours"`
		} `json:"notice"`
	}
	if !t.greeted && json.Unmarshal(f.Raw, &w) == nil {
		t.line("", w.Notice.Text)
		t.line("", w.Notice.Hours)
		t.line("", t.say("/help laat zien wat u hier kunt typen.", "/help shows what you can type here."))
	}
	t.greeted = true
}

// say picks the words for the language of the conversation.
func (t *talk) say(nl, en string) string {
	if t.en {
		return en
	}
	return nl
}

// event deals with an event of the log.
func (t *talk) event(f visitor.Frame) {
	var e struct {
		Message chat.Message      `json:"message"`
		Owner   chat.OwnerChanged `json:"owner"`
		Action  chat.ActionMoved  `json:"action"`
	}
	if err := json.Unmarshal(f.Raw, &e); err != nil {
		return // a kind of a newer server
	}
	if f.From.Role != chat.RoleCustomer && f.Kind == "message" {
		t.latest = f.Seq
	}
	switch f.Kind {
	case "message":
		if f.From.Role == chat.RoleCustomer {
			if !t.v.Mine(f.Key) {
				t.line(t.say("U", "You"), e.Message.Text)
			}
			return
		}
		t.message(f.From, e.Message)
	case "owner":
		t.owner(e.Owner)
	case "action":
		t.line("*", strings.TrimSpace(e.Action.Name+": "+string(e.Action.State)+" "+e.Action.Receipt))
	case "closed":
		t.over = true
		t.line("*", t.say("Het gesprek is afgesloten.", "The conversation is closed."))
	}
}

// message draws what was said, with all that hangs on it, and remembers what can be pressed and filled in.
func (t *talk) message(from chat.Party, m chat.Message) {
	label := from.Name
	if label == "" {
		label = map[chat.Role]string{chat.RoleBot: "Chatbot", chat.RoleSystem: "Balie"}[from.Role]
	}
	t.line(label, kb.Plain(m.Text))
	for _, s := range m.Sources {
		t.line("", fmt.Sprintf("%s: %s (%s)", t.say("Bron", "Source"), s.Title, s.URL))
	}
	if m.Card != nil {
		t.card(*m.Card)
	}
	t.buttons = m.Buttons
	for i, b := range m.Buttons {
		t.line("", fmt.Sprintf("[%d] %s", i+1, b.Label))
	}
	t.form = nil
	if m.Form != nil && len(m.Form.Fields) > 0 {
		t.form = &filling{form: *m.Form, values: map[string]string{}}
		t.line("", m.Form.Title)
		t.ask()
	}
}

func (t *talk) card(c chat.Card) {
	t.line("", "── "+c.Title)
	for _, r := range c.Rows {
		if r.Before == "" || r.Before == r.After {
			t.line("", "   "+r.Label+": "+r.After)
			continue
		}
		t.line("", "   "+r.Label+": "+r.Before+" → "+r.After)
	}
}

func (t *talk) owner(o chat.OwnerChanged) {
	t.queued = o.To == chat.RoleQueue
	switch o.To {
	case chat.RoleAgent:
		t.line("*", t.say("U spreekt nu met ", "You are now talking to ")+o.Name+".")
	case chat.RoleBot:
		t.line("*", t.say("U spreekt weer met de chatbot.", "You are talking to the chatbot again."))
	case chat.RoleQueue:
		t.line("*", t.say("U wacht op een medewerker.", "You are waiting for a person."))
	}
}

func (t *talk) place(f visitor.Frame) {
	var q struct {
		Position int `json:"position"`
		Wait     *struct {
			Low  int `json:"low_s"`
			High int `json:"high_s"`
		} `json:"wait"`
	}
	if json.Unmarshal(f.Raw, &q) != nil || q.Position == 0 {
		return
	}
	text := fmt.Sprintf(t.say("U bent nummer %d.", "You are number %d."), q.Position)
	if q.Wait != nil {
		text += fmt.Sprintf(t.say(" Meestal %d tot %d minuten.", " Usually %d to %d minutes."), q.Wait.Low/60, (q.Wait.High+59)/60)
	}
	t.line("*", text)
}

// line writes text behind a label. What could move the cursor or change colours is taken out: words of others are not for that.
func (t *talk) line(label, text string) {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0) {
			return -1
		}
		return r
	}, strings.TrimRight(text, " \n"))
	if t.raw || text == "" {
		return
	}
	switch label {
	case "":
	case "*", "!", "?":
		label += " "
	default:
		label += ": "
	}
	fmt.Fprintln(t.out, label+strings.ReplaceAll(text, "\n", "\n  "))
}

// typed deals with a line that was typed. It reports whether something was sent that can be waited for.
func (t *talk) typed(line string) (bool, error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch word {
	case "/human":
		return true, t.send(true, map[string]any{"type": "human"})
	case "/end":
		return true, t.send(false, map[string]any{"type": "end"})
	case "/lang":
		if rest != "nl" && rest != "en" {
			t.line("!", "/lang nl | /lang en")
			return false, nil
		}
		t.en = rest == "en"
		return false, t.v.Speak(rest)
	case "/rate":
		return true, t.send(false, map[string]any{"type": "rate", "resolved": rest == "yes" || rest == "ja"})
	case "/session":
		t.line("", t.v.Session())
		return false, nil
	case "/quit":
		t.left = true
		return false, nil
	case "/help":
		t.line("", helpText)
		return false, nil
	case "/cancel":
		t.form = nil
		return false, nil
	case "/say":
		return true, t.send(true, map[string]any{"type": "say", "text": rest})
	}
	if t.form != nil {
		return t.fill(line)
	}
	if word == "" {
		return false, nil
	}
	if n, err := strconv.Atoi(word); err == nil && rest == "" && n >= 1 && n <= len(t.buttons) {
		return true, t.send(true, map[string]any{"type": "press", "button": t.buttons[n-1].ID})
	}
	return true, t.send(true, map[string]any{"type": "say", "text": strings.TrimSpace(line)})
}

const helpText = `1, 2, …     press the button of that number
/human      a person, please
/end        close the conversation
/lang en    go on in English (or nl)
/rate yes   was it solved: yes or no
/cancel     leave the form that is asked; /say TEXT says something beside it
/session    show the secret with which --session comes back here
/quit       leave; the conversation stays`

// send sends a frame; wants says that somebody will answer it.
func (t *talk) send(wants bool, frame map[string]any) (err error) {
	t.buttons, t.refused, t.wants = nil, false, wants && !t.queued
	t.sent, err = t.v.Send(frame)
	return err
}
