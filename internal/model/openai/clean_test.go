package openai

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"balie/bot"
)

const shop = "https://winkel.example/retour"

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                                                "",
		"Gewoon **vet** en 3 < 5, <3 & meer":              "Gewoon **vet** en 3 < 5, <3 & meer",
		"- een\n- twee\n\n1. drie":                        "- een\n- twee\n\n1. drie",
		"[Retour](" + shop + ") kan.":                     "[Retour](" + shop + ") kan.",
		"[Retour](" + shop + ` "titel")`:                  "[Retour](" + shop + ` "titel")`,
		"Zie " + shop + ".":                               "Zie " + shop + ".",
		"**" + shop + "**":                                "**" + shop + "**",
		"<" + shop + ">":                                  shop,
		"[Retour](" + shop + "/anders)":                   "Retour",
		"[x](javascript:alert(1))":                        "x",
		"[x](//boef.example)":                             "x",
		"[x](/intern)":                                    "x",
		"[x][1]\n\n[1]: https://boef.example":             "x\n\n[1]:",
		"![foto](https://boef.example/?q=1)":              "foto",
		"[![foto](https://b.example)](" + shop + ")":      "foto",
		"[a [b](https://b.example) c](https://b.example)": "a b c",
		"[https://boef.example](https://boef.example)":    "",
		"[open](https://boef.example":                     "open(",
		"Ga naar www.boef.example!":                       "Ga naar !",
		"HTTPS://BOEF.EXAMPLE":                            "",
		"Let op: data: naam en adres":                     "Let op: data: naam en adres",
		"<a href='https://boef.example'>hier</a>":         "hier",
		"een<br/>twee":                                    "een\ntwee",
		"<<b>script>alert(1)":                             "script>alert(1)",
		"<[script](x)>":                                   "script>",
		"<scr\x00ipt>x":                                   "x",
		"java<b>script:alert(1)":                          "(1)",
		"[x]<i>(java<b>script:alert(1))":                  "x",
		"<!-- stil -->hoor":                               "hoor",
		"< 5 en <€ 5":                                     "< 5 en <€ 5",
		"a\u202eb\u200bc\u0007d\ufeffe\U000e0041":         "abcde",
		"👩\u200d👧 ❤\ufe0f":                                "👩\u200d👧 ❤\ufe0f",
		"tab\there":                                       "tab here",
		"fout\xffje":                                      "foutje",
		"[klein] (haakje) [x]: y":                         "[klein] (haakje) [x]: y",
		"Hallo! [Ja]!":                                    "Hallo! [Ja]!",
		strings.Repeat("a", 3000) + " b":                  strings.Repeat("a", 3000-maxURL) + " b",
	} {
		if got := Clean(in, []string{shop}); got != want {
			t.Errorf("%.80q\n got %.80q\nwant %.80q", in, got, want)
		}
	}
}

func TestAllowedURLs(t *testing.T) {
	got := allowedURLs([]bot.Passage{
		{Text: "Zie [hier](https://a.example/x), https://b.example/y. En [daar](/help/nl/retour)."},
		{Text: "Mail mailto:hulp@a.example of **www.c.example**; [niets](javascript:alert(1))"},
	})
	for _, u := range []string{"https://a.example/x", "https://b.example/y", "/help/nl/retour", "mailto:hulp@a.example", "www.c.example"} {
		if !got[u] {
			t.Errorf("%s is in a passage but not allowed", u)
		}
	}
	if got["https://a.example"] || got["https://b.example/y."] {
		t.Errorf("too much is allowed: %v", got)
	}
}

var (
	tagged = regexp.MustCompile(`<[A-Za-z/!?]`)
	split  = regexp.MustCompile("[ \n<>\\[\\]()\"\u00a0]")
)

// FuzzClean: whatever a model writes and however it is cut into pieces, nothing forbidden comes out, and the pieces
// joined are the text cleaned whole.
func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"[x](https://b.example) ![y](z) <b>", "<<b>script>", "www.." + "//x", "[[a](b)](c)", "http<b>s://x", "www//x.:y",
		"<[[b](x)](y)r>", shop + "//b.example", "<" + shop + ">", "[a](" + shop + ")", "!\u200b[x](y)", "https:\\/\\/x",
	} {
		f.Add(s, uint8(3))
	}
	allowed := map[string]bool{shop: true}
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		whole := newScrubber(allowed)
		want := whole.write(text) + whole.close()
		parts, got := newScrubber(allowed), ""
		runes := []rune(text)
		for n := int(size%16) + 1; len(runes) > 0; runes = runes[min(n, len(runes)):] {
			got += parts.write(string(runes[:min(n, len(runes))]))
		}
		if got += parts.close(); got != want {
			t.Fatalf("in pieces %q, whole %q", got, want)
		}
		if tagged.MatchString(got) {
			t.Errorf("a tag is left: %q", got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }); i >= 0 {
			t.Errorf("a control character is left: %q", got)
		}
		for _, run := range split.Split(got, -1) {
			if address.MatchString(strings.ReplaceAll(run, shop, "")) {
				t.Errorf("an address is left: %q in %q", run, got)
			}
		}
	})
}

func BenchmarkScrubTokens(b *testing.B) {
	words := strings.SplitAfter(strings.Repeat("U hebt [dertig](https://b.example) dagen <b>de tijd</b>. ", 60), " ")
	for b.Loop() {
		s := newScrubber(nil)
		for _, w := range words {
			s.write(w)
		}
		s.close()
	}
}
