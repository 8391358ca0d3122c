package bot

import (
	"time"

	"balie/bot/flow"
	"balie/bot/nlu"
	"balie/internal/action"
)

// Ear makes something of one message. It never fails: what it does not understand is of band unknown.
type Ear interface {
	Hear(text string, h Hints) Heard
}

// Hints is what is known before a message is read.
type Hints struct {
	Lang string
	Now  time.Time
}

// Band says how far an understanding may be trusted.
type Band string

// The bands: sure may be acted on, unsure deserves a question back, unknown is not ours.
const (
	Sure    Band = "sure"
	Unsure  Band = "unsure"
	Unknown Band = "unknown"
)

// Heard is what the ear makes of a message.
type Heard struct {
	Lang     string
	LangSure bool
	Band     Band
	Intent   string // the best one; "" when unknown
	Top      []Candidate
	Facts    flow.Facts

	switched bool
}

// Candidate is an intent with its probability.
type Candidate struct {
	Intent string
	Score  float64
}

// Listener is the embedded ear. Model is asked each time, so that a newly trained one counts at once; Zone is the customers' (nil:
// UTC), Country the shop's, for phone numbers and addresses.
type Listener struct {
	Model   func() *nlu.Model
	Zone    *time.Location
	Country string
}

// Hear reads a message.
func (l Listener) Hear(text string, h Hints) Heard {
	now := h.Now
	if l.Zone != nil {
		now = now.In(l.Zone)
	}
	u := l.Model().Understand(text, nlu.Hints{Lang: h.Lang, Now: now, Country: l.Country})
	out := Heard{Lang: u.Lang, LangSure: u.LangSure, Band: Band(u.Band), Intent: u.Intent, Facts: factsOf(u.Slots)}
	for _, s := range u.Top {
		out.Top = append(out.Top, Candidate{Intent: s.Intent, Score: s.Score})
	}
	return out
}

func factsOf(s nlu.Slots) flow.Facts {
	f := flow.Facts{Orders: s.Orders, Emails: s.Emails, Phones: s.Phones, Reason: s.Reason}
	for _, d := range s.Dates {
		f.Dates = append(f.Dates, d.String())
	}
	for _, a := range s.Addresses {
		f.Addresses = append(f.Addresses, action.Address{Line1: a.Line1, Line2: a.Line2, City: a.City, Region: a.Region, Postcode: a.Postcode,
			Country: a.Country, Street: a.Street, Number: a.Number, Addition: a.Addition})
	}
	return f
}
