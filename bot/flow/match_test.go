package flow

import (
	"fmt"
	"testing"

	"balie/internal/action"
)

var basket = []action.Item{
	{ID: "1", Name: "Tafellamp Merel", Price: 4995, Options: map[string]string{"kleur": "wit"}},
	{ID: "2", Name: "Vacuum Cleaner", Price: 20000, Options: map[string]string{"type": "robotic", "color": "blue"}},
	{ID: "3", Name: "Vacuum Cleaner", Price: 10000, Options: map[string]string{"type": "canister", "color": "blue"}},
	{ID: "4", Name: "Sokken (5 paar)", Price: 1495},
	{ID: "5", Name: "Electric Kettle", Price: 5000, Options: map[string]string{"color": "white"}},
}

// Articles are found as customers name them; where it is not clear which is meant, that is said.
func TestMentions(t *testing.T) {
	for _, c := range []struct {
		text string
		want string
		sure bool
	}{
		{"de lamp", "[0]", true},
		{"lampen en de sok", "[0 3]", true},
		{"the robotic vacuum cleaner", "[1]", true},
		{"the vacuum cleaner", "[1 2]", false},
		{"both vacuum cleaners", "[1 2]", true},
		{"the cleaner and the vacuum cleaner", "[1 2]", true},
		{"the more expensive vacuum cleaner", "[1]", true},
		{"the cheaper cleaner", "[2]", true},
		{"everything except the kettle", "[0 1 2 3]", true},
		{"alles behalve de sokken en de lamp", "[1 2 4]", true},
		{"alles", "[0 1 2 3 4]", true},
		{"hele bestelling", "[0 1 2 3 4]", true},
		{"kettle, socks", "[4]", true},
		{"wat kost dat", "[]", false},
		{"", "[]", false},
	} {
		got, sure := mentions(c.text, basket)
		if c.sure && fmt.Sprint(got) != c.want || sure != c.sure {
			t.Errorf("%q: %v %v, want %s %v", c.text, got, sure, c.want, c.sure)
		}
	}
}

func TestOrderNumbersAndPostcodes(t *testing.T) {
	for _, c := range []struct{ text, order, postcode string }{
		{"#P10001 1015 CX", "#P10001", "1015 CX"},
		{"p10001, 1015cx", "P10001", "1015CX"},
		{"W2378156, 19122", "W2378156", "19122"},
		{"order 2378156 zip 19122", "2378156", "19122"},
		{"mijn postcode is 1015 CX", "", "1015 CX"},
		{"postcode 2000", "", "2000"},
		{"SW1A 1AA", "", "SW1A 1AA"},
		{"geen idee", "", ""},
	} {
		order := findOrder(c.text)
		if order != c.order {
			t.Errorf("%q: order %q, want %q", c.text, order, c.order)
		}
		if code := findPostcode(c.text, order); code != c.postcode {
			t.Errorf("%q: postcode %q, want %q", c.text, code, c.postcode)
		}
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{{"1015 CX", "1015cx", true}, {"19122", "19122-1234", true}, {"2000", "2000 EN", true}, {"1015 CX", "1015", false}, {"", "", false}, {"1015 CX", "1015 CY", false}} {
		if samePostcode(c.a, c.b) != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, !c.want)
		}
	}
}

func FuzzReading(f *testing.F) {
	f.Add("alles behalve de #P10001 1015 CX, nummer 14")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 5000 {
			t.Skip()
		}
		found, _ := mentions(text, basket)
		for _, i := range found {
			if i < 0 || i >= len(basket) {
				t.Fatalf("item %d of %d", i, len(basket))
			}
		}
		findPostcode(text, findOrder(text))
		numberWord.FindStringSubmatch(text)
	})
}
