package nlu

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
	if k := start - 1; start < j && streetLike(r.low[j]) && !streetLike(r.low[start]) { // "P. de Wit Kerkstraat 5"
		for k >= 0 && nameParticle[r.low[k]] {
			k--
		}
		if k >= 0 && k < start-1 && len(strings.Trim(r.low[k], ".")) == 1 && hasLetter(r.low[k]) {
			return j
		}
	}
	if n, _ := r.knownPlace(start); n > 0 && start+n < i && !nameParticle[r.low[start+n]] { // "Brugge Steenstraat 40"
		start += n
	}
	return start
}

// namesBefore walks back from token j over a street's name in a message that gives names capitals.
func (r *addressReader) namesBefore(j int) int {
	start := -1
	for n := 0; j >= r.used && n < 6; j, n = j-1, n+1 {
		w, low := r.at(j), r.low[j]
		if separator(w) || strings.ContainsRune(w, '@') || start >= 0 && r.endsSentence(j) {
			break
		}
		switch {
		case r.beginsStreet(j, start):
			return j
		case start < 0 && sentenceWord[low] && j > 0 && r.isName(j) && r.isName(j-1) && r.gapAfter(j-1) == "" && !sentenceWord[r.low[j-1]]: // "Zur Alten Post 1"
			start = j
		case sentenceWord[low] && !nameParticle[low] && !((cityLead[low] || nameLead[low]) && r.isName(j) && r.at(j) != "NEW"):
			return start
		case sentenceWord[low] && nameParticle[low] && start <= 0 && !cityLead[low]:
			return start
		case nameParticle[low]:
			// belongs to the name only when a name stands before or the particle is capitalised
			if start != j+1 || !r.isName(j) && !leadingParticle[low] && !r.nameBefore(j) {
				if k := j - 1; start >= 0 && k >= r.used && r.beginsStreet(k, start) {
					return k
				}
				if low == "van" && start == j+1 && r.beginsStreet(j, start) { // "van Eeghenstraat"
					return j
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
	if start < 0 || !(low == "van" && streetLike(r.low[start]) && r.vanIsName(j)) && !(r.isName(j) && (germanLead[low] || low == "an" || placing[low])) {
		return false
	}
	for k := j + 1; k < start; k++ {
		if !nameParticle[r.low[k]] {
			return false
		}
	}
	if low == "van" || germanLead[low] || low == "an" && start > j+1 {
		return true
	}
	return start > j+1 && separator(r.at(j-1)) && !streetLike(r.low[start]) && r.placeEnding(start+1) > start
}

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
