package nlu

import (
	"cmp"
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
	used  int  // the tokens before this one belong to addresses already read
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

var addressToken = regexp.MustCompile(`[^\s,;\x01()!?"=]+|[,;\n]`)

func addressTokens(work string) []token {
	var out []token
	labelled := false
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
		behind := labelled
		labelled = isLabel(s, work[m[0]+len(s):]) || strings.EqualFold(s, "city") && len(out) > 0 && out[len(out)-1].s == ","
		switch {
		case s == "." || s == ":" || labelled || behind && (s == "is" || s == "van"):
		case s == "/" || s == "|":
			out = append(out, token{",", m[0], m[0] + 1})
		default:
			for at, piece := m[0], s; piece != ""; {
				cut := gluedAt(piece)
				if cut == 0 {
					cut = len(piece)
				}
				out = append(out, token{piece[:cut], at, at + cut})
				at, piece = at+cut, piece[cut:]
				for len(piece) > 1 && (piece[0] == '-' || piece[0] == '.') {
					at, piece = at+1, piece[1:]
				}
			}
		}
	}
	return out
}

// isLabel reports whether a word with rest behind it names the part of an address that follows.
func isLabel(s, rest string) bool {
	low := strings.ToLower(s)
	return addressLabels[low] || placeLabels[low] && strings.HasPrefix(rest, ":") || (low == "straat" || low == "street") && streetLabel.MatchString(rest)
}

// addressLabels name a part of an address that follows; they are no part of it.
var addressLabels = set("pc hnr wpl huisnummer huisnr huisnr. straatnaam postcode plaats woonplaats stad gemeente zip zipcode postal code")

// placeLabels are that only with a colon: "Salt Lake City" is a name.
var placeLabels = set("city town state country land")

var (
	gluedStreet   = regexp.MustCompile(`^(\pL{5,})\d{1,4}(?:-?[A-Za-z])?$`)
	gluedPostcode = regexp.MustCompile(`^([1-9]\d{3}[A-Za-z]{2})(?:-?\d{1,4}[A-Za-z]?|[.\-]\pL{3,}|[A-Z]\pL{2,})$`)
	gluedAll      = regexp.MustCompile(`^(\d{1,4}(?:-?[A-Za-z]{1,3})?)[.\-][1-9]\d{3}[A-Za-z]{2}(?:[.\-]\pL+)?$`)
	gluedNumber   = regexp.MustCompile(`^((?i:nr\.?|no\.|nummer|huisnr\.?|huisnummer))\d{1,5}[A-Za-z]?$`)
	streetLabel   = regexp.MustCompile(`^(?::| is )`)
)

// gluedAt is where a word falls apart that somebody forgot a space in, 0 when it is whole: "Kerkstraat12", "3621NE-7", "12.3012el.rotterdam".
func gluedAt(s string) int {
	for _, re := range []*regexp.Regexp{gluedPostcode, gluedAll, gluedNumber} {
		if m := re.FindStringSubmatch(s); m != nil {
			return len(m[1])
		}
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
	if strings.Contains(s, "..") || !hasLetter(s) {
		return false
	}
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
	if from = r.streetBefore(i); from < r.used {
		return a, 0, 0, 0
	}
	if w := r.lower(i + n); w == "niet" || w == "not" || w == "ipv" { // "Lijsterbes 31 niet 13 in Almere"
		if _, _, not := r.houseAt(i + n + 1); not > 0 {
			n += 1 + not
		}
	}
	if more, end := r.restOfAddition(i + n); end > i+n {
		addition, n, house = strings.TrimSpace(addition+" "+more), end-i, end-i
	}
	a = Address{Street: strings.TrimRight(r.between(from, i), " ,"), Number: number, Addition: addition}
	a.Line1 = a.Street + " " + strings.TrimSpace(r.withoutNumberWord(i, i+house))
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
	end := r.skip(i + n)
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
		return strings.Trim(r.between(j, k), " ,-;"), k
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
	j := i - 1
	if j >= 1 && (r.at(j) == "," || r.at(j) == "\n") && streetLike(r.low[j-1]) {
		j--
	}
	if j < 0 || unitWords[strings.TrimSuffix(r.lower(j), ".")] || unitWords[r.lower(j-1)] && len(r.at(j)) <= 2 {
		return -1
	}
	if (r.plain || !r.isName(j)) && hasLetter(r.low[j]) {
		return r.plainStreet(i)
	}
	start := r.namesBefore(j)
	if start < 0 {
		return -1
	}
	if personWord[strings.TrimSuffix(r.lower(start-1), ".")] && streetLike(r.low[j]) { // "c/o Jansen Zandpad 7"
		return j
	}
	if n, _ := r.knownPlace(start); n > 0 && start+n < i && !nameParticle[r.low[start+n]] { // "Brugge Steenstraat 40"
		start += n
	}
	return start
}

// namesBefore walks back from token j over a street's name in a message that gives names capitals.
func (r *addressReader) namesBefore(j int) int {
	start := -1
	for n := 0; j >= 0 && n < 6; j, n = j-1, n+1 {
		w, low := r.at(j), r.low[j]
		if separator(w) || strings.ContainsRune(w, '@') || start >= 0 && r.endsSentence(j) {
			break
		}
		switch {
		case r.beginsStreet(j, start):
			return j
		case sentenceWord[low] && !nameParticle[low] && !((cityLead[low] || nameLead[low]) && r.isName(j) && r.at(j) != "NEW"):
			return start
		case sentenceWord[low] && nameParticle[low] && start <= 0 && !cityLead[low]:
			return start
		case nameParticle[low]:
			// belongs to the name only when a name stands before or the particle is capitalised
			if start != j+1 || !r.isName(j) && !leadingParticle[low] && !r.nameBefore(j) {
				if k := j - 1; start >= 0 && k >= 0 && r.beginsStreet(k, start) {
					return k
				}
				return start
			}
			start = j
		case w == "street": // "street Nieuwe Kerkstraat": a label
			return start
		case r.isName(j), streetLike(low), ordinalName.MatchString(low), isDigits(w) && j > 0 && (len(w) == 4 && r.isName(j-1) || len(w) <= 2 && nameParticle[r.low[j-1]] && strings.HasPrefix(r.gapAfter(j), ".")):
			start = j
		case start == j+1 && (streetLead[low] || !r.stops(low) && announces[r.lower(j-1)] && streetLike(r.low[start])) && !fresh[low]:
			start = j
		default:
			return start
		}
	}
	return start
}

// endsSentence reports whether a sentence, or what an address is announced by, ends behind token j: not at the full stop of a title or
// an initial.
func (r *addressReader) endsSentence(j int) bool {
	gap, low := r.gapAfter(j), r.low[j]
	return gap != "" && !(gap == "." && (streetLead[low] || len(low) <= 3 && !r.stops(low) || isDigits(low)))
}

// beginsStreet reports whether the preposition at token j begins the name at start: "An der Alster", "In de Bongerd" at the start of a line.
func (r *addressReader) beginsStreet(j, start int) bool {
	low := r.low[j]
	if start < 0 || !r.isName(j) || !(germanLead[low] || low == "an" || placing[low]) {
		return false
	}
	for k := j + 1; k < start; k++ {
		if !nameParticle[r.low[k]] {
			return false
		}
	}
	if germanLead[low] || low == "an" && start > j+1 {
		return true
	}
	return start > j+1 && separator(r.at(j-1)) && !streetLike(r.low[start]) && r.placeEnding(start+1) > start
}

// cityBefore reads the city before a street, with a postcode on either side of it: "Utrecht, Kerkstraat 12", "in bergen op zoom op de
// molenstraat 4", "hasselt (3500) kempische steenweg 303". It returns the first token it used, which is from when there is none.
func (r *addressReader) cityBefore(a *Address, from int) int {
	k := from - 1
	for k >= r.used && (separator(r.at(k)) || beforeStreet[r.low[k]]) {
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

// gapAfter is the punctuation between token j and the next.
func (r *addressReader) gapAfter(j int) string {
	if j+1 >= len(r.toks) {
		return ""
	}
	gap := strings.TrimSpace(r.text[r.toks[j].end:r.toks[j+1].start])
	if hasLetter(gap) { // a label was dropped here: "kerkstraat huisnummer: 12"
		return ""
	}
	return gap
}

// nameBefore reports whether the particles that end at token j follow a name: "Burgemeester van der" does, "naar de" does not.
func (r *addressReader) nameBefore(j int) bool {
	if w := r.lower(j - 1); j > 1 && (w == "op" || w == "in" || w == "aan" || w == "bij") && !streetLike(r.low[j-2]) {
		return false // "in Utrecht op de Kerkstraat"
	}
	if placing[r.low[j]] && r.placeEnding(j) < j {
		return false // "Utrecht in Zandpad 7"
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
