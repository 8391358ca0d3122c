package nlu

import (
	"fmt"
	"strings"
	"time"
)

// Date is a day, without a time or zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// String gives the day as 2026-11-23.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

func dateOf(t time.Time) Date { return Date{t.Year(), t.Month(), t.Day()} }

// dateReader reads the dates of one text. Words that stand for a day are counted from today, which is the day of
// Hints.Now. Without a Now, only full dates are found.
//
// What the ambiguous ones mean: a bare or "aanstaande" weekday is the first such day after today, a "vorige" or "last"
// one the last before today, and so is "next Friday" the first one; "volgende vrijdag" is that day of next week, which
// starts on Monday. A day and month without a year is the one nearest to today; "the 15th" alone is the last one, or the
// coming one where the sentence asks for something. 3-4-2026 is the third of April, except in a shop in the US.
type dateReader struct {
	today    time.Time
	relative bool
	us       bool
	toks     []token
	out      []found[Date]
}

// token is a word, a number or one sign, with its place.
type token struct {
	s          string
	start, end int
}

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
	"eergisteren": -2, "eergister": -2,
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
	weekWords     = set("week")
	fillerOfDate  = set("the de of den van , .")
	ordinalEnding = set("e de ste st nd rd th")
)

// findDates finds the days named in a folded text.
func findDates(folded string, h Hints) []found[Date] {
	r := dateReader{us: h.Country == "US", relative: !h.Now.IsZero(), toks: tokens(folded)}
	y, m, d := h.Now.Date()
	r.today = time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	for i := 0; i < len(r.toks) && len(r.out) < maxFound; {
		n, ok := 0, false
		var t time.Time
		for _, rule := range dateRules {
			if t, n, ok = rule(&r, i); ok {
				break
			}
		}
		if !ok {
			i++
			continue
		}
		r.out = append(r.out, found[Date]{dateOf(t), r.toks[i].start, r.toks[i+n-1].end})
		i += n
	}
	return r.out
}

// dateRules are asked in order at every token; the first that reads a day there says how many tokens it took.
var dateRules = dateRuleList{
	(*dateReader).numeric, (*dateReader).dayMonth, (*dateReader).monthDay, (*dateReader).distance, (*dateReader).ago,
	(*dateReader).dayWord, (*dateReader).weekday, (*dateReader).weekend, (*dateReader).period, (*dateReader).feast,
	(*dateReader).dayOfMonth,
}

// properDates are the rules for a date that may stand behind a weekday.
var properDates = dateRuleList{(*dateReader).numeric, (*dateReader).dayMonth, (*dateReader).monthDay, (*dateReader).dayOfMonth}

type dateRuleList []func(r *dateReader, i int) (time.Time, int, bool)

// tokens splits a folded text into words, numbers and signs; at most 4,000 of them. "1e" gives "1" and "e".
func tokens(s string) []token {
	var out []token
	kind := func(c byte) int {
		switch {
		case '0' <= c && c <= '9':
			return 1
		case isWordByte(c):
			return 2
		case c == ' ':
			return 0
		}
		return 3
	}
	for i := 0; i < len(s) && len(out) < maxRunes; {
		k := kind(s[i])
		j := i + 1
		for j < len(s) && k != 3 && kind(s[j]) == k {
			j++
		}
		if k != 0 {
			out = append(out, token{s[i:j], i, j})
		}
		i = j
	}
	return out
}

// at returns the token at i, "" outside the text.
func (r *dateReader) at(i int) string {
	if i < 0 || i >= len(r.toks) {
		return ""
	}
	return r.toks[i].s
}

// joined reports whether tokens i and i+1 touch.
func (r *dateReader) joined(i int) bool {
	return i >= 0 && i+1 < len(r.toks) && r.toks[i].end == r.toks[i+1].start
}

// num reads the token at i as a number of at most digits digits; -1 when it is none.
func (r *dateReader) num(i, digits int) int {
	s := r.at(i)
	if len(s) > digits || !isDigits(s) {
		return -1
	}
	n := 0
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}

// day makes a date and refuses what no calendar has.
func (r *dateReader) day(y int, m time.Month, d int) (time.Time, bool) {
	t := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	return t, m >= 1 && m <= 12 && t.Day() == d && t.Month() == m && y >= 1900 && y <= 2200
}

// nearest is the day d of month m in the year that brings it closest to today. 29 February looks for a leap year.
func (r *dateReader) nearest(m time.Month, d int) (best time.Time, ok bool) {
	if !r.relative {
		return best, false
	}
	for y := r.today.Year() - 4; y <= r.today.Year()+4; y++ {
		t, valid := r.day(y, m, d)
		if valid && (!ok || t.Sub(r.today).Abs() < best.Sub(r.today).Abs()) {
			best, ok = t, true
		}
	}
	return best, ok
}

// year reads an optional year at i: 2026, '26, or 26 where two digits can be nothing else. n is how many tokens it took.
func (r *dateReader) year(i int) (y, n int) {
	if s := r.at(i); s == "," || s == "in" || s == "of" || s == "." {
		if y := r.num(i+1, 4); y >= 1900 && y <= 2200 && !r.unitFollows(i+1) {
			return y, 2
		}
		return 0, 0
	}
	if r.at(i) == "'" && len(r.at(i+1)) == 2 && r.num(i+1, 2) >= 0 {
		return 2000 + r.num(i+1, 2), 2
	}
	if y := r.num(i, 4); y >= 1900 && y <= 2200 && !r.unitFollows(i) {
		return y, 1
	}
	return 0, 0
}

func (r *dateReader) unitFollows(i int) bool {
	w := r.at(i + 1)
	return w == "euro" || w == "eur" || w == "stuks" || w == ":"
}

// numeric reads 2026-11-23, 23-11-2026, 23/11/26, 23.11.2026, and 23-11 where a day is expected.
func (r *dateReader) numeric(i int) (t time.Time, n int, ok bool) {
	sep := r.at(i + 1)
	if sep != "-" && sep != "/" && sep != "." || r.num(i, 4) < 0 || r.num(i+2, 2) < 0 || r.joined(i-1) && !strings.Contains("(:,'", r.at(i-1)) {
		return t, 0, false
	}
	a, b := r.num(i, 4), r.num(i+2, 2)
	c, full := r.num(i+4, 4), r.at(i+3) == sep && (r.joined(i+2) || sep != ".")
	switch {
	case len(r.at(i)) == 4 && full && c >= 0:
		t, ok = r.day(a, time.Month(b), c)
		return t, 5, ok
	case len(r.at(i)) > 2:
		return t, 0, false
	case full && (len(r.at(i+4)) == 4 || len(r.at(i+4)) == 2 && c >= 0):
		if c < 100 {
			c += 2000
		}
		t, ok = r.dayFirst(a, b, c)
		return t, 5, ok
	case sep == "." || full || !r.joined(i) || !r.joined(i+1) || r.joined(i+2) && !strings.Contains(".,!?)", r.at(i+3)):
		return t, 0, false
	case expectDay[r.at(i-1)] || weekdayLike(r.at(i-1)) || len(r.toks) == 3:
		if r.us && b <= 31 && a <= 12 || b > 12 {
			a, b = b, a
		}
		t, ok = r.nearest(time.Month(b), a)
		return t, 3, ok
	}
	return t, 0, false
}

func weekdayLike(w string) bool {
	_, long := weekdays[w]
	_, short := weekdayShort[w]
	return long || short
}

// dayFirst reads day and month in the order of the country, or in the only order that makes a date.
func (r *dateReader) dayFirst(a, b, y int) (time.Time, bool) {
	if r.us {
		a, b = b, a
	}
	if t, ok := r.day(y, time.Month(b), a); ok {
		return t, true
	}
	return r.day(y, time.Month(a), b)
}

// dayMonth reads "1 mei 2026", "1e mei", "the 1st of May".
func (r *dateReader) dayMonth(i int) (t time.Time, n int, ok bool) {
	d := r.num(i, 2)
	if d < 1 || d > 31 {
		return t, 0, false
	}
	j := i + 1
	if ordinalEnding[r.at(j)] && r.joined(i) {
		j++
	}
	for k := 0; k < 2 && (fillerOfDate[r.at(j)] || r.at(j) == "-" || r.at(j) == "/"); k++ {
		j++
	}
	m, isMonth := months[r.at(j)]
	if !isMonth {
		return t, 0, false
	}
	j++
	if r.at(j) == "." && r.num(j+1, 4) >= 1900 || (r.at(j) == "-" || r.at(j) == "/") && r.num(j+1, 4) > 0 {
		j++
	}
	y, yn := r.year(j)
	if yn == 0 && r.at(j-1) == "-" && r.num(j, 2) > 0 {
		y, yn = 2000+r.num(j, 2), 1
	}
	if yn > 0 {
		t, ok = r.day(y, m, d)
	} else {
		t, ok = r.nearest(m, d)
	}
	return t, j + yn - i, ok
}

// monthDay reads "May 1", "May 1st, 2026", "mei de 1e".
func (r *dateReader) monthDay(i int) (t time.Time, n int, ok bool) {
	m, isMonth := months[r.at(i)]
	j := i + 1
	if r.at(j) == "." || r.at(j) == "the" {
		j++
	}
	d := r.num(j, 2)
	if !isMonth || d < 1 || d > 31 || r.at(j+1) == ":" || r.at(i) == "mei" || r.at(i) == "maart" {
		return t, 0, false
	}
	j++
	if ordinalEnding[r.at(j)] && r.joined(j-1) {
		j++
	} else if r.at(i) == "may" && !expectDay[r.at(i-1)] && i > 0 && !weekdayLike(r.at(i-1)) && r.at(i-1) != "," {
		return t, 0, false // "I may 2 …" is no date
	}
	y, yn := r.year(j)
	if yn > 0 {
		t, ok = r.day(y, m, d)
	} else {
		t, ok = r.nearest(m, d)
	}
	return t, j + yn - i, ok
}

// shift moves t by a count of units; ok is false for a unit it does not know or a count no customer means.
func shift(t time.Time, count int, unit string) (time.Time, bool) {
	if count > 1000 || count < -1000 {
		return t, false
	}
	if d, ok := unitDays[unit]; ok {
		return t.AddDate(0, 0, count*d), true
	}
	if m, ok := unitMonths[unit]; ok {
		return addMonths(t, count*m), true
	}
	return t, false
}

// addMonths keeps the day, or takes the last of a shorter month: a month after 31 January is 28 February.
func addMonths(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 12, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1)
	return first.AddDate(0, 0, min(t.Day(), last.Day())-1)
}

// distance reads "over 3 dagen", "in two weeks", "three days from now", "3 days after tomorrow" not being one.
func (r *dateReader) distance(i int) (t time.Time, n int, ok bool) {
	if !r.relative {
		return t, 0, false
	}
	if w := r.at(i); w == "over" || w == "in" {
		j := i + 1
		if r.at(j) == "about" || r.at(j) == "ongeveer" {
			j++
		}
		count, isNumber := number(r.at(j))
		if !isNumber || unitMonths[r.at(j+1)] >= 12 && len(r.at(j)) == 4 || r.at(j+2) == "time" && w == "over" {
			return t, 0, false
		}
		t, ok = shift(r.today, count, r.at(j+1))
		if w == "in" && !englishUnit[r.at(j+1)] {
			ok = false // "in 3 dagen" says how long, not when
		}
		return t, j + 2 - i, ok
	}
	count, isNumber := number(r.at(i))
	if isNumber && r.at(i+2) == "from" && (r.at(i+3) == "now" || r.at(i+3) == "today") {
		t, ok = shift(r.today, count, r.at(i+1))
		return t, 4, ok
	}
	return t, 0, false
}

var englishUnit = set("fortnight fortnights wks day days week weeks month months year years")

// ago reads "3 dagen geleden", "a week ago", "twee weken terug".
func (r *dateReader) ago(i int) (t time.Time, n int, ok bool) {
	count, isNumber := number(r.at(i))
	w := r.at(i + 2)
	if !r.relative || !isNumber || w != "geleden" && w != "ago" && w != "terug" && w != "back" {
		return t, 0, false
	}
	t, ok = shift(r.today, -count, r.at(i+1))
	return t, 3, ok
}

// dayWord reads today, morgen, "day after tomorrow". "Goede morgen" and "'s morgens" are no day.
func (r *dateReader) dayWord(i int) (t time.Time, n int, ok bool) {
	if !r.relative {
		return t, 0, false
	}
	if r.at(i) == "day" && r.at(i+1) == "after" && r.at(i+2) == "tomorrow" {
		return r.today.AddDate(0, 0, 2), 3, true
	}
	if r.at(i) == "day" && r.at(i+1) == "before" && r.at(i+2) == "yesterday" {
		return r.today.AddDate(0, 0, -2), 3, true
	}
	if r.at(i) == "last" && (r.at(i+1) == "night" || r.at(i+1) == "evening") {
		return r.today.AddDate(0, 0, -1), 2, true
	}
	if r.at(i) == "this" && (r.at(i+1) == "morning" || r.at(i+1) == "afternoon" || r.at(i+1) == "evening") {
		return r.today, 2, true
	}
	days, known := dayWords[r.at(i)]
	if !known || r.at(i) == "morgen" && (set("goede goeie goeden fijne de mooie hele elke prettige dag")[r.at(i-1)] || weekdayLike(r.at(i-1)) && len(r.at(i-1)) > 2) {
		return t, 0, false
	}
	return r.today.AddDate(0, 0, days), 1, true
}

// weekdayAt reads a weekday name at i, with a part of the day behind it or not.
func (r *dateReader) weekdayAt(i int, expected bool) (time.Weekday, bool) {
	w := r.at(i)
	for _, p := range dayParts {
		w = strings.TrimSuffix(w, p)
	}
	if d, ok := weekdays[w]; ok {
		return d, true
	}
	d, ok := weekdayShort[w]
	return d, ok && expected
}

// weekday reads "vrijdag", "aanstaande vrijdag", "volgende week vrijdag", "last Friday", "Friday next week", "vrijdag
// over een week", and swallows the weekday before a full date ("vrijdag 27 november").
func (r *dateReader) weekday(i int) (t time.Time, n int, ok bool) {
	if !r.relative {
		return t, 0, false
	}
	mode, j := r.at(i), i+1
	if mode == "a" && r.at(i+1) == "." && r.at(i+2) == "s" {
		mode, j = "as", i+3
		if r.at(j) == "." {
			j++
		}
	}
	if !pastWords[mode] && !comingWords[mode] && !nextWords[mode] {
		mode, j = "", i
	}
	ofWeek := mode != "" && weekWords[r.at(j)]
	if ofWeek {
		j++
		if w := r.at(j); w == "op" || w == "on" {
			j++
		}
	}
	day, known := r.weekdayAt(j, mode != "" || expectDay[r.at(j-1)] && r.at(j-1) != "de" && r.at(j-1) != "the" && r.at(j-1) != "voor" && r.at(j-1) != "van")
	if !known {
		return t, 0, false
	}
	if full, fn, isFull := r.dateAfterWeekday(j + 1); isFull {
		return full, fn + j + 1 - i, true
	}
	j++
	if mode == "" {
		mode, ofWeek, j = r.weekdayTail(j)
	}
	return r.resolveWeekday(day, mode, ofWeek), j - i, true
}

// dateAfterWeekday reads the date proper behind a weekday: "27 november", ", Nov 27", "de 27e".
func (r *dateReader) dateAfterWeekday(j int) (time.Time, int, bool) {
	skip := 0
	for skip < 2 && (r.at(j+skip) == "," || r.at(j+skip) == "the" || r.at(j+skip) == "de" || r.at(j+skip) == ".") {
		skip++
	}
	for _, rule := range properDates {
		if t, n, ok := rule(r, j+skip); ok {
			return t, n + skip, true
		}
	}
	return time.Time{}, 0, false
}

// weekdayTail reads what may follow a bare weekday: "volgende week", "last week", "over een week".
func (r *dateReader) weekdayTail(j int) (mode string, ofWeek bool, next int) {
	w := r.at(j)
	if (nextWords[w] || pastWords[w] || comingWords[w]) && weekWords[r.at(j+1)] {
		return w, true, j + 2
	}
	if w == "over" && (r.at(j+1) == "een" || r.at(j+1) == "1") && weekWords[r.at(j+2)] {
		return "weekLater", false, j + 3
	}
	return "", false, j
}

func (r *dateReader) resolveWeekday(day time.Weekday, mode string, ofWeek bool) time.Time {
	monday := r.today.AddDate(0, 0, -int(r.today.Weekday()+6)%7)
	inWeek := monday.AddDate(0, 0, int(day+6)%7)
	ahead := (int(day-r.today.Weekday())+6)%7 + 1 // 1 … 7
	switch {
	case nextWords[mode] && (ofWeek || mode != "next"):
		return inWeek.AddDate(0, 0, 7)
	case ofWeek && pastWords[mode]:
		return inWeek.AddDate(0, 0, -7)
	case ofWeek:
		return inWeek
	case pastWords[mode]:
		return r.today.AddDate(0, 0, -(int(r.today.Weekday()-day)+6)%7-1)
	case mode == "weekLater":
		return r.today.AddDate(0, 0, ahead+7)
	}
	return r.today.AddDate(0, 0, ahead)
}

// weekend reads "dit weekend", "het weekend", "next weekend" as its Saturday.
func (r *dateReader) weekend(i int) (t time.Time, n int, ok bool) {
	if !r.relative || r.at(i+1) != "weekend" {
		return t, 0, false
	}
	switch w := r.at(i); {
	case nextWords[w]:
		return r.resolveWeekday(time.Saturday, w, true), 2, true
	case pastWords[w]:
		return r.resolveWeekday(time.Saturday, w, false), 2, true
	case comingWords[w], w == "het", w == "the":
		return r.resolveWeekday(time.Saturday, "", false), 2, true
	}
	return t, 0, false
}

// period reads a week or month by its first day ("volgende week" is its Monday) and the end of this month.
func (r *dateReader) period(i int) (t time.Time, n int, ok bool) {
	if !r.relative {
		return t, 0, false
	}
	monday := r.today.AddDate(0, 0, -int(r.today.Weekday()+6)%7)
	first := r.today.AddDate(0, 0, 1-r.today.Day())
	isMonth := r.at(i+1) == "maand" || r.at(i+1) == "month"
	switch w := r.at(i); {
	case nextWords[w] && weekWords[r.at(i+1)]:
		return monday.AddDate(0, 0, 7), 2, true
	case nextWords[w] && isMonth:
		return first.AddDate(0, 1, 0), 2, true
	case w == "end" && r.at(i+1) == "of" && r.at(i+3) == "month":
		return first.AddDate(0, 1, -1), 4, true
	case (w == "eind" || w == "einde") && (r.at(i+1) == "van" || r.at(i+1) == "deze"):
		for j := i + 2; j < i+4; j++ {
			if r.at(j) == "maand" {
				return first.AddDate(0, 1, -1), j + 1 - i, true
			}
		}
		if r.at(i+1) == "deze" && r.at(i+2) == "maand" {
			return first.AddDate(0, 1, -1), 3, true
		}
	}
	return t, 0, false
}

// feast reads days with a name: Koningsdag, Boxing Day, "eerste kerstdag 2026".
func (r *dateReader) feast(i int) (t time.Time, n int, ok bool) {
	f, known := feasts[r.at(i)]
	n = 1
	switch {
	case (r.at(i) == "eerste" || r.at(i) == "1e") && r.at(i+1) == "kerstdag":
		f, n, known = Date{0, 12, 25}, 2, true
	case r.at(i) == "tweede" && r.at(i+1) == "kerstdag", r.at(i) == "boxing" && r.at(i+1) == "day":
		f, n, known = Date{0, 12, 26}, 2, true
	case r.at(i) == "christmas" && r.at(i+1) == "eve":
		f, n = Date{0, 12, 24}, 2
	case r.at(i) == "new" && r.at(i+1) == "year" && (r.at(i+2) == "s" || r.at(i+2) == "'"):
		n = 3
		if r.at(i+2) == "'" {
			n = 4
		}
		f, known = Date{0, 1, 1}, r.at(i+n) == "day" || r.at(i+n) == "eve"
		if r.at(i+n) == "eve" {
			f = Date{0, 12, 31}
		}
		n++
	case r.at(i) == "new" && r.at(i+1) == "years" && (r.at(i+2) == "day" || r.at(i+2) == "eve"):
		f, n, known = Date{0, 1, 1}, 3, true
		if r.at(i+2) == "eve" {
			f = Date{0, 12, 31}
		}
	}
	if !known {
		return t, 0, false
	}
	if y, yn := r.year(i + n); yn > 0 {
		t, ok = r.day(y, f.Month, f.Day)
		return t, n + yn, ok
	}
	t, ok = r.nearest(f.Month, f.Day)
	return t, n, ok
}

// dayOfMonth reads "de 15e", "the 15th", "op de 3de", "de 27e van vorige maand".
func (r *dateReader) dayOfMonth(i int) (t time.Time, n int, ok bool) {
	d := r.num(i, 2)
	if !r.relative || d < 1 || d > 31 || !ordinalEnding[r.at(i+1)] || !r.joined(i) || r.at(i-1) != "de" && r.at(i-1) != "the" && !weekdayLike(r.at(i-1)) {
		return t, 0, false
	}
	if next := r.at(i + 2); next != "" && isWordByte(next[0]) && !afterDay[next] && !pastWords[next] {
		return t, 0, false // "de 2e keer", "the 3rd item"
	}
	from, n := r.today, 2
	switch next := r.at(i + 2); {
	case pastWords[next] && isMonthWord(r.at(i+3)):
		from, n = addMonths(from, -1), 4
	case (next == "van" || next == "of") && pastWords[r.at(i+3)] && isMonthWord(r.at(i+4)):
		from, n = addMonths(from, -1), 5
	}
	if n > 2 {
		t, ok = r.day(from.Year(), from.Month(), d)
		return t, n, ok
	}
	step := -1
	if r.asks() {
		step = 1
	}
	for k := range 3 { // a month may have no 31st
		first := time.Date(r.today.Year(), r.today.Month()+time.Month(k*step), 1, 12, 0, 0, 0, time.UTC)
		if t, ok = r.day(first.Year(), first.Month(), d); ok && (step < 0 && !t.After(r.today) || step > 0 && !t.Before(r.today)) {
			return t, 2, true
		}
	}
	return t, 0, false
}

func isMonthWord(w string) bool { return w == "maand" || w == "month" }

// asks reports whether the sentence asks for something to happen, so that a day in it is still to come.
func (r *dateReader) asks() bool {
	for _, t := range r.toks {
		if askingWords[t.s] {
			return true
		}
	}
	return false
}

var askingWords = set("kan kunnen kunt graag wil willen liever mag can could please would deliver leveren bezorgen bezorg zou")

// afterDay are words that may follow "de 15e" when it is a day.
var afterDay = set(`is was ben zijn of en or and graag aub please kan komt kom bezorgd geleverd om at in op voor for ik i
	besteld ordered bezorgen leveren because want maar but van if als tot until thuis home niet not would zou`)
