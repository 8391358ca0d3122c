package e2e_test

import (
	"fmt"
	"testing"

	"balie/internal/browsertest"
)

// TestAPictureInAnArticle brings a photograph in as a phone made it: it is made small, its words are asked for, and the reader of the
// help page and the customer in the chat see it.
func TestAPictureInAnArticle(t *testing.T) {
	h := start(t, t.TempDir())
	e := openEditor(t, h, "editor@demo.test")
	e.Click("button.main", "Nieuw artikel")
	e.Type("#title", "Een parasol opzetten")
	e.Click("dialog button.main", "Maak concept")
	e.tab.Wait("document.querySelector('.cm-content')")
	e.write("Steek de parasol in de voet en draai de schroef vast.\n\n")

	browsertest.Eval[bool](e.tab, `new Promise((done) => {
		const c = document.createElement('canvas'); c.width = 3000; c.height = 2000
		const p = c.getContext('2d'); p.fillStyle = '#b3261e'; p.fillRect(500, 500, 2000, 1000)
		c.toBlob((b) => {
			const d = new DataTransfer(); d.items.add(new File([b], 'Mijn parasol.jpg', { type: 'image/jpeg' }))
			const i = document.querySelector('.toolbar input[type=file]'); i.files = d.files
			i.dispatchEvent(new Event('change', { bubbles: true })); done(true)
		}, 'image/jpeg')
	})`)
	e.WaitText(".cm-content", "mijn-parasol-")
	browsertest.Eval[bool](e.tab, "document.querySelector('.cm-content').focus(), document.execCommand('insertText', false, 'De parasol in zijn voet')")
	const shown = "document.querySelector('%s img[alt=\"De parasol in zijn voet\"]')?.naturalWidth === 1600"
	e.tab.Wait(fmt.Sprintf(shown, ".prose"))
	e.picture("editor-picture")

	// One that no browser can open is refused in words.
	browsertest.Eval[bool](e.tab, `(() => { const d = new DataTransfer(); d.items.add(new File(['<svg/>'], 'x.png', { type: 'image/png' }))
		const i = document.querySelector('.toolbar input[type=file]'); i.files = d.files
		return i.dispatchEvent(new Event('change', { bubbles: true })) })()`)
	e.WaitText("[role=alert]", "Dit is geen PNG")

	e.Click(".acts button.main", "Publiceer")
	e.WaitText("#gate-found", "")
	e.Click(".decide button.main", "Publiceer nu")
	e.WaitText("[role=status]", "Gepubliceerd")
	w := openShop(t, h, "nl")
	w.say("Hoe zet ik een parasol op?")
	w.WaitText("li.bot .sources", "parasol")
	w.tab.Wait(w.Expr(fmt.Sprintf(shown, "li.bot")))

	reader := browsertest.Open(t)
	reader.Size(360, 740)
	reader.Go(h.url + "/help/nl/een-parasol-opzetten")
	reader.Wait(fmt.Sprintf(shown, "main"))
	if wide := browsertest.Eval[float64](reader, "document.querySelector('main img').getBoundingClientRect().width"); wide > 360 {
		t.Errorf("the picture is %v wide on a phone", wide)
	}
}
