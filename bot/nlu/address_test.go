package nlu_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"balie/bot/nlu"
)

func TestWrittenAddresses(t *testing.T) {
	f, err := os.Open(filepath.Join(dataDir(t), "address", "opencage_format.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[string]bool{"nl": true, "be": true, "de": true, "us": true, "gb": true}
	n, right := 0.0, 0.0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var row struct {
			File       string
			Components map[string]string
			Formatted  []string
		}
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		c := row.Components
		if !want[row.File] || c["postcode"] == "" || c["house_number"] == "" || c["road"] == "" {
			continue
		}
		n++
		text := strings.Join(row.Formatted, ", ")
		s, err := nlu.FindSlots(text, nlu.Hints{Country: strings.ToUpper(row.File)}, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Addresses) == 1 && noSpace(s.Addresses[0].Postcode) == noSpace(c["postcode"]) && strings.Contains(s.Addresses[0].Line1, c["road"]) &&
			strings.Contains(s.Addresses[0].Line1, c["house_number"]) && strings.Contains(text, s.Addresses[0].City) && s.Addresses[0].City != "" {
			right++
			continue
		}
		t.Logf("%s: %q: %+v", row.File, text, s.Addresses)
	}
	atLeast(t, "right", right/n, 0.9)
}

func noSpace(s string) string { return strings.ReplaceAll(s, " ", "") }

func TestTauRetailAddresses(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(dataDir(t), "tau-retail", "orders.json"))
	if err != nil {
		t.Fatal(err)
	}
	var shop struct {
		Customers []struct {
			Address struct{ Line1, Line2, City, Region, Postcode, Country string }
		}
	}
	if err := json.Unmarshal(raw, &shop); err != nil {
		t.Fatal(err)
	}
	forms := []string{"My new address is %1, %2, %c, %r %p", "please ship it to %1 %2 %c %r %p", "%1\n%2\n%c, %r %p\nUSA"}
	n, right := 0.0, 0.0
	for _, c := range shop.Customers {
		a := c.Address
		for i, form := range forms {
			text := strings.NewReplacer("%1", a.Line1, "%2", a.Line2, "%c", a.City, "%r", a.Region, "%p", a.Postcode).Replace(form)
			if i == 1 {
				text = strings.ToLower(text)
			}
			s, err := nlu.FindSlots(text, nlu.Hints{Country: "US", Lang: "en"}, "")
			if err != nil {
				t.Fatal(err)
			}
			n++
			if len(s.Addresses) == 1 {
				g := s.Addresses[0]
				if strings.EqualFold(g.Line1, a.Line1) && strings.EqualFold(g.Line2, a.Line2) && strings.EqualFold(g.City, a.City) && g.Region == a.Region && g.Postcode == a.Postcode {
					right++
					continue
				}
			}
			if n-right < 15 {
				t.Logf("%q: %+v", text, s)
			}
		}
	}
	atLeast(t, "right", right/n, 0.97)
}

func TestAddressesAsPeopleWriteThem(t *testing.T) {
	// line1 | line2 | postcode | city | country
	for text, want := range map[string]string{
		"Kerkstraat 12 hs, 1234 AB Utrecht":                                          "Kerkstraat 12 hs||1234 AB|Utrecht|NL",
		"Kerkstraat 12-III, 1234AB Utrecht":                                          "Kerkstraat 12 III||1234 AB|Utrecht|NL",
		"Kerkstraat 12 A-2 1234AB Utrecht":                                           "Kerkstraat 12 A-2||1234 AB|Utrecht|NL",
		"Kerkstraat 12 2e woonlaag links, 1234 AB Utrecht":                           "Kerkstraat 12 2e woonlaag links||1234 AB|Utrecht|NL",
		"Mijn adres is jan van galenstraat 12, 1234ab utrecht":                       "jan van galenstraat 12||1234 AB|utrecht|NL",
		"Ga verhuizen rokin 5 1012kk amsterdam":                                      "rokin 5||1012 KK|amsterdam|NL",
		"kerkstraat 12 rood 1234 ab utrecht":                                         "kerkstraat 12 rood||1234 AB|utrecht|NL",
		"Kerkstraat 12, toevoeging b, 1234AB Utrecht":                                "Kerkstraat 12 B||1234 AB|Utrecht|NL",
		"straat: Kerkstraat, huisnummer: 12, postcode: 1234AB, plaats: Utrecht":      "Kerkstraat 12||1234 AB|Utrecht|NL",
		"Jan Jansen\nKerkstraat 12\n1234 AB\nUtrecht":                                "Kerkstraat 12||1234 AB|Utrecht|NL",
		"ik ben verhuisd van Kerkstraat 1, 1234 AB Ede naar Dorpsweg 5, 3911 AX Epe": "Dorpsweg 5||3911 AX|Epe|NL",
		"mijn oude adres was Kerkstraat 1 in Ede en het nieuwe is Dorpsweg 5 in Epe": "Dorpsweg 5|||Epe|",
		"ik woon in Utrecht op de Kerkstraat 12":                                     "Kerkstraat 12|||Utrecht|",
		"huisnummer 12 postcode 1234 AB":                                             "12||1234 AB||NL",
		"Burgemeester van der Wervelaan 14, 2501 AA 's-Gravenhage, Nederland":        "Burgemeester van der Wervelaan 14||2501 AA|'s-Gravenhage|NL",
		"naar 't Hoenstraatje 3 2596HX Den Haag graag":                               "'t Hoenstraatje 3||2596 HX|Den Haag|NL",
		"Parallelweg-Zuid 5, 1234 AB Nieuwerkerk aan den IJssel":                     "Parallelweg-Zuid 5||1234 AB|Nieuwerkerk aan den IJssel|NL",
		"Hoogstraat 12 - 1234 AB - Utrecht":                                          "Hoogstraat 12||1234 AB|Utrecht|NL",
		"Grote Markt 1 bus 4, 9000 Gent":                                             "Grote Markt 1|bus 4|9000|Gent|BE",
		"Kerkstraat 12, B-2000 Antwerpen":                                            "Kerkstraat 12||2000|Antwerpen|BE",
		"Steenweg op Brussel 12, 1800 Vilvoorde":                                     "Steenweg op Brussel 12||1800|Vilvoorde|BE",
		"Straße des 17. Juni 135, 10623 Berlin":                                      "Straße des 17. Juni 135||10623|Berlin|DE",
		"Unter den Linden 77, 10117 Berlin":                                          "Unter den Linden 77||10117|Berlin|DE",
		"Flat 4, 12 High Street, Leeds LS1 4AB":                                      "12 High Street|Flat 4|LS1 4AB|Leeds|GB",
		"I live at 5 Oak Court Boston MA 02108 now":                                  "5 Oak Court||02108|Boston|US",
		"123 Main St Apt #4, Springfield, IL 62704":                                  "123 Main St|Apt #4|62704|Springfield|US",
		"12 rue de la Paix, 75002 Paris":                                             "12 rue de la Paix||75002|Paris|FR",
		"bel me na 12 uur":                                                           "", "ik heb 12 lampen besteld": "",
	} {
		s, err := nlu.FindSlots(text, nlu.Hints{Lang: "nl", Now: saturday}, "")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, a := range s.Addresses {
			got += strings.Join([]string{a.Line1, a.Line2, a.Postcode, a.City, a.Country}, "|")
		}
		if got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestListedAddresses(t *testing.T) {
	for _, list := range []struct {
		name  string
		floor float64
		show  bool // what went wrong, so that it can be mended
	}{
		{"addresses", 0.99, true},
		{"addresses-chat", 0.975, true},
		{"addresses-heldout", 0.9, false},
	} {
		t.Run(list.name, func(t *testing.T) {
			rows, right := lines(t, "testdata/"+list.name+".txt"), 0.0
			for _, row := range rows {
				ok, got := readsListed(t, row)
				if ok {
					right++
				} else if list.show {
					t.Logf("%s: %v", row, got)
				}
			}
			atLeast(t, "right in every part", right/float64(len(rows)), list.floor)
		})
	}
}

// readsListed reads one row of a list, "text => part=value|…", and reports whether the first address found has every part named.
func readsListed(t *testing.T, row string) (ok bool, got map[string]string) {
	t.Helper()
	text, want, _ := strings.Cut(strings.ReplaceAll(row, `\n`, "\n"), " => ")
	h := nlu.Hints{Lang: "nl", Now: saturday}
	if english, isEnglish := strings.CutPrefix(text, "EN "); isEnglish {
		text, h.Lang = english, "en"
	}
	s, err := nlu.FindSlots(text, h, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Addresses) > 0 {
		got = s.Addresses[0].Map()
	}
	for _, part := range strings.Split(want, "|") {
		k, v, _ := strings.Cut(part, "=")
		if !strings.EqualFold(got[k], v) {
			return false, got
		}
	}
	return true, got
}
