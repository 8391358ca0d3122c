package bot_test

import (
	"strings"
	"testing"

	"balie/bot/bottest"
	"balie/internal/chat"
)

// Whether an order exists, and whose it is, is told to nobody who does not know its postcode: the words are the same for a stranger's
// order and for one that does not exist, and the customer's id or e-mail address opens nothing.
func TestStrangersLearnNothing(t *testing.T) {
	first := bottest.Open(t, bottest.Options{NoLibrary: true})
	heard := func(lines ...string) string {
		k := first.Again(t).Begin("nl")
		for _, l := range lines {
			k.Say(l)
		}
		if c := k.Conversation(); c.Customer.ID != "" {
			t.Errorf("%v: identified as %s", lines, c.Customer.ID)
		}
		var out []string
		for _, e := range k.Events() {
			if m, ok := e.Body.(*chat.Message); ok && e.By.Role == chat.RoleBot {
				out = append(out, m.Text)
			}
		}
		return strings.Join(out, "\n")
	}
	theirs := heard("waar is mijn bestelling #P10006", "1015 CX", "1234 AB")
	nobodys := heard("waar is mijn bestelling #P99999", "1015 CX", "1234 AB")
	if strings.ReplaceAll(theirs, "P10006", "N") != strings.ReplaceAll(nobodys, "P99999", "N") {
		t.Errorf("the words differ:\n%s\n---\n%s", theirs, nobodys)
	}
	heard("ik ben klant thomas_meijer_1011, waar is mijn bestelling", "thomas.meijer@demo.test", "#P10006")
}

// A customer who has proven who they are cannot go on to somebody else's order.
func TestOneCustomerAConversation(t *testing.T) {
	k := bottest.Open(t, bottest.Options{NoLibrary: true}).Begin("nl")
	k.Say("waar is mijn bestelling #P10001, 1015 CX")
	k.Say("en waar is #P10006, postcode 2011 RD")
	if c := k.Conversation(); c.Customer.ID != "jan_de_vries_1001" {
		t.Errorf("identified as %q", c.Customer.ID)
	}
	if m := k.Last(); strings.Contains(m.Text, "Reiger") || strings.Contains(m.Text, "bezorgd") {
		t.Errorf("told %q", m.Text)
	}
}
