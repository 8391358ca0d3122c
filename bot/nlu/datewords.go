package nlu

import (
	"slices"
	"strings"
	"time"
)

// The words dates are made of, folded to lower case without diacritics.

var months = map[string]time.Month{
	"januari": 1, "jan": 1, "januarie": 1, "februari": 2, "feb": 2, "februarie": 2, "maart": 3, "mrt": 3, "april": 4, "apr": 4, "mei": 5,
	"juni": 6, "jun": 6, "juli": 7, "jul": 7, "augustus": 8, "aug": 8, "september": 9, "sep": 9, "sept": 9, "oktober": 10,
	"okt": 10, "november": 11, "nov": 11, "december": 12, "dec": 12,
	"january": 1, "february": 2, "febuary": 2, "march": 3, "mar": 3, "may": 5, "june": 6, "july": 7, "august": 8, "october": 10, "oct": 10,
}

var weekdays = map[string]time.Weekday{
	"zondag": 0, "maandag": 1, "dinsdag": 2, "woensdag": 3, "donderdag": 4, "vrijdag": 5, "zaterdag": 6,
	"sunday": 0, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6,
	"woesdag": 3, "dinstag": 2, "vrydag": 5, "donerdag": 4, "wensday": 3, "wednsday": 3, "thurday": 4, "tuseday": 2, "saterday": 6,
}

// weekdayShort are forms that are also other words, so they count only where a day is expected.
var weekdayShort = map[string]time.Weekday{
	"zo": 0, "ma": 1, "di": 2, "wo": 3, "do": 4, "vr": 5, "vrij": 5, "za": 6, "sun": 0, "mon": 1, "tue": 2, "tues": 2, "wed": 3,
	"thu": 4, "thur": 4, "thurs": 4, "fri": 5, "sat": 6,
}

// dayParts follow a weekday without changing the day: vrijdagmiddag, maandagochtend.
var dayParts = []string{"ochtend", "middag", "avond", "nacht", "morgen"}

var dayWords = map[string]int{
	"vandaag": 0, "vndaag": 0, "vanavond": 0, "vanmiddag": 0, "vanochtend": 0, "vanmorgen": 0, "vannacht": 0, "today": 0, "tonight": 0,
	"morgen": 1, "mrgn": 1, "morge": 1, "morgenochtend": 1, "morgenmiddag": 1, "morgenavond": 1, "tomorrow": 1, "tommorow": 1,
	"tomorow": 1, "tommorrow": 1, "tmrw": 1, "tmr": 1, "overmorgen": 2,
	"gisteren": -1, "gister": -1, "gisteravond": -1, "gistermiddag": -1, "gisterochtend": -1, "gisternacht": -1, "yesterday": -1, "yesterdat": -1, "yday": -1,
	"gisterenavond": -1, "gisterenmiddag": -1, "morgenvroeg": 1, "eergisteren": -2, "eergisteravond": -2, "eergisterenavond": -2, "eergister": -2,
}

// feasts have the same day every year; a year may follow.
var feasts = map[string]Date{
	"nieuwjaarsdag": {0, 1, 1}, "koningsdag": {0, 4, 27}, "bevrijdingsdag": {0, 5, 5}, "sinterklaas": {0, 12, 5},
	"pakjesavond": {0, 12, 5}, "kerstavond": {0, 12, 24}, "kerst": {0, 12, 25}, "kerstmis": {0, 12, 25}, "oudjaarsdag": {0, 12, 31}, "oudjaar": {0, 12, 31},
	"christmas": {0, 12, 25}, "xmas": {0, 12, 25}, "halloween": {0, 10, 31},
}

var unitDays = map[string]int{"dag": 1, "dagen": 1, "dgn": 1, "day": 1, "days": 1, "week": 7, "weken": 7, "wk": 7, "weeks": 7, "wks": 7, "weekje": 7, "weekjes": 7, "fortnight": 14, "fortnights": 14}
var unitMonths = map[string]int{"maand": 1, "maanden": 1, "mnd": 1, "month": 1, "months": 1, "jaar": 12, "jaren": 12, "year": 12, "years": 12}

func set(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

var (
	pastWords     = set("afgelopen vorige vorig laatste last past previous laatst")
	comingWords   = set("next aanstaande komende komend as eerstvolgende eerstkomende this coming upcoming deze dit aankomende")
	nextWords     = set("volgende volgend next volgnde nxt")
	expectDay     = set("op vanaf per tot voor sinds on from by since until till before after na datum date dated van d.d. dd uiterlijk due between tussen tussen uiterlijk the de")
	dayPartWords  = set("ochtend middag avond morning afternoon evening")
	weekWords     = set("week")
	fillerOfDate  = set("the de of den van , .")
	ordinalEnding = set("e de ste st nd rd th")
)

// dateNames are the names long enough to be known when misspelt.
var dateNames = func() (out []string) {
	for w := range weekdays {
		out = append(out, w)
	}
	for w := range months {
		if len(w) >= 7 {
			out = append(out, w)
		}
	}
	out = append(out, "vandaag", "overmorgen", "gisteren", "eergisteren", "tomorrow", "yesterday", "aanstaande", "volgende", "afgelopen", "komende", "vorige")
	slices.Sort(out)
	return out
}()

// notMisspelt are words of their own a letter away from a date's.
var notMisspelt = set(`vandaan vandaal zondags maandags dinsdags woensdags donderdags vrijdags zaterdags gister morgens zondagen
	mondays sundays fridays saturdays tuesdays thursdays wednesdays komend koppende volgend volgende volgens volgde volgden vorig vorige vormige
	afgelope rommende zomende gekomen komende`)

// spelled is the name that a misspelt one is meant to be: one letter off, or two in one of nine letters and more.
func spelled(w string) string {
	if len(w) < 5 || len(w) > 14 || notMisspelt[w] {
		return w
	}
	for _, n := range dateNames {
		if w == n {
			return w
		}
	}
	for _, n := range dateNames {
		limit := 1
		if len(n) >= 9 {
			limit = 2
		}
		if w[0] == n[0] && near(w, n, limit) {
			return n
		}
	}
	return w
}
