package nlu

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// numberFirst reads "986 Sunset Drive, Suite 259, Denver, CO 80279", "12 rue de la Paix, 75002 Paris" and "40 Deansgate, Manchester M3 2FF" with
// the house number at token i. from is where the city before it starts, or i.
func (r *addressReader) numberFirst(i int) (a Address, from, to int) {
	if !houseNumber.MatchString(r.at(i)) || r.at(i)[0] == '0' || unitWords[strings.TrimSuffix(r.lower(i-1), ".")] {
		return a, 0, 0
	}
	j := i + 1
	if w := r.lower(j); w == "bis" || w == "ter" {
		j++
	}
	if r.at(j) == "," {
		j++
	}
	if houseNumber.MatchString(r.at(j)) && !ordinalStreet.MatchString(r.lower(j)) { // "Flat 4, 12 High Street": the number is the next
		return a, 0, 0
	}
	french := frenchStreet[strings.TrimSuffix(r.lower(j), ".")]
	end, weak := 0, false
	if french {
		end = r.frenchEnd(j)
	} else {
		end, weak = r.englishEnd(j)
	}
	if end == 0 {
		return r.namedStreet(i, j)
	}
	alone := end == j+1 // "101 Highway, New York"
	from, to = r.behindStreet(&a, i, end)
	if french && fiveDigits.MatchString(a.Postcode) {
		a.Country = "FR"
	}
	r.american(&a, to)
	if alone && a.Postcode == "" || (weak || french) && a.City == "" && a.Postcode == "" && a.Line2 == "" {
		return Address{}, 0, 0
	}
	return a, from, to
}

// behindStreet reads what follows a street that ends before token end, its house number at token i.
func (r *addressReader) behindStreet(a *Address, i, end int) (from, to int) {
	a.Line1 = r.between(i, end)
	to = r.locality(a, r.unit(a, end))
	if a.City == "" {
		return r.cityBefore(a, i), to
	}
	return i, to
}

// frenchEnd is where a French street ends that starts at token j: before the postcode, a comma or a city. 0 when it has no name.
func (r *addressReader) frenchEnd(j int) int {
	end := j + 1
	for ; end < len(r.toks) && end < j+7 && !separator(r.at(end)) && r.at(end) != "-"; end++ {
		if _, _, n := r.postcodeAt(end); n > 0 {
			break
		}
		if place, _ := r.knownPlace(end); place > 0 && end > j+1 && separator(r.at(end+place)) && !nameParticle[r.low[end-1]] && r.low[end-1] != "du" {
			break
		}
	}
	if end == j+1 {
		return 0
	}
	return end
}

// englishEnd is where an English street ends that starts at token j: behind its last word for a street, and a compass point. weak says that
// the word means other things as well. 0 when there is no such word.
func (r *addressReader) englishEnd(j int) (end int, weak bool) {
	for k := j; k < j+6 && k < len(r.toks) && !separator(r.at(k)) && r.mayBeStreet(k); k++ {
		word := strings.TrimSuffix(r.low[k], ".")
		if !streetTypes[word] && !weakTypes[word] || k == j && word != "broadway" {
			continue
		}
		if end > 0 && (word == "st" || end < k && strings.TrimSuffix(r.low[end-1], ".") != "st") { // "5 abbey rd st johns wood"
			break
		}
		end, weak = k+1, weakTypes[word] && (end == 0 || weak)
	}
	if end == 0 && r.isName(j) && streetTypes[r.lower(j)] && separator(r.at(j+1)) {
		return j + 1, false
	}
	if end > 0 && compass[r.lower(end)] && (r.at(end) != r.low[end] || len(r.low[end]) > 3) {
		end++
	}
	return end, weak
}

// weakTypes end the names of English streets and mean other things too: they need a city or a postcode behind them.
var weakTypes = set(`loop run trail trl path pike plaza point pointe ridge view vista gate wharf yard quay grange crossing bend cove turnpike expressway
	freeway causeway esplanade rise vale parade approach embankment hollow glen heights meadow meadows landing green common row way walk place park square circle`)

// namedStreet reads a street that no word shows to be one, when an American state and postcode or a British postcode stand behind it: "40
// Deansgate, Manchester M3 2FF"; or a Dutch one before a Dutch city. Its house number is token i, its name starts at token j.
func (r *addressReader) namedStreet(i, j int) (a Address, from, to int) {
	for end := j + 1; end <= j+4 && end <= len(r.toks); end++ {
		if w := r.lower(end - 1); separator(r.at(end-1)) || !hasLetter(w) || sentenceWord[w] && !(w == "the" && end == j+1) && (r.plain || !r.isName(end-1)) {
			break
		}
		place, _ := r.knownPlace(end)
		if !separator(r.at(end)) && place == 0 && !unitWords[strings.TrimSuffix(r.lower(end), ".")] {
			continue
		}
		a = Address{}
		from, to = r.behindStreet(&a, i, end)
		if a.City != "" && a.Postcode != "" && (a.Country == "GB" || a.Region != "") {
			return a, from, to
		}
		if known, _ := r.knownPlace(r.skip(end)); streetLike(r.low[end-1]) && !notStreet[r.low[end-1]] && (a.Country == "NL" && a.Postcode != "" || known > 0) ||
			a.Country == "NL" && a.Postcode != "" && a.City != "" && r.isName(end-1) && !r.plain { // "12 Kerkstraat, Utrecht"
			m := houseNumber.FindStringSubmatch(r.at(i))
			a.Street, a.Number, a.Addition = r.between(j, end), m[1], strings.TrimLeft(m[2], "-/")
			a.Line1 = a.Street + " " + r.at(i)
			a.nationalForm()
			return a, from, to
		}
	}
	return Address{}, 0, 0
}

// ordinalStreet is a street that is a number: "5th Avenue".
var ordinalStreet = regexp.MustCompile(`^\d{1,3}(?:st|nd|rd|th)$`)

// american settles the country of an address whose number stands first: with a state it is American, and so it is with five digits,
// unless its last word before token to is a country. The city of New York lies in the state of that name.
func (r *addressReader) american(a *Address, to int) {
	if a.Country == "" && a.Region != "" || a.Country == "DE" && !isCountry(r.low[to-1]) {
		a.Country = "US"
	}
	if a.Country == "US" && a.Region == "" && strings.EqualFold(a.City, "new york") {
		a.Region = "NY"
	}
}

// mayBeStreet reports whether token k may stand in the name of an English street.
func (r *addressReader) mayBeStreet(k int) bool {
	low := r.low[k]
	if isDigits(low) || low == "and" || low == "en" {
		return false
	}
	return !sentenceWord[low] || nameParticle[low] || cityLead[low] || r.isName(k) && !r.plain
}

var unitWords = set("suite ste apt apartment unit flat floor fl room # building bldg")

// unitBefore returns where "Flat 4," before the house number at i starts; i when there is none.
func (r *addressReader) unitBefore(i int) int {
	j := i
	if j > 0 && (r.at(j-1) == "," || r.at(j-1) == "\n") {
		j--
	}
	if j >= 2 && unitWords[strings.TrimSuffix(r.low[j-2], ".")] && len(r.at(j-1)) <= 4 {
		return j - 2
	}
	return i
}

// unit reads "Suite 259", "Apt. 4B", "#12" into Line2.
func (r *addressReader) unit(a *Address, i int) int {
	j := i
	if r.at(j) == "," || r.at(j) == "\n" {
		j++
	}
	w := strings.TrimSuffix(r.lower(j), ".")
	switch {
	case unitWords[w] && len(r.at(j+1)) <= 6 && (w != "fl" || len(r.at(j+1)) <= 3) && (len(r.at(j+1)) == 1 || strings.ContainsAny(r.at(j+1), "0123456789ABCDEFGH")):
		a.Line2 = r.between(j, j+2)
		return j + 2
	case strings.HasPrefix(w, "#") && len(w) > 1 && len(w) < 8:
		a.Line2 = r.at(j)
		return j + 1
	}
	return i
}

// postcodeFirst reads "1017 GC 12" and "postcode 1017GC, huisnummer 12, Amsterdam": a Dutch postcode and number are a
// whole address. A lone postcode behind the word is one too, so that a form can ask for the rest.
func (r *addressReader) postcodeFirst(i int) (a Address, from, to int) {
	country, code, n := r.postcodeAt(i)
	if n == 0 {
		return a, 0, 0
	}
	a.Postcode, a.Country = code, country
	j := i + n
	if country != "NL" && country != "GB" {
		if to = r.streetAfterCity(&a, r.cityAt(&a, j)); to > 0 && a.City != "" && country != "US" {
			a.nationalForm()
			return a, i, to
		}
		return Address{}, 0, 0
	}
	if country == "GB" {
		return a, i, j
	}
	k := r.skip(j)
	if w := r.lower(k); w == "en" || w == "met" || w == "and" || w == "op" || w == "with" {
		k++
	}
	if w := r.lower(k); w == "house" && numberWord[r.lower(k+1)] {
		k++
	}
	if _, _, other := r.postcodeAt(k); other > 0 { // "5612 AB en 5613 CD"
		return a, i, j
	}
	if number, addition, hn := r.houseAt(k); hn > 0 {
		a.Number, a.Addition = number, addition
		j = r.streetBehind(&a, k+hn)
		from = r.cityAhead(&a, i)
		a.dutchForm()
		return a, from, j
	}
	if to = r.wholeBehind(&a, j); to > 0 {
		from = r.cityAhead(&a, i)
		a.dutchForm()
		return a, from, to
	}
	end := j
	j = r.cityAt(&a, j)
	if from = r.numberBefore(&a, i); from < i {
		a.dutchForm()
	} else if first, _ := utf8.DecodeRuneInString(a.City); !unicode.IsUpper(first) {
		a.City, j = "", end // "1074 XN annuleren": with nothing but a postcode, a small word is the wish, not a town
	}
	return a, from, j
}

// wholeBehind reads street, number and city behind a postcode that ends before token j, the city on either side: "6221bk wycker brugstraat
// 50 maastricht", "1017 GC Amsterdam, Keizersgracht 12". 0 when that is not what follows.
func (r *addressReader) wholeBehind(a *Address, j int) int {
	k, used := r.skip(j), r.used
	defer func() { r.used = used }()
	for s := k + 1; s < k+8 && s < len(r.toks); s++ {
		if number, _, n := r.houseAt(s); n == 0 || number == "" || s < k+1 {
			continue
		}
		r.used = k
		got, from, first, to := r.street(s)
		if to == 0 || got.Postcode != "" && got.Postcode != a.Postcode || sentenceWord[r.low[k]] && !nameParticle[r.low[k]] && !beforeStreet[r.low[k]] {
			return 0
		}
		if first > k && got.City == "" && r.isPlace(k) && !r.stops(r.low[k]) { // "1017 GC Onbekend, Keizersgracht 12"
			got.City, first = strings.TrimRight(r.between(k, from), " ,-"), k
		}
		for first > k && (beforeStreet[r.low[first-1]] || separator(r.at(first-1))) {
			first--
		}
		if first > k {
			return 0
		}
		got.Postcode, got.Country = a.Postcode, a.Country
		*a = got
		return to
	}
	return 0
}

// cityAhead reads the city before the postcode at token i, "Zeist 3701AB hoofdstraat 5", when none is known, and returns where it starts.
func (r *addressReader) cityAhead(a *Address, i int) int {
	if start := r.placeEnding(i); a.City == "" && start < i && start >= r.used {
		a.City = r.between(start, i)
		return start
	}
	return i
}

// streetBehind reads street and city behind a postcode and house number: "9712 HN nr 4 Herestraat Groningen". Without a street it reads the
// city. It returns the first token it did not use.
func (r *addressReader) streetBehind(a *Address, i int) int {
	j := r.skip(i)
	for k := j; k < j+4 && k < len(r.toks) && hasLetter(r.low[k]) && !strings.ContainsAny(r.low[k], "0123456789") && !r.stops(r.low[k]); k++ {
		n, _ := r.knownPlace(r.skip(k + 1))
		if place, _ := r.knownPlace(j); place > 0 || !streetLike(r.low[k]) && n == 0 {
			continue
		}
		a.Street = r.between(j, k+1)
		return r.cityAt(a, k+1)
	}
	return r.cityAt(a, i)
}

// streetAfterCity reads the street behind the city: "10115 Berlin, Hauptstraße 5". 0 when there is none.
func (r *addressReader) streetAfterCity(a *Address, j int) int {
	k := r.skip(j)
	for s := k; s < k+5 && s < len(r.toks) && !sentenceWord[r.low[k]]; s++ {
		if number, addition, n := r.houseAt(s); n > 0 && s > k {
			a.Street, a.Number, a.Addition = r.between(k, s), number, addition
			a.Line1 = a.Street + " " + r.withoutNumberWord(s, s+n)
			return s + n
		}
	}
	return 0
}

// numberBefore reads the number in "huisnummer 12, 1234 AB" and returns where it starts; i when there is none.
func (r *addressReader) numberBefore(a *Address, i int) int {
	for from := i - 1; from >= 0 && from >= i-4; from-- {
		if number, addition, n := r.houseAt(from); n > 0 && r.skip(from+n) == i {
			a.Number, a.Addition = number, addition
			return from
		}
	}
	return i
}
