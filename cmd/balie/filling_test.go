package main

import (
	"testing"

	"balie/internal/chat"
)

// A number or an option goes into the form; what is neither is for the bot.
func TestWhatIsForTheForm(t *testing.T) {
	lamps := []chat.Option{{Value: "0", Label: "Tafellamp"}, {Value: "17", Label: "Vloerlamp"}}
	tests := []struct {
		field chat.Field
		typed string
		value string
		fits  bool
	}{
		{chat.Field{Options: lamps}, "2", "17", true},
		{chat.Field{Options: lamps}, "17", "17", true},
		{chat.Field{Options: lamps}, "3", "3", false},
		{chat.Field{Options: lamps}, "wat kost dat?", "wat kost dat?", false},
		{chat.Field{Options: lamps}, "", "", true},
		{chat.Field{Options: lamps, Multiple: true}, "1, 2", "0,17", true},
		{chat.Field{Options: lamps, Multiple: true}, "1, alles", "0,alles", false},
		{chat.Field{}, "Keizersgracht", "Keizersgracht", true},
	}
	for _, tt := range tests {
		got := chosen(tt.field, tt.typed)
		if got != tt.value || offers(tt.field, got) != tt.fits {
			t.Errorf("%q: %q, fits %t; want %q, %t", tt.typed, got, offers(tt.field, got), tt.value, tt.fits)
		}
	}
}
