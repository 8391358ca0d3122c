package nlu

import "time"

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
	if t, ok = r.onWeekday(d, i); ok {
		return t, 2, true
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

// onWeekday is the day d nearest to today that falls on the weekday said before it at i: "zaterdag de 28e".
func (r *dateReader) onWeekday(d, i int) (best time.Time, ok bool) {
	j := i - 1
	if r.at(j) == "de" || r.at(j) == "the" {
		j--
	}
	day, known := r.weekdayAt(j, true)
	if !known {
		return best, false
	}
	for k := -2; k <= 2; k++ {
		first := time.Date(r.today.Year(), r.today.Month()+time.Month(k), 1, 12, 0, 0, 0, time.UTC)
		t, valid := r.day(first.Year(), first.Month(), d)
		if valid && t.Weekday() == day && (!ok || t.Sub(r.today).Abs() < best.Sub(r.today).Abs()) {
			best, ok = t, true
		}
	}
	return best, ok
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
