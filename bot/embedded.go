package bot

import (
	"context"
	"regexp"
	"strings"
	"unicode"

	"balie/bot/flow"
	"balie/internal/chat"
	"balie/kb"
)

// Embedded is the Understander that is always there: the ear's intents and the library's verdict, by plain rules.
type Embedded struct {
	Ear     Ear
	Flows   *flow.Engine
	Library Library
}

// The thresholds between quoting, asking back and giving up.
const (
	fitUnknown = 0.5  // of an article to a question that the ear takes for none of ours
	fitUnsure  = 0.35 // to one that it is not sure of
	fitNear    = 0.28 // worth naming, where it is surely a question for the library
	minScore   = 0.12 // of an intent worth offering
)

var smallTalk = map[string]bool{"greeting": true, "thanks": true, "goodbye": true, "bot_check": true, "yes": true, "no": true}

// Understand reads the turn's text.
func (e Embedded) Understand(ctx context.Context, t *Turn) ([]Command, error) {
	e.clear(t)
	h := t.heard
	switch {
	case thumbsUp.MatchString(t.text):
		return []Command{SmallTalk{Kind: "thanks"}}, nil
	case !strings.ContainsFunc(t.text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
		return []Command{GiveUp{Why: "empty"}}, nil
	case notHelped(t):
		return []Command{GiveUp{Why: "not_helped"}}, nil
	case h.Band == Sure && h.Intent == "human":
		return []Command{FetchPerson{}}, nil
	case cancels(t.text): // nothing is going on
		return []Command{SmallTalk{Kind: "no"}}, nil
	case h.Band == Sure && smallTalk[h.Intent] && !asksOn(t.text):
		return []Command{SmallTalk{Kind: h.Intent}}, nil
	case asksWho(t.text): // the library knows nothing of who is talking
		return []Command{SmallTalk{Kind: "bot_check"}}, nil
	}
	if wishes := e.wishes(t); len(wishes) > 0 {
		if costs.MatchString(t.text) && len(h.Facts.Orders) == 0 { // what it costs is asked before it is done; the routine is offered beside it
			if known, err := e.ask(ctx, t); err != nil || len(known) > 0 && isAnswer(known[0]) {
				return known, err
			}
		}
		return wishes, nil
	}
	if len(h.Facts.Orders) > 0 && h.Band != Sure && len(strings.Fields(t.text)) <= 4 { // a bare order number: the same for that one
		return []Command{StartFlow{Name: e.lastTopic(t)}}, nil
	}
	if len(h.Facts.Orders) > 0 && h.Band == Unsure && e.Flows.Flows().Get(h.Intent) != nil { // the number tips the balance
		return []Command{StartFlow{Name: inContext(t, h.Intent, t.text, true)}}, nil
	}
	return e.ask(ctx, t)
}

var whoWords = regexp.MustCompile(`(?i)^\W*(?:(?:hallo|hoi|hey|hi|hello|en|maar|and|but|so|dus|zeg|eh|ehm)[\s,.]+)*(?:(?:hoe heet|wie ben|wat ben|hoe oud ben|wat is) (?:je|jij|u|jouw? naam|uw naam)|(?:wie|wat) (?:is|zijn) (?:dit|jullie|dat)|met wie (?:spreek|praat|chat|heb) ik|hoe (?:is je naam|noem ik je)|(?:ben|bent|zijt) (?:je|jij|u|ge|gij) (?:een |ne |echt |wel |nu )*(?:bot|robot|chatbot|computer|machine|mens|echt\w*|persoon|ai)\b.*|(?:who|what) are (?:you|u)|who is this|what(?:'?s| is) your name|who am i (?:talking|speaking|chatting) (?:to|with)|are (?:you|u) (?:an? |real|really |actually )*(?:bot|robot|chatbot|computer|machine|human|person|ai|real)\b.*|(?:mens|human|bot) (?:of|or) (?:mens|human|bot|robot|machine|computer))(?: (?:eigenlijk|dan|nou|ook|toch|really|actually|anyway|then|exactly))*\W*$`)

// asksWho reports that somebody asks whom they are talking to. Whole messages only.
func asksWho(text string) bool { return len(text) < 80 && whoWords.MatchString(text) }

var costs = regexp.MustCompile(`(?i)^\W*(?:(?:en|maar|and|but)\s+)?(?:wat (?:kost|kosten|zijn de kosten|moet ik betalen)|hoeveel (?:kost|kosten|betaal|moet ik betalen)|is .{0,40}\bgratis|how much|what (?:does|do|is|are) .{0,40}\b(?:costs?|fees?)|is .{0,40}\bfree)\b`)

func isAnswer(c Command) bool { _, ok := c.(Answer); return ok }

var numbers = regexp.MustCompile(`(?i)(?:\b(?:postcode|zip code|zip)[\s:]*)?(?:#?\b[a-z]{1,3}\d{4,12}\b|#\d{4,12}\b|\b[1-9]\d{3}\s?[a-z]{2}\b)[,.]?`)

// clear listens once more without the numbers in between, where they kept the ear from being sure: what is wanted stands around them. The
// facts stay those of the whole.
func (e Embedded) clear(t *Turn) {
	if len(t.heard.Facts.Orders) == 0 || t.heard.Band == Sure || e.Ear == nil {
		return
	}
	rest := strings.Join(strings.Fields(numbers.ReplaceAllString(t.text, " ")), " ")
	if len(strings.Fields(rest)) < 2 || rest == t.text {
		return
	}
	if h := e.Ear.Hear(rest, Hints{Lang: t.Conv.Lang, Now: t.Now}); h.Band == Sure && e.Flows.Flows().Get(h.Intent) != nil {
		t.heard.Band, t.heard.Intent, t.heard.Top = h.Band, h.Intent, h.Top
	}
}

// ask looks in the library, and asks back where neither it nor the ear is sure.
func (e Embedded) ask(ctx context.Context, t *Turn) ([]Command, error) {
	h := t.heard
	var res kb.Result
	question := inFull(t)
	if e.Library != nil {
		var err error
		if res, err = (Shelf{e.Library}).find(ctx, question, t.Conv.Lang, 3); err != nil {
			return nil, err
		}
	}
	if question != t.text && res.Verdict != kb.None {
		return []Command{Answer{Query: question, found: &res}}, nil
	}
	fit := 0.0
	if len(res.Hits) > 0 {
		fit = res.Hits[0].Fit
	}
	switch {
	case len(h.Facts.Orders) > 0 && h.Intent != "ask" && (res.Verdict != kb.Answer || fit < fitUnknown): // what can be told of an order is its state
		return []Command{StartFlow{Name: e.lastTopic(t)}}, nil
	case h.Intent == "ask" && res.Verdict == kb.None && fit >= fitNear: // surely a question for us: show what comes near
		var options []string
		for _, hit := range res.Hits {
			options = append(options, hit.Lang+"/"+hit.Article)
		}
		return []Command{Clarify{Options: options}}, nil
	case h.Band == Sure, h.Band == Unsure && h.Intent == "ask" && res.Verdict != kb.None:
		return []Command{Answer{Query: t.text, found: &res}}, nil
	case res.Verdict == kb.Answer && (h.Band == Unsure && fit >= fitUnsure || fit >= fitUnknown):
		return []Command{Answer{Query: t.text, found: &res}}, nil
	case h.Band == Unknown:
		return []Command{GiveUp{}}, nil
	}
	var options []string
	for _, c := range h.Top {
		if c.Score >= minScore && e.Flows.Flows().Get(c.Intent) != nil && len(options) < 2 {
			options = append(options, c.Intent)
		}
	}
	if len(options) == 1 && twins[options[0]] != "" {
		options = append(options, twins[options[0]])
	}
	if res.Verdict != kb.None && len(res.Hits) > 0 {
		options = append(options, res.Hits[0].Lang+"/"+res.Hits[0].Article)
	}
	if len(options) == 0 {
		return []Command{GiveUp{}}, nil
	}
	return []Command{Clarify{Options: options}}, nil
}

var goesOn = regexp.MustCompile(`(?i)^\W*(?:en|and|what about|how about|hoe zit het met)\b.{3,40}$`)

// inFull is what a question means that goes on from the one before: "en naar België?" after "wat kost verzenden?".
func inFull(t *Turn) string {
	before := lastAsked(t)
	if before == "" || !goesOn.MatchString(t.text) || len(strings.Fields(t.text)) > maxShort || lastAct(t) != chat.ActAnswer {
		return t.text
	}
	return before + " " + t.text
}

// lastTopic is the flow about an order that was last offered or spoken of.
func (e Embedded) lastTopic(t *Turn) string {
	for _, m := range botLines(t, 1) {
		for _, b := range m.Buttons {
			name, offered := strings.CutPrefix(b.Do, "flow:")
			if f := e.Flows.Flows().Get(name); offered && f != nil && f.AboutOrder() && m.Act == chat.ActAnswer {
				return name
			}
		}
	}
	if f := e.Flows.Flows().Get(t.Conv.Intent); f != nil && f.AboutOrder() {
		return f.Name
	}
	return "order_status"
}

// twins are wishes that customers put in the same words: where one is offered, so is the other.
var twins = map[string]string{"change_address": "change_order_address", "change_order_address": "change_address", "return": "withdraw", "withdraw": "return"}

var parts = regexp.MustCompile(`(?i)[.!?;]+\s+|,?\s+(?:en ook|en daarnaast|en verder|daarnaast|and also|and then|en|and|also)\s+`)

// tells is the part of a message that says what came before the wish: "I received order 12 and would like to return it".
var tells = regexp.MustCompile(`(?i)^\W*(?:(?:hello|hi|hey|hallo|hoi|dag|goedemiddag|goedemorgen|good (?:morning|afternoon|evening))\W+)?(?:(?:i|we)(?: have| just|'ve)*\s+(?:received|got|ordered|bought|placed)\b|(?:ik|we|wij)\s+(?:ontving(?:en)?|kreeg|kregen|bestelde|kocht)\b|(?:ik|we|wij)\s+(?:heb|hebben)\b.{0,60}\b(?:ontvangen|gekregen|besteld|gekocht|binnen)\W*$)`)

// wishes are the flows that the text asks for: the one the ear is sure of, and another one that a part of the text surely asks for.
func (e Embedded) wishes(t *Turn) []Command {
	is := func(h Heard) bool { return h.Band == Sure && e.Flows.Flows().Get(h.Intent) != nil }
	var names []string
	if pieces := parts.Split(t.text, 6); len(pieces) > 1 {
		for _, p := range pieces {
			if len(strings.Fields(p)) < 2 || tells.MatchString(p) {
				continue
			}
			h := e.Ear.Hear(p, Hints{Lang: t.Conv.Lang, Now: t.Now})
			if !is(h) {
				continue
			}
			if name := inContext(t, h.Intent, p, len(h.Facts.Orders) > 0); len(names) == 0 || names[len(names)-1] != name {
				names = append(names, name)
			}
		}
	}
	if is(t.heard) && (len(names) < 2 || len(names) > 2) {
		names = []string{inContext(t, t.heard.Intent, t.text, len(t.heard.Facts.Orders) > 0)}
	}
	if !is(t.heard) && (len(names) != 2 || t.heard.Band == Sure) {
		return nil
	}
	var out []Command
	for _, n := range names {
		out = append(out, StartFlow{Name: n})
	}
	return out
}

var ownAddress = regexp.MustCompile(`(?i)\b(?:mijn|account|verhuis\w*|verhuizing|profiel|my|mine|profile|default|moved?|moving)\b`)

var (
	accountAddress = regexp.MustCompile(`(?i)\b(?:account|profiel|profile|default|standaard|standaardadres)\b`)
	changesAccount = regexp.MustCompile(`(?i)\b(?:change|update|edit|correct|set|wijzig|wijzigen|verander|pas)\b[^.,;#]{0,30}\b(?:address (?:on|in|of|for) my (?:account|profile)|(?:account|profile|default) address|adres (?:in|van) mijn (?:account|profiel))\b`)
	asTarget       = regexp.MustCompile(`(?i)\b(?:to|naar|into)\s+(?:(?:the|my|het|mijn|address|adres|in|of|from|uit)\s+){1,6}(?:account|profiel|profile|default|standaard|standaardadres)\b`)
)

// accountsOwn reports that the address of the account itself is to change, not that something goes to it.
func accountsOwn(said string) bool {
	return accountAddress.MatchString(said) && !asTarget.MatchString(said)
}

// changesWhere: to change where something goes is another wish than to know where it is.
var changesWhere = regexp.MustCompile(`(?i)\b(?:change|update|edit|correct|modify|switch)\b.{0,20}\bwhere\b.{0,40}\b(?:go(?:es|ing)?|sent|shipped|delivered|ship|deliver)\b|\b(?:wijzig\w*|verander\w*|aanpassen)\b.{0,20}\bwaar\b.{0,40}\b(?:heen|naartoe|naar toe|bezorgd)\b|\bwaar\b.{0,40}\b(?:heen|naartoe|naar toe)\b.{0,20}\b(?:wijzig\w*|verander\w*|aanpassen)\b`)

// inContext reads a wish in the light of what was just spoken of: "kan het adres nog gewijzigd worden?" after an order is about that order.
func inContext(t *Turn, name, said string, order bool) string {
	if name == "order_status" && changesWhere.MatchString(said) {
		return "change_order_address"
	}
	if name == "change_order_address" && changesAccount.MatchString(said) && accountsOwn(said) {
		return "change_address"
	}
	if name != "change_address" {
		return name
	}
	if accountsOwn(said) {
		return name // "change my default address; order #W1, zip 76105" names the order as proof
	}
	if order || t.Conv.Intent == "order_status" && !ownAddress.MatchString(said) {
		return "change_order_address"
	}
	return name
}

var noHelp = regexp.MustCompile(`(?i)\b(?:(?:dat|dit|het) (?:helpt|hielp|werkt)(?: me| mij)? (?:echt |ook |dus )?(?:niet|niks)|daar heb ik niets aan|daar (?:heb|schiet) ik (?:niks|niets|weinig) (?:aan|mee op)|(?:dat|dit) (?:is|was) (?:niet|geen) (?:wat ik|mijn vraag|het antwoord|antwoord)|(?:dat )?(?:bedoel|vroeg|vraag|zoek) ik (?:dus |helemaal |ook )?niet|niet wat ik (?:bedoel|vroeg|vraag|zoek)|geen antwoord op mijn vraag|(?:u|je|jij) begrijpt? (?:me|mij|het|er) (?:echt )?(?:niet|niks)|klopt niet wat|this (?:does|did)(?:n'?t| not) help|that (?:does|did)(?:n'?t| not) help|(?:doesn'?t|does not|didn'?t|not) (?:really )?help(?:ful|ing)?\b|not what i (?:asked|meant|mean|need|want)|that'?s not (?:it|what|my question|an answer)|(?:doesn'?t|does not|didn'?t) answer my question|(?:you|u) (?:don'?t|do not) (?:understand|get it)|you'?re not (?:listening|helping|understanding)|useless answer)`)

// notHelped reports that the customer says the bot's last answer was of no use.
func notHelped(t *Turn) bool {
	if !noHelp.MatchString(t.text) {
		return false
	}
	for i := len(t.Events) - 1; i >= 0; i-- {
		if m, ok := t.Events[i].Body.(*chat.Message); ok && t.Events[i].By.Role == chat.RoleBot {
			return true
		} else if ok && t.Events[i].By.Role == chat.RoleAgent && m.Text != "" {
			return false
		}
	}
	return false
}
