package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"balie/internal/browsertest"
)

// editor is somebody at the library's page, in Dutch.
type editor struct {
	tab *browsertest.Tab
	browsertest.Frame
	url string
}

func openEditor(t *testing.T, h *house, email string) editor {
	t.Helper()
	tab := browsertest.Open(t)
	tab.Size(1280, 900)
	tab.Go(h.url + "/desk/kb")
	browsertest.Eval[bool](tab, "localStorage.setItem('balie:desk:lang', 'nl'), true")
	tab.Reload()
	e := editor{tab: tab, Frame: tab.Page(), url: h.url}
	e.Type("#email", email)
	e.Type("#password", password)
	e.Click("button.main", "Aanmelden")
	e.WaitText("table.subjects", "Een bestelling terugsturen")
	return e
}

func (e editor) open(key string) {
	e.tab.Helper()
	e.tab.Go(e.url + "/desk/kb/" + key)
	e.tab.Wait("document.querySelector('.cm-content')")
}

// write puts a text in the text field as typing does; what was there is replaced.
func (e editor) write(text string) {
	e.tab.Helper()
	browsertest.Eval[bool](e.tab, fmt.Sprintf(`(() => { document.querySelector('.cm-content').focus(); document.execCommand('selectAll');
		return document.execCommand('insertText', false, %q) })()`, text))
}

// change replaces words in the text field.
func (e editor) change(from, to string) {
	e.tab.Helper()
	e.tab.Wait(fmt.Sprintf("document.querySelector('.cm-content')?.innerText.includes(%q)", from))
	browsertest.Eval[bool](e.tab, fmt.Sprintf(`(() => { const c = document.querySelector('.cm-content'); c.focus()
		const walk = document.createTreeWalker(c, NodeFilter.SHOW_TEXT)
		for (let n = walk.nextNode(); n; n = walk.nextNode()) { const i = n.data.indexOf(%q); if (i < 0) continue
			const r = document.createRange(); r.setStart(n, i); r.setEnd(n, i + %d); getSelection().removeAllRanges(); getSelection().addRange(r)
			return document.execCommand('insertText', false, %q) }
		throw new Error('no such words') })()`, from, len([]rune(from)), to))
}

func (e editor) tabTo(name string) { e.Click("[role=tab]", name) }

func (e editor) picture(name string) {
	if out := os.Getenv("BALIE_PICTURES"); out != "" {
		e.tab.Picture(filepath.Join(out, name+".png"))
	}
}

func (e editor) quiet(t *testing.T) {
	t.Helper()
	quiet(t, map[string]*browsertest.Tab{"editor": e.tab})
}

const (
	flight  = "Hoe duur is een ritje met de luchtballon?"
	ballast = "## Ballonnen\n\nWij verkopen geen ballonnen.\n"
	balloon = "## Een ritje met de luchtballon\n\nEen ritje met de luchtballon duurt een uur. Dat kost € 99.\n"
)

// TestWriting is an editor's whole way: write → preview → a red test → mend → the gate shows what changes → publish → the customer's next
// question gets the new answer with its source, within two seconds.
func TestWriting(t *testing.T) {
	h := start(t, t.TempDir())
	w := openShop(t, h, "nl")
	e := openEditor(t, h, "editor@demo.test")
	e.picture("editor-list")

	e.Click("button.main", "Nieuw artikel")
	e.Type("#title", "Een ritje met de luchtballon")
	e.Click("dialog button.main", "Maak concept")
	e.tab.Wait("document.querySelector('.cm-content')")
	e.write(ballast)
	e.WaitText(".prose", "geen ballonnen")
	e.WaitText(".kept", "Werk bewaard")

	e.tabTo("Testvragen")
	e.Type("#test-new", flight)
	e.Click(".ask button", "Voeg toe")
	e.Click(".acts button", "Bewaar")
	e.WaitText(".kept", "Bewaard om")
	e.WaitText(".tests .green", "luchtballon")

	e.Type("#test-new", "Wat kost verzenden?") // that is what another article is about
	e.Click(".ask button", "Voeg toe")
	e.WaitText(".tests .red", "Wat kost verzenden?")
	e.picture("editor-red")
	browsertest.Eval[bool](e.tab, "[...document.querySelectorAll('.tests .red .link')].at(-1).click(), true")
	e.write(balloon)
	e.Click("button", "Test opnieuw")
	e.tab.Wait("document.querySelector('.tests .green') && !document.querySelector('.tests .red, .tests .warn')")

	w.say(flight)
	w.WaitText("li.bot", "")
	e.Click(".acts button.main", "Publiceer")
	e.WaitText("#gate-found", "Geen vraag verliest")
	e.picture("editor-gate")
	e.Click(".decide button.main", "Publiceer nu")
	e.WaitText("[role=status]", "Gepubliceerd")
	began := time.Now()
	w.say("Zeg, h" + flight[1:])
	w.WaitText("li.bot .sources", "luchtballon")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the new answer came after %s", took)
	}
	w.WaitText("li.bot", "€ 99")
	e.quiet(t)

	// A change of what customers read is shown before and after, and red holds it back until somebody says why.
	e.change("Dat kost € 99", "Dat kost € 120")
	e.Click(".acts button.main", "Publiceer")
	e.WaitText(".changes.changed", "€ 120")
	e.WaitText(".changes.changed .before-after", "€ 99")
	e.picture("editor-changed")
	e.Click("a", "Pas de tekst aan")
	e.tab.Wait("document.querySelector('.cm-content')")
	e.Click("summary", "Meer")
	e.Click(".menu-list button", "Archiveer")
	e.WaitText("#gate-found", "")
	e.picture("editor-archive")
	if !e.Has("#override") {
		t.Error("taking an answer away from customers asks for no reason")
	} else {
		e.Type("#override", "De ballon is lek")
		e.Click(".decide button.main", "Archiveer")
		e.WaitText("[role=status]", "Gearchiveerd")
		e.tabTo("Geschiedenis")
		e.WaitText(".revisions", "De ballon is lek")
	}
	e.picture("editor-history")
	e.quiet(t)
}

// TestTwoEditors lets two people save the same article: what they changed in different places goes together, for the rest one chooses.
func TestTwoEditors(t *testing.T) {
	h := start(t, t.TempDir())
	a, b := openEditor(t, h, "editor@demo.test"), openEditor(t, h, "admin@demo.test")
	a.open("nl/retour")
	b.open("nl/retour")
	a.change("U hoeft geen reden te geven.", "Een reden is niet nodig.")
	b.change("U hoeft niets te printen.", "Printen is niet nodig.")
	b.Click(".acts button", "Bewaar")
	b.WaitText(".kept", "Bewaard om")
	a.Click(".acts button", "Bewaar")
	a.WaitText(".merge", "Alle wijzigingen passen bij elkaar")
	a.Click(".merge button.main", "Bewaar samen")
	a.WaitText(".prose", "Printen is niet nodig.")
	a.WaitText(".prose", "Een reden is niet nodig.")

	b.change("Printen is niet nodig.", "U print niets.")
	a.change("Printen is niet nodig.", "Een printer heeft u niet nodig.")
	a.Click(".acts button", "Bewaar")
	a.WaitText(".kept", "Bewaard om")
	b.Click(".acts button", "Bewaar")
	b.WaitText(".merge .both", "Een printer heeft u niet nodig.")
	b.picture("editor-merge")
	if browsertest.Eval[bool](b.tab, "!document.querySelector('.merge button.main').disabled") {
		t.Error("the merge can be saved before a choice was made")
	}
	browsertest.Eval[bool](b.tab, "[...document.querySelectorAll('.merge .both')].forEach(f => f.querySelectorAll('input')[1].click()), true")
	b.Click(".merge button.main", "Bewaar samen")
	b.WaitText(".prose", "Een printer heeft u niet nodig.")

	// What is typed and not saved is there again after a closed window.
	a.change("Een reden is niet nodig.", "Waarom hoeft u niet te zeggen.")
	a.WaitText(".kept", "Werk bewaard")
	browsertest.Eval[bool](a.tab, "localStorage.removeItem('balie-kb:editor:nl/retour'), true") // another browser knows it too
	a.open("nl/retour")
	a.WaitText(".bar", "nog niet bewaard")
	a.WaitText(".prose", "Waarom hoeft u niet te zeggen.")
	a.quiet(t)
	b.quiet(t)
}

// TestImportInThePage brings many files in: first what would happen, then doing it, with how far it is.
func TestImportInThePage(t *testing.T) {
	h := start(t, t.TempDir())
	e := openEditor(t, h, "editor@demo.test")
	e.Click("nav a", "Importeren")
	e.tab.Wait("document.querySelector('#import-files')")
	browsertest.Eval[bool](e.tab, `(() => { const d = new DataTransfer()
		for (let i = 0; i < 400; i++) d.items.add(new File(['---\nid: los-' + i + '\nlang: nl\ntitle: Losse pagina ' + i + '\n---\n\nTekst over onderwerp ' + i + '.\n'], 'los-' + i + '.md'))
		d.items.add(new File(['---\nid: kapot\ntitle: [\n---\n'], 'kapot.md'))
		const f = document.querySelector('#import-files'); f.files = d.files; f.dispatchEvent(new Event('change', {bubbles: true})); return true })()`)
	browsertest.Eval[bool](e.tab, `(() => { window.seen = []; new MutationObserver(() => { const p = document.querySelector('.progress [role=status]')?.innerText; if (p) window.seen.push(p) })
		.observe(document.body, {subtree: true, childList: true, characterData: true}); return true })()`)
	e.Click(".import button", "Kijk wat er gebeurt")
	e.WaitText(".outcome", "Dit gaat er gebeuren")
	if got := e.Text(".outcome"); !strings.Contains(got, "400") || !strings.Contains(got, "kapot.md") {
		t.Errorf("the dry run says\n%s", got)
	}
	e.picture("editor-import")
	e.Click("button.main", "Haal binnen")
	e.WaitText(".outcome h4", "Klaar")
	if !browsertest.Eval[bool](e.tab, "window.seen.some(s => / van 401/.test(s))") {
		t.Errorf("no progress was shown: %v", browsertest.Eval[[]string](e.tab, "window.seen"))
	}
	e.Click("nav a", "Artikelen")
	e.Type("input[type=search]", "los-399")
	e.WaitText("table.subjects", "Losse pagina 399")
	e.quiet(t)
}

// TestEditorScreensAreForEverybody shows every screen of the library in each size, scheme and language: axe finds nothing, nothing is wider
// than the window, and the console is clean.
func TestEditorScreensAreForEverybody(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "web", "ui", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Skip("axe-core is not installed: make build fetches it")
	}
	h := start(t, t.TempDir())
	w := openShop(t, h, "nl")
	w.say("Hoe duur is een ritje met de luchtballon?") // a question for the list of gaps
	w.WaitText("li.bot", "niet zeker")
	e := openEditor(t, h, "editor@demo.test")
	e.open("nl/retour")
	e.change("U hoeft geen reden te geven.", "Een reden hoeft niet.")
	e.Click(".acts button", "Bewaar")
	e.WaitText(".kept", "Bewaard om")
	e.tab.Go(e.url + "/desk/kb/gaps")
	e.tab.Wait("document.querySelector('.gaps a')")
	gap := strings.TrimPrefix(browsertest.Eval[string](e.tab, "new URL(document.querySelector('.gaps a').href).pathname"), "/desk/kb")
	screens := []struct {
		name, path, ready string
		tab               string
	}{
		{"list", "", "document.querySelector('.subjects')", ""},
		{"write", "/nl/retour", "document.querySelector('.cm-content') && document.querySelector('.prose h2')", ""},
		{"tests", "/nl/retour", "document.querySelector('.tests .green')", "tests"},
		{"history", "/nl/retour", "document.querySelector('.revisions li')", "history"},
		{"details", "/nl/retour", "document.querySelector('#d-tags')", "details"},
		{"translation", "/nl/retour", "document.querySelector('.panel .prose')", "translation"},
		{"gate", "/nl/retour/publish", "document.querySelector('#gate-found')", ""},
		{"gaps", "/gaps", "document.querySelector('.gaps li')", ""},
		{"gap", gap, "document.querySelector('.teach select')", ""},
		{"replies", "/replies", "document.querySelector('.replies li')", ""},
		{"reply", "/replies/hello", "document.querySelector('.versions li')", ""},
		{"files", "/files", "document.querySelector('#import-files')", ""},
	}
	looks := []struct {
		width, height int64
		media, lang   string
	}{
		{1280, 900, "prefers-color-scheme=light", "nl"}, {390, 844, "prefers-color-scheme=light", "nl"},
		{1280, 900, "prefers-color-scheme=dark", "en"}, {390, 844, "prefers-color-scheme=dark", "en"},
		{320, 700, "forced-colors=active", "nl"},
	}
	for _, l := range looks {
		e.tab.Size(l.width, l.height)
		e.tab.Media(l.media)
		browsertest.Eval[bool](e.tab, fmt.Sprintf("localStorage.setItem('balie:desk:lang', %q), true", l.lang))
		for _, s := range screens {
			e.tab.Go(e.url + "/desk/kb" + s.path)
			if s.tab != "" {
				e.tab.Wait("document.querySelector('#tab-" + s.tab + "')")
				browsertest.Eval[bool](e.tab, "document.querySelector('#tab-"+s.tab+"').click(), true")
			}
			e.tab.Wait(s.ready)
			name := fmt.Sprintf("editor-%s-%d-%s-%s", s.name, l.width, strings.ReplaceAll(l.media, "=", "-"), l.lang)
			e.picture(name)
			if wide := browsertest.Eval[int](e.tab, "document.documentElement.scrollWidth - innerWidth"); wide > 0 {
				t.Errorf("%s is %d pixels wider than the window", name, wide)
			}
			browsertest.Eval[bool](e.tab, string(axe)+";true")
			found := browsertest.Eval[[]string](e.tab, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})
				.then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ' ' + n.target.join(' ') + ': ' + n.failureSummary)))`)
			for _, f := range found {
				t.Errorf("%s: %s", name, f)
			}
		}
	}
	e.quiet(t)
}
