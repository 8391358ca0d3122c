package nlu

import (
	"embed"
	"path"
	"strings"
	"sync"
)

//go:embed gazetteer/*.txt
var gazetteerFS embed.FS

// gazetteer knows the names of places by their letters alone ("s-Gravenhage", "'s gravenhage"), so that an address is one
// though its street has no known ending and nobody wrote a capital.
type gazetteer struct {
	country map[string]string // the country the place lies in
	common  map[string]bool   // the name is also a word of the language
}

// maxPlaceWords is how many words the longest names have: "Nieuwerkerk aan den IJssel".
const maxPlaceWords = 5

var places = sync.OnceValue(func() gazetteer {
	g := gazetteer{map[string]string{}, map[string]bool{}}
	for _, name := range []string{"nl", "be", "de", "gb", "us", "fr", "at", "ch", "ca"} { // the first country that has a name keeps it
		raw, err := gazetteerFS.ReadFile(path.Join("gazetteer", name+".txt"))
		if err != nil {
			panic("nlu: the embedded places: " + err.Error()) // only a broken build can do this
		}
		for line := range strings.Lines(string(raw)) {
			if line[0] == '#' {
				continue
			}
			for _, place := range strings.Split(line, ",") {
				key := lettersOf(place)
				if rest, ok := strings.CutPrefix(strings.TrimSpace(place), "sint "); ok {
					g.country["st"+lettersOf(rest)] = strings.ToUpper(name)
				}
				if strings.Contains(place, "?") {
					g.common[key] = true
				}
				if _, taken := g.country[key]; !taken {
					g.country[key] = strings.ToUpper(name)
				}
			}
		}
	}
	return g
})

// lettersOf is s, folded already, without anything but letters.
func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, s)
}

// knownPlace returns how many tokens from token i are the name of a place in the gazetteer, the longest such name, and the
// country it lies in; 0 when there is none. A name that is also a word counts only where an address can end.
func (r *addressReader) knownPlace(i int) (n int, country string) {
	if i < 0 || i >= len(r.toks) {
		return 0, ""
	}
	if r.named == nil {
		r.named = make([]placeName, len(r.toks))
	}
	if p := &r.named[i]; !p.asked {
		p.n, p.country = r.placeAt(i)
		p.asked = true
	}
	return r.named[i].n, r.named[i].country
}

// placeName is what knownPlace said of a token: it is asked of the same token again and again.
type placeName struct {
	asked   bool
	n       int
	country string
}

func (r *addressReader) placeAt(i int) (n int, country string) {
	g, key := places(), ""
	for k := i; k < len(r.toks) && k < i+maxPlaceWords; k++ {
		if separator(r.at(k)) || strings.ContainsAny(r.low[k], "0123456789@") || k > i && r.gapAfter(k-1) != "" {
			break
		}
		letters := lettersOf(r.low[k])
		if letters == "" {
			break
		}
		key += letters
		if c, ok := g.country[key]; ok && (k > i || !g.common[key] || r.mayEndAt(i)) {
			n, country = k+1-i, c
		}
	}
	if k := i + n; n > 0 && r.lower(k) == "aan" && n < maxPlaceWords { // "Noordwijk aan Zee"
		for k++; r.lower(k) == "de" || r.lower(k) == "den" || r.lower(k) == "het"; k++ {
		}
		if hasLetter(r.lower(k)) && !r.stops(r.low[k]) && !streetLike(r.low[k]) && !strings.ContainsAny(r.at(k+1), "0123456789") {
			n = k + 1 - i
		}
	}
	return n, country
}

// mayEndAt reports whether token i, a place named by a common word, stands where an address has its place: before the end of
// a line or a postcode, or behind a postcode or "te".
func (r *addressReader) mayEndAt(i int) bool {
	if separator(r.at(i+1)) || strings.ContainsAny(r.gapAfter(i), ".!?)") || isCountry(r.lower(i+1)) || r.lower(i-1) == "te" {
		return true
	}
	if next := r.at(i + 1); dutchDigits.MatchString(next) || dutchJoined.MatchString(next) || fiveDigits.MatchString(next) || britishOut.MatchString(next) {
		return true
	}
	if i > 0 && strings.ContainsAny(r.at(i-1)+r.at(i-2), "0123456789") {
		return dutchJoined.MatchString(r.at(i-1)) || i > 1 && dutchDigits.MatchString(r.at(i-2)) && twoLetters.MatchString(r.at(i-1))
	}
	return false
}

// placeEnding returns where the name of a known place that ends before token end starts; end when none does.
func (r *addressReader) placeEnding(end int) int {
	for i := max(0, end-maxPlaceWords); i < end; i++ {
		if n, _ := r.knownPlace(i); n == end-i {
			return i
		}
	}
	return end
}

// isKnownPlace reports whether a name is that of a place in the gazetteer.
func isKnownPlace(name string) bool {
	_, ok := places().country[lettersOf(Normalize(name))]
	return ok
}

// placeIn reports whether a name is that of a place in country, by its two letters.
func placeIn(name, country string) bool {
	return places().country[lettersOf(Normalize(name))] == country
}
