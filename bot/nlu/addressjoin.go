package nlu

import (
	"regexp"
	"strings"
)

// correctedNumber reads a house number that is taken back behind the address that ends before token i: "Kerkstraat 12 Utrecht, sorry 21",
// "nee nummer 14", "12, oeps 14, 2611 HS Delft". It returns the first token it did not use, and i when nothing is taken back.
func (r *addressReader) correctedNumber(a *Address, i int) int {
	j := i
	for n := 0; n < 2 && (separator(r.at(j)) && r.at(j) != "" || strings.Trim(r.at(j), ".-") == "" && r.at(j) != ""); n++ {
		j++
	}
	start := j
	for j < len(r.toks) && j < start+4 && takesNumberBack[r.low[j]] {
		j++
	}
	if j == start || j == start+1 && weakCorrection[r.low[start]] {
		return i
	}
	number, addition, n := r.houseAt(j)
	if n == 0 {
		return i
	}
	if _, _, isPostcode := r.postcodeAt(j); isPostcode > 0 {
		return i
	}
	end := j + n
	if next := r.lower(end); !separator(r.at(end)) && !behindCorrection[next] {
		if place, _ := r.knownPlace(end); place == 0 {
			return i // "nee, 2 stoelen": not a house number
		}
	}
	a.Number, a.Addition = number, addition
	a.Line1 = strings.TrimSpace(a.Street + " " + number + addition)
	if a.City == "" || a.Postcode == "" {
		return r.locality(a, end)
	}
	return end
}

var (
	takesNumberBack  = set("sorry nee oeps of correctie bedoel bedoelde ik moet zijn het is huisnummer nummer nr i mean meant no oops actually should be it's its not niet maar but number dus eh ehm uh wacht wait")
	weakCorrection   = set("of ik moet zijn het is huisnummer nummer nr i should be number niet not dus maar but no")
	behindCorrection = set("bedoel bedoelde is moet zijn dus hoor i sorry niet not in te natuurlijk graag aub please")
)

// apart is what may stand between two halves of one address: no word of another.
var apart = regexp.MustCompile(`^[\s,.;:()\-]*(?:(?:en|and|de|het|my|mijn|met|straat|straatnaam|adres|address|street|is|the|op|aan|nummer|nr|huisnummer)[\s,.;:=()\-]*){0,4}$`)

// joinHalves makes one address of a postcode and a street said apart: "postcode 8911 LN Leeuwarden, adres Nieuwestad 52".
func joinHalves(work string, all []found[Address]) []found[Address] {
	for i := 0; i+1 < len(all); i++ {
		a, b := all[i], all[i+1]
		if a.end > b.start || !apart.MatchString(strings.ToLower(work[a.end:b.start])) {
			continue
		}
		half, whole := a.value, b.value
		if half.Line1 != "" {
			half, whole = whole, half
		}
		if half.Line1 != "" || half.Postcode == "" || whole.Postcode != "" || whole.Street == "" || half.City != "" && whole.City != "" && !strings.EqualFold(half.City, whole.City) {
			continue
		}
		whole.Postcode, whole.Country = half.Postcode, half.Country
		if whole.City == "" {
			whole.City = half.City
		}
		whole.nationalForm()
		joined := found[Address]{whole, a.start, b.end}
		return joinHalves(work, append(append(append([]found[Address]{}, all[:i]...), joined), all[i+2:]...))
	}
	return all
}
