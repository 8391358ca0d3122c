package bottest

import (
	"errors"
	"fmt"
	"time"

	"balie/internal/chat"
)

// Talk is one conversation, from the customer's side.
type Talk struct {
	h    *House
	ID   chat.ConversationID
	seen chat.Seq
}

// Begin opens a conversation on a page in a language.
func (h *House) Begin(lang string) *Talk {
	h.t.Helper()
	talk := &Talk{h: h, ID: chat.NewConversationID(h.Now())}
	talk.append(chat.Draft{By: chat.System, Body: &chat.Opened{Site: "demo", Lang: lang}})
	return talk
}

func (k *Talk) append(drafts ...chat.Draft) {
	k.h.t.Helper()
	if _, err := k.h.Log.Append(k.h.t.Context(), k.ID, chat.Any, drafts...); err != nil {
		k.h.t.Fatal(err)
	}
	k.h.Pass(time.Second)
}

// Tell lets the bot say something that it would not.
func (k *Talk) Tell(text string) {
	k.append(chat.Draft{By: chat.Bot, Body: &chat.Message{Text: text}})
}

// SignIn is what the website's token says.
func (k *Talk) SignIn(customer string) {
	k.append(chat.Draft{By: chat.System, Body: &chat.Identified{Level: chat.LevelSignedIn, ID: customer, How: "jwt"}})
}

// Say sends words and lets the house work.
func (k *Talk) Say(text string) {
	k.h.t.Helper()
	k.append(chat.Draft{By: chat.Customer, Body: &chat.Message{Text: text}})
}

// Press presses the newest button with this label, as the customer's door does it: by its id.
func (k *Talk) Press(label string) error {
	c := k.Conversation()
	for i := len(c.Buttons) - 1; i >= 0; i-- {
		if b := c.Buttons[i]; b.Label == label {
			k.append(chat.Draft{By: chat.Customer, Body: &chat.Message{Text: b.Label, Pressed: &b}})
			return nil
		}
	}
	return fmt.Errorf("there is no button %q", label)
}

// PressButton presses this very button.
func (k *Talk) PressButton(b chat.Button) {
	k.append(chat.Draft{By: chat.Customer, Body: &chat.Message{Text: b.Label, Pressed: &b}})
}

// Submit sends the open form.
func (k *Talk) Submit(values map[string]string) error {
	c := k.Conversation()
	if c.Form == nil {
		return errors.New("no form is open")
	}
	k.append(chat.Draft{By: chat.Customer, Body: &chat.Message{Submit: &chat.Submission{Form: c.Form.ID, Values: values}}})
	return nil
}

// Conversation is the folded state.
func (k *Talk) Conversation() chat.Conversation {
	c, err := k.h.Log.Conversation(k.h.t.Context(), k.ID)
	if err != nil {
		k.h.t.Fatal(err)
	}
	return c
}

// Events are all events so far.
func (k *Talk) Events() []chat.Event {
	evs, err := k.h.Log.Read(k.h.t.Context(), k.ID, 0, 10_000)
	if err != nil {
		k.h.t.Fatal(err)
	}
	return evs
}

// New returns what was added since New was last called.
func (k *Talk) New() []chat.Event {
	var out []chat.Event
	for _, e := range k.Events() {
		if e.Seq > k.seen {
			out, k.seen = append(out, e), e.Seq
		}
	}
	return out
}

// Last is the bot's last message; nil if it has said nothing yet.
func (k *Talk) Last() *chat.Message {
	evs := k.Events()
	for i := len(evs) - 1; i >= 0; i-- {
		if m, ok := evs[i].Body.(*chat.Message); ok && evs[i].By.Role == chat.RoleBot {
			return m
		}
	}
	return nil
}
