package nlu

import (
	"regexp"
	"strings"
)

var (
	houseNumber  = regexp.MustCompile(`^(\d{1,5})(?:[-/]?([A-Za-z]{1,4}(?:[-/]?\d{1,3}|[-/][A-Za-z])?|[-/]\d{1,3}(?:-?[A-Za-z]{1,4})?|\d{0,2}(?:hs|hg|bg|bis|huis|hoog|e)))?$`)
	moreAddition = regexp.MustCompile(`^(?:[A-Za-z]|[A-Za-z]-?\d{1,3}|\d{1,2}[A-Za-z]?)$`)
	additionBit  = regexp.MustCompile(`^-?(?:[a-z]{1,2}|i{1,3}|[a-z]{0,4}[-/][a-z0-9]{1,4}|[a-z]{1,2}-?\d{1,4}|\d{1,3}-?[a-z]{0,4}|i{1,3}hoog|bis[a-z])$`)
	// measured is a number with what it counts: "12uur", "3x", "2nd".
	measured   = regexp.MustCompile(`^\d+(?i:uur|euro|eur|cm|mm|kg|km|ml|gb|tb|st|nd|th|am|pm|min|dgn|stuk|x)$`)
	numberWord = set("hn nr nr. no no. nummer huisnummer number num")
	additions  = set("bis hs huis hg hoog boven beneden rood zwart rd zw sous souterrain links rechts achter a b c d e f g h i ii iii iv v vi bg ter to")
	// neverGiven are Dutch letter pairs that are never given out.
	neverGiven = set("sa sd ss")
)

// spokenNumbers are house numbers as dictation writes them.
var spokenNumbers = map[string]string{"twee": "2", "drie": "3", "vier": "4", "vijf": "5", "zes": "6", "zeven": "7", "acht": "8", "negen": "9", "tien": "10",
	"elf": "11", "twaalf": "12", "dertien": "13", "veertien": "14", "vijftien": "15", "zestien": "16", "zeventien": "17", "achttien": "18",
	"negentien": "19", "twintig": "20"}

// houseAt reads a house number with its addition at token i. n is how many tokens it took, 0 for none.
func (r *addressReader) houseAt(i int) (number, addition string, n int) {
	j := i
	if w := r.lower(j); (w == "op" || w == "at") && numberWord[r.lower(j+1)] { // "in de hoofdstraat op nummer 5"
		j++
	}
	if numberWord[r.lower(j)] || r.at(j) == "#" {
		if j++; r.lower(j) == "is" || r.at(j) == ":" {
			j++
		}
	}
	if w := r.at(j); len(w) > 1 && w[0] == '#' && isDigits(w[1:]) && len(w) < 6 && j > 0 && !streetTypes[strings.TrimSuffix(r.low[j-1], ".")] { // "lijnbaan #12"
		return w[1:], "", j + 1 - i
	}
	if n, spoken := spokenNumbers[r.lower(j)]; spoken && (j > i || streetLike(r.lower(i-1))) {
		return n, "", j + 1 - i
	}
	m := houseNumber.FindStringSubmatch(r.at(j))
	if m == nil || m[1][0] == '0' || measured.MatchString(r.at(j)) {
		return "", "", 0
	}
	number, addition = m[1], strings.TrimLeft(m[2], "-/")
	j++
	if addition == "" {
		addition, j = r.additionAt(j)
	} else if box, end := r.additionAt(j); strings.HasPrefix(box, "bus ") { // "60b bus 2"
		addition, j = addition+" "+box, end
	}
	if addition != "" {
		for moreAddition.MatchString(r.at(j)) && !separator(r.at(j)) && r.addressGoesOn(j+1) {
			addition += " " + r.at(j)
			j++
		}
	}
	return number, addition, j - i
}

// additionAt reads an addition that stands apart from its number, "" when there is none.
func (r *addressReader) additionAt(j int) (string, int) {
	if r.at(j) == "," && (r.lower(j+1) == "toevoeging" || (r.lower(j+1) == "bus" || r.lower(j+1) == "bte" || r.lower(j+1) == "boite") && r.boxBefore(j+3)) {
		j++
	}
	if floor := r.lower(j + 1); r.at(j) == "," && (floorPattern.MatchString(floor) || additionWord[floor]) && r.additionRun(j+1) > j+1 {
		j++
	}
	if end := r.additionRun(j); end > j {
		return r.between(j, end), end
	}
	next, after := r.lower(j), r.at(j+1)
	switch {
	case next == "bus" || next == "boite" || next == "bte":
		if len(after) <= 5 && !separator(after) {
			return "bus " + after, j + 2
		}
	case next == "toevoeging" && len(after) <= 5 && !separator(after):
		return after, j + 2
	case (next == "appartement" || next == "app" || next == "app." || next == "apt" || next == "kamer" || next == "unit") && len(after) <= 5 && strings.ContainsAny(after, "0123456789"):
		return r.between(j, j+2), j + 2
	case floorPattern.MatchString(next) && r.lower(j+1) == "verdieping":
		return r.at(j) + " " + after, j + 2
	case additions[next] && r.additionFits(j), floorPattern.MatchString(next):
		return r.at(j), j + 1
	case moreAddition.MatchString(next) && !isDigits(next) && r.addressGoesOn(j+1):
		return r.at(j), j + 1
	case moreAddition.MatchString(next) && after == "" && j >= 2 && streetLike(r.low[j-2]): // the message ends: "Mathenesserlaan 123 A02"
		return r.at(j), j + 1
	case next == "-" && len(after) <= 3 && !separator(after):
		return after, j + 2
	}
	return "", j
}

// boxBefore reports whether what stands before token j can be a box: a postcode or the end of a line follows.
func (r *addressReader) boxBefore(j int) bool {
	return separator(r.at(j)) || r.addressGoesOn(j)
}

// additionRun returns the end of a run of one to four bits of an addition from token j that a postcode or a known place ends ("a 02", "2 hoog
// achter", "kamer 3", "II-L"); j when there is none.
func (r *addressReader) additionRun(j int) int {
	for k := j; k < j+4 && k < len(r.toks); k++ {
		low := r.low[k]
		if !additions[low] && !additionWord[low] && !additionBit.MatchString(low) || low == "to" || goesElsewhere[low] || shortWords[low] && r.at(k) == low && !additions[low] {
			return j
		}
		end := k + 1
		preposition := r.lower(end) == "in" || r.lower(end) == "te"
		if preposition {
			end++
		}
		place, _ := r.knownPlace(r.skip(end))
		if k == j && low == "a" && place == 0 {
			continue // "12 a lamp"
		}
		if place > 0 && (k > j || !isDigits(low) || !preposition) || k > j && r.addressGoesOn(end) {
			return k + 1
		}
	}
	return j
}

// additionWord are the words of an addition that are no addition by themselves.
var additionWord = set("app appartement apt unit kamer kmr etage verdieping woonlaag begane grond flat bus box woning een twee drie vier vijf zes wit kelder parterre beletage bel-etage tweehoog driehoog eenhoog hoogst")

// addressGoesOn reports whether token j is the postcode, or the end of a line of the address.
func (r *addressReader) addressGoesOn(j int) bool {
	_, _, n := r.postcodeAt(r.skip(j))
	return n > 0
}

var floorPattern = regexp.MustCompile(`^(?:[1-9](?:hg|hoog|e)|[1-9][a-z])$`)

// additionFits reports whether a short word behind a number is an addition: not the first word of what follows
// ("12 a lamp"), so the address must go on or end there, or it is an unmistakable one.
func (r *addressReader) additionFits(j int) bool {
	if len(r.low[j]) > 2 && r.low[j] != "ter" || r.low[j] == "hs" || r.low[j] == "ii" || r.low[j] == "bg" || r.low[j] == "hg" {
		return true
	}
	if r.at(j) != r.low[j] || r.low[j] == "to" {
		return r.low[j] != "to" && (r.low[j] != "i" || separator(r.at(j+1)) || r.lower(j+1) == "in" || r.lower(j+1) == "te")
	}
	_, _, n := r.postcodeAt(r.skip(j + 1))
	return n > 0 || separator(r.at(j+1)) || r.lower(j+1) == "in" || r.lower(j+1) == "te"
}
