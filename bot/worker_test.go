package bot_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"balie/bot"
	"balie/bot/bottest"
	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// phraser words an answer as it is told to.
type phraser func(req bot.PhraseRequest, delta func(string)) (string, error)

func (p phraser) Phrase(_ context.Context, req bot.PhraseRequest, delta func(string)) (string, error) {
	return p(req, delta)
}

const question = "wat kost het om iets terug te sturen?"

func TestAnswersAreWordedByTheModelOrQuoted(t *testing.T) {
	first := bottest.Open(t, bottest.Options{})
	ask := func(p bot.Phraser) *chat.Message {
		h := first.Again(t)
		h.Worker.Phraser = p
		k := h.Begin("nl")
		k.Say(question)
		return k.Last()
	}
	quoted := ask(nil)
	if quoted.Act != chat.ActAnswer || len(quoted.Sources) != 1 || quoted.Sources[0].URL == "" {
		t.Fatalf("no quotation with a source: %+v", quoted)
	}
	var asked bot.PhraseRequest
	worded := ask(phraser(func(req bot.PhraseRequest, delta func(string)) (string, error) {
		asked = req
		delta("Terugsturen ")
		delta("kost € 2,95.")
		return "Terugsturen kost € 2,95.", nil
	}))
	if worded.Text != "Terugsturen kost € 2,95." || len(worded.Sources) != 1 {
		t.Errorf("worded as %q with %v", worded.Text, worded.Sources)
	}
	if asked.Question != question || len(asked.Passages) == 0 || asked.Lang != "nl" {
		t.Errorf("asked %+v", asked)
	}
	if m := ask(phraser(func(bot.PhraseRequest, func(string)) (string, error) { return "", fault.New(fault.Unavailable, "down") })); m.Text != quoted.Text {
		t.Errorf("a dead model gives %q, want the quotation", m.Text)
	}
	if m := ask(phraser(func(bot.PhraseRequest, func(string)) (string, error) { return "", bot.ErrNoAnswer })); !m.Missed || len(m.Sources) != 0 || len(m.Buttons) != 1 {
		t.Errorf("a model that declines gives %+v", m)
	}
}

// brokenUnderstander fails or panics.
type brokenUnderstander struct{ panics bool }

func (b brokenUnderstander) Understand(context.Context, *bot.Turn) ([]bot.Command, error) {
	if b.panics {
		panic("a bug")
	}
	return nil, errors.New("gone")
}

// A bot that keeps failing hands over with honest words, and is never silent.
func TestFailingBotHandsOver(t *testing.T) {
	h := bottest.Open(t, bottest.Options{NoLibrary: true})
	h.Worker.Bot = bot.New(nil, &bot.Understand{By: brokenUnderstander{}, Flows: h.Flows})
	k := h.Begin("nl")
	k.Say("hallo")
	for range 10 {
		h.Pass(10 * time.Second)
	}
	c := k.Conversation()
	if c.Owner.Role != chat.RoleQueue || c.Owner.Reason != chat.ReasonBotUnavailable || k.Last() == nil {
		t.Errorf("owner %+v, said %+v", c.Owner, k.Last())
	}
}

// A model's understander that fails is replaced by the embedded one in the same turn.
func TestEmbeddedUnderstandsWhenTheModelFails(t *testing.T) {
	h := bottest.Open(t, bottest.Options{NoLibrary: true, Understand: brokenUnderstander{}})
	k := h.Begin("nl")
	k.Say("waar is mijn bestelling?")
	if c := k.Conversation(); c.Flow == nil || c.Flow.Name != "order_status" {
		t.Errorf("flow %+v", c.Flow)
	}
}

// Two messages before the bot looks are two answers, in order, and nothing is left to do.
func TestEveryTriggerIsAnswered(t *testing.T) {
	h := bottest.Open(t, bottest.Options{NoLibrary: true})
	k := h.Begin("nl")
	for _, text := range []string{"hallo", "dank u wel"} {
		if _, err := h.Log.Append(t.Context(), k.ID, chat.Any, chat.Draft{By: chat.Customer, Body: &chat.Message{Text: text}}); err != nil {
			t.Fatal(err)
		}
	}
	h.Work()
	var re []chat.Seq
	for _, e := range k.Events() {
		if m, ok := e.Body.(*chat.Message); ok && e.By.Role == chat.RoleBot {
			re = append(re, m.Re)
		}
	}
	if len(re) != 2 || re[0] != 2 || re[1] != 3 {
		t.Errorf("answered %v, want 2 and 3", re)
	}
	if tasks, _, err := h.Engine.Claim(t.Context(), relay.WorkerBot, 5, time.Minute); err != nil || len(tasks) != 0 {
		t.Errorf("tasks left: %v, %v", tasks, err)
	}
}

// overtaken is a mail room in which a person claims the conversation while the bot thinks.
type overtaken struct {
	*relay.Relay
	once bool
}

func (o *overtaken) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	if !o.once && len(a.Drafts) > 0 {
		o.once = true
		claim := chat.Draft{By: chat.Party{Role: chat.RoleAgent, ID: "sanne"}, Body: &chat.OwnerChanged{To: chat.RoleAgent, Agent: "sanne", Reason: chat.ReasonAssigned}}
		if _, err := o.Relay.Append(ctx, a.Conv, chat.Any, claim); err != nil {
			return relay.Appended{}, err
		}
	}
	return o.Relay.Commit(ctx, a)
}

func TestTheBotNeverTalksOverAPerson(t *testing.T) {
	h := bottest.Open(t, bottest.Options{NoLibrary: true})
	h.Worker.Log = &overtaken{Relay: h.Log}
	k := h.Begin("nl")
	k.Say("hallo")
	if m := k.Last(); m != nil {
		t.Errorf("said %q after a person had taken over", m.Text)
	}
	if c := k.Conversation(); c.Owner.Agent != "sanne" {
		t.Errorf("owner %+v", c.Owner)
	}
}

func TestReturnedByPeople(t *testing.T) {
	h := bottest.Open(t, bottest.Options{NoLibrary: true})
	k := h.Begin("en")
	k.Say("I want to talk to a person")
	if c := k.Conversation(); c.Owner.Role != chat.RoleQueue || c.Owner.Reason != chat.ReasonCustomer {
		t.Fatalf("owner %+v", c.Owner)
	}
	agent := chat.Party{Role: chat.RoleAgent, ID: "sanne"}
	for _, b := range []chat.Body{&chat.OwnerChanged{To: chat.RoleAgent, Agent: "sanne", Reason: chat.ReasonAssigned}, &chat.OwnerChanged{To: chat.RoleBot, Reason: chat.ReasonReturned}} {
		if _, err := h.Log.Append(t.Context(), k.ID, chat.Any, chat.Draft{By: agent, Body: b}); err != nil {
			t.Fatal(err)
		}
	}
	h.Work()
	if m := k.Last(); m == nil || !strings.Contains(m.Text, "chatbot again") {
		t.Errorf("after the return: %+v", m)
	}
}

func TestLanguageFollowsTheCustomer(t *testing.T) {
	h := bottest.Open(t, bottest.Options{NoLibrary: true})
	k := h.Begin("nl")
	k.Say("Hello, where is my parcel please?")
	if m := k.Last(); m.Lang != "en" || k.Conversation().Lang != "en" {
		t.Errorf("answered in %q", m.Lang)
	}
	k.Say("Keizersgracht 12")
	if l := k.Conversation().Lang; l != "en" {
		t.Errorf("a Dutch street made it %q", l)
	}
	k.Say("Sorry, kunnen we ook gewoon Nederlands praten?")
	if l := k.Conversation().Lang; l != "nl" {
		t.Errorf("Dutch again, and it stays %q", l)
	}
}

func TestWantsOnlyWhatIsTheBots(t *testing.T) {
	bots := &chat.Conversation{Owner: chat.Owner{Role: chat.RoleBot}}
	agents := &chat.Conversation{Owner: chat.Owner{Role: chat.RoleAgent}}
	said := chat.Event{By: chat.Customer, Body: &chat.Message{Text: "hallo"}}
	for name, c := range map[string]struct {
		conv *chat.Conversation
		e    chat.Event
		want int
	}{
		"a customer's word":       {bots, said, 1},
		"… while a person has it": {agents, said, 0},
		"the bot's own":           {bots, chat.Event{By: chat.Bot, Body: &chat.Message{}}, 0},
		"an act done":             {bots, chat.Event{By: chat.System, Body: &chat.ActionMoved{State: chat.ActionDone}}, 1},
		"a card the bot withdrew": {bots, chat.Event{By: chat.Bot, Body: &chat.ActionMoved{State: chat.ActionExpired}}, 0},
		"given back":              {bots, chat.Event{By: chat.System, Body: &chat.OwnerChanged{To: chat.RoleBot}}, 1},
		"seen":                    {bots, chat.Event{By: chat.Customer, Body: &chat.Seen{}}, 0},
	} {
		if got := bot.Wants(c.conv, []chat.Event{c.e}); len(got) != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
