package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"balie/internal/action"
	"balie/internal/browsertest"
	"balie/internal/chat"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
	"balie/internal/store/postgres"
	"balie/internal/store/postgres/pgtest"
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
	page.WaitText(".side button.act-open", "Handeling")
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
	page.WaitText("dialog .card-table", "Prinsengracht 1")
	page.WaitText("dialog .card-table", "Keizersgracht 12")
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
	quiet(t, map[string]*browsertest.Tab{"customer": w.tab, "agent": agent})
}

// store is what a test puts documents into before a program starts.
type store interface {
	document.Engine
	Close() error
}

// openStore opens the engine that a program on dir will have.
func openStore(t *testing.T, dir string) (e store) {
	t.Helper()
	var err error
	if pgtest.Asked() {
		e, err = postgres.Open(t.Context(), postgres.Options{URL: pgtest.At(t, dir)})
	} else {
		e, err = bolt.Open(dir, bolt.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// strict makes a data folder in which one agent may decide about five euros.
func strict(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	e := openStore(t, dir)
	lim := action.DefaultLimits()
	lim.Roles[chat.RoleAgent] = map[action.WriteKind]action.Limit{"*": {PerAct: 500}}
	if _, err := document.In(e, "limits", document.Options[action.Limits]{History: true}).Put(t.Context(), "limits", lim, 0); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestASupervisorAgrees is the way of an act above an agent's limit: the agent asks, a supervisor who has another desk reads what would
// change and why, and agrees; the customer sees it done.
func TestASupervisorAgrees(t *testing.T) {
	h := start(t, strict(t))
	w := openShop(t, h, "nl")
	prove(w)
	boss := inDutch(signIn(t, h, "supervisor@demo.test"))
	agent := inDutch(signIn(t, h, "agent@demo.test"))
	boss.Page().Click(".presence button", "Even weg")
	w.Click("button.person", "")
	w.WaitText("li", "medewerker")
	page := agent.Page()
	page.Click("button.row", "")
	page.Click(".bar button.main", "")
	w.WaitText("li.note", "Sanne")
	page.Click(".side button.act-open", "Handeling")
	page.WaitText("#act-name option", "annuleren")
	page.Type("#act-name", "cancel_order")
	page.Type("#field-order", "#P10001")
	page.Type("#field-reason", "no longer needed")
	page.Click("dialog button.main", "Bekijk")
	page.WaitText("dialog .warn", "Een collega moet akkoord geven")
	page.Type("#why", "klant belde hierover")
	page.Click("dialog button.main", "Vraag een collega")
	page.WaitText(".line.fact .act", "wacht op akkoord")
	picture(agent, "act-asked.png")

	boss.Page().WaitText(".requests-open .badge", "1")
	boss.Page().Click(".requests-open", "Verzoeken")
	boss.Page().WaitText(".requests li", "klant belde hierover")
	boss.Page().WaitText(".requests .card-table", "#P10001")
	picture(boss, "act-request.png")
	if status := orderStatus(h, "%23P10001"); status != "pending" {
		t.Errorf("before anybody agreed the order is %s", status)
	}
	boss.Page().Click(".requests button.main", "Geef akkoord")
	w.WaitText("li.receipt", "R-")
	page.WaitText(".line.fact .act.done", "gelukt")
	if status := orderStatus(h, "%23P10001"); status != "cancelled" {
		t.Errorf("the order is %s", status)
	}
	boss.Wait("!document.querySelector('.requests-open .badge')")
	quiet(t, map[string]*browsertest.Tab{"customer": w.tab, "agent": agent, "supervisor": boss})
}

func orderStatus(h *house, id string) any {
	h.t.Helper()
	return h.get("/api/v1/demo/orders/" + id)["status"]
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
	page.Click(".side button.act-open", "Handeling")
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

// picture has axe look at what is on the screen, and keeps a picture of the window for people to look at, when asked to.
func picture(tab *browsertest.Tab, name string) {
	tab.Helper()
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "web", "ui", "node_modules", "axe-core", "axe.min.js"))
	if err == nil { // make build fetches it
		browsertest.Eval[bool](tab, string(axe)+";true")
		browsertest.Eval[bool](tab, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then(r => {
			for (const v of r.violations) for (const n of v.nodes) console.error('`+name+`', v.id, n.target.join(' '), n.failureSummary)
			return true })`)
	}
	if out := os.Getenv("BALIE_PICTURES"); out != "" {
		tab.Picture(filepath.Join(out, name))
	}
}
