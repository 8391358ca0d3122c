package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"balie/internal/browsertest"
)

// widget is the chat as it sits in the shop's page.
type widget struct {
	tab *browsertest.Tab
	browsertest.Frame
}

// openShop opens the shop and its chat, as a customer would.
func openShop(t *testing.T, h *house, lang string) widget {
	t.Helper()
	tab := browsertest.Open(t)
	tab.Size(1280, 800)
	tab.Go(h.url + "/?lang=" + lang)
	tab.Wait("document.querySelector('balie-chat')?.shadowRoot?.querySelector('button')")
	browsertest.Eval[bool](tab, "document.querySelector('balie-chat').shadowRoot.querySelector('button').click(), true")
	return inWidget(tab)
}

// inWidget waits for the chat in the shop's page. The frame lies in the loader's shadow: a global names it for the tests.
func inWidget(tab *browsertest.Tab) widget {
	tab.Wait("document.querySelector('balie-chat')?.shadowRoot?.querySelector('iframe')?.contentDocument?.querySelector('form.composer #text')")
	return widget{tab: tab, Frame: tab.Shadow("balie-chat", "iframe")}
}

func (w widget) say(text string) {
	w.tab.Helper()
	w.Type("#text", text)
	w.Click("form.composer button", "")
	w.WaitText("li.customer", text)
}

// TestTheTrip is the whole way: shop → question answered with a source → address changed with a card → a person → an agent takes
// over in another browser → answers → the customer sees it → both reload and see the same.
func TestTheTrip(t *testing.T) {
	h := start(t, t.TempDir())
	w := openShop(t, h, "nl")
	w.WaitText("main", "chatbot")

	w.say("Wat kost de bezorging?")
	w.WaitText("li.bot .sources", "bezorging")
	w.WaitText("li.bot", "4,95")

	w.say("Ik wil het bezorgadres van bestelling #P10001 wijzigen")
	changeAddress(t, h, w)

	agent := signIn(t, h, "agent@demo.test")
	w.Click("button.person", "")
	w.WaitText("li", "medewerker")
	page := agent.Page()
	page.Click("button.row", "")
	page.WaitText(".takeover", "#P10001")
	page.Click(".bar button.main", "")
	w.WaitText("li.note", "Sanne")
	agent.Wait("document.querySelector('form.composer:not(.for-note)')") // the desk knows it too
	page.Type("#answer", "Dag, ik ben Sanne. Uw adres is goed aangepast.")
	page.Click("form.composer button.main", "")
	w.WaitText("li.agent", "Uw adres is goed aangepast")
	if out := os.Getenv("BALIE_PICTURES"); out != "" {
		agent.Picture(filepath.Join(out, "desk.png"))
		w.tab.Picture(filepath.Join(out, "chat.png"))
	}

	before := lines(w)
	w.tab.Reload()
	w.tab.Wait("document.querySelector('balie-chat')?.shadowRoot?.querySelector('button')")
	browsertest.Eval[bool](w.tab, "(() => { const b = document.querySelector('balie-chat').shadowRoot.querySelector('button'); if (!b.hidden) b.click(); return true })()")
	w = inWidget(w.tab)
	w.WaitText("li.agent", "Uw adres is goed aangepast")
	if after := lines(w); after != before {
		t.Errorf("after a reload the customer sees\n%s\nbefore\n%s", after, before)
	}
	deskBefore := deskLines(agent)
	agent.Reload()
	agent.Page().Click("button.row", "")
	agent.Page().WaitText(".log li.agent", "Uw adres is goed aangepast")
	if after := deskLines(agent); after != deskBefore {
		t.Errorf("after a reload the agent sees\n%s\nbefore\n%s", after, deskBefore)
	}
	quiet(t, map[string]*browsertest.Tab{"customer": w.tab, "agent": agent})
}

// changeAddress proves who the customer is, gives the new address, corrects it, reads the card and confirms; then it looks into the
// order system.
func changeAddress(t *testing.T, h *house, w widget) {
	t.Helper()
	w.WaitText("li.bot", "postcode")
	w.say("1015 CX")
	w.WaitText("li.bot", "Naar welk adres")
	w.say("Keizersgracht 12 A, 1017 GC Amsterdam")
	w.WaitText(".card", "Keizersgracht 12")
	w.say("nee, nummer 14")
	w.WaitText(".card", "Keizersgracht 14")
	if order := h.get("/api/v1/demo/orders/%23P10001"); order["address"].(map[string]any)["postcode"] != "1015 CX" {
		t.Errorf("before the press the order system has %v", order["address"])
	}
	w.Click(".buttons button", "Versturen")
	w.WaitText("li", "R-")
	address := h.get("/api/v1/demo/orders/%23P10001")["address"].(map[string]any)
	if address["postcode"] != "1017 GC" || !strings.Contains(fmt.Sprint(address["line1"]), "14") {
		t.Errorf("the order system has %v", address)
	}
}

func lines(w widget) string {
	return browsertest.Eval[string](w.tab, w.Expr(`[...document.querySelectorAll('ol.lines li[data-seq] .text')].map(e => e.innerText).join('\n')`))
}

func deskLines(tab *browsertest.Tab) string {
	return browsertest.Eval[string](tab, `[...document.querySelectorAll('.log ol.lines li[data-seq] .text')].map(e => e.innerText).join('\n')`)
}

// signIn opens the desk as one of the demo's people.
func signIn(t *testing.T, h *house, email string) *browsertest.Tab {
	t.Helper()
	tab := browsertest.Open(t)
	tab.Size(1280, 900)
	tab.Go(h.url + "/desk")
	tab.Page().Type("#email", email)
	tab.Page().Type("#password", password)
	tab.Page().Click("button.main", "")
	tab.Page().WaitText(".presence [aria-pressed=true]", "")
	return tab
}
