package nlu_test

import (
	"strings"
	"testing"
	"time"

	"balie/bot/nlu"
)

// saturday is what "today" is in these tests: 21 November 2026.
var saturday = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)

func TestDates(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"vandaag", "2026-11-21"}, {"morgen graag", "2026-11-22"}, {"overmorgen", "2026-11-23"}, {"Gisteren besteld", "2026-11-20"},
		{"eergisteren", "2026-11-19"}, {"morgenochtend", "2026-11-22"}, {"vanavond na zes uur", "2026-11-21"}, {"gisteravond", "2026-11-20"},
		{"goedemorgen", ""}, {"Goede morgen", ""}, {"elke morgen", ""}, {"'s morgens", ""},
		{"today", "2026-11-21"}, {"tommorow", "2026-11-22"}, {"the day after tomorrow", "2026-11-23"}, {"day before yesterday", "2026-11-19"}, {"last night", "2026-11-20"},
		{"vrijdag", "2026-11-27"}, {"aanstaande vrijdag", "2026-11-27"}, {"a.s. maandag", "2026-11-23"}, {"komende zaterdag", "2026-11-28"},
		{"volgende vrijdag", "2026-11-27"}, {"volgende week vrijdag", "2026-11-27"}, {"vrijdag volgende week", "2026-11-27"},
		{"vorige vrijdag", "2026-11-20"}, {"afgelopen dinsdag", "2026-11-17"}, {"vorige week dinsdag", "2026-11-10"}, {"zaterdagmiddag", "2026-11-28"},
		{"maandag over een week", "2026-11-30"}, {"dit weekend", "2026-11-28"}, {"last monday", "2026-11-16"}, {"this friday", "2026-11-27"},
		{"next tuesday", "2026-11-24"}, {"next sunday", "2026-11-22"}, {"volgende zondag", "2026-11-29"}, {"in a fortnight", "2026-12-05"}, {"on Thursday", "2026-11-26"}, {"tuesday next week", "2026-11-24"},
		{"12-11-2026", "2026-11-12"}, {"12/11/26", "2026-11-12"}, {"12.11.2026", "2026-11-12"}, {"2026-11-12", "2026-11-12"}, {"op 12-11", "2026-11-12"},
		{"1 mei 2026", "2026-05-01"}, {"1 mei", "2027-05-01"}, {"3 november", "2026-11-03"}, {"de 1e mei", "2027-05-01"}, {"5 jan. 2027", "2027-01-05"}, {"5 jan '27", "2027-01-05"},
		{"May 1st, 2026", "2026-05-01"}, {"the 1st of May", "2027-05-01"}, {"Nov 27", "2026-11-27"}, {"27th of November 2026", "2026-11-27"}, {"December 5", "2026-12-05"},
		{"vrijdag 27 november", "2026-11-27"}, {"Friday, Nov 27th", "2026-11-27"}, {"vr 27-11", "2026-11-27"},
		{"over 3 dagen", "2026-11-24"}, {"over twee weken", "2026-12-05"}, {"over een maand", "2026-12-21"}, {"in two weeks", "2026-12-05"}, {"3 days from now", "2026-11-24"},
		{"3 dagen geleden", "2026-11-18"}, {"een week geleden", "2026-11-14"}, {"two weeks ago", "2026-11-07"}, {"a month ago", "2026-10-21"},
		{"de 15e", "2026-11-15"}, {"it was the 3rd", "2026-11-03"}, {"on the 3rd please", "2026-12-03"}, {"de 27e", "2026-10-27"}, {"op de 31e", "2026-10-31"}, {"de 2e van vorige maand", "2026-10-02"}, {"de 2e keer", ""}, {"eerste kerstdag", "2026-12-25"}, {"Christmas Eve", "2026-12-24"}, {"koningsdag", "2027-04-27"},
		{"eind van de maand", "2026-11-30"}, {"volgende maand", "2026-12-01"}, {"volgende week", "2026-11-23"},
		{"niet vrijdag maar zaterdag", "2026-11-28"}, {"vrijdag, nee sorry, donderdag", "2026-11-26"}, {"maandag in plaats van dinsdag", "2026-11-23"},
		{"30 februari 2026", ""}, {"31-11-2026", ""}, {"99-99-9999", ""}, {"29 februari 2028", "2028-02-29"},
		{"ik doe het", ""}, {"I may return 2 items", ""}, {"levering binnen 3 dagen", ""}, {"het kost 12.50", ""}, {"tussen 9:00 en 12:00", ""}, {"maat 42", ""},
		{"we zien elkaar maar niet", ""}, {"bestelling 20261112", ""}, {"over 99999999999999 dagen", ""},
	} {
		s, err := nlu.FindSlots(c.text, nlu.Hints{Now: saturday, Lang: "nl"}, "")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range s.Dates {
			got = append(got, d.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: %v, want %s", c.text, got, c.want)
		}
	}
}

func TestDatesFollowTheCountryAndTheClock(t *testing.T) {
	for _, c := range []struct {
		country string
		now     time.Time
		text    string
		want    string
	}{
		{"US", saturday, "3/4/2026", "2026-03-04"}, {"NL", saturday, "3/4/2026", "2026-04-03"}, {"US", saturday, "25/12/2026", "2026-12-25"},
		{"NL", time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC), "morgen", "2027-01-01"},
		{"NL", time.Date(2028, 2, 28, 9, 0, 0, 0, time.UTC), "morgen", "2028-02-29"},
		{"NL", time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC), "over een maand", "2026-02-28"},
		{"NL", time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), "maandag", "2026-11-30"},
		{"NL", time.Time{}, "morgen", ""}, {"NL", time.Time{}, "1 mei 2026", "2026-05-01"},
	} {
		s, err := nlu.FindSlots(c.text, nlu.Hints{Now: c.now, Country: c.country}, "")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(s.Dates) > 0 {
			got = s.Dates[0].String()
		}
		if got != c.want {
			t.Errorf("%s %q: %q, want %q", c.country, c.text, got, c.want)
		}
	}
}

func TestDatesAsPeopleWriteThem(t *testing.T) {
	rows, right := lines(t, "testdata/dates.txt"), 0.0
	for _, row := range rows {
		text, want, _ := strings.Cut(row, "=>")
		s, err := nlu.FindSlots(text, nlu.Hints{Now: saturday, Lang: "nl"}, "")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(s.Dates) > 0 {
			got = s.Dates[0].String()
		}
		if got == strings.TrimSpace(want) {
			right++
		} else {
			t.Logf("%q: %s", row, got)
		}
	}
	atLeast(t, "right", right/float64(len(rows)), 0.95)
}
