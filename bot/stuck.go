package bot

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"balie/bot/texts"
	"balie/internal/chat"
)

// Stuck says that the bot is not sure where nobody decided, and looks at every turn for signs that the customer gets nowhere: at the
// first sign it offers a person, at the second it fetches one. Each sign is an event with the number of the event that shows it.
type Stuck struct{}

// The points of signs. A person is offered at offerAt, and fetched at handOverAt if one was offered before.
const (
	offerAt    = 2
	handOverAt = 4
	window     = 8 // how many of the customer's words back a sign still counts
)

// Name is the policy's name.
func (Stuck) Name() string { return "stuck" }

// Decide is the last word of the list: that the bot is not sure.
func (Stuck) Decide(_ context.Context, t *Turn) (*Decision, error) {
	key := "unsure"
	switch {
	case t.why == "empty" || t.why == "not_helped":
		key = t.why
	case missedBefore(t):
		key = "unsure.again"
	}
	d := reply(t, chat.ActRefusal, texts.Say(t.Conv.Lang, key), personButton(t))
	d.message().Missed = t.why == ""
	return d, nil
}

func missedBefore(t *Turn) bool {
	for i := len(t.Events) - 1; i >= 0; i-- {
		if m, ok := t.Events[i].Body.(*chat.Message); ok && t.Events[i].By.Role == chat.RoleBot {
			return m.Act == chat.ActRefusal
		}
	}
	return false
}

// Review adds the turn's signs, and an offer or a hand-over where they call for it.
func (s Stuck) Review(_ context.Context, t *Turn, d *Decision) (*Decision, error) {
	signs := signsOf(t, d)
	if len(signs) == 0 {
		return d, nil
	}
	points := s.before(t)
	var drafts []chat.Draft
	for _, sign := range signs {
		points += sign.Points
		drafts = append(drafts, chat.Draft{By: chat.Bot, Body: &sign})
	}
	if d.escalates() != nil || progress(d) && !toldBefore(t, d.message()) {
		d.Drafts = append(drafts, d.Drafts...)
		return d, nil
	}
	if points >= handOverAt && offered(t) {
		next := escalate(chat.ReasonStuck, 0, names(signs), texts.Say(t.Conv.Lang, "stuck"))
		next.Drafts = append(drafts, next.Drafts...)
		return next, nil
	}
	if m := d.message(); points >= offerAt && m != nil {
		offer(t, m)
	}
	d.Drafts = append(drafts, d.Drafts...)
	return d, nil
}

// progress reports that something was confirmed or done this turn: no moment to take it out of the bot's hands.
func progress(d *Decision) bool {
	for _, draft := range d.Drafts {
		switch b := draft.Body.(type) {
		case *chat.ActionMoved:
			return true
		case *chat.FlowMoved:
			if b.State == chat.FlowDone {
				return true
			}
		}
	}
	return false
}

func names(signs []chat.Sign) string {
	var out []string
	for _, s := range signs {
		out = append(out, s.Name)
	}
	return strings.Join(out, ", ")
}

// offer puts the person button under a message, with a word about it where the message has none.
func offer(t *Turn, m *chat.Message) {
	if slices.ContainsFunc(m.Buttons, func(b chat.Button) bool { return b.Do == "human" }) {
		return
	}
	m.Text += "\n\n" + texts.Say(t.Conv.Lang, "offer")
	b := personButton(t)
	all := number(t, append(slices.Clone(m.Buttons), b))
	m.Buttons = append(m.Buttons, all[len(all)-1])
}

// before sums the signs that still count: those of the customer's latest words.
func (Stuck) before(t *Turn) int {
	var from chat.Seq
	n := 0
	for i := len(t.Events) - 1; i >= 0 && n < window; i-- {
		if _, ok := t.Events[i].Body.(*chat.Message); ok && t.Events[i].By.Role == chat.RoleCustomer {
			n++
			from = t.Events[i].Seq
		}
		if b, ok := t.Events[i].Body.(*chat.ActionMoved); ok && b.State == chat.ActionDone { // something was achieved: what was before is over
			from = max(from, t.Events[i].Seq)
			break
		}
	}
	done := lastDone(t)
	sum := 0
	for _, s := range t.Conv.Signs {
		if s.From >= from && !(s.Name == "slot_failed" && s.From < done) {
			sum += s.Points
		}
	}
	return sum
}

// lastDone is where a routine last came to its end: an answer that did not fit before that did no harm.
func lastDone(t *Turn) chat.Seq {
	for i := len(t.Events) - 1; i >= 0; i-- {
		if f, ok := t.Events[i].Body.(*chat.FlowMoved); ok && f.State == chat.FlowDone {
			return t.Events[i].Seq
		}
	}
	return 0
}

// offered reports whether a person was offered since the bot has had the word.
func offered(t *Turn) bool {
	for _, e := range t.Events {
		m, ok := e.Body.(*chat.Message)
		if ok && e.By.Role == chat.RoleBot && e.Seq >= t.Conv.Owner.Since &&
			slices.ContainsFunc(m.Buttons, func(b chat.Button) bool { return b.Do == "human" }) {
			return true
		}
	}
	return false
}

// signsOf looks for signs in what the customer said and in what the bot is about to say.
func signsOf(t *Turn, d *Decision) []chat.Sign {
	var out []chat.Sign
	add := func(name string, points int) {
		out = append(out, chat.Sign{Name: name, Points: points, From: t.Trigger.Seq})
	}
	if t.text != "" && t.press == (Press{}) {
		switch {
		case notHelped(t):
			add("not_helped", 2)
		case repeated(t) && !moves(d):
			add("same_question", 2)
		}
		if anger.MatchString(t.text) && !others.MatchString(t.text) {
			add("anger", 1+min(1, len(botLines(t, 1)))) // at the first word it is not yet about us
		} else if shouts(t.text) {
			add("shouting", 1)
		}
	}
	if thumbsDown(t) {
		add("thumbs_down", 2)
	}
	m := d.message()
	if m == nil {
		return out
	}
	switch m.Act {
	case chat.ActRefusal:
		if t.why == "" || m.Missed {
			add("no_answer", 1+min(1, misses(t)+len(t.Conv.Signs)))
		}
	case chat.ActAnswer:
		if answeredBefore(t, m) {
			add("same_answer", 2)
		}
	case chat.ActTell:
		if t.text != "" && toldBefore(t, m) {
			add("same_answer", 2)
		}
	case chat.ActReask:
		add("slot_failed", 1+min(1, failedSlots(t)/2)) // the third in a row weighs more
	case chat.ActFailed:
		add("back_end", 2)
	case chat.ActClarify:
		if lastAct(t) == chat.ActClarify {
			add("clarify_again", 2)
		}
	}
	return out
}

// moves reports that the turn brings a flow further: then a repetition was not in vain.
func moves(d *Decision) bool {
	for _, draft := range d.Drafts {
		switch b := draft.Body.(type) {
		case *chat.FlowMoved:
			if b.State == chat.FlowStarted || b.State == chat.FlowDone {
				return true
			}
		case *chat.ActionMoved, *chat.Identified:
			return true
		}
	}
	return false
}

var anger = regexp.MustCompile(`(?i)\b(?:klote|kut|kanker|tering|tyfus|godver\w*|verdomme|wtf|fuck\w*|shit(?:ty)?|bullshit|asshole|idiots?|idioot|idioten|sukkels?|eikels?|achterlijk\w*|waardeloze? (?:bot|chatbot|service|klantenservice|robot|antwoord)|(?:rot|stomme|domme|klere) ?(?:bot|chatbot|robot|ding|computer)|(?:stupid|dumb|useless|damn|crap|bloody|worthless|terrible|awful) (?:bot|chatbot|robot|thing|machine|service|answer|chat)|wat een (?:rot|k\w*|waardeloze|slechte) ?(?:bot|chatbot|service|zooi|bende)|(?:ik word|word ik|ik ben) (?:hier )?(?:echt )?(?:gek|woest|woedend|boos|laaiend|pissig|zat)|(?:ik ben (?:het|dit|er) (?:nu )?(?:echt |zo |helemaal )?(?:zat|beu|klaar mee))|belachelijk|schandalig|schande|(?:echt|zo|totaal|compleet|helemaal) (?:waardeloos|slecht|dom|ruk)|ongelof?elijk slecht|this is (?:ridiculous|a joke|insane|outrageous)|ridiculous|i(?:'m| am) (?:so |really |getting )*(?:angry|furious|fed up|sick of|pissed|frustrated)|driving me (?:crazy|mad|nuts)|for the (?:third|fourth|last|tenth|hundredth) time|voor de (?:derde|vierde|laatste|tiende|zoveelste) keer)\b`)

// others are those whom a customer may be angry at while the bot does well.
var others = regexp.MustCompile(`(?i)\b(?:bezorger\w*|koerier\w*|chauffeur\w*|postnl|dhl|dpd|ups|gls|buren|buurman|buurvrouw|courier\w*|driver\w*|carrier\w*|delivery (?:guy|man|person|driver)|neighbou?rs?)\b`)

func shouts(text string) bool {
	letters, upper := 0, 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	return letters >= 12 && upper*10 >= letters*8 || strings.Contains(text, "!!!") || strings.Contains(text, "???")
}

// repeated reports that the customer says nearly the same as shortly before.
func repeated(t *Turn) bool {
	now := bag(t.text)
	if len(now) < 2 {
		return false
	}
	seen := 0
	for i := len(t.Events) - 1; i >= 0 && seen < 5; i-- {
		e := t.Events[i]
		m, ok := e.Body.(*chat.Message)
		if !ok || e.By.Role != chat.RoleCustomer || e.Seq >= t.Trigger.Seq || e.Seq < t.Conv.Owner.Since || m.Pressed != nil || m.Submit != nil {
			continue
		}
		seen++
		if alike(now, bag(m.Text)) {
			return true
		}
	}
	return false
}

// fillers say nothing of what is asked.
var fillers = map[string]bool{"de": true, "het": true, "een": true, "ik": true, "is": true, "mijn": true, "dat": true, "die": true, "en": true, "of": true,
	"the": true, "a": true, "i": true, "my": true, "to": true, "of2": true, "and": true, "it": true, "in": true, "van": true, "te": true, "u": true, "je": true,
	"nog": true, "nu": true, "maar": true, "vraag": true, "zei": true, "said": true, "asked": true, "again": true, "weer": true, "opnieuw": true}

func bag(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if !fillers[w] && len(w) > 1 && !strings.ContainsAny(w, "0123456789") { // giving a number again is no question
			out[w] = true
		}
	}
	return out
}

// alike compares two sets of words; a short one inside a longer one counts as well.
func alike(a, b map[string]bool) bool {
	if len(a) < 2 || len(b) < 2 {
		return false
	}
	both := 0
	for w := range a {
		if b[w] {
			both++
		}
	}
	return both*10 >= 6*(len(a)+len(b)-both) || both >= 3 && both*10 >= 8*min(len(a), len(b))
}

func thumbsDown(t *Turn) bool {
	for _, e := range t.Events {
		if r, ok := e.Body.(*chat.Rating); ok && e.Seq > t.Conv.Handled && e.Seq < t.Trigger.Seq && r.Resolved != nil && !*r.Resolved {
			return true
		}
	}
	return false
}

// misses counts how often lately the bot did not know.
func misses(t *Turn) int {
	n := 0
	for _, e := range botLines(t, 6) {
		if e.Act == chat.ActRefusal {
			n++
		}
	}
	return n
}

// failedSlots counts the latest signs in a row of answers that did not fit.
func failedSlots(t *Turn) int {
	n := 0
	for i := len(t.Conv.Signs) - 1; i >= 0 && t.Conv.Signs[i].Name == "slot_failed"; i-- {
		n++
	}
	return n
}

// answeredBefore reports that the same passage was given shortly before.
func answeredBefore(t *Turn, m *chat.Message) bool {
	if len(m.Sources) == 0 {
		return false
	}
	for _, old := range botLines(t, 5) {
		if old.Act == chat.ActAnswer && len(old.Sources) > 0 && old.Sources[0].Article == m.Sources[0].Article && old.Sources[0].Section == m.Sources[0].Section {
			return true
		}
	}
	return false
}

// toldBefore reports that a routine tells word for word what it told shortly before: an order's state, asked for again, for example.
func toldBefore(t *Turn, m *chat.Message) bool {
	return m != nil && m.Act == chat.ActTell && m.Text != "" && m.Intent != "" && slices.ContainsFunc(botLines(t, 5), func(old *chat.Message) bool {
		return old.Act == chat.ActTell && strings.HasPrefix(old.Text, m.Text)
	})
}

func lastAct(t *Turn) chat.Act {
	if lines := botLines(t, 1); len(lines) > 0 {
		return lines[0].Act
	}
	return ""
}

// botLines are the bot's latest messages before the trigger, latest first.
func botLines(t *Turn, n int) []*chat.Message {
	var out []*chat.Message
	for i := len(t.Events) - 1; i >= 0 && len(out) < n; i-- {
		e := t.Events[i]
		if m, ok := e.Body.(*chat.Message); ok && e.By.Role == chat.RoleBot && e.Seq >= t.Conv.Owner.Since {
			out = append(out, m)
		}
	}
	return out
}
