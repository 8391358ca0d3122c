package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"balie/internal/browsertest"
)

// chatPage is the chat in a window of its own.
func chatPage(t *testing.T, url string) widget {
	t.Helper()
	tab := browsertest.Open(t)
	tab.Size(390, 844)
	tab.Go(url)
	tab.Wait("document.querySelector('form.composer #text')")
	return widget{tab: tab, Frame: tab.Page()}
}

// TestTheDeskFeedsTheLibrary is the way of a question: asked from a help page, answered from that page, kept as a test by an agent, taken by
// an editor; and of one that nobody understood, from which the chatbot learns.
func TestTheDeskFeedsTheLibrary(t *testing.T) {
	h := start(t, t.TempDir())
	tab := browsertest.Open(t)
	tab.Size(390, 844)
	tab.Go(h.url + "/help/nl/garantie")
	tab.Page().Click("main > p a", "Vraag het in de chat")
	tab.Wait("document.querySelector('form.composer #text')")
	if at := browsertest.Eval[string](tab, "location.search"); strings.Contains(at, "article") {
		t.Errorf("loading the page again would ask from the help page again: %s", at)
	}
	w := widget{tab: tab, Frame: tab.Page()}
	w.say("Hoe lang duurt het?")
	w.WaitText("li.bot .sources", "Garantie")
	w.say("die zwenkbank mot retoer")
	w.tab.Wait("document.querySelectorAll('li.bot').length >= 2")

	e := openEditor(t, h, "editor@demo.test")
	reply(e)

	agent := inDutch(signIn(t, h, "agent@demo.test"))
	page := agent.Page()
	w.Click("button.person", "")
	page.Click("button.row", "")
	page.WaitText(".takeover", "Kwam van de hulppagina")
	page.WaitText(".takeover a", "Garantie")
	page.Click(".bar button.main", "")
	w.WaitText("li.note", "Sanne")
	page.Type("#answer", "/vakantie")
	page.WaitText(".picks li", "Fijne dag, u sprak met Sanne")
	picture(agent, "desk-canned.png")
	page.Click(".picks li", "")
	if got := browsertest.Eval[string](agent, "document.querySelector('#answer').value"); !strings.HasPrefix(got, "Fijne dag, u sprak met Sanne. Uw nummer: ") || strings.Contains(got, "{") {
		t.Errorf("the reply is filled in as %q", got)
	}
	page.Click("form.composer button.main", "")
	w.WaitText("li.agent", "Fijne dag")

	page.Click(".marks button", "Bewaar als testvraag")
	agent.Wait("document.activeElement?.id === 'test-question' && document.activeElement.value === 'Hoe lang duurt het?'")
	page.Type("#test-question", "Hoe lang duurt de garantie van order #P10001?")
	picture(agent, "desk-keep-test.png")
	browsertest.Eval[bool](agent, "document.querySelector('dialog button.main').focus(), true")
	agent.Press("\r")
	page.WaitText("dialog [role=status]", "staat klaar voor de redactie")
	picture(agent, "desk-kept.png")
	page.Click("dialog .dialog-top button", "")

	e.tab.Go(e.url + "/desk/kb/gaps")
	e.WaitText(".proposals", "Testvraag van Sanne")
	if got := browsertest.Eval[string](e.tab, "document.querySelector('.proposals input').value"); !strings.Contains(got, "Hoe lang duurt de garantie") || strings.Contains(got, "P10001") {
		t.Errorf("proposed: %q", got)
	}
	e.picture("editor-proposals")
	e.Type(".proposals input", "Hoe lang duurt de garantie?")
	e.Click(".proposals button.take", "")
	e.WaitText("[role=status]", "nu een testvraag")
	e.Click(".gaps a", "zwenkbank")
	teach(t, e)
	understood(t, h)
	e.open("nl/garantie")
	e.tabTo("Testvragen")
	e.WaitText(".tests .green", "Hoe lang duurt de garantie?")
	e.tabTo("Gegevens")
	e.Type("#d-owner", "Sanne") // leaving the field is enough
	e.WaitText(".kept", "Bewaard om")
	e.tab.Go(e.url + "/desk/kb")
	e.tab.Wait("[...document.querySelectorAll('.filters select option')].some(o => o.value === 'Sanne')")
	e.Type(".filters label:nth-of-type(3) select", "Sanne")
	e.WaitText(".filters [role=status]", "1 onderwerp")
	e.WaitText("table.subjects", "Garantie")
	e.quiet(t)
	quiet(t, map[string]*browsertest.Tab{"customer": w.tab, "agent": agent})
}

// reply writes a prepared reply, with a hole that is told and one that is filled in by a press.
func reply(e editor) {
	e.tab.Helper()
	e.Click("nav a", "Standaardantwoorden")
	e.WaitText(".replies", "Begroeting")
	e.picture("editor-replies")
	e.Click("a.button", "Nieuw antwoord")
	e.Type("#reply-title", "Vakantie")
	e.Type("#reply-nl", "Fijne dag, u sprak met {wachtwoord}")
	e.WaitText(".warn", "{wachtwoord}")
	e.tab.Wait("document.querySelector('form.reply button.main').disabled")
	e.Type("#reply-nl", "Fijne dag, u sprak met {medewerker}. Uw nummer: ")
	browsertest.Eval[bool](e.tab, "(() => { const f = document.querySelector('#reply-nl'); f.selectionStart = f.value.length; return true })()")
	e.Click(".holes button", "{referentie}")
	e.WaitText(".as-sent", "K7Q2MN")
	e.picture("editor-reply")
	e.Click("form.reply button.main", "")
	e.WaitText("[role=status]", "bewaard")
	e.WaitText(".versions", "Fatima")
}

// teach gives the chatbot a gap's sentence as an example, takes it back, and gives it again.
func teach(t *testing.T, e editor) {
	t.Helper()
	e.tab.Helper()
	e.WaitText(".teach", "Leer de chatbot")
	e.picture("editor-teach")
	if near := browsertest.Eval[int](e.tab, "document.querySelectorAll('.teach button').length"); near == 0 || near > 3 {
		t.Fatalf("there are %d nearest wishes", near)
	}
	browsertest.Eval[bool](e.tab, "(() => { const b = document.querySelector('.teach button'); b.focus(); b.click(); return true })()")
	e.WaitText(".teach .ok", "Voorbeeld van")
	e.Click(".teach button.link", "Haal weg")
	e.WaitText("[role=status]", "geen voorbeeld meer")
	e.Type(".teach select", "exchange")
	e.WaitText(".teach .ok", "Voorbeeld van")
	e.WaitText(".deal", "De chatbot begrijpt het nu")
	e.picture("editor-taught")
	e.Click("a", "Alle")
	e.WaitText(".taught-list summary", "1 zin")
}

// run runs a command of the program to its end.
func run(t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// understood waits until the chatbot has learned what the editor taught: a new customer's sentence begins the routine.
func understood(t *testing.T, h *house) {
	t.Helper()
	asked := func() string {
		c := visit(t, h.url, "")
		defer c.leave()
		c.say("die zwenkbank mot retoer")
		c.until("an answer", heard("bot", 1))
		c.mu.Lock()
		defer c.mu.Unlock()
		return told(c.frames)
	}
	said := asked()
	for end := time.Now().Add(browsertest.Patience); !strings.Contains(said, "bestelnummer"); said = asked() {
		if time.Now().After(end) {
			t.Fatalf("after it was taught the chatbot says %q", said)
		}
		time.Sleep(200 * time.Millisecond) // customers come one after the other
	}
}

// TestPollsObeyAReset lets a customer whose network has no WebSocket talk while the house is put back to a backup of before: what is gone is
// gone from the page, what stayed is there once, and the talk goes on.
func TestPollsObeyAReset(t *testing.T) {
	dir, copied := t.TempDir(), filepath.Join(t.TempDir(), "copy.db")
	h := start(t, dir)
	tab := browsertest.Open(t)
	tab.Size(390, 844)
	tab.Before(`window.WebSocket = class { static OPEN = 1; readyState = 3
		constructor() { setTimeout(() => this.onclose?.({code: 1006, reason: ''})) } send() {} close() {} }`)
	tab.Go(h.url + "/chat?site=demo&lang=nl")
	tab.Wait("document.querySelector('form.composer #text')")
	w := widget{tab: tab, Frame: tab.Page()}
	w.say("Wat kost verzenden?")
	w.WaitText("li.bot .sources", "bezorging")
	run(t, "backup", copied, "--data", dir)
	w.say("En hoe lang duurt het?")
	w.tab.Wait("document.querySelectorAll('li.bot[data-seq]').length >= 2")
	addr := strings.TrimPrefix(h.url, "http://")
	h.stop()
	run(t, "restore", copied, "--data", dir, "--force")
	startAt(t, addr, dir)
	w.tab.Wait("document.querySelectorAll('li[data-seq]').length === 2")
	if got := lines(w); strings.Count(got, "Wat kost verzenden?") != 1 || strings.Contains(got, "En hoe lang") {
		t.Errorf("after the restore the customer sees\n%s", got)
	}
	w.say("Kan ik retourneren?")
	w.tab.Wait("document.querySelectorAll('li.bot[data-seq]').length >= 2")
	if browsertest.Eval[bool](tab, "document.querySelectorAll('li.waiting, li.failed').length > 0") {
		t.Error("something is still on its way")
	}
}

// TestReceiptsOnPaper prints an agent's receipt and a customer's conversation: each stands alone on one sheet, without buttons.
func TestReceiptsOnPaper(t *testing.T) {
	h := start(t, t.TempDir())
	w := openShop(t, h, "nl")
	w.say("Ik wil het bezorgadres van bestelling #P10001 wijzigen")
	changeAddress(t, h, w)
	agent := inDutch(signIn(t, h, "agent@demo.test"))
	w.Click("button.person", "")
	page := agent.Page()
	page.Click("button.row", "")
	page.Click(".line.fact button.link", "Bewijs R-")
	page.WaitText("dialog .receipt", "Keizersgracht 14")
	onPaper := func(tab *browsertest.Tab, name string, hidden ...string) {
		t.Helper()
		pdf, sheets := tab.Paper()
		if sheets != 1 {
			t.Errorf("%s takes %d sheets", name, sheets)
		}
		tab.Media("type=print")
		defer tab.Media()
		for _, selector := range hidden {
			if browsertest.Eval[bool](tab, fmt.Sprintf("[...document.querySelectorAll(%q)].some(e => e.getClientRects().length > 0)", selector)) {
				t.Errorf("%s: %s is on paper", name, selector)
			}
		}
		if out := os.Getenv("BALIE_PICTURES"); out != "" {
			tab.Picture(filepath.Join(out, name+".png"))
			if err := os.WriteFile(filepath.Join(out, name+".pdf"), pdf, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	onPaper(agent, "paper-receipt", "dialog button", ".pane", ".top")
	c := chatPage(t, h.url+"/chat?site=demo&lang=nl")
	c.say("Wat kost verzenden?")
	c.WaitText("li.bot .sources", "")
	onPaper(c.tab, "paper-conversation", "button", "textarea", ".menu")
}

// TestASupervisorSetsTheLimits lowers what one agent may do, by keyboard: the next act of an agent asks for a second person.
func TestASupervisorSetsTheLimits(t *testing.T) {
	h := start(t, t.TempDir())
	w := openShop(t, h, "nl")
	prove(w)
	boss := inDutch(signIn(t, h, "supervisor@demo.test"))
	boss.Page().Click(".menu summary", "")
	boss.Page().Click(".menu-list a", "Grenzen")
	page := boss.Page()
	page.WaitText(".limits h2", "Een medewerker alleen")
	picture(boss, "limits.png")
	field := `document.querySelector('#limits-agent ~ table input')`
	browsertest.Eval[bool](boss, field+".focus(), "+field+".select(), true")
	boss.Press("5")
	boss.Press("\t")
	page.WaitText(".limits-changes", "Een medewerker alleen, Al het andere, Per keer")
	page.Type("#limits-reason", "drukke week")
	picture(boss, "limits-change.png")
	browsertest.Eval[bool](boss, "document.querySelector('#limits-reason').focus(), true")
	boss.Press("\r")
	page.WaitText(".limits-history", "drukke week")
	page.WaitText(".limits-history", "25.000,00 →")
	boss.Size(360, 740)
	picture(boss, "limits-phone.png")
	if wide := browsertest.Eval[int](boss, "document.documentElement.scrollWidth - innerWidth"); wide > 0 {
		t.Errorf("the limits are %d pixels wider than a phone", wide)
	}

	agent := inDutch(signIn(t, h, "agent@demo.test"))
	w.Click("button.person", "")
	desk := agent.Page()
	desk.Click("button.row", "")
	desk.Click(".bar button.main", "")
	w.WaitText("li.note", "Sanne")
	desk.Click(".side button.act-open", "Handeling")
	desk.WaitText("#act-name option", "annuleren")
	desk.Type("#act-name", "cancel_order")
	desk.Type("#field-order", "#P10001")
	desk.Type("#field-reason", "no longer needed")
	desk.Click("dialog button.main", "Bekijk")
	desk.WaitText("dialog .warn", "Een collega moet akkoord geven")
	agent.Go(h.url + "/desk/limits")
	desk.WaitText("main", "Alleen een leidinggevende")
	quiet(t, map[string]*browsertest.Tab{"supervisor": boss, "agent": agent})
}

// TestDeskScreensAreForEverybody shows what a supervisor sees in each size, scheme and language: axe finds nothing, nothing is wider than the
// window, and the console is clean.
func TestDeskScreensAreForEverybody(t *testing.T) {
	if _, err := os.Stat(filepath.Join("..", "..", "..", "web", "ui", "node_modules", "axe-core", "axe.min.js")); err != nil {
		t.Skip("axe-core is not installed: make build fetches it")
	}
	h := start(t, t.TempDir())
	w := chatPage(t, h.url+"/chat?site=demo&lang=nl&article=nl/garantie")
	w.say("Hoe lang duurt het?")
	w.WaitText("li.bot .sources", "Garantie")
	w.Click("button.person", "")
	boss := signIn(t, h, "supervisor@demo.test")
	page := boss.Page()
	for _, l := range []struct {
		width, height int64
		media, lang   string
	}{
		{1280, 900, "prefers-color-scheme=light", "nl"}, {360, 740, "prefers-color-scheme=light", "nl"},
		{1280, 900, "prefers-color-scheme=dark", "en"}, {360, 740, "prefers-color-scheme=dark", "en"},
		{320, 700, "forced-colors=active", "nl"},
	} {
		boss.Size(l.width, l.height)
		boss.Media(l.media)
		browsertest.Eval[bool](boss, fmt.Sprintf("localStorage.setItem('balie:desk:lang', %q), true", l.lang))
		look := func(screen string) {
			t.Helper()
			name := fmt.Sprintf("desk-%s-%d-%s-%s.png", screen, l.width, strings.ReplaceAll(l.media, "=", "-"), l.lang)
			picture(boss, name)
			if wide := browsertest.Eval[int](boss, "document.documentElement.scrollWidth - innerWidth"); wide > 0 {
				t.Errorf("%s is %d pixels wider than the window", name, wide)
			}
		}
		boss.Go(h.url + "/desk")
		page.Click("button.row", "")
		page.WaitText(".log li.bot", "")
		look("talk")
		page.Click(".marks button", map[string]string{"nl": "Bewaar als testvraag", "en": "Keep as test"}[l.lang])
		boss.Wait("document.querySelector('dialog #test-question')")
		look("keep-test")
		boss.Go(h.url + "/desk/limits")
		page.WaitText(".limits-history", "")
		look("limits")
	}
	quiet(t, map[string]*browsertest.Tab{"supervisor": boss})
}
