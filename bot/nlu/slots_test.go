package nlu_test

import (
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
