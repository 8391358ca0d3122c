package kb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"balie/internal/fault"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
	"balie/kb"
)

// shelfVoice answers as the library's verdict says: a bot without an ear.
func shelfVoice(ctx context.Context, from kb.Reader, lang, question string) (kb.Said, error) {
	res, err := from.Search(ctx, kb.Query{Text: question, Lang: lang, Limit: 3})
	if err != nil || len(res.Hits) == 0 || res.Verdict == kb.None {
		return kb.Said{Act: kb.SaidRefuse}, err
	}
	h := res.Hits[0]
	if res.Verdict == kb.Choose {
		out := kb.Said{Act: kb.SaidChoose}
		for _, h := range res.Hits {
			out.Options = append(out.Options, kb.Key(h.Lang, h.Article))
		}
		return out, nil
	}
	return kb.Said{Act: kb.SaidAnswer, Article: kb.Key(h.Lang, h.Article), Title: h.Title, Text: h.Text}, nil
}

const (
	lamp = "---\nid: lamp\nlang: nl\ntitle: Een lamp ophangen\nquestions:\n  - hoe hang ik een lamp op\n---\n\nZet de stroom uit. Schroef de lamp aan het plafond.\n"
	vase = "---\nid: vaas\nlang: nl\ntitle: Een vaas schoonmaken\nquestions:\n  - hoe maak ik een vaas schoon\n---\n\nSpoel de vaas om met azijn en warm water.\n"
)

// studio is a workshop over two articles, on a clock that the test moves.
type studio struct {
	*house
	*kb.Workshop
	now  time.Time
	past []kb.Asked
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	s := &studio{house: newHouse(t), now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	s.write(lamp)
	s.write(vase)
	s.sync()
	s.Workshop = &kb.Workshop{Library: s.lib, Store: s.store, Voice: shelfVoice, Now: func() time.Time { return s.now },
		Past: func(context.Context, time.Time, int) ([]kb.Asked, error) { return s.past, nil }}
	return s
}

// edit gives an article a newer text and returns its revision.
func (s *studio) edit(key string, change func(*kb.Content)) uint64 {
	s.t.Helper()
	a, rev, err := s.store.Get(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	c := a.Content
	change(&c)
	rev, err = s.store.Put(s.t.Context(), key, a.Edited(c, "Edith", ""), rev)
	if err != nil {
		s.t.Fatal(err)
	}
	return rev
}

func TestADraftIsTriedWithoutACustomerNoticing(t *testing.T) {
	s := newStudio(t)
	s.edit("nl/lamp", func(c *kb.Content) { c.Body += "\n## Ledstrip plakken\n\nMaak de muur vetvrij voor de ledstrip.\n" })
	tried, err := s.Try(t.Context(), "nl/lamp", true, "nl", "ledstrip op de muur plakken")
	if err != nil || tried.Said.Article != "nl/lamp" || !strings.Contains(tried.Said.Text, "vetvrij") {
		t.Fatalf("the draft says %+v, %v", tried.Said, err)
	}
	if !strings.Contains(tried.Hits[0].Snippet, "<mark>") {
		t.Errorf("no word of the question is marked in %q", tried.Hits[0].Snippet)
	}
	if tried, err = s.Try(t.Context(), "nl/lamp", false, "nl", "ledstrip op de muur plakken"); err != nil || tried.Said.Act != kb.SaidRefuse {
		t.Errorf("customers are told %+v, %v", tried.Said, err)
	}
	s.first("nl", "ledstrip op de muur plakken", "")
}

func TestTrialsLeaveNothingBehind(t *testing.T) {
	s := newStudio(t)
	for i := range 6 {
		s.edit("nl/lamp", func(c *kb.Content) { c.Body += fmt.Sprintf("\nRegel %d.\n", i) })
		if _, err := s.Tests(t.Context(), "nl/lamp", true); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, "trial-*")); len(left) > 3 {
		t.Errorf("%d trials are kept", len(left))
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the end says %v", err)
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "trial-of-a-dead-process"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.lib.SweepTrials(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, "trial-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	s.first("nl", "hoe hang ik een lamp op", "lamp")
}

func TestATestIsRedWeakOrGreen(t *testing.T) {
	s := newStudio(t)
	s.edit("nl/lamp", func(c *kb.Content) {
		c.Questions = []string{"hoe hang ik een lamp op", "wie repareert mijn snoer"}
	})
	got, err := s.Tests(t.Context(), "nl/lamp", true)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ ok, weak bool }{{true, false}, {true, true}}
	for i, w := range want {
		if got[i].OK != w.ok || got[i].Weak != w.weak {
			t.Errorf("%q: ok %v, weak %v; said %+v", got[i].Question, got[i].OK, got[i].Weak, got[i].Said)
		}
	}
	s.edit("nl/lamp", func(c *kb.Content) { c.Internal = true }) // the bot never quotes it, so no customer finds it
	if got, err = s.Tests(t.Context(), "nl/lamp", true); err != nil || got[0].OK || got[0].Weak {
		t.Errorf("a test of an article that customers cannot read: %+v, %v", got, err)
	}
	if got, err = s.Tests(t.Context(), "nl/lamp", false); err != nil || len(got) != 1 || !got[0].OK {
		t.Errorf("what customers read: %+v, %v", got, err)
	}
}

func TestTheGateHoldsBackWhatHurts(t *testing.T) {
	s := newStudio(t)
	s.past = []kb.Asked{{Text: "moet de stroom uit", Lang: "nl", Count: 7}, {Text: "waar koop ik snoer van katoen", Lang: "nl", Count: 2}}
	rev := s.edit("nl/lamp", func(c *kb.Content) {
		c.Body = "\nSnoer van katoen koopt u in de winkel. Schroef de lamp aan het plafond.\n"
	})
	asked := 0
	rep, err := s.Gate(t.Context(), "nl/lamp", kb.Published, func(done, total int) { asked = done })
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]string{}
	for _, c := range rep.Changes {
		verdicts[c.Text] = c.Verdict
	}
	if verdicts["moet de stroom uit"] != kb.Lost || verdicts["waar koop ik snoer van katoen"] != kb.Improved || verdicts["hoe hang ik een lamp op"] != kb.Changed {
		t.Errorf("the gate finds %v", verdicts)
	}
	if rep.Red != 1 || rep.Changes[0].Verdict != kb.Lost || rep.Changes[0].Count != 7 || asked != rep.Asked {
		t.Errorf("red %d, first %+v, %d of %d asked", rep.Red, rep.Changes[0], asked, rep.Asked)
	}
	if rep.From[kb.FromCustomer] != 2 || rep.From[kb.FromArticle] != 1 || rep.From[kb.FromNeighbour] == 0 && len(rep.Neighbours) > 0 {
		t.Errorf("asked %v of neighbours %v", rep.From, rep.Neighbours)
	}

	_, _, _, err = s.Publish(t.Context(), "nl/lamp", rev, kb.Publication{By: "Edith"})
	var red *kb.Refused
	if !errors.As(err, &red) || red.Report.Red != 1 || !fault.Is(err, fault.Invalid) {
		t.Fatalf("a red gate lets it through: %v", err)
	}
	s.sync()
	s.first("nl", "waar koop ik snoer van katoen", "")
	if _, _, _, err = s.Publish(t.Context(), "nl/lamp", rev, kb.Publication{By: "Edith", Why: "Nieuw snoer", Override: "Staat in de handleiding"}); err != nil {
		t.Fatal(err)
	}
	s.sync()
	s.first("nl", "waar koop ik snoer van katoen", "lamp")
	a, _, _ := s.store.Get(t.Context(), "nl/lamp")
	if !strings.Contains(a.Why, "Nieuw snoer") || !strings.Contains(a.Why, "Staat in de handleiding") || a.By != "Edith" {
		t.Errorf("the history keeps %q by %q", a.Why, a.By)
	}
	if _, _, _, err = s.Publish(t.Context(), "nl/lamp", rev, kb.Publication{By: "Joris"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("publishing an old revision: %v", err)
	}
}

func TestArchivingAsksForTheAnswersThatGo(t *testing.T) {
	s := newStudio(t)
	_, rev, _ := s.store.Get(t.Context(), "nl/vaas")
	if _, _, _, err := s.Publish(t.Context(), "nl/vaas", rev, kb.Publication{By: "Edith", Archive: true}); err == nil {
		t.Fatal("the only answer to its question is taken away without a word")
	}
	if _, _, _, err := s.Publish(t.Context(), "nl/vaas", rev, kb.Publication{By: "Edith", Archive: true, Override: "Vazen zijn uitverkocht"}); err != nil {
		t.Fatal(err)
	}
	s.sync()
	s.first("nl", "hoe maak ik een vaas schoon", "")
}

func TestSavingNeitherPublishesNorTakesAway(t *testing.T) {
	read, draft := kb.Content{Title: "Lamp", Body: "oud"}, kb.Content{Title: "Lamp", Body: "nieuw"}
	for name, a := range map[string]kb.Article{
		"published": {State: kb.Published, Content: read},
		"edited":    {State: kb.Draft, Content: draft, Live: &read},
	} {
		for _, to := range []kb.State{kb.Published, kb.Archived, "gone"} {
			if _, err := a.Held(to); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s, saved as %s: %v", name, to, err)
			}
		}
		held, err := a.Held(kb.Draft)
		if err != nil || held.Live == nil || held.Live.Body != "oud" {
			t.Errorf("%s, saved as a draft: customers read %v, %v", name, held.Live, err)
		}
	}
	if _, err := (kb.Article{State: kb.Draft, Content: draft}).Held(kb.Archived); err != nil {
		t.Errorf("a text that nobody reads cannot be put away: %v", err)
	}
}

func TestAPlannedTextIsPublishedWhenItsTimeHasCome(t *testing.T) {
	e, err := bolt.Open(filepath.Join(t.TempDir(), "data"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	h := &house{t: t, dir: t.TempDir(), store: document.In(e, "articles", document.Options[kb.Article]{History: true, Keys: kb.ArticleKeys})}
	h.open()
	defer h.close()
	h.write(lamp)
	h.sync()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := &studio{house: h}
	w := &kb.Workshop{Library: h.lib, Store: h.store, Voice: shelfVoice, Now: func() time.Time { return now }}
	rev := s.edit("nl/lamp", func(c *kb.Content) { c.Body += "\nEen dimmer kan ook.\n" })
	at := now.Add(time.Hour)
	if _, _, _, err := w.Publish(t.Context(), "nl/lamp", rev, kb.Publication{By: "Edith", At: &at}); err != nil {
		t.Fatal(err)
	}
	if n, err := w.PublishPlanned(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d published too early, %v", n, err)
	}
	now = at
	if n, err := w.PublishPlanned(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d published in time, %v", n, err)
	}
	if n, err := w.PublishPlanned(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d published again, %v", n, err)
	}
	h.sync()
	h.first("nl", "dimmer", "lamp")
}

func TestHintsNameTheLine(t *testing.T) {
	s := newStudio(t)
	a := kb.Article{Lang: "nl", Content: kb.Content{Title: "T", ReviewBy: "2027-01-01", Questions: []string{"q"},
		Body: "Een gewone zin.\n\nIndien u belt, wordt de aanvraag door ons behandeld.\n\n![](/x.png)\n\n[weg](/help/nl/nergens) [er](/help/nl/lamp)\n"}}
	hints, err := s.Hints(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, h := range hints {
		got[h.Kind] = h.Line
	}
	want := map[string]int{kb.HintHard: 3, kb.HintPassive: 3, kb.HintAlt: 5, kb.HintLink: 7}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("hints %v, want %v", got, want)
	}
}

func TestGapsGroupCountAndRemember(t *testing.T) {
	e, err := bolt.Open(filepath.Join(t.TempDir(), "data"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	open := func() *kb.Gaps {
		return &kb.Gaps{Groups: document.In(e, "gaps", document.Options[kb.Gap]{}), Misses: document.In(e, "misses", document.Options[kb.Miss]{}), Now: func() time.Time { return now }}
	}
	g := open()
	note := func(g *kb.Gaps, id, text, why string, ago time.Duration) {
		t.Helper()
		if err := g.Note(t.Context(), kb.Miss{ID: id, Lang: "nl", Text: text, Why: []string{why}, At: now.Add(-ago)}); err != nil {
			t.Fatal(err)
		}
	}
	day := 24 * time.Hour
	note(g, "c1/2", "verkopen jullie zonneschermen", kb.WhyRefused, 3*day)
	note(g, "c2/2", "zonneschermen verkopen jullie die ook?", kb.WhyRefused, day)
	note(g, "c2/2", "zonneschermen verkopen jullie die ook?", kb.WhyHanded, day) // the same question: one miss, two reasons
	note(g, "c3/2", "kan ik met bitcoin betalen", kb.WhyRefused, 40*day)
	note(open(), "c1/2", "verkopen jullie zonneschermen", kb.WhyRefused, 3*day) // after a crash, again
	note(g, "c4/2", "???", kb.WhyRefused, day)                                  // nothing to group by
	all, err := g.List(t.Context(), kb.GapOpen, "nl")
	if err != nil || len(all) != 2 {
		t.Fatalf("%d gaps, %v", len(all), err)
	}
	sun := all[0]
	if sun.Count != 2 || sun.Recent != 2 || sun.Why[kb.WhyRefused] != 2 || sun.Why[kb.WhyHanded] != 1 || sun.Days[28] != 1 || sun.Days[26] != 1 {
		t.Errorf("zonneschermen: %+v", sun)
	}
	if all[1].Recent != 0 || all[1].Count != 1 {
		t.Errorf("an old question is gone or counts as new: %+v", all[1])
	}
	if err := g.Decide(t.Context(), all[1].ID, kb.GapIgnored, " ", "Edith", ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("ignored without a reason: %v", err)
	}
	if err := g.Decide(t.Context(), sun.ID, kb.GapOpen, "", "Edith", "nl/zon"); err != nil {
		t.Fatal(err)
	}
	if err := g.Published(t.Context(), "nl/zon", "Edith"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * day)
	note(g, "c9/2", "verkopen jullie ook zonneschermen", kb.WhyRefused, day)
	sun, err = g.Get(t.Context(), sun.ID)
	if err != nil || sun.State != kb.GapSolved || sun.Before != 1 || sun.After != 1 {
		t.Errorf("after publishing: %s, before %d, after %d, %v", sun.State, sun.Before, sun.After, err)
	}
}
