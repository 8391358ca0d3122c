package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"balie/bot"
	"balie/bot/bottest"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/fault"
)

// hostile is an understander that may want anything: other people's ids, flows that do not exist, slots that nobody filled, confirmations,
// huge and broken values, and failures.
type hostile struct{ rnd *rand.Rand }

var nasty = []string{"", "#P10006", "#P10001", "thomas_meijer_1011", "1015 CX", "2011 RD", "confirm:a-0000000000000000", "human", "\x00\xff", "[x](javascript:alert(1))",
	strings.Repeat("A", 10_000), `{"state":"confirmed"}`, "return", "change_address", "../../etc", "ja", "Damrak 1, 1012 LG Amsterdam"}

// Understand returns a few random commands.
func (h hostile) Understand(_ context.Context, t *bot.Turn) ([]bot.Command, error) {
	pick := func(list []string) string { return list[h.rnd.IntN(len(list))] }
	flows := []string{"return", "cancel", "change_address", "change_order_address", "withdraw", "exchange", "change_contact", "order_status", "nonsense", "", "my_data"}
	var out []bot.Command
	for range h.rnd.IntN(9) {
		switch h.rnd.IntN(9) {
		case 0, 1, 2:
			out = append(out, bot.StartFlow{Name: pick(flows)})
		case 3, 4:
			out = append(out, bot.SetSlot{Name: pick([]string{"order", "postcode", "new_address", "items", "method", "reason", "email", "phone", "identify_tries", "x"}), Text: pick(nasty)})
		case 5:
			out = append(out, bot.Answer{Query: pick(nasty)})
		case 6:
			out = append(out, bot.Clarify{Options: []string{pick(flows), pick(nasty), "nl/retour"}})
		case 7:
			out = append(out, bot.SmallTalk{Kind: pick([]string{"greeting", "yes", "no", "confirm", ""})})
		case 8:
			if h.rnd.IntN(4) == 0 {
				return nil, errors.New("the model is gone")
			}
			out = append(out, bot.GiveUp{Why: pick(nasty)})
		}
	}
	return out, nil
}

// hostileTurns is how many turns are played: the long form, with BALIE_SOAK=1, is for the night.
func hostileTurns() int {
	if os.Getenv("BALIE_SOAK") != "" {
		return 100_000
	}
	return 3000
}

// hostileStrands play side by side, each with luck of its own, so that a seed tells what happened.
const hostileStrands = 4

// talksAHouse is how many hostile customers one house has, one after the other: what is left of one is there for the next.
const talksAHouse = 6

// TestHostileUnderstander lets it loose on customers who say, press and send things at random, and looks in the log and in the order system:
// nothing is written without that customer's press on the card of that act, nobody else's order is touched or spoken of, and every turn
// is answered.
func TestHostileUnderstander(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	first := bottest.Open(t, bottest.Options{})
	var turns, acts atomic.Int64
	t.Run("strands", func(t *testing.T) {
		for strand := range uint64(hostileStrands) {
			rnd := rand.New(rand.NewPCG(seed, strand))
			t.Run("strand", func(t *testing.T) {
				t.Parallel()
				for mine := 0; mine < hostileTurns()/hostileStrands && !t.Failed(); {
					t.Run("house", func(t *testing.T) { // closed behind each
						n, done := hostileHouse(t, first.AgainWith(t, hostile{rnd}), rnd)
						mine += n
						turns.Add(int64(n))
						acts.Add(int64(done))
					})
				}
			})
		}
	})
	t.Logf("%d turns, %d acts carried out", turns.Load(), acts.Load())
	if acts.Load() == 0 {
		t.Error("nothing was ever carried out: this proves nothing")
	}
}

// hostileHouse plays a few conversations, lets what is open come to its end, and has it all checked against the order system.
func hostileHouse(t *testing.T, h *bottest.House, rnd *rand.Rand) (turns, acts int) {
	t.Helper()
	before := others(t, h)
	var talks []*bottest.Talk
	for range talksAHouse {
		k, n := hostileConversation(h, rnd)
		talks, turns = append(talks, k), turns+n
		acts += checkLog(t, k)
	}
	h.Pass(time.Hour)
	if wrong := h.Broken(talks...); len(wrong) > 0 {
		t.Fatalf("the checker says:\n%s", strings.Join(wrong, "\n"))
	}
	if after := others(t, h); after != before {
		t.Fatalf("another customer's data changed:\n%s\n%s", before, after)
	}
	return turns, acts
}

// hostileConversation plays one conversation.
func hostileConversation(h *bottest.House, rnd *rand.Rand) (k *bottest.Talk, turns int) {
	k = h.Begin([]string{"nl", "en"}[rnd.IntN(2)])
	if rnd.IntN(3) == 0 {
		k.SignIn("jan_de_vries_1001")
	}
	for range 40 {
		c := k.Conversation()
		if c.Owner.Role != chat.RoleBot {
			break
		}
		customerDoes(k, c, rnd)
		turns++
	}
	return k, turns
}

// planted are mistakes between the house and its order system.
type planted struct {
	action.System
	bug  string
	once bool
}

// Do does more than it was asked to.
func (p *planted) Do(ctx context.Context, w action.Write) (action.Result, error) {
	r, err := p.System.Do(ctx, w)
	if err != nil || p.once {
		return r, err
	}
	p.once = true
	switch p.bug {
	case "sends again under another key":
		w.Key += "-again"
		w.Kind, w.Address, w.Items, w.Swaps, w.Method, w.Reason, w.Contact = action.ChangeContact, nil, nil, nil, "", "", &action.Contact{Email: "again@demo.test"}
		w.Order = ""
	case "does another customer the same favour":
		w = action.Write{Key: "other-" + w.Key, Kind: action.ChangeContact, Customer: "thomas_meijer_1011", Contact: &action.Contact{Email: "x@demo.test"}}
	case "loses its memory of having done it":
		return action.Result{}, action.Refuse(fault.Invalid, action.BadRequest, "I did nothing.")
	}
	if _, err := p.System.Do(ctx, w); err != nil {
		return r, fmt.Errorf("the planted mistake could not be made: %w", err)
	}
	return r, nil
}

// TestHostileHouseBites plants mistakes under the house of the hostile understander, and one above it, and wants each of them found: a checker
// that finds nothing proves nothing.
func TestHostileHouseBites(t *testing.T) {
	for bug, want := range map[string]string{
		"none":                                  "",
		"sends again under another key":         "never proposed",
		"does another customer the same favour": "never proposed",
		"loses its memory of having done it":    "was carried out",
		"tells one customer of another":         "of customer thomas_meijer_1011",
	} {
		t.Run(bug, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(7, 7))
			opt := bottest.Options{NoLibrary: true, Understand: hostile{rnd}}
			if bug != "none" {
				opt.Plant = func(s action.System) action.System { return &planted{System: s, bug: bug} }
			}
			var found []string
			for range 8 { // until somebody pressed a card
				h := bottest.Open(t, opt)
				var talks []*bottest.Talk
				for range talksAHouse {
					k, _ := hostileConversation(h, rnd)
					talks = append(talks, k)
				}
				if bug == "tells one customer of another" {
					talks[0].Tell("Dat is van thomas.meijer@demo.test, +31850000011.")
				}
				h.Pass(time.Hour)
				found = append(found, h.Broken(talks...)...)
				if len(found) > 0 || bug == "none" && len(h.Journal.Executed()) > 0 {
					break
				}
			}
			if all := strings.Join(found, "\n"); want == "" && all != "" || !strings.Contains(all, want) {
				t.Errorf("found %q, want %q", all, want)
			}
		})
	}
}

// customerDoes one random thing, often a sensible one so that flows get somewhere.
func customerDoes(k *bottest.Talk, c chat.Conversation, rnd *rand.Rand) {
	lines := []string{"#P10002 1015 CX", "#P10001 1015 CX", "#P10006 1015 CX", "P10001", "ja", "nee", "alles", "de sokken", "Damrak 1, 1012 LG Amsterdam", "wat kost verzenden?",
		"ik wil iets terugsturen", "iDEAL", "nummer 14", "ik bedoel #P10006", "jan@demo.test", "06 12345678", "waar is mijn pakket?", "per ongeluk besteld", "laat maar", "😀", strings.Repeat("x ", 1500)}
	switch n := rnd.IntN(10); {
	case n < 5 && len(c.Buttons) > 0:
		b := c.Buttons[max(0, len(c.Buttons)-1-rnd.IntN(4))]
		if b.Do != "human" || rnd.IntN(10) == 0 {
			k.PressButton(b)
			return
		}
	case n < 7 && c.Form != nil:
		values := map[string]string{}
		for _, f := range c.Form.Fields {
			values[f.Name] = map[string]string{"street": "Damrak", "number": "2", "postcode": "1012 LG", "city": "Amsterdam", "items": "0", "email": "x@demo.test", "phone": "0612345678"}[f.Name]
			if len(f.Options) > 0 && rnd.IntN(3) > 0 {
				values[f.Name] = f.Options[rnd.IntN(len(f.Options))].Value
			}
			if rnd.IntN(8) == 0 {
				values[f.Name] = nasty[rnd.IntN(len(nasty))]
			}
		}
		if k.Submit(values) == nil {
			return
		}
	}
	k.Say(lines[rnd.IntN(len(lines))])
}

// others is everything the order system has of the customer whose ids the understander knows.
func others(t *testing.T, h *bottest.House) string {
	t.Helper()
	c, err := h.Shop.Customer(t.Context(), "thomas_meijer_1011")
	if err != nil {
		t.Fatal(err)
	}
	o, err := h.Shop.CustomerOrders(t.Context(), "thomas_meijer_1011")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal([]any{c, o})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// checkLog holds a conversation to the invariants and returns how many acts were carried out in it.
func checkLog(t *testing.T, k *bottest.Talk) (acts int) {
	t.Helper()
	events := k.Events()
	answered := map[chat.Seq]bool{}
	for _, e := range events {
		if p := problem(e, events); p != "" {
			t.Fatalf("event %d: %s", e.Seq, p)
		}
		switch b := e.Body.(type) {
		case *chat.Message:
			if e.By.Role == chat.RoleBot {
				answered[b.Re] = true
			}
		case *chat.ActionMoved:
			if b.State == chat.ActionDone {
				acts++
			}
		}
	}
	c := k.Conversation()
	for _, e := range events {
		m, said := e.Body.(*chat.Message)
		if !said || e.By.Role != chat.RoleCustomer || answered[e.Seq] || c.Owner.Role != chat.RoleBot {
			continue
		}
		if m.Pressed == nil || !strings.HasPrefix(m.Pressed.Do, "confirm:") && !strings.HasPrefix(m.Pressed.Do, "undo:") {
			t.Fatalf("event %d was never answered: %q", e.Seq, m.Text)
		}
	}
	return acts
}

// problem says what is wrong with an event, or "".
func problem(e chat.Event, events []chat.Event) string {
	switch b := e.Body.(type) {
	case *chat.Message:
		raw, err := json.Marshal(b)
		if err != nil {
			return err.Error()
		}
		if e.By.Role == chat.RoleBot && (strings.Contains(string(raw), "Meijer") || strings.Contains(string(raw), "3SPMPL0010006") || strings.Contains(string(raw), "Reiger")) {
			return "speaks of another customer: " + string(raw)
		}
		if len(b.Text) > 6000 {
			return fmt.Sprintf("a message of %d bytes", len(b.Text))
		}
	case *chat.ActionMoved:
		if b.State == chat.ActionConfirmed && !pressed(b, e.Seq, events) {
			return "confirmed without a press"
		}
		if b.State == chat.ActionProposed && !strings.Contains(string(b.Params), `"customer":"jan_de_vries_1001"`) {
			return "proposed for another customer"
		}
	case *chat.Identified:
		if b.ID != "jan_de_vries_1001" {
			return "identified as " + b.ID
		}
	}
	return ""
}

// pressed looks for the customer's press on the card of exactly this act, or on the undo button of the one that it takes back.
func pressed(b *chat.ActionMoved, before chat.Seq, events []chat.Event) bool {
	return slices.ContainsFunc(events, func(e chat.Event) bool {
		m, ok := e.Body.(*chat.Message)
		return ok && e.By.Role == chat.RoleCustomer && e.Seq < before && m.Pressed != nil &&
			(m.Pressed.Do == "confirm:"+b.ID || b.UndoOf != "" && m.Pressed.Do == "undo:"+b.UndoOf)
	})
}

// The checker is worth something only if it bites: each of these logs has a mistake planted in it.
func TestHostileCheckerBites(t *testing.T) {
	moved := &chat.ActionMoved{ID: "a-1", State: chat.ActionConfirmed}
	press := func(do string) chat.Event {
		return chat.Event{Seq: 1, By: chat.Customer, Body: &chat.Message{Pressed: &chat.Button{Do: do}}}
	}
	for name, events := range map[string][]chat.Event{
		"no press":                 {{Seq: 2, By: chat.Customer, Body: moved}},
		"a press on another card":  {press("confirm:a-2"), {Seq: 2, By: chat.Customer, Body: moved}},
		"the bot's own press":      {{Seq: 1, By: chat.Bot, Body: &chat.Message{Pressed: &chat.Button{Do: "confirm:a-1"}}}, {Seq: 2, By: chat.Customer, Body: moved}},
		"somebody else's order":    {{Seq: 1, By: chat.Bot, Body: &chat.Message{Text: "Vloerlamp Reiger"}}},
		"somebody else's identity": {{Seq: 1, By: chat.Bot, Body: &chat.Identified{ID: "thomas_meijer_1011"}}},
	} {
		if problem(events[len(events)-1], events) == "" {
			t.Errorf("%s: not noticed", name)
		}
	}
	good := []chat.Event{press("confirm:a-1"), {Seq: 2, By: chat.Customer, Body: moved}}
	if p := problem(good[1], good); p != "" {
		t.Errorf("an honest confirmation: %s", p)
	}
}
