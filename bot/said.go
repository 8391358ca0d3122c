package bot

import (
	"regexp"
	"slices"
	"strings"

	"balie/bot/flow"
	"balie/internal/chat"
)

var cancelWords = regexp.MustCompile(`(?i)^\W*(?:(?:oh|ach|nee|no|sorry|ok[eé]?|toch|well|actually|please)[\s,.]+)*(?:laat (?:het )?(?:dan |toch |nou )?(?:maar(?: zitten)?|zitten)|stop(?: maar| hiermee| ermee| it| this)?|hoeft (?:al )?niet meer|hoeft niet|doe (?:dan )?maar niet|niet meer nodig|ik stop(?: ermee)?|vergeet het(?: maar)?|never ?mind|forget (?:it|about it)|cancel (?:that|this|it)|leave it|i changed my mind|ik heb me bedacht|not any ?more|i don'?t want (?:this|it|that) any ?more)(?:[\s,]+(?:dan|maar|thanks|thank you|bedankt|hoor|toch|sorry))*\W*$`)

// cancels reports that the customer wants no more of what is going on. Whole messages only: "stop maar met zoeken naar ..." is more.
func cancels(text string) bool { return len(text) < 80 && cancelWords.MatchString(text) }

// input makes a flow's input of a turn.
func input(t *Turn, ear Ear, name string) flow.Input {
	in := flow.Input{Seq: t.Trigger.Seq, Now: t.Now, Text: t.text, Facts: t.heard.Facts, Intent: t.heard.Intent, Sure: t.heard.Band == Sure}
	if m, ok := t.Trigger.Body.(*chat.Message); ok && m.Submit != nil {
		in.Submit = m.Submit
	}
	if t.press != (Press{}) {
		in.Text, in.Verb, in.Arg, in.Facts, in.Intent, in.Sure = "", t.press.Verb, t.press.Arg, flow.Facts{}, "", false
	}
	in.Yes = in.Verb == "" && in.Text != "" && (in.Sure && in.Intent == "yes" || saysYes.MatchString(in.Text))
	in.No = in.Verb == "" && in.Text != "" && !in.Yes && (in.Sure && in.Intent == "no" || saysNo.MatchString(in.Text))
	in.Wish, in.WishAt = wish(t, name)
	if in.WishAt != t.Trigger.Seq && len(in.Wish) > 0 && in.Verb == "flow" && ear != nil { // a wish that waited: its facts count now
		in.Text = in.Wish[0]
		in.Facts = ear.Hear(in.Text, Hints{Lang: t.Conv.Lang, Now: t.Now}).Facts
		in.Verb, in.Arg = "", ""
	}
	return in
}

// wish finds what the customer said since they first had this wish, and where that began. Words about something else in between are left out.
func wish(t *Turn, name string) ([]string, chat.Seq) {
	started, queued := began(t, name)
	var out []string
	var from chat.Seq
	add := func(e chat.Event) {
		if m, ok := typed(e); ok && m.Text != "" {
			out = append(out, m.Text)
			if from == 0 {
				from = e.Seq
			}
		}
	}
	switch {
	case queued >= 0:
		add(lastSaid(t.Events[:queued]))
	case started >= 0:
		add(lastSaid(t.Events[:started]))
	case t.press.Verb == "flow":
		add(lastSaid(t.Events))
	}
	if started >= 0 {
		for _, e := range t.Events[started:] {
			if e.Seq < t.Trigger.Seq {
				add(e)
			}
		}
	}
	add(t.Trigger)
	if from == 0 {
		from = t.Trigger.Seq
	}
	return out[max(0, len(out)-12):], from
}

// began finds where a flow that is open was started, and where it was kept for later before that; -1 where it was not.
func began(t *Turn, name string) (started, queued int) {
	started, queued = -1, -1
	for i, e := range t.Events {
		m, ok := e.Body.(*chat.FlowMoved)
		if !ok || m.Flow != name {
			continue
		}
		switch m.State {
		case chat.FlowStarted:
			started = i
		case chat.FlowQueued:
			queued = i
		case chat.FlowDone, chat.FlowCancelled, chat.FlowFailed:
			started, queued = -1, -1
		}
	}
	if t.Conv.Flow == nil || t.Conv.Flow.Name != name {
		started = -1
		if !slices.Contains(t.Conv.Later, name) {
			queued = -1
		}
	}
	return started, queued
}

// typed returns the message of an event if a customer typed it.
func typed(e chat.Event) (*chat.Message, bool) {
	m, ok := e.Body.(*chat.Message)
	return m, ok && e.By.Role == chat.RoleCustomer && m.Pressed == nil && m.Submit == nil
}

// lastSaid is the last event in which the customer typed something.
func lastSaid(events []chat.Event) chat.Event {
	for i := len(events) - 1; i >= 0; i-- {
		if _, ok := typed(events[i]); ok {
			return events[i]
		}
	}
	return chat.Event{Body: &chat.Note{}}
}

var questionWord = regexp.MustCompile(`(?i)^\W*(?:(?:en|maar|and|but|ok|oh)\s+)?(?:hoe|hoeveel|wat|waar|waarom|wanneer|welke?|wie|kan|kunnen|mag|moet|krijg|is|zijn|wordt|worden|heb(?:ben)?|doen|geldt|hoelang|how|what|where|why|when|which|who|can|could|may|do|does|is|are|will|would|should)\b`)

var yesAndNo = regexp.MustCompile(`(?i)^\W*(?:(?:ja+|nee+|ok[eé]?|goed|nou|yes|yeah|no|well)[\s,.!]+)(?:(?:maar|wacht|even|but|wait|so|dus|and|en)[\s,.!]+)*`)

// asksOn reports that a yes or a no is only how a question begins: "ja maar wanneer precies".
func asksOn(text string) bool {
	rest := yesAndNo.ReplaceAllString(text, "")
	return len(rest) < len(text) && len(strings.Fields(rest)) >= 2 && questionWord.MatchString(rest)
}

// thumbsUp are messages of signs alone that can only be meant well.
var thumbsUp = regexp.MustCompile(`^[\s\x{FE0F}\x{1F3FB}-\x{1F3FF}]*[👍👌🙏❤😊🙂😀😃🎉][\s\x{FE0F}\x{1F3FB}-\x{1F3FF}👍👌🙏❤😊🙂😀😃🎉]*$`)

// asks reports that the customer asks something, rather than answering badly.
func asks(t *Turn) bool {
	return strings.HasSuffix(strings.TrimSpace(t.text), "?") || len(strings.Fields(t.text)) >= 3 && questionWord.MatchString(t.text) ||
		t.heard.Band == Sure && t.heard.Intent == "ask"
}

var (
	saysYes = regexp.MustCompile(`(?i)^\W*(?:ja+|jawel|jep|yes|yep|yeah|yup|ok[eé]?(?: dan)?|prima|klopt|dat klopt|graag|doe maar|akkoord|goed|is goed|correct|that'?s right|sure|go ahead|confirm(?:ed)?|please do|bevestig(?:d)?)(?:[\s,]+(?:hoor|graag|please|dat klopt|prima|thanks|bedankt|doe maar|that'?s (?:right|correct)))*\W*$`)
	saysNo  = regexp.MustCompile(`(?i)^\W*(?:nee+|neen|no|nope|nah|klopt niet|dat klopt niet|niet goed|incorrect|wrong|that'?s (?:wrong|not right)|liever niet|no thanks|nee dank(?:je|u)(?: wel)?)(?:[\s,]+(?:hoor|dank(?:je|u)(?: wel)?|thanks|thank you|bedankt|dat klopt niet|that'?s wrong))*\W*$`)
)
