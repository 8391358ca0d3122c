package nlu

import (
	"strings"
	"time"
)

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
	day, known := r.weekdayAt(j, dayPartWords[r.at(j+1)] || mode != "" || expectDay[r.at(j-1)] && r.at(j-1) != "de" && r.at(j-1) != "the" && r.at(j-1) != "voor" && r.at(j-1) != "van")
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
	if (w == "van" || w == "of" || w == "in") && weekWords[r.at(j+2)] {
		w, j = r.at(j+1), j+1
	}
	if (nextWords[w] || pastWords[w] || comingWords[w]) && weekWords[r.at(j+1)] {
		return w, true, j + 2
	}
	if weeks, n := r.weeksOn(j); n > 0 {
		return strings.Repeat("+", weeks), false, j + n
	}
	return "", false, j
}

// weeksOn reads "over een week", "over 2 weken" behind a day: how many weeks later it is, and in how many tokens.
func (r *dateReader) weeksOn(j int) (weeks, n int) {
	if r.at(j) == "week" && !isWordByte((r.at(j+1) + " ")[0]) { // "monday week"
		return 1, 1
	}
	count, isNumber := number(r.at(j + 1))
	if r.at(j) == "over" && isNumber && unitDays[r.at(j+2)] == 7 && count <= 8 {
		return count, 3
	}
	return 0, 0
}

// resolveWeekday finds the day; a mode of plus signs is so many weeks after the first.
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
	case strings.HasPrefix(mode, "+"):
		return r.today.AddDate(0, 0, ahead+7*len(mode))
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
