package kb

import (
	"slices"
	"strings"
	"testing"
)

// TestDutchFormsMeet lists forms of one word that a customer and an article use; each line must have one stem.
func TestDutchFormsMeet(t *testing.T) {
	for _, line := range []string{
		"bestellen bestelling besteld bestelde bestelt bestellingen",
		"retourneren geretourneerd retourneert retourneerde",
		"pak pakje pakjes pakken",
		"pakket pakketje pakketten",
		"kaart kaartje kaarten kaartjes",
		"betalen betaald betaling betaalt betaalde",
		"leveren geleverd levering levert leverde",
		"opzeggen opgezegd",
		"verzenden verzonden verzending verzond",
		"afleveren afgeleverd",
		"terugsturen teruggestuurd",
		"gebruiken gebruikt gebruik",
		"verhuizen verhuisd verhuis verhuist",
		"wijzigen gewijzigd wijziging wijzigingen",
		"kopen gekocht kocht",
		"beschadigen beschadigd beschadiging",
		"adres adressen",
		"annuleren geannuleerd annulering annuleert",
	} {
		forms := strings.Fields(line)
		for _, f := range forms[1:] {
			if a, b := stemDutch(forms[0]), stemDutch(f); a != b {
				t.Errorf("%s is %q, %s is %q", forms[0], a, f, b)
			}
		}
	}
}

// TestDutchWordsStayApart lists pairs that a rule could throw together and must not.
func TestDutchWordsStayApart(t *testing.T) {
	for _, pair := range []string{"geld gelden2", "gemeente meent", "pak pakket", "bericht berichten2", "niet nieten2", "gezond zon", "beleid belei2"} {
		a, b, _ := strings.Cut(pair, " ")
		if stemDutch(a) == stemDutch(b) {
			t.Errorf("%s and %s are both %q", a, b, stemDutch(a))
		}
	}
	for word := range dutchStop {
		if slices.Contains([]string{"niet", "geen", "zonder", "terug"}, word) {
			t.Errorf("%q must count", word)
		}
	}
}

func TestTokenize(t *testing.T) {
	var got []string
	text := "Foto's van mijn E-mail: één café’s pre-order 's avonds, 12-34 \xff\xfe x"
	for _, tok := range tokenize(text) {
		got = append(got, tok.word)
		if tok.start < 0 || tok.end > len(text) || tok.start >= tok.end {
			t.Errorf("%q stands at %d to %d", tok.word, tok.start, tok.end)
		}
	}
	want := "foto van mijn email een cafe pre order s avonds 12 34 x"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	if toks := tokenize(strings.Repeat("a", 10_000)); len(toks) != 1 || len(toks[0].word) != maxToken {
		t.Errorf("a long word gives %d words", len(toks))
	}
}

func vocabularyOf(words ...string) *vocabulary {
	slices.Sort(words)
	v := &vocabulary{words: words, count: make([]uint32, len(words))}
	for i := range v.count {
		v.count[i] = 1
	}
	v.index()
	return v
}

func TestVocabularyRepairs(t *testing.T) {
	v := vocabularyOf("bestelling", "betaling", "levering", "retour", "factuur", "adres", "pakket")
	for in, want := range map[string]string{
		"bestellnig": "bestelling", "besteling": "bestelling", "bestelingg": "bestelling", "retuor": "retour", "fctuur": "factuur",
		"adress": "adres", "zeppelin": "", "abc": "", "adr3s": "", strings.Repeat("x", 200): "",
	} {
		if got, _ := v.near(in); got != want {
			t.Errorf("%q is repaired to %q, want %q", in, got, want)
		}
	}
}

func TestVocabularyPartsCompounds(t *testing.T) {
	v := vocabularyOf("bezorg", "adres", "bezorgadres", "levering", "kosten", "leveringskosten", "adresboek", "boek", "vadres")
	for in, want := range map[string]string{"bezorgadres": "bezorg adres", "leveringskosten": "levering kosten", "adres": " ", "bezorgtijd": " "} {
		l, r := v.split(in, v.has)
		if l+" "+r != want {
			t.Errorf("%q parts into %q, want %q", in, l+" "+r, want)
		}
	}
	got := v.compounds("adres", 10, v.has)
	slices.Sort(got)
	if strings.Join(got, " ") != "adresboek bezorgadres" {
		t.Errorf("compounds of adres: %v", got)
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"a", "a", 0}, {"ab", "ba", 1}, {"abc", "ab", 1}, {"abc", "abd", 1}, {"abcd", "badc", 2}, {"abc", "xyz", 3}, {"", "ab", 2}} {
		if got := editDistance(c.a, c.b, 2); got != c.want {
			t.Errorf("%s to %s is %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestSnippet(t *testing.T) {
	h := Hit{Lang: "nl", Text: "Eerst iets anders <b>hier</b>. Daarna uw bestelling terugsturen binnen veertien dagen, en meer tekst.", Terms: []string{"bestel", "terugstur"}}
	if got, want := h.Snippet(4), "… uw <mark>bestelling</mark> <mark>terugsturen</mark> …"; !strings.Contains(got, "<mark>bestelling</mark> <mark>terugsturen</mark>") || strings.Count(got, "…") != 2 {
		t.Errorf("got %q, like %q", got, want)
	}
	if got := h.Snippet(100); !strings.HasPrefix(got, "Eerst iets anders &lt;b&gt;hier") || strings.Contains(got, "…") {
		t.Errorf("got %q", got)
	}
	if got := (Hit{}).Snippet(5); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestSynonymsAreBounded(t *testing.T) {
	c := &Content{Body: "# kop\n\n- stuk, kapot, defect\n- geen komma\n" + strings.Repeat("a, b\n", maxSynonymLines*2)}
	lines := string(synonymLines(c))
	if n := strings.Count(lines, "\n"); n != maxSynonymLines {
		t.Errorf("%d lines", n)
	}
	got := readSynonyms(languageOf("nl"), lines)[stemDutch("kapot")]
	if strings.Join(got, " ") != "stuk defect" {
		t.Errorf("synonyms of kapot: %v", got)
	}
}

// FuzzTokenize looks for text that cannot be cut into words: what customers send is searched as it is.
func FuzzTokenize(f *testing.F) {
	f.Add("Foto's van mijn e-mail")
	f.Add("\x00\xff")
	f.Add("\xff's")
	f.Add("a-\xf0\x9f'")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, tok := range tokenize(text) {
			if tok.word == "" || tok.start < last || tok.end <= tok.start || tok.end > len(text) {
				t.Errorf("%q has a word %q at %d to %d", text, tok.word, tok.start, tok.end)
			}
			last = tok.end
		}
	})
}
