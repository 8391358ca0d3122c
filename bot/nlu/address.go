package nlu

import "strings"

// Address is a postal address as far as the message gives it; what it does not give is empty. Country is the one said, or
// the one the postcode gives away. Street, Number and Addition are filled where the street comes first; Line1 holds them
// together, as typed, or in a Dutch address with a space between.
type Address struct {
	Line1, Line2, City, Region, Postcode, Country string
	Street, Number, Addition                      string
}

// Map gives the parts under the names of the public surface, only those that are known.
func (a Address) Map() map[string]string {
	out := map[string]string{}
	for k, v := range map[string]string{"line1": a.Line1, "line2": a.Line2, "city": a.City, "region": a.Region,
		"postcode": a.Postcode, "country": a.Country, "street": a.Street, "number": a.Number, "addition": a.Addition} {
		if v != "" {
			out[k] = v
		}
	}
	return out
}

// addressReader reads the addresses of one text, token by token.
type addressReader struct {
	text  string
	toks  []token
	low   []string // the tokens, folded
	hints Hints
	shout bool // all of it is in capitals
	plain bool // capitals do not tell names apart: there are none but at the start of sentences, or nothing else
	used  int  // the tokens before this one belong to addresses already read
	named []placeName
}

// marksNames reports whether the writer gives names capitals: some word inside a sentence has one.
func (r *addressReader) marksNames() bool {
	for j := 1; j < len(r.toks); j++ {
		w := r.toks[j].s
		start := r.at(j-1) == "\n" || strings.ContainsAny(r.gapAfter(j-1), ".!?:")
		if !start && len(w) > 1 && r.isName(j) && w[1:] == strings.ToLower(w[1:]) && w != "Ik" && hasLetter(w[1:]) {
			return true
		}
	}
	return false
}

// findAddresses finds addresses: a house number with a street beside it and something that makes it an address: a
// postcode, a street's ending (‑straat, Road), or a city. A Dutch postcode with a number is one without a street.
func findAddresses(work string, h Hints) []found[Address] {
	r := addressReader{text: work, toks: addressTokens(work), hints: h}
	r.shout = strings.ToUpper(work) == work
	r.low = make([]string, len(r.toks))
	for i, t := range r.toks {
		r.low[i] = Normalize(t.s)
	}
	r.plain = r.shout || !r.marksNames()
	var out []found[Address]
	for i := 0; i < len(r.toks) && len(out) < maxFound; {
		a, from, to := r.readAt(i)
		if to <= i {
			i++
			continue
		}
		start := r.toks[from].start
		if len(out) > 0 && start < out[len(out)-1].end {
			i = to
			continue
		}
		out = append(out, found[Address]{a, start, r.toks[to-1].end})
		i, r.used = to, to
	}
	return joinHalves(work, out)
}

// readAt reads an address around token i. to is 0 when there is none.
func (r *addressReader) readAt(i int) (a Address, from, to int) {
	if a, from, to = r.streetFirst(i); to > 0 {
		return a, from, to
	}
	if a, from, to = r.numberFirst(i); to > 0 {
		if unit := r.unitBefore(i); unit < i {
			a.Line2, from = strings.TrimRight(r.between(unit, i), " ,"), min(from, unit)
		}
		return a, from, to
	}
	return r.postcodeFirst(i)
}

func (r *addressReader) at(i int) string {
	if i < 0 || i >= len(r.toks) {
		return ""
	}
	return r.toks[i].s
}

func (r *addressReader) lower(i int) string {
	if i < 0 || i >= len(r.low) {
		return ""
	}
	return r.low[i]
}

// between is the text from token i to before token j.
func (r *addressReader) between(i, j int) string {
	return strings.Join(strings.Fields(r.text[r.toks[i].start:r.toks[j-1].end]), " ")
}

func separator(s string) bool { return s == "," || s == ";" || s == "\n" || s == "" }

// skip passes at most two separators, and "te" or "in" before a city.
func (r *addressReader) skip(i int) int {
	for n := 0; n < 2 && i < len(r.toks) && (r.at(i) == "," || r.at(i) == "\n" || r.at(i) == ";" || r.at(i) == "-"); n++ {
		i++
	}
	return i
}

// streetFirst reads "Keizersgracht 12-B, 1015 CJ Amsterdam" with the house number at token i.
func (r *addressReader) streetFirst(i int) (a Address, from, to int) {
	a, from, first, to := r.street(i)
	if to == 0 || !r.isAddress(a, from, first, i) {
		return Address{}, 0, 0
	}
	to = r.correctedNumber(&a, to)
	if a.Postcode == "" {
		to = r.latePostcode(&a, to)
	}
	a.nationalForm()
	return a, first, to
}

// street reads what stands around the house number at token i: the street from token from, what else is said of it from token first up to
// token to. to is 0 when no street stands before the number.
func (r *addressReader) street(i int) (a Address, from, first, to int) {
	number, addition, n := r.houseAt(i)
	house := n
	if n == 0 || n == 1 && numberWord[r.lower(i+1)] { // "Plein 1944 nr 12": the number is still to come
		return a, 0, 0, 0
	}
	if from = r.streetBefore(i); from < r.used || measures[r.lower(i+n)] {
		return a, 0, 0, 0
	}
	n += r.notThis(i + n)
	if more, end := r.restOfAddition(i + n); end > i+n {
		addition, n, house = strings.TrimSpace(addition+" "+more), end-i, end-i
	}
	a = Address{Street: strings.TrimRight(r.between(from, i), " ,"), Number: number, Addition: addition}
	a.Line1 = a.Street + " " + strings.Trim(r.withoutNumberWord(i, i+house), " |()/")
	to = r.locality(&a, i+n)
	first = from
	if a.City == "" {
		first = r.cityBefore(&a, from)
	}
	if a.Postcode == "" {
		to = r.latePostcode(&a, to)
	}
	return a, from, first, to
}

// measures are what a number counts that is no house's.
var measures = set("cm mm m meter kg gram watt volt w liter inch pack zits zitter persoons delig stuks stuk pieces dagen days weken weeks jaar years euro eur uur hours")

// notThis is how many tokens from token i deny another house number: "Lijsterbes 31 niet 13 in Almere".
func (r *addressReader) notThis(i int) int {
	if w := r.lower(i); w == "niet" || w == "not" || w == "ipv" {
		if _, _, n := r.houseAt(i + 1); n > 0 {
			return 1 + n
		}
	}
	return 0
}

// nationalForm brings an address into the form of its country.
func (a *Address) nationalForm() {
	switch a.Country {
	case "NL":
		a.dutchForm()
	case "BE":
		a.belgianForm()
	}
}

// isAddress reports whether what was read around a house number at token i, its street from token from and the whole from token first, is
// one: something must show it, a postcode, the ending of the street, or a city.
func (r *addressReader) isAddress(a Address, from, first, i int) bool {
	last := r.low[i-1]
	known := streetLike(last) || r.anyStreetLike(from, i)
	switch {
	case a.Postcode != "" && (known || a.City != "" || a.Country == "NL"):
		return true
	case known && !notStreet[last]:
		return true
	case a.City == "" || tradeWord(last) || isCountry(last):
		return false
	case first < from || r.addressWordBefore(from) && !r.plain:
		return true
	case r.addressWordBefore(from) && isKnownPlace(a.City):
		return true
	}
	_, _, n := r.houseAt(i)
	end := r.skip(i + n + r.notThis(i+n))
	if w := r.lower(end); w == "in" || w == "te" { // "stoel 3 in utrecht gekocht" is none
		if !announces[r.lower(from-1)] && !separator(r.at(from-1)) {
			return false
		}
		end++
	}
	place, _ := r.knownPlace(end)
	return place > 0
}

// tradeWord reports whether a word in the place of a street is one that customers number: "order 12", "stoel 3".
func tradeWord(low string) bool {
	return notProduct[low] || productStop[low] || notCounted[low] || numberWord[low] || low == "maat" || low == "size"
}

// latePostcode reads a postcode said after the rest: "Kerkstraat 12 in Utrecht, en de postcode is 3581 RA", "Veldstraat 9, Gent, 9000". It
// returns the first token it did not use, which is i when there is none.
func (r *addressReader) latePostcode(a *Address, i int) int {
	if j := r.skip(i); a.City != "" && dutchDigits.MatchString(r.at(j)) && placeIn(a.City, "BE") && !twoLetters.MatchString(r.at(j+1)) {
		a.Postcode, a.Country = r.at(j), "BE"
		return j + 1
	}
	for j := i; j < i+6; j++ {
		if country, code, n := r.postcodeAt(j); n > 0 && country == "NL" {
			a.Postcode, a.Country = code, country
			if a.City == "" {
				j = r.cityAt(a, j+n) - n
			}
			return r.countryAt(a, j+n)
		}
		if !separator(r.at(j)) && !beforePostcode[r.lower(j)] {
			break
		}
	}
	return i
}

var beforePostcode = set("dat met en de is mijn with and the my dus")

// restOfAddition reads what else stands between a Dutch house number and the postcode, when the city follows the
// postcode: whatever people write there ("2e woonlaag links", "t.o. de kerk") can only belong to the number.
func (r *addressReader) restOfAddition(j int) (string, int) {
	if w := r.lower(j); w == "in" || w == "te" {
		return "", j
	}
	if _, _, n := r.postcodeAt(j); n > 0 {
		return "", j
	}
	for k := j + 1; k < j+6 && k < len(r.toks) && !goesElsewhere[r.low[k-1]] && !(streetLike(r.low[k-1]) && houseNumber.MatchString(r.at(k))); k++ {
		if place, _ := r.knownPlace(k - 1); place > 0 {
			return "", j
		}
		country, _, n := r.postcodeAt(k)
		if n == 0 {
			continue
		}
		if known, _ := r.knownPlace(r.skip(k + n)); country != "NL" || known == 0 && (!r.isPlace(r.skip(k+n)) || isCountry(r.lower(r.skip(k+n)))) {
			return "", j
		}
		return strings.Trim(r.between(j, k), " ,-;|/()"), k
	}
	return "", j
}

// goesElsewhere are words after which another address is meant.
var goesElsewhere = set("moet zijn eh ehm uh oeps wacht bedoel bedoelde correctie -> => ipv i.p.v. naar maar to but niet not en and of or is wordt nu now nee no sorry")

// belgianForm puts the box of a Belgian address on its second line.
func (a *Address) belgianForm() {
	if at := strings.Index(strings.ToLower(a.Addition), "bus "); at >= 0 {
		a.Line1, a.Line2 = a.Street+" "+a.Number+strings.TrimSpace(a.Addition[:at]), a.Addition[at:]
	}
}

// dutchForm brings a Dutch address into the one form an order system can compare: an addition of one letter is a capital,
// and Line1 is street, number and addition with a space between.
func (a *Address) dutchForm() {
	if len(a.Addition) == 1 {
		a.Addition = strings.ToUpper(a.Addition)
	}
	a.Line1 = strings.Join(strings.Fields(a.Street+" "+a.Number+" "+a.Addition), " ")
}

func (r *addressReader) withoutNumberWord(i, j int) string {
	for numberWord[r.low[i]] && i+1 < j || i+1 < j && numberWord[r.low[i+1]] {
		i++
	}
	return r.between(i, j)
}

func (r *addressReader) anyStreetLike(from, to int) bool {
	for ; from < to; from++ {
		if streetLike(r.low[from]) {
			return true
		}
	}
	return false
}

func (r *addressReader) addressWordBefore(i int) bool {
	for j := i - 1; j >= 0 && j >= i-5; j-- {
		if addressWords[r.low[j]] {
			return true
		}
	}
	return false
}
