package flow

import (
	"regexp"
	"slices"
	"strings"

	"balie/bot/texts"
	"balie/internal/action"
	"balie/internal/chat"
)

// A one-time code proves who somebody is when an order number and a postcode are not enough. The flow only asks for one and points at the
// message in which it was typed; the ledger mails, compares and says who it is. What the flow waits for meanwhile:
//
//	code:email   the customer's e-mail address, where nothing is known of them
//	code         the code
//	code:check   the ledger's verdict
//
// slotCodeTo is the address that the customer gave. It belongs to no flow, and proves nothing by itself.
const slotCodeTo = "code_email"

// identifyByCode makes sure by a code who the customer is. The words are the same whether anybody has the address or not.
func (r *run) identifyByCode(s *Step) (int, bool, error) {
	var email string
	given := r.c.Slot(slotCodeTo, &email)
	if r.e.ledger == nil {
		to, ok := r.noCode(s)
		return to, !ok, nil
	}
	r.speech = chat.ActAsk
	switch {
	case r.c.Customer.ID != "":
		r.emit(chat.Bot, &chat.CodeMoved{State: chat.CodeAsked})
		r.sayKey("code.sent.record")
	case given:
		r.emit(chat.Bot, &chat.CodeMoved{State: chat.CodeAsked, Email: email})
		r.sayKey("code.sent", "email", email)
	default:
		r.sayKey("code.email")
		r.wait(s, "code:email", 0)
		return 0, true, nil
	}
	r.codeButtons()
	r.wait(s, "code", 0)
	return 0, true, nil
}

// forgetProof leaves out of the wish what was only said to prove who it is: "my e-mail is …" does not mean that the e-mail is to change.
func (r *run) forgetProof() {
	var email string
	if r.c.Slot(slotCodeTo, &email) && email != "" {
		r.in.Wish = slices.DeleteFunc(slices.Clone(r.in.Wish), func(s string) bool { return strings.Contains(fold(s), fold(email)) })
	}
}

func (r *run) codeButtons() {
	r.button("code.new", "again", "")
	r.button("person", "human", "")
}

// noCode is where a flow goes on that cannot be sure who it is: its own way out, or a person. False: the turn is over.
func (r *run) noCode(s *Step) (int, bool) {
	if to, ok := r.otherwise(s); ok {
		return to, true
	}
	r.escalate(chat.ReasonPolicy, 0, "The customer has to prove who they are for: "+r.flow.Name, texts.Say(r.c.Lang, "identify.level"))
	return 0, false
}

var noMail = regexp.MustCompile(`(?i)\b(?:(?:nog|geen|niet|niets|niks)\b.{0,25}\b(?:mail|code|ontvangen|gekregen|binnen)|nieuwe code|andere code|opnieuw|nog (?:een keer|eens)|(?:no|not|never|didn'?t|haven'?t)\b.{0,25}\b(?:mail|code|get|got|receive|received|arrived?)|new code|another code|resend|(?:send|try) (?:it |me )?(?:a new one|another|one more|again)|stuur (?:een )?(?:nieuwe|andere))\b`)

// hearCode takes the customer's word while a code is waited for. It reports whether the flow had use for it.
func (r *run) hearCode(i int, s *Step) (bool, error) {
	switch r.c.Flow.Wait {
	case "code:check":
		r.sayKey("code.check")
		return true, nil
	case "code":
		if action.CodeIn(r.in.Text) != "" {
			r.emit(chat.Bot, &chat.CodeMoved{State: chat.CodeGiven, From: r.in.Seq})
			r.wait(s, "code:check", r.c.Flow.Tries)
			return true, nil
		}
	}
	if len(r.in.Facts.Emails) > 0 && r.c.Customer.ID == "" {
		r.set(&Slot{Name: slotCodeTo, Keep: true}, r.in.Facts.Emails[0], false)
		return true, r.advance(i)
	}
	if r.c.Flow.Wait == "code" && noMail.MatchString(r.in.Text) {
		return true, r.advance(i)
	}
	return false, nil
}

// takeCode goes on after the ledger's verdict on a code.
func (r *run) takeCode(i int, s *Step) (bool, error) {
	if s.Kind != Identify || !strings.HasPrefix(r.c.Flow.Wait, "code") {
		return false, nil
	}
	switch r.in.Code.State {
	case chat.CodeRight:
		return true, r.advance(i)
	case chat.CodeWrong:
		r.sayKey("code.wrong")
	case chat.CodeOver:
		r.sayKey("code.over")
	default:
		r.sayKey("code.none")
		if to, ok := r.noCode(s); ok {
			return true, r.advance(to)
		}
		return true, nil
	}
	r.codeButtons()
	r.speech = chat.ActReask
	r.wait(s, "code", r.c.Flow.Tries+1)
	return true, nil
}

// askCode puts the open question again, without sending anything.
func (r *run) askCode(s *Step, tries int) {
	r.speech = chat.ActAsk
	switch r.c.Flow.Wait {
	case "code:email":
		r.sayKey("code.email")
	case "code:check":
		r.sayKey("code.check")
	default:
		r.sayKey("code.ask")
		r.codeButtons()
	}
	r.wait(s, r.c.Flow.Wait, tries)
}
