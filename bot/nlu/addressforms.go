package nlu

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// numberFirst reads "986 Sunset Drive, Suite 259, Denver, CO 80279" and "12 rue de la Paix, 75002 Paris" with the house
// number at token i.
func (r *addressReader) numberFirst(i int) (a Address, to int) {
	m := houseNumber.FindStringSubmatch(r.at(i))
	if m == nil {
		return a, 0
	}
	j := i + 1
	if r.at(j) == "," {
		j++
	}
	if houseNumber.MatchString(r.at(j)) && !ordinalStreet.MatchString(r.lower(j)) { // "Flat 4, 12 High Street": the number is the next
		return a, 0
	}
	end := 0
	if frenchStreet[r.lower(j)] {
		for end = j + 1; end < len(r.toks) && end < j+7 && !separator(r.at(end)); end++ {
			if _, _, n := r.postcodeAt(end); n > 0 {
				break
			}
		}
	} else {
		for k := j; k < j+6 && k < len(r.toks) && !separator(r.at(k)) && r.mayBeStreet(k); k++ {
			if k > j && streetTypes[strings.TrimSuffix(r.low[k], ".")] || r.low[k] == "broadway" {
				end = k + 1
			}
		}
	}
	alone := end == 0 && r.isName(j) && streetTypes[r.lower(j)] && separator(r.at(j+1)) // "101 Highway, New York"
	if alone {
		end = j + 1
	}
	if end == 0 || end == j+1 && frenchStreet[r.lower(j)] {
		return a, 0
	}
	if compass[r.lower(end)] && r.at(end) != r.low[end] {
		end++
	}
	a.Line1 = r.between(i, end)
	to = r.unit(&a, end)
	to = r.locality(&a, to)
	if frenchStreet[r.lower(j)] && fiveDigits.MatchString(a.Postcode) {
		a.Country = "FR"
	}
	r.american(&a, to)
	if alone && a.Postcode == "" {
		return Address{}, 0
	}
	return a, to
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
	return !sentenceWord[low] || nameParticle[low] || cityLead[low] || r.isName(k) && !r.plain
}

var unitWords = set("suite ste apt apartment unit flat floor room # building bldg")

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
	case unitWords[w] && len(r.at(j+1)) <= 6 && strings.ContainsAny(r.at(j+1), "0123456789ABCDEFGH"):
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
	if w := r.lower(k); w == "house" && r.lower(k+1) == "number" {
		k++
	}
	if number, addition, hn := r.houseAt(k); hn > 0 {
		a.Number, a.Addition = number, addition
		a.dutchForm()
		j = r.cityAt(&a, k+hn)
		return a, i, j
	}
	end := j
	j = r.cityAt(&a, j)
	if to = r.streetAfterCity(&a, j); to > 0 {
		a.dutchForm()
		return a, i, to
	}
	if from = r.numberBefore(&a, i); from < i {
		a.dutchForm()
	} else if first, _ := utf8.DecodeRuneInString(a.City); !unicode.IsUpper(first) {
		a.City, j = "", end // "1074 XN annuleren": with nothing but a postcode, a small word is the wish, not a town
	}
	return a, from, j
}

// streetAfterCity reads the street behind the city: "1017 GC Amsterdam, Keizersgracht 12". 0 when there is none.
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
