package action_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/fault"
)

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

func (r *rig) sendCode(conv chat.ConversationID, email string) string {
	r.Helper()
	if _, err := r.ledger.SendCode(r.ctx, r.conv(conv), email); err != nil {
		r.Fatalf("send code: %v", err)
	}
	return sixDigits.FindString(r.mails.last().Text)
}

func (r *rig) checkCode(conv chat.ConversationID, code string, want fault.Kind) chat.Identified {
	r.Helper()
	who, err := r.ledger.CheckCode(r.ctx, r.conv(conv), code)
	if fault.KindOf(err) != want {
		r.Errorf("check %q: got %v, want %q", code, err, want)
	}
	return who
}

func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

func TestCodeProvesWhoItIs(t *testing.T) {
	r := newRig(t)
	conv := r.begin("ann_1", chat.LevelOrder)
	to, err := r.ledger.SendCode(r.ctx, r.conv(conv), "")
	if err != nil || to != "A…@example.com" || r.mails.last().To != "Ann@example.com" {
		t.Fatalf("sent to %q (%s): %v", to, r.mails.last().To, err)
	}
	code := sixDigits.FindString(r.mails.last().Text)
	r.checkCode(conv, wrong(code), fault.Invalid)
	other := r.begin("ann_1", chat.LevelOrder)
	r.checkCode(other, code, fault.Gone) // bound to its conversation
	who := r.checkCode(conv, " "+code[:3]+" "+code[3:]+"\n", "")
	if who.Level != chat.LevelCode || who.ID != "ann_1" || who.How != "code" {
		t.Errorf("identity is %+v", who)
	}
	r.checkCode(conv, code, fault.Gone) // used
}

func TestCodeIsBoundAndBounded(t *testing.T) {
	r := newRig(t)
	conv := r.begin("ann_1", chat.LevelOrder)
	first := r.sendCode(conv, "")
	second := r.sendCode(conv, "")
	if first != second {
		r.checkCode(conv, first, fault.Invalid) // only the last one counts
	}
	r.checkCode(conv, wrong(second), fault.Invalid)
	r.checkCode(conv, "", fault.Invalid)
	r.checkCode(conv, second, fault.Gone) // three tries
	third := r.sendCode(conv, "")
	r.pass(10*time.Minute + time.Second)
	r.checkCode(conv, third, fault.Gone)
	if _, err := r.ledger.SendCode(r.ctx, r.conv(conv), ""); !fault.Is(err, fault.RateLimited) {
		t.Errorf("fourth code: %v", err)
	}
	for range 2 { // nine a day, over all conversations
		c := r.begin("ann_1", chat.LevelOrder)
		for range 3 {
			r.sendCode(c, "")
		}
	}
	if _, err := r.ledger.SendCode(r.ctx, r.conv(r.begin("ann_1", chat.LevelOrder)), ""); !fault.Is(err, fault.RateLimited) {
		t.Errorf("tenth code: %v", err)
	}
	r.pass(24 * time.Hour)
	conv = r.begin("ann_1", chat.LevelOrder)
	code := r.sendCode(conv, "")
	r.say(conv, chat.Draft{By: chat.System, Body: &chat.Identified{ID: "bob_2", Level: chat.LevelOrder}})
	r.checkCode(conv, code, fault.Invalid) // bound to its customer
}

func TestCodeByAddressTellsNothing(t *testing.T) {
	r := newRig(t)
	known, unknown := r.begin("", chat.LevelAnonymous), r.begin("", chat.LevelAnonymous)
	code := r.sendCode(known, "ann@example.com")
	if who := r.checkCode(known, code, ""); who.ID != "ann_1" {
		t.Errorf("identity is %+v", who)
	}
	sent := len(r.mails.sent)
	to, err := r.ledger.SendCode(r.ctx, r.conv(unknown), "arnold@example.com")
	if err != nil || to != "a…@example.com" || len(r.mails.sent) != sent {
		t.Errorf("an address nobody has: %q, %v", to, err)
	}
	r.checkCode(unknown, code, fault.Invalid)
	if _, err := r.ledger.SendCode(r.ctx, r.conv(unknown), "not an address"); !fault.Is(err, fault.Invalid) {
		t.Errorf("no address: %v", err)
	}
}

func TestManyTriesAtOnceAreThree(t *testing.T) {
	r := newRig(t)
	conv := r.begin("ann_1", chat.LevelOrder)
	code := r.sendCode(conv, "")
	c := r.conv(conv)
	var compared atomic.Int32
	together(32, func(int) {
		if _, err := r.ledger.CheckCode(r.ctx, c, wrong(code)); fault.Is(err, fault.Invalid) {
			compared.Add(1)
		}
	})
	if compared.Load() != 3 {
		t.Errorf("%d tries were compared", compared.Load())
	}
}

// TestChangeOfAddressIsTold: a change of contact goes to the earlier address with a link that takes it back, and a code still goes
// to the address from before the conversation.
func TestChangeOfAddressIsTold(t *testing.T) {
	r := newRig(t)
	conv := r.begin("ann_1", chat.LevelSignedIn)
	id := r.agree(conv, action.Write{Kind: action.ChangeContact, Contact: &action.Contact{Email: "thief@example.com", Phone: ""}})
	r.mails.fail = errors.New("mail server is down")
	r.rest(time.Minute)
	r.wantState(conv, id, chat.ActionDone, "")
	r.mails.fail = nil
	r.rest(time.Hour)
	m := r.mails.last()
	if m.To != "Ann@example.com" || strings.Contains(m.Text, "thief") {
		t.Fatalf("notice: %+v", m)
	}
	link := regexp.MustCompile(`https://chat\.example/undo\?token=(\S+)`).FindStringSubmatch(m.Text)
	if link == nil {
		t.Fatalf("no link in %q", m.Text)
	}
	if _, err := r.ledger.SendCode(r.ctx, r.conv(conv), ""); err != nil || r.mails.last().To != "Ann@example.com" {
		t.Errorf("code went to %s: %v", r.mails.last().To, err)
	}
	if err := r.ledger.UndoByLink(r.ctx, "guess"); !fault.Is(err, fault.Gone) {
		t.Errorf("guessed token: %v", err)
	}
	if err := r.ledger.UndoByLink(r.ctx, link[1]); err != nil {
		t.Fatal(err)
	}
	r.rest(time.Minute)
	r.wantState(conv, id, chat.ActionUndone, "")
	if c, _ := r.shop.Customer(r.ctx, "ann_1"); c.Email != "Ann@example.com" {
		t.Errorf("e-mail is %s", c.Email)
	}
	if err := r.ledger.UndoByLink(r.ctx, link[1]); err == nil {
		t.Error("the link works twice")
	}
	r.pass(15 * 24 * time.Hour)
	if _, err := r.ledger.Link(r.ctx, link[1]); !fault.Is(err, fault.Gone) {
		t.Errorf("after 15 days: %v", err)
	}
}

// TestCodesThroughTheLog: the bot asks and points, and the ledger mails, reads the customer's own message, compares and says who it is. Nobody
// else's word sets it in motion, and what the bot says itself is no code.
func TestCodesThroughTheLog(t *testing.T) {
	r := newRig(t)
	moved := func(by chat.Party, b chat.CodeMoved) chat.Draft { return chat.Draft{By: by, Body: &b} }
	verdicts := func(conv chat.ConversationID) (out []chat.CodeState) {
		for _, e := range r.events(conv) {
			if b, ok := e.Body.(*chat.CodeMoved); ok && e.By.Role == chat.RoleSystem {
				out = append(out, b.State)
			}
		}
		return out
	}
	conv := r.begin("", chat.LevelAnonymous)
	r.say(conv, moved(chat.Bot, chat.CodeMoved{State: chat.CodeAsked, Email: "ann@example.com"}))
	r.run()
	code := sixDigits.FindString(r.mails.last().Text)
	sent := len(r.mails.sent)
	for _, by := range []chat.Party{chat.Customer, chat.System} {
		r.say(conv, moved(by, chat.CodeMoved{State: chat.CodeAsked, Email: "ann@example.com"}))
	}
	type typed struct {
		by   chat.Party
		text string
	}
	for _, m := range []typed{{chat.Bot, code}, {chat.Customer, "it is " + wrong(code)}, {chat.Customer, "it is " + code[:3] + " " + code[3:] + "."}} {
		r.say(conv, chat.Draft{By: m.by, Body: &chat.Message{Text: m.text}})
		at := r.conv(conv).Head
		if m.by == chat.Customer {
			r.say(conv, moved(chat.Customer, chat.CodeMoved{State: chat.CodeGiven, From: at}))
		}
		r.run()
		if r.conv(conv).Customer.ID != "" {
			t.Fatalf("%q proves something before the bot points at it", m.text)
		}
		r.say(conv, moved(chat.Bot, chat.CodeMoved{State: chat.CodeGiven, From: at}), moved(chat.Bot, chat.CodeMoved{State: chat.CodeGiven, From: 9999}))
		r.run()
	}
	if len(r.mails.sent) != sent {
		t.Errorf("%d mails for one request of the bot", len(r.mails.sent)-sent+1)
	}
	if who := r.conv(conv).Customer; who.ID != "ann_1" || who.Level != chat.LevelCode {
		t.Errorf("identity is %+v", who)
	}
	want := []chat.CodeState{chat.CodeAsked, chat.CodeSent, chat.CodeWrong, chat.CodeWrong, chat.CodeWrong, chat.CodeWrong, chat.CodeRight, chat.CodeWrong}
	got := verdicts(conv)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("verdicts %v, want %v", got, want)
	}
}

// TestStrangersLearnNothingFromTrouble: to who is not known yet, a broken mail server and a tenth code of the day look like an address that
// nobody has.
func TestStrangersLearnNothingFromTrouble(t *testing.T) {
	r := newRig(t)
	r.mails.fail = errors.New("mail server is down")
	for _, email := range []string{"Ann@Example.com", "nobody@example.com"} {
		to, err := r.ledger.SendCode(r.ctx, r.conv(r.begin("", chat.LevelAnonymous)), email)
		if err != nil || !strings.HasPrefix(to, email[:1]) || !strings.HasSuffix(to, email[strings.Index(email, "@"):]) {
			t.Errorf("%s, no mail: %q, %v", email, to, err)
		}
	}
	r.mails.fail = nil
	for range 12 {
		if _, err := r.ledger.SendCode(r.ctx, r.conv(r.begin("", chat.LevelAnonymous)), "ann@example.com"); err != nil {
			t.Errorf("too many codes: %v", err)
		}
	}
	if n := len(r.mails.sent); n != 8 { // and the one that could not be sent
		t.Errorf("%d codes in a day", n)
	}
	if _, err := r.ledger.SendCode(r.ctx, r.conv(r.begin("ann_1", chat.LevelOrder)), ""); !fault.Is(err, fault.RateLimited) {
		t.Errorf("a known customer is not told: %v", err)
	}
}
