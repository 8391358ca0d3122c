package bot

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"balie/internal/chat"
)

// turnOf is a turn in which a customer says something after earlier lines.
func turnOf(lang, text string, before ...chat.Draft) *Turn {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	var c chat.Conversation
	var events []chat.Event
	drafts := append([]chat.Draft{{By: chat.System, Body: &chat.Opened{Lang: lang}}}, before...)
	drafts = append(drafts, chat.Draft{By: chat.Customer, Body: &chat.Message{Text: text}})
	for _, d := range drafts {
		e := chat.Event{Conv: "c", Seq: c.Head + 1, At: now, By: d.By, Body: d.Body}
		events, c = append(events, e), chat.Fold(c, e)
	}
	t := &Turn{Conv: c, Events: events, Trigger: events[len(events)-1], Now: now}
	t.listen(nil)
	return t
}

func TestCareNoticesAndLeavesBe(t *testing.T) {
	for text, want := range map[string]string{
		"ik wil niet meer leven":                                        "suicide",
		"I want to kill myself":                                         "suicide",
		"ik ga mezelf iets aandoen":                                     "suicide",
		"I don't want to live any more":                                 "suicide",
		"ik weet je te vinden, ik maak je kapot":                        "threat",
		"mijn ex bedreigt mij en heeft mijn adres uit jullie systeem":   "threat",
		"someone is using my account to order things":                   "fraud",
		"ik kreeg een phishing mail uit jullie naam":                    "fraud",
		"er is op mijn naam besteld, ik ben opgelicht":                  "fraud",
		"mijn vader is overleden, wat moet ik met zijn bestelling":      "bereavement",
		"My husband passed away last week":                              "bereavement",
		"ik ben wanhopig, ik kan het niet meer aan":                     "distress",
		"ik wil dood, laat maar":                                        "suicide",
		"de batterij van mijn lamp is overleden":                        "",
		"ik maak de bestelling af":                                      "",
		"mijn plant is dood":                                            "",
		"ik kom morgen langs met het pakket, kan dat?":                  "",
		"waar is mijn bestelling #P10001":                               "",
		"I would kill for a discount":                                   "",
		"the lamp died after a week, the battery is dead":               "",
		"kan ik de ketel terugsturen, ik leef niet van de lucht":        "",
		"ik wil niet meer wachten":                                      "",
		"can you find my order":                                         "",
		"ik kan het niet meer vinden":                                   "",
		"deze bestelling wil ik niet meer":                              "",
		"my order is late and I am disappointed":                        "",
		"ik heb iets besteld en betaald maar niks gekregen":             "",
		"ik steek het pakket morgen in de bus":                          "",
		"jullie hebben een slecht artikel geleverd, dit is een schande": "",
		"ik zal de doos neerzetten bij de buren":                        "",
		"iemand heeft mijn pakket bij de buren afgegeven":               "",
		"Someone ordered a lamp for me as a gift, can I exchange it?":   "",
		"jullie zijn oplichters":                                        "", strings.Repeat("waar is mijn pakket ", 150) + "want ik wil dood": "suicide",
		"hoe zeg ik mijn nieuwsbrief op na overlijden van mijn vrouw":            "bereavement",
		"I got a scam text message with your name on it":                         "fraud",
		"is deze sms over een pakket echt of nep, ik denk een valse sms":         "fraud",
		"mijn vriend mishandelt mij, stuur het pakket alstublieft ergens anders": "threat",
	} {
		if got, _ := careFor(text); got != want {
			t.Errorf("%.80q: %q, want %q", text, got, want)
		}
	}
}

func TestCareFetchesWithPriorityAndCalmWords(t *testing.T) {
	tn := turnOf("nl", "ik wil niet meer leven")
	d, err := Care{}.Decide(t.Context(), tn)
	if err != nil || d == nil {
		t.Fatalf("decision %v, %v", d, err)
	}
	if o := d.escalates(); o == nil || o.Priority != 9 || o.Reason != chat.ReasonSensitive {
		t.Errorf("owner %+v", o)
	}
	if !strings.Contains(d.message().Text, "113") {
		t.Errorf("no help line in %q", d.message().Text)
	}
}

func TestEscapePassesAndDecides(t *testing.T) {
	e := Escape{Asks: func(s string) bool { return strings.Contains(s, "medewerker") }}
	if d, _ := e.Decide(t.Context(), turnOf("nl", "mag ik een medewerker")); d == nil || d.escalates() == nil {
		t.Error("asking for a person does not fetch one")
	}
	if d, _ := e.Decide(t.Context(), turnOf("nl", "waar is mijn pakket")); d != nil {
		t.Error("a question fetches a person")
	}
	tn := turnOf("nl", "Praat met een medewerker")
	tn.press = Press{Verb: "human"}
	if d, _ := (Escape{}).Decide(t.Context(), tn); d == nil {
		t.Error("the button does not fetch a person")
	}
}

func TestPressesAreRead(t *testing.T) {
	for do, want := range map[string]Press{
		"human": {"human", ""}, "flow:return": {"flow", "return"}, "article:nl/retour": {"article", "nl/retour"}, "confirm:a-1": {"confirm", "a-1"},
		"slot:items=*": {"slot", "items=*"}, "say:waar is het: hier": {"say", "waar is het: hier"},
		"": {}, "delete:everything": {}, "confirm": {"confirm", ""}, "flow:" + strings.Repeat("x", 500): {},
	} {
		if got := ParsePress(do); got != want {
			t.Errorf("%.40q: %v, want %v", do, got, want)
		}
	}
}

func TestCancelsOnlyWholeMessages(t *testing.T) {
	for text, want := range map[string]bool{
		"laat maar": true, "Laat maar zitten.": true, "nee, laat maar": true, "stop": true, "never mind": true, "Forget it, thanks": true, "doe maar niet": true,
		"stop maar in een doos": false, "laat maar weten wanneer": false, "cancel my order": false, "ik wil annuleren": false, "": false,
	} {
		if got := cancels(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// policyFunc is a policy in one function.
type policyFunc func(context.Context, *Turn) (*Decision, error)

func (policyFunc) Name() string                                             { return "test" }
func (f policyFunc) Decide(ctx context.Context, t *Turn) (*Decision, error) { return f(ctx, t) }

func TestSurestFirstAndNeverNothing(t *testing.T) {
	pass := policyFunc(func(context.Context, *Turn) (*Decision, error) { return nil, nil })
	says := policyFunc(func(_ context.Context, t *Turn) (*Decision, error) { return reply(t, chat.ActTell, "ja"), nil })
	d, err := New(nil, pass, says, policyFunc(func(context.Context, *Turn) (*Decision, error) {
		t.Error("asked after somebody decided")
		return nil, nil
	})).Decide(t.Context(), turnOf("nl", "hallo"))
	if err != nil || d.message().Text != "ja" || d.message().Policy != "test" || d.message().Re != 2 || d.message().Lang != "nl" {
		t.Errorf("got %+v, %v", d.message(), err)
	}
	d, err = New(nil, pass).Decide(t.Context(), turnOf("en", "hello"))
	if err != nil || d.message() == nil || !d.message().Missed || len(d.message().Buttons) != 1 {
		t.Errorf("nobody decided: %+v, %v", d, err)
	}
	broken := errors.New("broken")
	if _, err := New(nil, policyFunc(func(context.Context, *Turn) (*Decision, error) { return nil, broken })).Decide(t.Context(), turnOf("nl", "x")); !errors.Is(err, broken) {
		t.Errorf("error lost: %v", err)
	}
}

func TestRepeatsAndShouts(t *testing.T) {
	said := func(s string) chat.Draft { return chat.Draft{By: chat.Customer, Body: &chat.Message{Text: s}} }
	for _, c := range []struct {
		before, now string
		want        bool
	}{
		{"waar is mijn pakket gebleven", "waar is mijn pakket nou gebleven", true},
		{"wat kost verzenden naar belgie", "ik vroeg wat verzenden naar belgie kost", true},
		{"waar is mijn pakket", "wat kost verzenden", false},
		{"1015 CX", "1015 CX", false},
		{"ja", "ja", false},
	} {
		if got := repeated(turnOf("nl", c.now, said(c.before))); got != c.want {
			t.Errorf("%q after %q: %v", c.now, c.before, got)
		}
	}
	for text, want := range map[string]bool{"WAAR IS MIJN PAKKET": true, "hallo!!!": true, "PostNL": false, "waar is het?": false, "NEE": false} {
		if shouts(text) != want {
			t.Errorf("%q: shouts is %v", text, !want)
		}
	}
}

func TestQuotationsEndAtASentence(t *testing.T) {
	long := strings.Repeat("Dit is een zin van een paar woorden. ", 60)
	got := cut(long)
	if len([]rune(got)) > maxQuote || !strings.HasSuffix(got, ".") {
		t.Errorf("cut to %d runes ending in %q", len([]rune(got)), got[len(got)-5:])
	}
	if cut("kort") != "kort" {
		t.Error("a short one is changed")
	}
	if got := cut(strings.Repeat("x", 2000)); len([]rune(got)) != maxQuote+1 {
		t.Errorf("one long word becomes %d runes", len([]rune(got)))
	}
}
