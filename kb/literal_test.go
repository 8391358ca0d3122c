package kb_test

import (
	"testing"

	"balie/kb"
)

func TestAQuestionInItsEditorsWordsIsAnswered(t *testing.T) {
	h := newHouse(t)
	for id, front := range map[string]string{
		"kosten":  "title: Wat kost de bezorging?\nquestions: [Hoe duur is verzenden?]",
		"meubels": "title: Bezorging van grote meubels\nquestions: [Wat kost de bezorging van een kast?]",
		"belgie":  "title: Bezorging in België\nquestions: [Wat kost de bezorging in België?]",
	} {
		h.write("---\nid: " + id + "\nlang: nl\n" + front + "\n---\nDe bezorging kost geld. De kosten van de bezorging staan hier, en wat de bezorging inhoudt.\n")
	}
	h.sync()
	for question, want := range map[string]string{"wat kost de bezorging": "kosten", "Wat kost de bezorging in België??": "belgie", "hoe duur is VERZENDEN": "kosten"} {
		res, err := h.lib.Search(t.Context(), kb.Query{Text: question, Lang: "nl"})
		if err != nil {
			t.Fatal(err)
		}
		if res.Verdict != kb.Answer || res.Hits[0].Article != want {
			t.Errorf("%q: %s, first %s; want %s", question, res.Verdict, res.Hits[0].Article, want)
		}
	}
}
