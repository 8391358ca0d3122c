package chat

import (
	"fmt"
	"time"
)

// Lists says in which lists a conversation stands, as sort keys: an engine keeps them beside the row, in the same commit, and lists by
// prefix in order of key. A key changes only when the place changes, not with every word, so that a message costs no list writes.
//
//	queue/P/T       waiting for a person: P falls with priority, T is when the waiting began
//	agent/A/T       with agent A, since T
//	bot/T           with the bot, since T it has had the word
//	closed/T        over, latest last
//	customer/S/C/T  the history of customer C of site S, once known
func (c *Conversation) Lists() []string {
	var keys []string
	switch c.Owner.Role {
	case RoleQueue:
		keys = append(keys, fmt.Sprintf("queue/%d/%s", 9-min(max(c.Priority, 0), 9), stamp(c.WaitingSince)))
	case RoleAgent:
		keys = append(keys, "agent/"+c.Owner.Agent+"/"+stamp(c.Owner.At))
	case RoleBot:
		keys = append(keys, "bot/"+stamp(c.Owner.At))
	case RoleNobody:
		keys = append(keys, "closed/"+stamp(c.Closed))
	}
	if c.Customer.ID != "" {
		keys = append(keys, "customer/"+c.Site+"/"+c.Customer.ID+"/"+stamp(c.Created))
	}
	return keys
}

// stamp writes a time so that it sorts as text.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405.000000") }
