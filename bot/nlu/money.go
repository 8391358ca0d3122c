package nlu

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

var (
	moneyPattern = regexp.MustCompile(`(?:(€|\$|£|\beur(?:o|os)?\b|\busd\b|\bgbp\b)\s?(\d{1,7}(?:[.,]\d{3})*(?:[.,](?:\d{2}|-))?)|(\d{1,7}(?:[.,]\d{3})*(?:[.,](?:\d{2}|-))?)\s?(€|\$|£|euros?\b|eur\b|dollars?\b|bucks\b|usd\b|pounds?\b|quid\b|gbp\b|cents?\b)(?:\s(?:en |and )?(\d{2})(?:\s?cents?\b|\s*$|[.,!?]))?)`)
	// currencyWord is what a spoken amount stands before, bareAmount an amount that only its decimals and a word of paying show.
	currencyWord = regexp.MustCompile(`\b(?:euros?|dollars?|bucks|pounds?|quid)\b`)
	bareAmount   = regexp.MustCompile(`\d{1,5}[.,]\d{2}\b|\d{1,3}(?:\.\d{3})?,-`)
	payingWord   = regexp.MustCompile(`\b(?:betaal\w*|kost\w*|prijs|bedrag|afgeschreven|afgerekend|korting|rekening|factuur|paid|pay|price|priced|charged?|costs?|refund\w*|amount|bill|billed|discount)\b`)
	clockBefore  = regexp.MustCompile(`(?:\b(?:om|at|tussen|between|na|after|voor|before|tot|until|maat|size)\s|[\d.,/\-])$`)
)

var currencies = map[string]string{"€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD",
	"dollar": "USD", "dollars": "USD", "bucks": "USD", "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP"}

// findMoney finds amounts with a currency before or behind them, in figures or written out, and bare ones with decimals beside a word of
// paying. "Cent" and bare amounts follow the country: dollars in the US, pounds in Britain.
func findMoney(folded string, h Hints) []found[Money] {
	out := moneyInFigures(folded, h)
	if len(out) > 0 {
		return out
	}
	if out = moneyInWords(folded); len(out) > 0 || !payingWord.MatchString(folded) {
		return out
	}
	for _, m := range bareAmount.FindAllStringIndex(folded, maxFound) {
		if rest := folded[m[1]:]; clockBefore.MatchString(folded[max(0, m[0]-9):m[0]]) || len(rest) > 1 && strings.Contains("./-", rest[:1]) && '0' <= rest[1] && rest[1] <= '9' {
			continue
		}
		if cents, ok := parseCents(folded[m[0]:m[1]]); ok {
			out = append(out, found[Money]{Money{cents, currencyOf(h)}, m[0], m[1]})
		}
	}
	return out
}

// currencyOf is the currency of the shop's country, as far as the ear knows countries.
func currencyOf(h Hints) string {
	switch h.Country {
	case "US":
		return "USD"
	case "GB":
		return "GBP"
	}
	return "EUR"
}

func moneyInFigures(folded string, h Hints) []found[Money] {
	if !mentionsMoney(folded) {
		return nil
	}
	var out []found[Money]
	for _, m := range moneyPattern.FindAllStringSubmatchIndex(folded, maxFound) {
		sign, number := part(folded, m, 1), part(folded, m, 2)
		if number == "" {
			number, sign = part(folded, m, 3), part(folded, m, 4)
		}
		cents, ok := parseCents(number)
		currency := currencies[sign]
		if strings.HasPrefix(sign, "cent") {
			cents, currency = cents/100, currencyOf(h)
		}
		if more := part(folded, m, 5); more != "" && cents%100 == 0 { // "25 euro en 50 cent"
			if n, err := strconv.Atoi(more); err == nil {
				cents += int64(n)
			}
		}
		if ok {
			out = append(out, found[Money]{Money{cents, currency}, m[0], m[1]})
		}
	}
	return out
}

// moneyInWords finds amounts written out before the name of a currency: "vijfentwintig euro", "a hundred and fifty dollars".
func moneyInWords(folded string) []found[Money] {
	var out []found[Money]
	for _, m := range currencyWord.FindAllStringIndex(folded, maxFound) {
		n, start := spokenBefore(folded[:m[0]])
		if n > 0 {
			out = append(out, found[Money]{Money{int64(n) * 100, currencies[folded[m[0]:m[1]]]}, start, m[1]})
		}
	}
	return out
}

// spokenBefore reads the number written out at the end of a folded text, of at most six words, and where it begins; 0 when there is none. The
// articles "een" and "a" are none.
func spokenBefore(s string) (n, start int) {
	end := len(strings.TrimRight(s, " "))
	at := end
	for range 6 {
		i := strings.LastIndexAny(s[:at], " -") + 1
		if total, ok := spokenNumber(strings.FieldsFunc(s[i:end], func(r rune) bool { return r == ' ' || r == '-' })); ok {
			n, start = total, i
		}
		if i == 0 {
			break
		}
		at = i - 1
	}
	return n, start
}

// spokenNumber adds up the words of one number: tens and units, hundreds, thousands, "and" between them.
func spokenNumber(list []string) (int, bool) {
	total, current := 0, 0
	for i, w := range list {
		switch v, ok := writtenNumber(w); {
		case w == "hundred" || w == "honderd":
			current = max(current, 1) * 100
		case w == "thousand" || w == "duizend":
			total, current = total+max(current, 1)*1000, 0
		case ok:
			current += v
		case (w == "and" || w == "en") && i > 0 && i+1 < len(list), w == "a" && i == 0 && len(list) > 1:
		default:
			return 0, false
		}
	}
	total += current
	return total, total > 0 && total < 100_000 && !(len(list) == 1 && numberWords[list[0]] == 1 && list[0] != "one")
}

// writtenNumbers are the numbers of one word beyond those things are counted in.
var writtenNumbers = map[string]int{"zestien": 16, "zeventien": 17, "achttien": 18, "negentien": 19, "veertig": 40, "vijftig": 50, "zestig": 60,
	"zeventig": 70, "tachtig": 80, "negentig": 90, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "forty": 40, "fourty": 40,
	"fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}

// writtenNumber reads one written word, a Dutch compound too: "vijfentwintig", "honderdvijftig", "tweehonderd".
func writtenNumber(w string) (int, bool) {
	if n, ok := writtenNumbers[w]; ok {
		return n, true
	}
	if n, ok := numberWords[w]; ok && w != "beide" && w != "both" && w != "paar" && w != "couple" {
		return n, true
	}
	if unit, tens, ok := strings.Cut(w, "en"); ok && len(unit) > 2 { // "vijfentwintig", but "zeven" and "tien" end so too
		a, okA := numberWords[unit]
		b, okB := writtenNumber(tens)
		if okA && okB && b >= 20 {
			return a + b, true
		}
	}
	if before, after, ok := strings.Cut(w, "honderd"); ok {
		hundreds, okA := 1, before == ""
		if !okA {
			hundreds, okA = numberWords[before], numberWords[before] > 0
		}
		rest, okB := 0, after == ""
		if !okB {
			rest, okB = writtenNumber(strings.TrimPrefix(after, "en"))
		}
		return hundreds*100 + rest, okA && okB
	}
	return 0, false
}

// mentionsMoney is a cheap look at whether there is a currency and a digit at all.
func mentionsMoney(folded string) bool {
	if !strings.ContainsAny(folded, "0123456789") {
		return false
	}
	for _, c := range []string{"€", "$", "£", "eur", "usd", "gbp", "dollar", "bucks", "pound", "quid", "cent"} {
		if strings.Contains(folded, c) {
			return true
		}
	}
	return false
}

func part(s string, m []int, group int) string {
	if m[2*group] < 0 {
		return ""
	}
	return s[m[2*group]:m[2*group+1]]
}

// parseCents reads 12, 12,50, 12.50, 1.250,00, 1,250.00 and 12,-. The last separator is a decimal one when two digits
// or a dash follow it.
func parseCents(s string) (int64, bool) {
	s = strings.TrimSuffix(strings.TrimSuffix(s, ",-"), ".-")
	whole, fraction := s, ""
	if i := strings.LastIndexAny(s, ".,"); i >= 0 && len(s)-i-1 == 2 {
		whole, fraction = s[:i], s[i+1:]
	}
	whole = strings.NewReplacer(".", "", ",", "").Replace(whole)
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > math.MaxInt64/1000 {
		return 0, false
	}
	cents := n * 100
	if fraction != "" {
		f, err := strconv.Atoi(fraction)
		if err != nil {
			return 0, false
		}
		cents += int64(f)
	}
	return cents, true
}
