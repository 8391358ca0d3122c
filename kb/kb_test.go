package kb_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"balie/internal/fault"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
	"balie/kb"
)

// house is a library on a real store in a folder of the test's own.
type house struct {
	t     *testing.T
	dir   string
	store *document.Collection[kb.Article]
	media *document.Collection[kb.Picture]
	lib   *kb.Library
}

func newHouse(t *testing.T) *house {
	t.Helper()
	e, err := bolt.Open(filepath.Join(t.TempDir(), "data"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &house{t: t, dir: filepath.Join(t.TempDir(), "index"), store: document.In[kb.Article](e, "articles", document.Options[kb.Article]{History: true}),
		media: document.In(e, "pictures", document.Options[kb.Picture]{})}
	h.open()
	t.Cleanup(func() { h.close() })
	return h
}

func (h *house) open() {
	h.t.Helper()
	lib, err := kb.Open(h.dir, h.store, kb.Options{Pictures: h.media})
	if err != nil {
		h.t.Fatal(err)
	}
	h.lib = lib
}

func (h *house) close() {
	if err := h.lib.Close(); err != nil {
		h.t.Error(err)
	}
}

func (h *house) sync() {
	h.t.Helper()
	if err := h.lib.Sync(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

// write stores an article as it stands in a Markdown file, published.
func (h *house) write(md string) {
	h.t.Helper()
	a, err := kb.Parse([]byte(md))
	if err != nil {
		h.t.Fatal(err)
	}
	a.State = kb.Published
	h.put(a)
}

func (h *house) put(a kb.Article) {
	h.t.Helper()
	ctx := context.Background()
	_, rev, err := h.store.Get(ctx, kb.Key(a.Lang, a.ID))
	if err != nil && !fault.Is(err, fault.NotFound) {
		h.t.Fatal(err)
	}
	if _, err := h.store.Put(ctx, kb.Key(a.Lang, a.ID), a, rev); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) search(lang, text string) kb.Result {
	h.t.Helper()
	res, err := h.lib.Search(context.Background(), kb.Query{Text: text, Lang: lang})
	if err != nil {
		h.t.Fatalf("search %q: %v", text, err)
	}
	return res
}

// first asserts which article a question finds first, "" for none at all.
func (h *house) first(lang, text, want string) kb.Result {
	h.t.Helper()
	res := h.search(lang, text)
	got := ""
	if len(res.Hits) > 0 && res.Verdict != kb.None {
		got = res.Hits[0].Article
	}
	if got != want {
		h.t.Errorf("%q finds %q (%s), want %q", text, got, res.Verdict, want)
	}
	return res
}

const shopNL = `---
id: retour
lang: nl
title: Een bestelling terugsturen
tags: [retour, terugzenden]
updated: 2026-10-01
---
U mag een bestelling binnen 14 dagen terugsturen. Meld de retour aan in uw account en plak het label op het pakket.

## Kosten

Terugsturen is gratis in Nederland. Vanuit België betaalt u 4,95 euro.

## Geld terug

Wij betalen het bedrag binnen 14 dagen terug op de rekening waarmee u betaalde.
`

const addressNL = `---
id: adres
lang: nl
title: Bezorgadres wijzigen
---
Zolang wij het pakket niet hebben verzonden kunt u het bezorgadres wijzigen. Geef de chatbot het nieuwe adres.
`

const paymentNL = `---
id: betalen
lang: nl
title: Betaalmogelijkheden
---
U betaalt met iDEAL, creditcard of achteraf op rekening. Zakelijke klanten krijgen een factuur.
`

const giftEN = `---
id: giftcard
lang: en
title: Gift cards
tags: [cadeaubon, cadeaukaart]
---
A gift card is valid for two years. You cannot exchange it for money.
`

func shop(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	for _, md := range []string{shopNL, addressNL, paymentNL, giftEN} {
		h.write(md)
	}
	h.sync()
	return h
}

func TestSearchFindsThePassage(t *testing.T) {
	h := shop(t)
	for _, q := range []struct{ lang, text, want string }{
		{"nl", "Hoe stuur ik iets terug?", "retour"},
		{"nl", "ik heb het pakje teruggestuurd, wat kost dat", "retour"},
		{"nl", "adres van mijn pakket wijzigen", "adres"},
		{"nl", "bezorgadress wijzign", "adres"},
		{"nl", "kan ik met creditcard betalen", "betalen"},
		{"en", "how long is a gift card valid", "giftcard"},
		{"nl", "hoe warm is de zon", ""},
		{"nl", "??? !!!", ""},
		{"nl", "", ""},
		{"xx", "retour", "retour"},
	} {
		h.first(q.lang, q.text, q.want)
	}
	res := h.first("nl", "wanneer krijg ik mijn geld terug op mijn rekening", "retour")
	if hit := res.Hits[0]; hit.Section != "Geld terug" || !strings.Contains(hit.HTML, "<p>Wij betalen") || hit.URL != "/help/nl/retour" || hit.Updated != "2026-10-01" {
		t.Errorf("hit = %+v", hit)
	}
	if res := h.search("nl", "Bezorgadrse wijzigen"); res.Corrected != "bezorgadres wijzigen" {
		t.Errorf("corrected = %q", res.Corrected)
	}
}

func TestArticleInAnotherLanguage(t *testing.T) {
	h := shop(t)
	res := h.first("nl", "cadeaubon", "giftcard")
	if len(res.Hits) > 0 && (!res.Hits[0].Translated || res.Hits[0].Lang != "en") {
		t.Errorf("hit = %+v", res.Hits[0])
	}
	h.first("nl", "tegoedbon", "")
	h.write("---\nid: _synonyms\nlang: nl\ntitle: Synoniemen\n---\n- tegoedbon, gift card\n- foutmelding, bezorgadres\n")
	h.sync()
	h.first("nl", "tegoedbon", "giftcard")
	h.first("nl", "foutmelding", "adres")
	h.first("nl", "synoniemen", "")
}

func TestOnlyPublicTextIsFound(t *testing.T) {
	h := shop(t)
	ctx := context.Background()
	a, _, err := h.store.Get(ctx, "nl/betalen")
	if err != nil {
		t.Fatal(err)
	}
	public := a.Content
	a.State, a.Live = kb.Draft, &public
	a.Body = "U betaalt met zeeschelpen."
	h.put(a)
	h.sync()
	h.first("nl", "zeeschelpen", "")
	h.first("nl", "creditcard", "betalen")
	if got, err := h.lib.Article(ctx, "nl", "betalen"); err != nil || got.Body != public.Body || got.State != kb.Published {
		t.Errorf("article = %+v, %v", got, err)
	}

	a.State, a.Live = kb.Published, nil
	h.put(a)
	h.sync()
	h.first("nl", "zeeschelpen", "betalen")
	h.first("nl", "creditcard", "")

	a.Internal = true
	h.put(a)
	h.sync()
	h.first("nl", "zeeschelpen", "")
	if res, err := h.lib.Search(ctx, kb.Query{Text: "zeeschelpen", Lang: "nl", Internal: true}); err != nil || len(res.Hits) != 1 || !res.Hits[0].Internal {
		t.Errorf("agents find %+v, %v", res, err)
	}

	a.State = kb.Archived
	h.put(a)
	h.sync()
	if res, err := h.lib.Search(ctx, kb.Query{Text: "zeeschelpen", Lang: "nl", Internal: true}); err != nil || len(res.Hits) != 0 {
		t.Errorf("archived is found: %+v, %v", res, err)
	}
	if _, err := h.lib.Article(ctx, "nl", "betalen"); !fault.Is(err, fault.NotFound) {
		t.Errorf("archived article: %v", err)
	}

	_, rev, err := h.store.Get(ctx, "nl/adres")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.Delete(ctx, "nl/adres", rev); err != nil {
		t.Fatal(err)
	}
	h.sync()
	h.first("nl", "bezorgadres", "")
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("in 30 seconds not: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func (h *house) run() {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.lib.Run(ctx) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			h.t.Error(err)
		}
	})
}

func TestRunFollowsWrites(t *testing.T) {
	h := newHouse(t)
	impatient, stop := context.WithCancel(context.Background())
	stop()
	if _, err := h.lib.Search(impatient, kb.Query{Text: "x", Lang: "nl"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("search before the first index: %v", err)
	}
	h.run()
	eventually(t, "ready", func() bool { return h.lib.Ready() == nil })
	h.write(shopNL)
	h.lib.Poke()
	eventually(t, "found after a poke", func() bool { return len(h.search("nl", "terugsturen").Hits) == 1 })
	h.write(addressNL)
	eventually(t, "found without one", func() bool { return len(h.search("nl", "bezorgadres").Hits) == 1 })
}

// TestNoQuestionHurts asks what no customer types: each must be answered at once, and the index must not be blamed for it.
func TestNoQuestionHurts(t *testing.T) {
	h := shop(t)
	before := current(t, h.dir)
	for _, text := range []string{"\x00\xff", "\xff", "\xff's", "a-\xf0\x9f", strings.Repeat("\xc3", 5000), "\x00", "'s", "t:", strings.Repeat("a ", 2000)} {
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		if _, err := h.lib.Search(ctx, kb.Query{Text: text, Lang: "nl"}); err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
		stop()
	}
	h.sync()
	h.first("nl", "\xffbestelling\xfe terugsturen\x00", "retour")
	if current(t, h.dir) != before {
		t.Error("the index was rebuilt")
	}
}
