package nlu_test

import (
	"testing"

	"balie/bot/nlu"
)

// TestAmericanAddresses: the country before the postcode, streets that are numbers, a street of one word.
func TestAmericanAddresses(t *testing.T) {
	for text, want := range map[string]nlu.Address{
		"ship it to 455 Maple Drive, Suite 12, Denver, CO, USA, 80201":       {Line1: "455 Maple Drive", Line2: "Suite 12", City: "Denver", Region: "CO", Postcode: "80201", Country: "US"},
		"ship it to 9 Lake Street, Seattle, WA, USA 98101":                   {Line1: "9 Lake Street", City: "Seattle", Region: "WA", Postcode: "98101", Country: "US"},
		"ship it to 9 Lake Street, Seattle, WA, United States, 98101 please": {Line1: "9 Lake Street", City: "Seattle", Region: "WA", Postcode: "98101", Country: "US"},
		"ship it to 9 Lake Street, Seattle, USA, 98101":                      {Line1: "9 Lake Street", City: "Seattle", Postcode: "98101", Country: "US"},
		"my address is 1201 5th Ave, Apt 3B, New York, NY 10029":             {Line1: "1201 5th Ave", Line2: "Apt 3B", City: "New York", Region: "NY", Postcode: "10029", Country: "US"},
		"my address is 350 5th Avenue, New York, NY 10118, USA":              {Line1: "350 5th Avenue", City: "New York", Region: "NY", Postcode: "10118", Country: "US"},
		"change it to 101 Highway, New York, 10001":                          {Line1: "101 Highway", City: "New York", Region: "NY", Postcode: "10001", Country: "US"},
		"I live at 565 Maple Drive, Suite 501, Washington, DC 20307":         {Line1: "565 Maple Drive", Line2: "Suite 501", City: "Washington", Region: "DC", Postcode: "20307", Country: "US"},
	} {
		s, err := nlu.FindSlots(text, nlu.Hints{}, "")
		if err != nil || len(s.Addresses) != 1 || s.Addresses[0] != want {
			t.Errorf("%s\n got %+v (%v)\nwant %+v", text, s.Addresses, err, want)
		}
	}
	if s, err := nlu.FindSlots("I want to return 2 Park, the puzzle and a ball", nlu.Hints{}, ""); err != nil || len(s.Addresses) != 0 {
		t.Errorf("no address is read as %+v (%v)", s.Addresses, err)
	}
}
