package nlu

import (
	"regexp"
	"strings"
)

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
		if digits := strings.TrimSuffix(s, "-"); digits != s && isDigits(digits) { // "12- b"
			s = digits
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
