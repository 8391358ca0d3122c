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

// findDates finds the days named in a folded text.
func findDates(folded string, h Hints) []found[Date] {
	r := dateReader{us: h.Country == "US", relative: !h.Now.IsZero(), toks: tokens(folded)}
	for i := range r.toks {
		r.toks[i].s = spelled(r.toks[i].s)
	}
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
	if spoken, ok := number(r.at(i)); d < 0 && ok && months[r.at(i+1)] > 0 && spoken > 1 {
		d = spoken // "drie november"
	}
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
	weeks, took := r.weeksOn(i + 1)
	return r.today.AddDate(0, 0, days+7*weeks), 1 + took, true
}
