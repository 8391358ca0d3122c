package nlu

import (
	"regexp"
	"strings"
)

// locality reads what follows the street: postcode and city in either order, region and country. It returns the first
// token it did not use, which is i when there is nothing.
func (r *addressReader) locality(a *Address, i int) int {
	j := r.skip(i)
	if w := r.lower(j); (w == "zijn" || w == "be" || w == "worden") && j == i { // "het moet Javalaan 9 zijn, Heemstede"
		j = r.skip(j + 1)
	}
	if country, code, n := r.postcodeAt(j); n > 0 && country != "US" || n > 0 && r.isPlace(j+n) {
		a.Postcode, a.Country = code, country
		end := r.cityAt(a, j+n)
		return r.countryAt(a, end)
	}
	if w := r.lower(j); w == "in" || w == "te" || w == "at" {
		j++
		if country, code, n := r.postcodeAt(j); n > 0 && country != "US" {
			a.Postcode, a.Country = code, country
			return r.countryAt(a, r.cityAt(a, j+n))
		}
		if n, _ := r.knownPlace(j); n == 0 && (!r.isPlace(j) || streetLike(r.low[j])) {
			return i
		}
	}
	return r.cityFirst(a, i, j)
}

// cityFirst reads "Denver, CO 80279, USA", "London SW1A 2AA", "Zwolle".
func (r *addressReader) cityFirst(a *Address, i, j int) int {
	if n, country := r.knownPlace(j); n > 0 && (country == "NL" || country == "BE") && !(a.Street == "" && r.stateFollows(j+n)) {
		return r.countryAt(a, r.cityAt(a, j))
	}
	for k := j; k < j+9 && k < len(r.toks); k++ {
		if sentenceWord[r.low[k]] && !nameParticle[r.low[k]] && !cityLead[r.low[k]] && !(stateCodes[strings.ToUpper(r.at(k))] && fiveDigits.MatchString(r.at(k+1))) {
			break
		}
		country, code, n := r.postcodeAt(k)
		said, cn := r.countryBefore(k, j)
		region, rn := r.regionBefore(k-cn, j)
		rn += cn
		if n == 0 || k == j || country == "" && rn == 0 {
			continue
		}
		city := k - rn
		for city > j && separator(r.at(city-1)) {
			city--
		}
		a.Postcode, a.Country, a.Region = code, country, region
		switch {
		case cn > 0:
			a.Country = said
		case rn > 0 && country != "CA":
			a.Country = "US"
		}
		if known := r.placeEnding(city); country == "GB" && known > j && known < city { // "st johns wood london nw8"
			j = known
		}
		a.City = strings.ReplaceAll(r.between(j, max(city, j+1)), " ,", ",")
		if at := strings.LastIndex(a.City, ", "); at >= 0 { // "Shoreditch, London"
			a.City = a.City[at+2:]
		}
		return r.countryAt(a, k+n)
	}
	known, country := r.knownPlace(j)
	after := r.skip(j + max(known, 1))
	if region, n := stateAt(r, after); n > 0 && a.Street == "" && (known > 0 && country != "GB" || r.isPlace(j) && (after > j+1 || separator(r.at(after+n)))) {
		a.City, a.Region, a.Country = r.between(j, j+max(known, 1)), region, "US"
		if m := fiveDigits.FindStringSubmatch(r.at(r.skip(after + n))); m != nil { // "Atlanta GA, 30303"
			a.Postcode, after = m[1], r.skip(after+n)+1-n
		}
		return r.countryAt(a, after+n)
	}
	if known > 0 {
		return r.countryAt(a, r.cityAt(a, j))
	}
	if end := r.plainCity(j); end > j {
		a.City = r.between(j, end)
		return r.countryAt(a, end)
	}
	if j == i && r.plain && !separator(r.at(j+1)) || !r.isPlace(j) || sentenceWord[r.lower(j)] {
		return i
	}
	end := r.cityAt(a, j)
	if end == j {
		return i
	}
	return r.countryAt(a, end)
}

// plainCity is where the name of a city ends that starts at token j in a message without capitals, when nothing but a thank you follows: j when
// there is none.
func (r *addressReader) plainCity(j int) int {
	k := j
	for ; k < j+3 && k < len(r.toks) && hasLetter(r.low[k]) && !strings.ContainsAny(r.low[k], "0123456789@>"); k++ {
		if k > j && r.gapAfter(k-1) != "" || r.stops(r.low[k]) && !cityLead[r.low[k]] {
			break
		}
	}
	if !r.plain || k == j || !r.isPlace(j) || !separator(r.at(k)) && !thanks[r.low[k]] && r.gapAfter(k-1) == "" || cityLead[r.low[k-1]] && k == j+1 && nameParticle[r.low[j]] {
		return j
	}
	return k
}

var thanks = set("graag aub alstublieft alsjeblieft svp please pls thanks thx bedankt dank alvast groetjes mvg merci danke bitte gr")

// stateFollows reports whether an American state stands at token i, in capitals or with its postcode.
func (r *addressReader) stateFollows(i int) bool {
	at := r.skip(i)
	_, n := stateAt(r, at)
	return n > 0 && (stateCodes[r.at(at)] || n > 0 && len(r.at(at)) > 2 || fiveDigits.MatchString(r.at(at+n)))
}

// countryBefore reads a country straight before the postcode at k: "Denver, CO, USA, 80201". n is how many tokens that are, up to k.
func (r *addressReader) countryBefore(k, from int) (code string, n int) {
	j := k
	for j-1 > from && r.at(j-1) == "," {
		j--
	}
	for words := 4; words >= 1; words-- {
		at := j - words
		if at <= from {
			continue
		}
		name := strings.Join(r.low[at:j], " ")
		if code, ok := countries[name]; ok && (len(name) > 2 || r.at(at) != name) {
			return code, k - at
		}
	}
	return "", 0
}

// regionBefore reads an American state straight before the postcode at k.
func (r *addressReader) regionBefore(k, from int) (string, int) {
	j := k
	if j-1 > from && separator(r.at(j-1)) {
		j--
	}
	for n := 1; n <= 2 && j-n > from; n++ {
		if region, took := stateAt(r, j-n); took == n {
			return region, k - (j - n)
		}
	}
	return "", 0
}

// stateAt reads a state, as two capitals or by its name.
func stateAt(r *addressReader, i int) (string, int) {
	if i >= len(r.toks) {
		return "", 0
	}
	if _, ok := stateCodes[r.at(i)]; ok || provinces[r.at(i)] {
		return r.at(i), 1
	}
	for n := 2; n >= 1; n-- {
		name := r.lower(i)
		if n == 2 {
			name += " " + r.lower(i+1)
		}
		if code, ok := stateNames[name]; ok {
			return code, n
		}
	}
	if code := strings.ToUpper(r.at(i)); r.plain && stateCodes[code] && (!stateWord[r.low[i]] || fiveDigits.MatchString(r.at(r.skip(i+1)))) {
		return code, 1
	}
	return "", 0
}

// provinces are the codes of the Canadian ones.
var provinces = set("ON QC BC AB MB SK NS NB PE")

// stateWord are the codes of states that are words: in small letters they count only before a postcode.
var stateWord = set("in me or ok hi oh de la id ma pa mi al co")

// isPlace reports whether token i may start the name of a place.
func (r *addressReader) isPlace(i int) bool {
	return i < len(r.toks) && hasLetter(r.at(i)) && !strings.ContainsAny(r.at(i), "0123456789@") &&
		(r.isName(i) && !r.shout || r.plain && !r.stops(r.low[i]) || cityLead[r.low[i]]) && (!sentenceWord[r.low[i]] || cityLead[r.low[i]])
}

// cityAt reads the name of a city at token i into a and returns the token after it.
func (r *addressReader) cityAt(a *Address, i int) int {
	j := r.skip(i)
	if w := r.lower(j); w == "in" || w == "te" {
		j++
	}
	start, end := j, j
	if n, country := r.knownPlace(j); n > 0 {
		a.City = r.between(j, j+n)
		if country == "BE" && a.Country == "" {
			a.Country = country
		}
		return j + n
	}
	for ; j < len(r.toks) && j < start+6; j++ {
		low := r.low[j]
		switch {
		case separator(r.at(j)) || strings.ContainsAny(low, "0123456789@"):
			j = len(r.toks)
		case r.isName(j) && !r.plain && !sentenceWord[low] || j == start && cityLead[low]:
			end = j + 1
		case nameParticle[low] && j > start && streetLike(r.lower(j+1)) && houseNumber.MatchString(r.at(j+2)): // "Utrecht in Zandpad 7"
			j = len(r.toks)
		case nameParticle[low] && j > start && j+1 < len(r.toks) && hasLetter(r.at(j+1)) && (r.plain || r.isName(j+1) || nameParticle[r.low[j+1]]):
		case hasLetter(low) && !sentenceWord[low] && (j == start || r.plain && (cityLead[r.low[j-1]] || nameParticle[r.low[j-1]])):
			end = j + 1
			if !r.isName(j) && !r.plain {
				j = len(r.toks)
			}
		default:
			j = len(r.toks)
		}
		if j < len(r.toks) && r.gapAfter(j) != "" {
			break // a full stop or bracket ends the name
		}
	}
	for end-1 > start && isCountry(r.low[end-1]) { // "Amsterdam Nederland"
		end--
	}
	if end > start {
		a.City = r.between(start, end)
		return end
	}
	return i
}

func isCountry(low string) bool { _, ok := countries[low]; return ok }

// countryAt reads a country behind the city.
func (r *addressReader) countryAt(a *Address, i int) int {
	j := r.skip(i)
	if r.lower(j) == "the" {
		j++
	}
	for n := 3; n >= 1; n-- {
		if j+n > len(r.toks) {
			continue
		}
		name := strings.Join(r.low[j:j+n], " ")
		code, ok := countries[name]
		if ok && (len(name) > 2 || r.at(j) != r.low[j]) {
			a.Country = code
			return j + n
		}
	}
	return i
}

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
	if dutchDigits.MatchString(w) {
		if n, country := r.knownPlace(i + 1); n > 0 && country == "BE" {
			return "BE", w, 1
		}
	}
	if dutchDigits.MatchString(w) {
		if n, country := r.knownPlace(i + 1); n > 0 && (country == "AT" || country == "CH") {
			return country, w, 1
		}
		if start := r.placeEnding(i); start < i { // "hasselt (3500) kempische steenweg"
			if _, country := r.knownPlace(start); country == "BE" {
				return "", "", 0
			}
		}
	}
	if m := belgian.FindStringSubmatch(w); m != nil && len(w) > 4 {
		if n, country := r.knownPlace(i + 1); n > 0 && country == "BE" {
			return "BE", m[1], 1
		}
	}
	if m := belgian.FindStringSubmatch(w); m != nil && r.isPlace(i+1) && !sentenceWord[r.lower(i+1)] && i > 0 {
		if r.hints.Country == "NL" && w == m[1] && !r.namesBelgium(i+1) && r.lower(i-1) != "," {
			return "", "", 0
		}
		return "BE", m[1], 1
	}
	return "", "", 0
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
var unlikelyWord = set("al we ze hs bg gb mb tb gr eu er me uw us he be if my go")

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
