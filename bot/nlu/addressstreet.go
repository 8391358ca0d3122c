package nlu

import (
	"regexp"
	"strings"
	"sync"
)

// In small letters nothing tells where the name of a street begins. plainStreet walks back from the house number over
// whatever may be a name, and then asks how far it may trust that: far behind "ik woon op", less at the start of a message,
// where a name may stand, and not at all behind a person.

// Limits on the words before the last word of a street's name that nothing marks as part of it.
const (
	freeExtras  = 3 // behind a word that announces an address, a postcode, a city, or on a line of its own
	startExtras = 1 // at the start of a message or behind any other word
)

// plainStreet returns where the name of the street before token i starts when capitals do not tell, -1 if there is none.
func (r *addressReader) plainStreet(i int) int {
	core := i - 1
	if core >= 1 && (r.at(core) == "," || r.at(core) == "\n") && streetLike(r.low[core-1]) {
		core--
	}
	if core < 0 || !r.mayEndStreet(core) || r.placeEnding(core+1) <= core && !streetLead[r.lower(core-1)] {
		return -1
	}
	lo := r.reach(core)
	limit := r.extrasAllowed(lo, core)
	start, safe, extras := core, core, 0
	if dutchStreetWords[r.low[core]] && sentenceWord[r.low[core]] { // "kerk straat 12": the word before belongs to it
		if core == lo || nameParticle[r.low[core-1]] {
			return -1
		}
		start, safe = core-1, core-1
	}
	for k := start - 1; k >= lo; k-- {
		low := r.low[k]
		switch {
		case nameParticle[low]:
			continue // belongs to whatever stands before it
		case extras > 0 && (firstNames[low] || initials.MatchString(low) && !streetLead[low]): // "m de vries molenweg 3", "anna smit molenweg 3" begin with a name
			return r.withParticles(safe, lo)
		case streetLead[low] || initials.MatchString(low) || ordinalName.MatchString(low) || streetLike(low):
			if owned := r.lower(k - 1); fresh[low] && possessive[owned] {
				return r.withParticles(safe, lo)
			}
			start = k
			if streetLead[low] && extras == 0 || streetLike(low) {
				safe = k
			}
		default:
			if extras++; extras > limit {
				return r.withParticles(safe, lo)
			}
			start = k
		}
	}
	return r.withParticles(start, lo)
}

// firstNames are the street leads that begin the name of a person as well.
var firstNames = set("jan pieter piet willem johan johannes karel frans hendrik albert anna maria emma thomas vincent jacob louis marie")

// fresh are words that speak of an address as often as they begin the name of a street; behind a possessive they do the first.
var (
	fresh      = set("oude oud nieuwe nieuw new old")
	possessive = set("mijn m'n mn me my onze our het een de the")
	initials   = regexp.MustCompile(`^(?:[a-z]|(?:[a-z]\.){1,4}[a-z]?)$`)
)

// mayEndStreet reports whether token j can be the last word of a street's name.
func (r *addressReader) mayEndStreet(j int) bool {
	low := r.low[j]
	if !hasLetter(low) || strings.ContainsAny(low, "@") || r.gapAfter(j) != "" && r.gapAfter(j) != "." {
		return ordinalName.MatchString(low)
	}
	if strings.ContainsAny(low, "0123456789") {
		return false
	}
	return dutchStreetWords[low] || streetLike(low) || !r.stops(low) && !nameParticle[low]
}

// stops reports whether a word is one of the sentence and not of a name.
func (r *addressReader) stops(low string) bool {
	return sentenceWord[low] || (commonWord()[low] || notProduct[low] || productStop[low]) && !streetLead[low] && !streetLike(low)
}

// commonWord are the common words of both languages.
var commonWord = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, e := range builtin().words {
		if w := Normalize(e.Text); !nameParticle[w] {
			m[w] = true
		}
	}
	return m
})

// reach returns the first token that can belong to the name of a street that ends at token core.
func (r *addressReader) reach(core int) int {
	lo := core
	for k := core - 1; k >= r.used && core-k <= 7; k-- {
		low, gap := r.low[k], r.gapAfter(k)
		if separator(r.at(k)) || gap != "" && !(gap == "." && (streetLead[low] || len(low) <= 4 && !r.stops(low))) || strings.ContainsRune(low, '@') {
			break
		}
		if digits := strings.ContainsAny(low, "0123456789"); digits && !ordinalName.MatchString(low) {
			break
		}
		if r.placeEnding(k+1) <= k && !nameParticle[r.lower(k+1)] {
			break
		}
		if low == "en" || low == "und" || low == "over" || low == "the" {
			break
		}
		if nameParticle[low] {
			lo = k
			continue
		}
		if r.stops(low) && !(streetLead[low] && !possessive[r.lower(k-1)]) {
			break
		}
		// "steenweg op brussel" is a name, "zus op kerkstraat" is not
		if join := r.low[k+1]; placing[join] && !streetLike(low) {
			break
		}
		lo = k
	}
	return lo
}

// placing are the particles that more often say where something is than belong to a name.
var placing = set("op in aan bij to at on onder achter")

// extrasAllowed is how many unmarked words before the last a street's name may have that begins at lo or later.
func (r *addressReader) extrasAllowed(lo, core int) int {
	before := r.lower(lo - 1)
	switch {
	case personWord[before]:
		return 0
	case lo == 0:
		if !streetLike(r.low[core]) {
			return startExtras + 1
		}
		return startExtras
	case r.at(lo-1) == "\n" || strings.ContainsAny(r.gapAfter(lo-1), ":=") || announces[before] || nameParticle[r.low[lo]] && placing[r.low[lo]]:
		return freeExtras
	case separator(r.at(lo - 1)):
		return freeExtras - 1
	case strings.ContainsAny(before, "0123456789") || r.placeEnding(lo) < lo:
		return freeExtras
	}
	if _, _, n := r.postcodeAt(lo - 2); n == 2 {
		return freeExtras
	}
	return startExtras
}

// personWord are words a person's name follows.
var personWord = set("fam familie mevr mevrouw mw dhr heer meneer mrs ms miss tav t.a.v. c/o p/a ben heet naam name")

// announces are words straight behind which an address begins.
var announces = set("op naar is wordt werd word aan adres address adress nu now to at on in bij be becomes zijn maar but dus so nieuwe via straat street straatnaam van wonen woon live living")

// withParticles takes the particles before start into the name where they belong to it: "'t laantje", "van woustraat" unless
// the message goes from there to elsewhere, and at the start of a message those before a name that is no everyday street.
func (r *addressReader) withParticles(start, lo int) int {
	first := start
	for first > lo && nameParticle[r.low[first-1]] {
		first--
	}
	if first == start {
		return start
	}
	everyday := streetLike(r.low[start])
	for k := first; k < start; k++ {
		switch low := r.low[k]; {
		case leadingParticle[low], low == "t" && !separator(r.at(k-1)), germanLead[low],
			(low == "van" || low == "v.d." || low == "v/d" || low == "vd") && everyday && r.vanIsName(k),
			(low == "de" || low == "het") && k == start-1 && (r.hints.Lang == "en" || k == 0 && !everyday):
			return k
		case low == "an" && r.lower(k+1) == "der" && !everyday, k == 0 && first == 0 && placing[low] && !everyday && start-k > 1:
			return k
		}
	}
	return start
}

// germanLead are the prepositions that begin the names of German streets.
var germanLead = set("am im zum zur auf hinter unter vor")

// vanIsName reports whether the "van" at token k begins a name and does not say where something comes from.
func (r *addressReader) vanIsName(k int) bool {
	before := r.lower(k - 1)
	if k > 0 && !announces[before] && !separator(r.at(k-1)) && !nameParticle[before] || before == "adres" {
		return false
	}
	for j := k + 1; j < len(r.low) && j < k+25; j++ {
		if r.low[j] == "naar" || r.low[j] == "to" {
			return false
		}
	}
	return true
}
