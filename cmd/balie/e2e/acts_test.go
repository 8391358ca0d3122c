package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"balie/internal/browsertest"
)

// prove tells the bot who the customer is, by order and postcode.
func prove(w widget) {
	w.say("Waar is mijn bestelling #P10001?")
	w.WaitText("li.bot", "postcode")
	w.say("1015 CX")
	w.WaitText("li.bot", "in behandeling")
}

// TestAnAgentActs is the way of an act at the desk: the agent changes the address of an order for the customer and says why; the customer
// sees what is done, and the receipt; the agent prints it, and takes it back.
func TestAnAgentActs(t *testing.T) {
	h := start(t, t.TempDir())
	w := openShop(t, h, "nl")
	prove(w)
	agent := inDutch(signIn(t, h, "agent@demo.test"))
	w.Click("button.person", "")
	w.WaitText("li", "medewerker")
	page := agent.Page()
	page.Click("button.row", "")
	page.Click(".bar button.main", "")
	w.WaitText("li.note", "Sanne")
	page.WaitText(".acts button", "Handeling")
	browsertest.Eval[bool](agent, "document.activeElement.blur(), true")
	agent.Press("x")
	page.WaitText("dialog h2", "Handeling")
	page.WaitText("#act-name option", "Bezorgadres")
	page.Type("#act-name", "change_order_address")
	page.Type("#field-order", "#P10001")
	agent.Wait("document.querySelector('#address-postcode')?.value === '1015 CX'")
	page.Type("#address-line1", "Prinsengracht 1")
	page.Type("#address-postcode", "1015 DK")
	picture(agent, "act-form.png")
	page.Click("dialog button.main", "Bekijk")
	page.WaitText("dialog table.card", "Prinsengracht 1")
	page.WaitText("dialog table.card", "Keizersgracht 12")
	if a := orderAddress(h, "%23P10001"); a["postcode"] != "1015 CX" {
		t.Errorf("looking changed it: %v", a)
	}
	page.Type("#why", "klant is verhuisd")
	picture(agent, "act-card.png")
	page.Click("dialog button.main", "Voer uit")
	w.WaitText("li.agent .card", "Prinsengracht 1")
	w.WaitText("li.receipt", "R-")
	if a := orderAddress(h, "%23P10001"); a["postcode"] != "1015 DK" || a["line1"] != "Prinsengracht 1" {
		t.Errorf("the order system has %v", a)
	}
	page.WaitText(".line.note .text", "klant is verhuisd")
	if browsertest.Eval[bool](w.tab, w.Expr("document.body.innerText.includes('klant is verhuisd')")) {
		t.Error("the customer reads why")
	}
	page.Click(".line.fact button.link", "Bewijs R-")
	page.WaitText("dialog .receipt", "Bewijsnummer")
	page.WaitText("dialog .receipt", "Prinsengracht 1")
	picture(agent, "act-receipt.png")
	page.Click("dialog .dialog-top button", "")
	picture(agent, "act-desk.png")
	picture(w.tab, "act-chat.png")
	page.Click(".line.fact button.link", "Maak ongedaan")
	w.WaitText("li.receipt", "ongedaan gemaakt")
	page.WaitText(".act.undone", "ongedaan gemaakt")
	if a := orderAddress(h, "%23P10001"); a["postcode"] != "1015 CX" {
		t.Errorf("after undoing the order system has %v", a)
	}
	refusal(t, agent)
	for name, tab := range map[string]*browsertest.Tab{"customer": w.tab, "agent": agent} {
		if c := tab.Console(); len(c) > 0 {
			t.Errorf("the %s's console: %q", name, c)
		}
	}
}

// inDutch turns the desk to Dutch.
func inDutch(tab *browsertest.Tab) *browsertest.Tab {
	tab.Page().WaitText(".presence [aria-pressed=true]", "Available")
	browsertest.Eval[bool](tab, "localStorage.setItem('balie:desk:lang', 'nl'), true")
	tab.Reload()
	tab.Page().WaitText(".presence [aria-pressed=true]", "Beschikbaar")
	return tab
}

// refusal tries what the shop does not allow: the reason stands by the form, in words, and nothing that was filled in is lost.
func refusal(t *testing.T, agent *browsertest.Tab) {
	t.Helper()
	page := agent.Page()
	page.Click(".acts button", "Handeling")
	page.WaitText("#act-name option", "annuleren")
	page.Type("#act-name", "cancel_order")
	page.Type("#field-order", "#P10003")
	page.Type("#field-reason", "no longer needed")
	page.Click("dialog button.main", "Bekijk")
	page.WaitText("dialog [role=alert]", "al onderweg")
	if got := browsertest.Eval[string](agent, "document.querySelector('#field-order').value"); got != "#P10003" {
		t.Errorf("the order that was chosen is now %q", got)
	}
	picture(agent, "act-refused.png")
	page.Click("dialog .dialog-top button", "")
}

func orderAddress(h *house, id string) map[string]any {
	h.t.Helper()
	a, _ := h.get("/api/v1/demo/orders/" + id)["address"].(map[string]any)
	return a
}

// picture keeps a picture of the window for people to look at, when asked to.
func picture(tab *browsertest.Tab, name string) {
	if out := os.Getenv("BALIE_PICTURES"); out != "" {
		tab.Picture(filepath.Join(out, name))
	}
}
