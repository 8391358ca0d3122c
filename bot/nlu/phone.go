package nlu

import (
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

var phoneCandidate = regexp.MustCompile(`(?:\+|\b00|\(|\b)\d[\d ()./\-]{6,22}\d`)

// dateShape is what looks like a telephone number and is a day.
var dateShape = regexp.MustCompile(`^(?:\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d{2}|\d{4})|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})\b`)

// findPhones finds telephone numbers: candidates by their shape, kept when the number plan of their country knows them.
// A number without a country code is read as one of the shop's country, then of the language's countries.
func findPhones(work string, h Hints) []found[string] {
	var out []found[string]
	for _, m := range phoneCandidate.FindAllStringIndex(work, maxFound) {
		raw := work[m[0]:m[1]]
		if dateShape.MatchString(raw) {
			continue
		}
		if strings.HasPrefix(raw, "00") {
			raw = "+" + raw[2:]
		}
		for _, country := range phoneCountries(h) {
			n, err := phonenumbers.Parse(raw, country)
			if err == nil && phonenumbers.IsValidNumber(n) {
				out = append(out, found[string]{phonenumbers.Format(n, phonenumbers.E164), m[0], m[1]})
				break
			}
		}
	}
	return out
}

func phoneCountries(h Hints) []string {
	var list []string
	if h.Country != "" {
		list = append(list, strings.ToUpper(h.Country))
	}
	if h.Lang == "en" {
		return append(list, "GB", "US", "NL")
	}
	return append(list, "NL", "BE", "DE")
}
