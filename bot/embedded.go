package bot

import (
	"context"
	"fmt"
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
	minScore   = 0.12 // of an intent worth offering
)

var smallTalk = map[string]bool{"greeting": true, "thanks": true, "goodbye": true, "bot_check": true, "yes": true, "no": true}

// Understand reads the turn's text.
func (e Embedded) Understand(ctx context.Context, t *Turn) ([]Command, error) {
	h := t.heard
	switch {
	case !strings.ContainsFunc(t.text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
		return []Command{GiveUp{Why: "empty"}}, nil
	case notHelped(t):
		return []Command{GiveUp{Why: "not_helped"}}, nil
	case h.Band == Sure && h.Intent == "human":
		return []Command{FetchPerson{}}, nil
	case h.Band == Sure && smallTalk[h.Intent]:
		return []Command{SmallTalk{Kind: h.Intent}}, nil
	}
	if wishes := e.wishes(t); len(wishes) > 0 {
		return wishes, nil
	}
	return e.ask(ctx, t)
}

// ask looks in the library, and asks back where neither it nor the ear is sure.
func (e Embedded) ask(ctx context.Context, t *Turn) ([]Command, error) {
	h := t.heard
	var res kb.Result
	if e.Library != nil {
		var err error
		if res, err = e.Library.Search(ctx, kb.Query{Text: t.text, Lang: t.Conv.Lang, Limit: 3}); err != nil {
			return nil, fmt.Errorf("search library: %w", err)
		}
	}
	fit := 0.0
	if len(res.Hits) > 0 {
		fit = res.Hits[0].Fit
	}
	switch {
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
	if res.Verdict != kb.None && len(res.Hits) > 0 {
		options = append(options, res.Hits[0].Lang+"/"+res.Hits[0].Article)
	}
	if len(options) == 0 {
		return []Command{GiveUp{}}, nil
	}
	return []Command{Clarify{Options: options}}, nil
}

var parts = regexp.MustCompile(`(?i)[.!?;]+\s+|,?\s+(?:en ook|en daarnaast|en verder|daarnaast|and also|and then|en|and|also)\s+`)

// wishes are the flows that the text asks for: the one the ear is sure of, and another one that a part of the text surely asks for.
func (e Embedded) wishes(t *Turn) []Command {
	is := func(h Heard) bool { return h.Band == Sure && e.Flows.Flows().Get(h.Intent) != nil }
	var names []string
	if pieces := parts.Split(t.text, 6); len(pieces) > 1 {
		for _, p := range pieces {
			if len(strings.Fields(p)) < 3 {
				continue
			}
			h := e.Ear.Hear(p, Hints{Lang: t.Conv.Lang, Now: t.Now})
			if is(h) && (len(names) == 0 || names[len(names)-1] != h.Intent) {
				names = append(names, h.Intent)
			}
		}
	}
	if is(t.heard) && (len(names) < 2 || len(names) > 2) {
		names = []string{t.heard.Intent}
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
