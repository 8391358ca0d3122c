package nlu

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
		i = to
	}
	return out
}

// readAt reads an address around token i. to is 0 when there is none.
func (r *addressReader) readAt(i int) (a Address, from, to int) {
	if a, from, to = r.streetFirst(i); to > 0 {
		return a, from, to
	}
	if a, to = r.numberFirst(i); to > 0 {
		if from = r.unitBefore(i); from < i {
			a.Line2 = strings.TrimRight(r.between(from, i), " ,")
		}
		return a, from, to
	}
	return r.postcodeFirst(i)
}

var addressToken = regexp.MustCompile(`[^\s,;\x01()!?"]+|[,;\n]`)

func addressTokens(work string) []token {
	var out []token
	for _, m := range addressToken.FindAllStringIndex(work, maxRunes) {
		s := work[m[0]:m[1]]
		for len(s) > 1 && (s[len(s)-1] == '.' && !abbreviation(s) || s[len(s)-1] == ':') {
			s = s[:len(s)-1]
		}
		for len(s) > 1 && s[len(s)-1] == '\'' {
			s = s[:len(s)-1]
		}
		if cut := runOn.FindStringIndex(s); cut != nil {
			s = s[:cut[1]-2]
		}
		label := addressLabels[strings.ToLower(s)] || placeLabels[strings.ToLower(s)] && strings.HasPrefix(work[m[0]+len(s):], ":")
		switch {
		case s == "." || s == ":" || label:
		case s == "/" || s == "|":
			out = append(out, token{",", m[0], m[0] + 1})
		default:
			if cut := gluedAt(s); cut > 0 { // "Kerkstraat12", "3621NE-7"
				out = append(out, token{s[:cut], m[0], m[0] + cut})
				m[0], s = m[0]+cut, s[cut:]
				if s[0] == '-' {
					m[0], s = m[0]+1, s[1:]
				}
			}
			out = append(out, token{s, m[0], m[0] + len(s)})
		}
	}
	return out
}

// addressLabels name a part of an address that follows; they are no part of it.
var addressLabels = set("huisnummer huisnr huisnr. straatnaam postcode plaats woonplaats stad gemeente zip zipcode postal code")

// placeLabels are that only with a colon: "Salt Lake City" is a name.
var placeLabels = set("city town state country land")

var (
	gluedStreet   = regexp.MustCompile(`^(\pL{5,})\d{1,4}(?:-?[A-Za-z])?$`)
	gluedPostcode = regexp.MustCompile(`^([1-9]\d{3}[A-Za-z]{2})-?\d{1,4}[A-Za-z]?$`)
)

// gluedAt is where a word falls apart that somebody forgot a space in, 0 when it is whole.
func gluedAt(s string) int {
	if m := gluedPostcode.FindStringSubmatch(s); m != nil {
		return len(m[1])
	}
	if m := gluedStreet.FindStringSubmatch(s); m != nil && streetLike(Normalize(m[1])) {
		return len(m[1])
	}
	return 0
}

// runOn is a full stop without a space behind it: the next sentence.
var runOn = regexp.MustCompile(`[a-z]{3}\.[A-Z]`)

// abbreviation reports whether the full stop at the end of s belongs to it: "St.", "v.d.".
func abbreviation(s string) bool {
	low := strings.ToLower(s)
	return streetTypes[strings.TrimSuffix(low, ".")] && len(s) <= 5 || strings.Count(s, ".") > 1 || low == "str." || strings.HasSuffix(low, "str.")
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
	number, addition, n := r.houseAt(i)
	if n == 0 || n == 1 && numberWord[r.lower(i+1)] { // "Plein 1944 nr 12": the number is still to come
		return a, 0, 0
	}
	from = r.streetBefore(i)
	if from < 0 || unitWords[strings.TrimSuffix(r.lower(i-1), ".")] {
		return a, 0, 0
	}
	if more, end := r.restOfAddition(i + n); end > i+n {
		addition, n = strings.TrimSpace(addition+" "+more), end-i
	}
	a = Address{Street: strings.TrimRight(r.between(from, i), " ,"), Number: number, Addition: addition}
	a.Line1 = a.Street + " " + strings.TrimSpace(r.withoutNumberWord(i, i+n))
	to = r.locality(&a, i+n)
	if a.City == "" {
		a.City = r.cityBefore(from)
	}
	if a.Postcode == "" {
		to = r.latePostcode(&a, to)
	}
	known := streetLike(r.low[i-1]) || r.anyStreetLike(from, i)
	context := r.addressWordBefore(from)
	switch {
	case a.Postcode != "" && (known || a.City != "" || a.Country == "NL"):
	case known && !notStreet[r.low[i-1]]:
	case context && a.City != "":
	default:
		return Address{}, 0, 0
	}
	switch a.Country {
	case "NL":
		a.dutchForm()
	case "BE":
		a.belgianForm()
	}
	return a, from, to
}

// latePostcode reads a Dutch postcode said after the rest: "Kerkstraat 12 in Utrecht, en de postcode is 3581 RA". It
// returns the first token it did not use, which is i when there is none.
func (r *addressReader) latePostcode(a *Address, i int) int {
	for j := i; j < i+6; j++ {
		if country, code, n := r.postcodeAt(j); n > 0 && country == "NL" {
			a.Postcode, a.Country = code, country
			if end := r.cityAt(a, j+n); a.City == "" {
				return end
			}
			return j + n
		}
		if !separator(r.at(j)) && !beforePostcode[r.lower(j)] {
			break
		}
	}
	return i
}

var beforePostcode = set("met en de is mijn with and the my dus")

// restOfAddition reads what else stands between a Dutch house number and the postcode, when the city follows the
// postcode: whatever people write there ("2e woonlaag links", "t.o. de kerk") can only belong to the number.
func (r *addressReader) restOfAddition(j int) (string, int) {
	if w := r.lower(j); w == "in" || w == "te" {
		return "", j
	}
	if _, _, n := r.postcodeAt(j); n > 0 {
		return "", j
	}
	for k := j + 1; k < j+6 && k < len(r.toks) && !goesElsewhere[r.low[k-1]]; k++ {
		country, _, n := r.postcodeAt(k)
		if n == 0 {
			continue
		}
		if country != "NL" || !r.isPlace(r.skip(k+n)) {
			return "", j
		}
		return strings.Trim(r.between(j, k), " ,-;"), k
	}
	return "", j
}

// goesElsewhere are words after which another address is meant.
var goesElsewhere = set("naar maar to but niet not en and of or is wordt nu now nee no sorry")

// belgianForm puts the box of a Belgian address on its second line.
func (a *Address) belgianForm() {
	if strings.HasPrefix(strings.ToLower(a.Addition), "bus ") {
		a.Line1, a.Line2 = a.Street+" "+a.Number, a.Addition
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
	if numberWord[r.low[i]] && i+1 < j {
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

// streetBefore returns where the street's name before token i starts, -1 if there is none. It walks back over names and
// the small words inside names, and stops at a word of the sentence.
func (r *addressReader) streetBefore(i int) int {
	start := -1
	j := i - 1
	if j >= 1 && (r.at(j) == "," || r.at(j) == "\n") && streetLike(r.low[j-1]) {
		j--
	}
	for n := 0; j >= 0 && n < 6; j, n = j-1, n+1 {
		w, low := r.at(j), r.low[j]
		if separator(w) || strings.ContainsRune(w, '@') || strings.HasSuffix(r.gapAfter(j), ":") && start >= 0 {
			break
		}
		switch {
		case sentenceWord[low] && !nameParticle[low] && !(cityLead[low] && r.isName(j) && !r.plain):
			return start
		case sentenceWord[low] && nameParticle[low] && start <= 0 && !cityLead[low]:
			return start
		case nameParticle[low]:
			// belongs to the name only when a name stands before or the particle is capitalised
			if start != j+1 || !r.isName(j) && !leadingParticle[low] && !r.nameBefore(j) {
				return start
			}
			start = j
		case r.isName(j), streetLike(low), ordinalName.MatchString(low), isDigits(w) && j > 0 && (len(w) == 4 && r.isName(j-1) || len(w) <= 2 && nameParticle[r.low[j-1]] && strings.HasPrefix(r.gapAfter(j), ".")):
			start = j
		case r.plain && hasLetter(low) && (start < 0 || streetLead[low] || !r.anyStreetLike(start, i)):
			start = j
		default:
			return start
		}
	}
	return start
}

// cityBefore reads the city before a street: "Utrecht, Kerkstraat 12", "in Utrecht op de Kerkstraat 12".
func (r *addressReader) cityBefore(from int) string {
	k := from - 1
	for k >= 0 && (r.at(k) == "," || r.at(k) == "\n" || r.low[k] == "op" || r.low[k] == "de" || r.low[k] == "aan" || r.low[k] == "het") {
		k--
	}
	if k < 0 || k == from-1 || r.plain || !r.isPlace(k) || sentenceWord[r.low[k]] || r.gapAfter(k) != "" && r.gapAfter(k) != "," {
		return ""
	}
	if w := r.lower(k - 1); w == "in" || w == "te" || k == 0 {
		return r.at(k)
	}
	return ""
}

// gapAfter is what stands between token j and the next.
func (r *addressReader) gapAfter(j int) string {
	if j+1 >= len(r.toks) {
		return ""
	}
	return strings.TrimSpace(r.text[r.toks[j].end:r.toks[j+1].start])
}

// nameBefore reports whether the particles that end at token j follow a name: "Burgemeester van der" does, "naar de" does not.
func (r *addressReader) nameBefore(j int) bool {
	if w := r.lower(j - 1); j > 1 && (w == "op" || w == "in" || w == "aan" || w == "bij") && !streetLike(r.low[j-2]) {
		return false // "in Utrecht op de Kerkstraat"
	}
	for j--; j >= 0; j-- {
		if low := r.low[j]; !nameParticle[low] || r.isName(j) {
			return !separator(r.at(j)) && hasLetter(low) && !sentenceWord[low] && (r.plain || r.isName(j)) && (r.gapAfter(j) == "" || r.gapAfter(j) == "." && streetLead[low])
		}
	}
	return false
}

var ordinalName = regexp.MustCompile(`^\d{1,2}e$`)

// isName reports whether token j starts with a capital.
func (r *addressReader) isName(j int) bool {
	w := strings.TrimLeft(r.at(j), "'")
	c, _ := utf8.DecodeRuneInString(w)
	return unicode.IsUpper(c)
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

func (r *addressReader) addressWordBefore(i int) bool {
	for j := i - 1; j >= 0 && j >= i-5; j-- {
		if addressWords[r.low[j]] {
			return true
		}
	}
	return false
}
