package nlu

import (
	"cmp"
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
		a.Postcode, a.Country, a.Region = code, country, region
		switch {
		case cn > 0:
			a.Country = said
		case rn > 0 && country != "CA":
			a.Country = "US"
		}
		a.City = r.cityUpTo(j, k-rn, country)
		return r.countryAt(a, k+n)
	}
	if end := r.cityAndState(a, j); end > j {
		return end
	}
	if known, _ := r.knownPlace(j); known > 0 {
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

// cityUpTo is the city from token j up to what stands before the postcode, at token end: of "Shoreditch, London" and of "st johns wood london nw8" the
// last.
func (r *addressReader) cityUpTo(j, end int, country string) string {
	for end > j && separator(r.at(end-1)) {
		end--
	}
	if known := r.placeEnding(end); country == "GB" && known > j && known < end {
		j = known
	}
	city := strings.ReplaceAll(r.between(j, max(end, j+1)), " ,", ",")
	return strings.TrimSpace(city[strings.LastIndex(city, ", ")+1:])
}

// cityAndState reads "Austin TX" and "Atlanta GA, 30303" behind a street whose number stood first; j when that is not what follows.
func (r *addressReader) cityAndState(a *Address, j int) int {
	known, country := r.knownPlace(j)
	after := r.skip(j + max(known, 1))
	region, n := stateAt(r, after)
	if n == 0 || a.Street != "" || !(known > 0 && country != "GB" || r.isPlace(j) && (after > j+1 || separator(r.at(after+n)))) {
		return j
	}
	a.City, a.Region, a.Country = r.between(j, j+max(known, 1)), region, "US"
	end := after + n
	if m := fiveDigits.FindStringSubmatch(r.at(r.skip(end))); m != nil {
		a.Postcode, end = m[1], r.skip(end)+1
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

// cityBefore reads the city before a street, with a postcode on either side of it: "Utrecht, Kerkstraat 12", "in bergen op zoom op de
// molenstraat 4", "hasselt (3500) kempische steenweg 303". It returns the first token it used, which is from when there is none.
func (r *addressReader) cityBefore(a *Address, from int) int {
	k := from - 1
	for k >= r.used && (separator(r.at(k)) || r.at(k) == "-" || beforeStreet[r.low[k]]) {
		k--
	}
	postcode := ""
	if k > r.used && a.Postcode == "" && dutchDigits.MatchString(r.at(k)) && r.placeEnding(k) < k {
		postcode, k = r.at(k), k-1
	}
	if k < r.used {
		return from
	}
	if start := r.placeEnding(k + 1); start <= k && start >= r.used {
		a.City = r.between(start, k+1)
		_, country := r.knownPlace(start)
		if start > r.used && postcode == "" && a.Postcode == "" {
			if at, code, n := r.postcodeAt(start - 1); n == 1 && code != "" {
				a.Postcode, a.Country = code, at
				return start - 1
			}
		}
		if country == "BE" {
			a.Postcode, a.Country = cmp.Or(a.Postcode, postcode), country
		}
		return start
	}
	if k == from-1 || r.plain || postcode != "" || !r.isPlace(k) || sentenceWord[r.low[k]] || r.gapAfter(k) != "" && r.gapAfter(k) != "," {
		return from
	}
	if w := r.lower(k - 1); w == "in" || w == "te" || k == 0 {
		a.City = r.at(k)
	}
	return from
}

// beforeStreet are the words between a city and the street behind it.
var beforeStreet = set("is op de aan het in straat adres address")
