package nlu_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"balie/bot/nlu"
	"balie/internal/fault"
)

func TestSlots(t *testing.T) {
	nl, us := nlu.Hints{Lang: "nl", Country: "NL", Now: saturday}, nlu.Hints{Lang: "en", Country: "US", Now: saturday}
	address := func(kv ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = kv[i+1]
		}
		return m
	}
	for _, c := range []struct {
		text string
		h    nlu.Hints
		want map[string]any
	}{
		{"waar blijft order #W2378156?", nl, map[string]any{"order": "#W2378156"}},
		{"bestelling 10423 is stuk", nl, map[string]any{"order": "10423", "reason": "damaged"}},
		{"mijn order is p10023", nl, map[string]any{"order": "P10023"}},
		{"nummer # P10023", nl, map[string]any{"order": "#P10023"}},
		{"10423", nl, map[string]any{"order": "10423"}},
		{"mijn ordernummer is: AB-123456", nl, map[string]any{"order": "AB-123456"}},
		{"bestelnummers 10423 en 10424", nl, map[string]any{"order": "10423", "orders": []string{"10423", "10424"}}},
		{"er waren 10423 mensen", nl, map[string]any{}},
		{"mail naar Jan.Jansen+winkel@Voorbeeld.NL.", nl, map[string]any{"email": "jan.jansen+winkel@voorbeeld.nl"}},
		{"niet a@b.nl maar c@d.nl", nl, map[string]any{"email": "c@d.nl"}},
		{"bel 06-12345678 of 020 123 4567", nl, map[string]any{"phone": "+31612345678", "phones": []string{"+31612345678", "+31201234567"}}},
		{"+32 470 12 34 56", nl, map[string]any{"phone": "+32470123456"}},
		{"call (202) 555-0147", us, map[string]any{"phone": "+12025550147"}},
		{"ik betaalde € 1.249,95", nl, map[string]any{"money": map[string]any{"cents": int64(124995), "currency": "EUR"}}},
		{"it was $12", us, map[string]any{"money": map[string]any{"cents": int64(1200), "currency": "USD"}}},
		{"12,- euro", nl, map[string]any{"money": map[string]any{"cents": int64(1200), "currency": "EUR"}}},
		{"ik wil 3 lampen", nl, map[string]any{"quantity": 3}},
		{"twee stuks graag", nl, map[string]any{"quantity": 2}},
		{"2x de wandlamp", nl, map[string]any{"quantity": 2, "product": "wandlamp"}},
		{"een lamp", nl, map[string]any{"product": "lamp"}},
		{"de blauwe trui past niet", nl, map[string]any{"product": "blauwe trui", "reason": "does_not_fit"}},
		{"I ordered the water bottle by mistake", us, map[string]any{"product": "water bottle", "reason": "ordered_by_mistake"}},
		{"Keizersgracht 12-B, 1015 CJ Amsterdam", nl, map[string]any{"address": address("line1", "Keizersgracht 12 B", "street", "Keizersgracht",
			"number", "12", "addition", "B", "postcode", "1015 CJ", "city", "Amsterdam", "country", "NL")}},
		{"naar Plein 1944 nr 12, 6511JB Nijmegen", nl, map[string]any{"address": address("line1", "Plein 1944 12", "street", "Plein 1944",
			"number", "12", "postcode", "6511 JB", "city", "Nijmegen", "country", "NL")}},
		{"1017 GC 12", nl, map[string]any{"address": address("line1", "12", "number", "12", "postcode", "1017 GC", "country", "NL")}},
		{"Meir 12 bus 3, 2000 Antwerpen, België", nl, map[string]any{"address": address("line1", "Meir 12", "line2", "bus 3", "street", "Meir",
			"number", "12", "addition", "bus 3", "postcode", "2000", "city", "Antwerpen", "country", "BE")}},
		{"Hauptstraße 5, 10115 Berlin", nl, map[string]any{"address": address("line1", "Hauptstraße 5", "street", "Hauptstraße",
			"number", "5", "postcode", "10115", "city", "Berlin", "country", "DE")}},
		{"986 Sunset Drive, Suite 259, Denver, CO 80279", us, map[string]any{"address": address("line1", "986 Sunset Drive", "line2", "Suite 259",
			"city", "Denver", "region", "CO", "postcode", "80279", "country", "US")}},
		{"niet Lindelaan 18 maar Lindelaan 8", nl, map[string]any{"address": address("line1", "Lindelaan 8", "street", "Lindelaan", "number", "8")}},
		{"1234 SA 5", nl, map[string]any{}},
		{"0123 AB 5", nl, map[string]any{}},
		{"in 2026 en 2025", nl, map[string]any{}},
		{"order #W123456 morgen naar Dorpsstraat 5 in Ede, bel 0612345678", nl, map[string]any{"order": "#W123456", "date": "2026-11-22",
			"phone": "+31612345678", "address": address("line1", "Dorpsstraat 5", "street", "Dorpsstraat", "number", "5", "city", "Ede")}},
	} {
		s, err := nlu.FindSlots(c.text, c.h, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Map(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q:\n got %v\nwant %v", c.text, got, c.want)
		}
	}
}

// TestSlotsAsPeopleSayThem: money, counts, products, reasons and corrections in the words of a chat.
func TestSlotsAsPeopleSayThem(t *testing.T) {
	nl, en := nlu.Hints{Lang: "nl", Country: "NL", Now: saturday}, nlu.Hints{Lang: "en", Country: "US", Now: saturday}
	say := func(s nlu.Slots) string {
		var out []string
		for _, m := range s.Money {
			out = append(out, fmt.Sprint(m.Cents, m.Currency))
		}
		if s.Quantity > 0 {
			out = append(out, fmt.Sprint("x", s.Quantity))
		}
		for _, d := range s.Dates {
			out = append(out, d.String())
		}
		for _, a := range s.Addresses {
			out = append(out, a.Postcode+a.Number)
		}
		return strings.TrimSpace(strings.Join(append(append(out, s.Orders...), s.Product, s.Reason), " "))
	}
	for _, c := range []struct {
		text string
		h    nlu.Hints
		want string
	}{
		{"ik heb 49,95 betaald", nl, "4995EUR"}, {"I was charged 49.99", en, "4999USD"}, {"ik betaalde 1.250,-", nl, "125000EUR"},
		{"bel me om 10.30 over de prijs", nl, ""}, {"mijn factuur is van 12.11.2026", nl, "2026-11-12"},
		{"het waren 25 euro en 50 cent", nl, "2550EUR"}, {"12 pounds 50", en, "1250GBP"}, {"15 quid", en, "1500GBP"},
		{"twintig euro te veel betaald", nl, "2000EUR"}, {"vijfentwintig euro terug", nl, "2500EUR"}, {"honderdvijftig euro", nl, "15000EUR"},
		{"twee keer afgeschreven", nl, ""}, {"it was a hundred and fifty dollars", en, "15000USD"}, {"fifty bucks", en, "5000USD"}, {"een euro", nl, ""},
		{"niet 50 maar 60 euro", nl, "6000EUR"}, {"I paid $49.99 but it should be $39.99", en, "3999USD"},
		{"ik wil er 2 van de 4 terugsturen", nl, "x2"}, {"two of the four chairs", en, "x2 chairs"}, {"maak er 5 van", nl, "x5"},
		{"make it 5", en, "x5"}, {"nee 3 in plaats van 2", nl, "x3"}, {"3 instead of 2", en, "x3"}, {"alle drie de lampen", nl, "x3 lampen"},
		{"ik bedoel 2 stoelen niet 3", nl, "x2"}, {"een van de twee stoelen is stuk", nl, "x1 stoelen damaged"},
		{"een paar sokken", nl, "x2 sokken"}, {"het kostte veel", nl, ""}, {"ik wil alleen de tafel houden", nl, "tafel"},
		{"levering duurt te lang", nl, "too_late"}, {"het is een miskoop", nl, "not_as_expected"}, {"doet niks", nl, "damaged"},
		{"you sent the wrong one", en, "wrong_item"}, {"it takes too long", en, "too_late"}, {"changed my mind", en, "no_longer_needed"},
		{"ordernummer: 1234-5678", nl, "1234-5678"}, {"bestelling nr 2024-00123", nl, "2024-00123"}, {"order van 12-11-2026", nl, "2026-11-12"},
		{"het is order 12345, sorry 12346", nl, "12346"}, {"order 12345 en bel 0201234567", nl, "12345"},
		{"bel me morgenochtend", nl, "2026-11-22"}, {"call me friday afternoon between 2 and 4", en, "2026-11-27"},
		{"5612 AB en 5613 CD", nl, "5612 AB 5613 CD"}, {"mijn oude postcode is 5612 AB en de nieuwe 5613 CD", nl, "5613 CD"},
		{"mijn postcode is 5612 ab nee 5613 cd", nl, "5613 CD"},
	} {
		s, err := nlu.FindSlots(c.text, c.h, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := say(s); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestOrderPatternIsTheShops(t *testing.T) {
	s, err := nlu.FindSlots("het gaat om BX/77 of 10423", nlu.Hints{}, `BX/\d+`)
	if err != nil || len(s.Orders) != 1 || s.Orders[0] != "BX/77" {
		t.Errorf("%v %v", s.Orders, err)
	}
	if _, err := nlu.FindSlots("x", nlu.Hints{}, "("); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a broken pattern: %v", err)
	}
}

func TestSlotsAreBounded(t *testing.T) {
	text := strings.Repeat("a@b.nl 06-12345678 12-11-2026 #W12345 € 5,00 Dorpsstraat 5 1234 AB Ede ", 200)
	s, err := nlu.FindSlots(text, nlu.Hints{Now: saturday}, "")
	if err != nil {
		t.Fatal(err)
	}
	for what, n := range map[string]int{"emails": len(s.Emails), "phones": len(s.Phones), "dates": len(s.Dates), "orders": len(s.Orders), "money": len(s.Money), "addresses": len(s.Addresses)} {
		if n > 10 {
			t.Errorf("%d %s", n, what)
		}
	}
}
