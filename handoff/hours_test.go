package handoff_test

import (
	"testing"
	"time"

	"balie/handoff"
)

func TestHours(t *testing.T) {
	ams, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	day := [2]string{"09:00", "17:00"}
	h := handoff.Hours{Zone: "Europe/Amsterdam", Holidays: []string{"2026-12-25"}, Week: map[string][2]string{
		"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": {"20:00", "02:00"}, "saturday": {"22:00", "24:00"}, "sunday": {"01:00", "04:00"}}}
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, ams)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, c := range []struct {
		when string
		open bool
		next string
	}{
		{"2026-11-23 08:59", false, "2026-11-23 09:00"},
		{"2026-11-23 09:00", true, "2026-11-24 09:00"},
		{"2026-11-23 16:59", true, "2026-11-24 09:00"},
		{"2026-11-23 17:00", false, "2026-11-24 09:00"},
		{"2026-11-27 23:00", true, "2026-11-28 22:00"}, // Friday night
		{"2026-11-28 01:59", true, "2026-11-28 22:00"},
		{"2026-11-28 02:00", false, "2026-11-28 22:00"},
		{"2026-11-28 23:59", true, "2026-11-29 01:00"}, // until midnight
		{"2026-11-29 00:00", false, "2026-11-29 01:00"},
		{"2026-12-25 21:00", false, "2026-12-26 22:00"}, // a holiday
		{"2026-12-26 01:00", false, "2026-12-26 22:00"}, // and the night after it
		{"2026-03-29 01:30", true, "2026-03-30 09:00"},  // the night summer time begins: three o'clock comes after two
		{"2026-03-29 03:30", true, "2026-03-30 09:00"},
		{"2026-03-29 04:00", false, "2026-03-30 09:00"},
		{"2026-03-30 09:00", true, "2026-03-31 09:00"},
		{"2026-10-25 03:59", true, "2026-10-26 09:00"}, // the night it ends
		{"2026-10-25 04:00", false, "2026-10-26 09:00"},
	} {
		when := at(c.when)
		if got := h.Open(when); got != c.open {
			t.Errorf("%s: open %v", c.when, got)
		}
		if got := h.Open(when.UTC()); got != c.open {
			t.Errorf("%s in UTC: open %v", c.when, got)
		}
		if got := h.Next(when); !got.Equal(at(c.next)) {
			t.Errorf("%s: next %v, wanted %s", c.when, got, c.next)
		}
	}
	if !(handoff.Hours{}).Open(at("2026-11-23 03:00")) {
		t.Error("without hours the desk is always open")
	}
	broken := handoff.Hours{Week: map[string][2]string{"monday": {"nine", "17:00"}}}
	if broken.Open(at("2026-11-23 10:00")) || !broken.Next(at("2026-11-23 10:00")).IsZero() {
		t.Error("hours that cannot be read mean closed, with no promise")
	}
}
