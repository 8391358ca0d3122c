package chat

import (
	"crypto/sha256"
	"fmt"
	"strings"
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
		keys = append(keys, "queue/"+string(rune('9'-min(max(c.Priority, 0), 9)))+"/"+stamp(c.WaitingSince))
	case RoleAgent:
		keys = append(keys, AgentList(c.Owner.Agent)+stamp(c.Owner.At))
	case RoleBot:
		keys = append(keys, "bot/"+stamp(c.Owner.At))
	case RoleNobody:
		keys = append(keys, "closed/"+stamp(c.Closed))
	}
	if c.Customer.ID != "" {
		keys = append(keys, CustomerList(c.Site, c.Customer.ID)+stamp(c.Created))
	}
	return keys
}

// CustomerList is the prefix under which a customer's history is listed. Ids come from other systems, so what could be taken
// for a separator is escaped: no customer's list begins with another's.
func CustomerList(site, id string) string { return "customer/" + part(site) + "/" + part(id) + "/" }

// AgentList is the prefix under which an agent's conversations are listed.
func AgentList(agent string) string { return "agent/" + part(agent) + "/" }

// partMax bounds what an id of another system adds to a key; a longer one is cut and told apart by its checksum.
const partMax = 200

func part(s string) string {
	if strings.IndexFunc(s, odd) >= 0 {
		var b strings.Builder
		for i := range len(s) {
			if c := s[i]; odd(rune(c)) {
				fmt.Fprintf(&b, "%%%02X", c)
			} else {
				b.WriteByte(c)
			}
		}
		s = b.String()
	}
	if len(s) > partMax {
		sum := sha256.Sum256([]byte(s))
		s = fmt.Sprintf("%s%%%x", s[:partMax], sum[:8])
	}
	return s
}

func odd(r rune) bool { return r < ' ' || r == '/' || r == '%' || r >= 0x7f }

// stamp writes a time so that it sorts as text.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405.000000") }
