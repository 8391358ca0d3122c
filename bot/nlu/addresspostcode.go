package nlu

import (
	"regexp"
	"strings"
)

var (
	dutchJoined  = regexp.MustCompile(`^([1-9]\d{3})-?([A-Za-z]{2})$`)
	dutchDigits  = regexp.MustCompile(`^[1-9]\d{3}$`)
	twoLetters   = regexp.MustCompile(`^[A-Za-z]{2}$`)
	britishOut   = regexp.MustCompile(`^[A-Za-z]{1,2}\d[A-Za-z\d]?$`)
	britishIn    = regexp.MustCompile(`^\d[A-Za-z]{2}$`)
	britishWhole = regexp.MustCompile(`^([A-Za-z]{1,2}\d[A-Za-z\d]?)(\d[A-Za-z]{2})$`)
	fiveDigits   = regexp.MustCompile(`^(?i:D-|F-|DE-|FR-)?(\d{5})$`)
	canadianOut  = regexp.MustCompile(`^[A-Za-z]\d[A-Za-z]$`)
	canadianIn   = regexp.MustCompile(`^\d[A-Za-z]\d$`)
	zipPlus      = regexp.MustCompile(`^\d{5}-\d{4}$`)
	belgian      = regexp.MustCompile(`^(?i:B-|BE-)?([1-9]\d{3})$`)
	abroad       = regexp.MustCompile(`^(?i:L|A|CH|DK)-?([1-9]\d{3})$`)
)

// postcodeAt reads a postcode at token i. country is what the shape of it says, "" when several use it; n is how many
// tokens it took, 0 for none.
func (r *addressReader) postcodeAt(i int) (country, code string, n int) {
	w := r.at(i)
	if country, ok := countryLetter[w]; ok && i > 0 { // "B 2018 Antwerpen"
		if next := r.at(i + 1); dutchDigits.MatchString(next) && country != "DE" && r.isPlace(i+2) || fiveDigits.MatchString(next) && country == "DE" {
			return country, next, 2
		}
	}
	if w == "" || !strings.ContainsAny(w, "0123456789") {
		return "", "", 0
	}
	if m := dutchJoined.FindStringSubmatch(w); m != nil && !neverGiven[strings.ToLower(m[2])] {
		return "NL", m[1] + " " + strings.ToUpper(m[2]), 1
	}
	if dutchDigits.MatchString(w) && twoLetters.MatchString(r.at(i+1)) && !neverGiven[r.lower(i+1)] && r.dutchPair(i) {
		return "NL", w + " " + strings.ToUpper(r.at(i+1)), 2
	}
	if m := abroad.FindStringSubmatch(w); m != nil && r.isPlace(i+1) {
		return abroadCountry[strings.ToLower(strings.TrimRight(w, "-0123456789"))], m[1], 1
	}
	if canadianOut.MatchString(w) && canadianIn.MatchString(r.at(i+1)) {
		return "CA", strings.ToUpper(w + " " + r.at(i+1)), 2
	}
	if britishOut.MatchString(w) && britishIn.MatchString(r.at(i+1)) {
		return "GB", strings.ToUpper(w + " " + r.at(i+1)), 2
	}
	if m := britishWhole.FindStringSubmatch(w); m != nil {
		return "GB", strings.ToUpper(m[1] + " " + m[2]), 1
	}
	if zipPlus.MatchString(w) {
		return "US", w, 1
	}
	if m := fiveDigits.FindStringSubmatch(w); m != nil {
		return r.fiveDigitCountry(w, i), m[1], 1
	}
	return r.fourDigits(i)
}

// fourDigits reads a postcode of four digits at token i, Belgian unless a place behind it lies in Austria or Switzerland. Years and house numbers
// look the same, so a place must follow.
func (r *addressReader) fourDigits(i int) (country, code string, n int) {
	m := belgian.FindStringSubmatch(r.at(i))
	if m == nil {
		return "", "", 0
	}
	bare := m[1] == r.at(i)
	place, in := r.knownPlace(i + 1)
	if place > 0 && (in == "BE" || bare && (in == "AT" || in == "CH")) {
		return in, m[1], 1
	}
	if _, before := r.knownPlace(r.placeEnding(i)); bare && r.placeEnding(i) < i && before == "BE" { // "hasselt (3500) kempische steenweg"
		return "", "", 0
	}
	if streetLike(r.lower(i+1)) && houseNumber.MatchString(r.at(i+2)) || months[r.lower(i-1)] > 0 { // "1 mei 2027 hoofdstraat 5"
		return "", "", 0
	}
	if i == 0 || !r.isPlace(i+1) || sentenceWord[r.lower(i+1)] || r.hints.Country == "NL" && bare && !r.namesBelgium(i+1) && r.lower(i-1) != "," {
		return "", "", 0
	}
	return "BE", m[1], 1
}

// countryLetter is what stands before a postcode on a letter from abroad, abroadCountry what may be joined to it.
var (
	countryLetter = map[string]string{"B": "BE", "BE": "BE", "D": "DE", "DE": "DE", "L": "LU", "A": "AT"}
	abroadCountry = map[string]string{"l": "LU", "a": "AT", "ch": "CH", "dk": "DK"}
)

// dutchPair reports whether the two letters behind four digits are a postcode's: in capitals; or lower-case and no word,
// or behind the word postcode.
func (r *addressReader) dutchPair(i int) bool {
	letters := r.at(i + 1)
	if letters == strings.ToUpper(letters) && !r.shout {
		return true
	}
	low := r.low[i+1]
	lead := strings.ToLower(strings.TrimRight(r.text[max(0, r.toks[i].start-12):r.toks[i].start], " :\n"))
	if strings.HasSuffix(lead, "postcode") {
		return true
	}
	if n, country := r.knownPlace(i + 2); n > 0 && country == "NL" && unlikelyWord[low] { // "3025 al rotterdam"
		return true
	}
	return !shortWords[low]
}

var shortWords = set("nr hs bg en is in op te of de ik je km mm cm kg we ze me of om nu al ja ex uw us to it is at on or an as be by do go he if my no so up gb mb tb gr eu er ik dan st nd rd th")

// unlikelyWord are the short words that seldom stand between a number and a place.
var unlikelyWord = set("km m cm mm kg al we ze hs bg gb mb tb gr eu er me uw us he be if my go")

func (r *addressReader) namesBelgium(i int) bool {
	for j := i; j < i+6 && j < len(r.low); j++ {
		if countries[r.low[j]] == "BE" {
			return true
		}
	}
	return false
}

// fiveDigitCountry guesses the country of the five-digit postcode at token i: that of the shop, or of a French place behind it, else Germany;
// "D-" and "F-" say so.
func (r *addressReader) fiveDigitCountry(w string, i int) string {
	switch {
	case strings.HasPrefix(w, "F"), strings.HasPrefix(w, "f"):
		return "FR"
	case strings.HasPrefix(w, "D"), strings.HasPrefix(w, "d"):
		return "DE"
	case r.hints.Country == "FR" || r.hints.Country == "US" || r.hints.Country == "ES" || r.hints.Country == "IT":
		return r.hints.Country
	}
	if n, country := r.knownPlace(i + 1); n > 0 && country == "FR" {
		return country
	}
	return "DE"
}
