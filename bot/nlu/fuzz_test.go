package nlu_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"balie/bot/nlu"
)

// hostile are texts that once broke somebody's parser.
var hostile = []string{"", " ", "\x00", "\xff\xfe", "🙂", "a", "1", "'", "1234 AB", "12-", "-12-11-", "de de de 12", "Straat 1", "# # #", "01/01/",
	"vrijdag vrijdag vrijdag", "12 12 12 12 12", "suite", "a@", "@b.nl", "€", "€ ,", "over een", "'t 's 'n", "\u202e1234AB\u202c", "é́́́", "ﬀ ﬁ", strings.Repeat("9", 5000),
	strings.Repeat("van der ", 600) + "12", strings.Repeat("Aa ", 1500) + "12, 1234 AB X", "10 " + strings.Repeat("rue ", 50), "İstanbul 5, 1234 AB İ"}

func FuzzUnderstand(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	m := builtin()
	f.Fuzz(func(t *testing.T, text string) {
		u := m.Understand(text, nlu.Hints{Lang: "nl", Now: saturday, Country: "NL"})
		if u.Band == nlu.Unknown && u.Intent != "" || u.Band != nlu.Unknown && u.Intent == "" || len(u.Top) > 3 {
			t.Errorf("%q: %+v", text, u)
		}
		for _, s := range u.Top {
			if !(s.Score >= 0 && s.Score <= 1) {
				t.Errorf("%q: score %v", text, s)
			}
		}
		nlu.AsksForPerson(text)
	})
}

func FuzzNormalize(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := nlu.Normalize(text)
		if again := nlu.Normalize(once); again != once {
			t.Errorf("%q → %q → %q", text, once, again)
		}
		if !utf8.ValidString(once) {
			t.Errorf("%q → %q: not UTF-8", text, once)
		}
	})
}

func FuzzSlots(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, "NL", int64(1795291200))
	}
	f.Fuzz(func(t *testing.T, text, country string, now int64) {
		s, err := nlu.FindSlots(text, nlu.Hints{Now: time.Unix(now%(1<<33), 0).UTC(), Country: country}, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range s.Dates {
			if _, err := time.Parse("2006-01-02", d.String()); err != nil {
				t.Errorf("%q: a day no calendar has: %v", text, d)
			}
		}
		for _, a := range s.Addresses {
			if a.Postcode == "" && a.Line1 == "" {
				t.Errorf("%q: an address of nothing: %+v", text, a)
			}
		}
		s.Map()
	})
}
