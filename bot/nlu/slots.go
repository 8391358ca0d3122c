package nlu

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"balie/internal/fault"
)

// DefaultOrderPattern is what an order number looks like unless the shop says otherwise: letters and digits behind a "#",
// a few letters and at least four digits, two runs of digits with a dash, or five digits and more. The last two count only as a whole message
// or next to a word such as "order" or "bestelling", since a bare number may be anything.
const DefaultOrderPattern = `# ?[A-Za-z]{0,4}-?\d{3,12}|\b[A-Za-z]{1,3}-?\d{4,12}\b|\b\d{4,8}-\d{3,8}\b|\b\d{5,12}\b`

// Slots are the facts in a message, in the order in which they were said. A value that the same message takes back
// ("niet vrijdag maar zaterdag", "no sorry, 14") is left out.
type Slots struct {
	Orders    []string  // as typed, without spaces
	Emails    []string  // in lower case
	Phones    []string  // in E.164
	Money     []Money   //
	Dates     []Date    //
	Addresses []Address //
	Quantity  int       // 0 when none is named
	Product   string    // the words behind "the", "mijn" … that name a thing; to be matched with the customer's own order
	Reason    string    // one of the reasons a shop knows: see reasons
}

// Money is an amount in the currency's cents.
type Money struct {
	Cents    int64
	Currency string // ISO 4217
}

// Map gives the slots under the names the public surface promises; only what was found. More than one value of a kind
// is also there as a list under the plural name.
func (s Slots) Map() map[string]any {
	out := map[string]any{}
	put(out, "order", "orders", s.Orders)
	put(out, "email", "emails", s.Emails)
	put(out, "phone", "phones", s.Phones)
	var dates []string
	for _, d := range s.Dates {
		dates = append(dates, d.String())
	}
	put(out, "date", "dates", dates)
	var money []map[string]any
	for _, m := range s.Money {
		money = append(money, map[string]any{"cents": m.Cents, "currency": m.Currency})
	}
	put(out, "money", "amounts", money)
	var addresses []map[string]string
	for _, whole := range []bool{true, false} { // a whole address says more than a postcode that stands before it
		for _, a := range s.Addresses {
			if (a.Line1 != "") == whole {
				addresses = append(addresses, a.Map())
			}
		}
	}
	put(out, "address", "addresses", addresses)
	if s.Quantity > 0 {
		out["quantity"] = s.Quantity
	}
	if s.Product != "" {
		out["product"] = s.Product
	}
	if s.Reason != "" {
		out["reason"] = s.Reason
	}
	return out
}

func put[T any](out map[string]any, one, many string, values []T) {
	if len(values) > 0 {
		out[one] = values[0]
	}
	if len(values) > 1 {
		out[many] = values
	}
}

// found is one value with the place where it was said.
type found[T any] struct {
	value      T
	start, end int
}

// slotFinder finds the facts of a message. Every pattern of it is RE2, so no text can make it slow.
type slotFinder struct {
	order       *regexp.Regexp
	orderByUser bool // the shop gave its own pattern: then a match needs no word beside it
}

// FindSlots finds the facts in a text with the shop's order pattern ("" means DefaultOrderPattern). It is for callers
// without a model; Model.Understand finds the same.
func FindSlots(text string, h Hints, orderPattern string) (Slots, error) {
	f, err := newSlotFinder(orderPattern)
	if err != nil {
		return Slots{}, err
	}
	s, _ := f.find(text, h)
	return s, nil
}

func newSlotFinder(orderPattern string) (*slotFinder, error) {
	if orderPattern == "" {
		return &slotFinder{order: regexp.MustCompile(DefaultOrderPattern)}, nil
	}
	re, err := regexp.Compile(orderPattern)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "The pattern for order numbers is not a valid regular expression.", err)
	}
	return &slotFinder{order: re, orderByUser: true}, nil
}

// maxFound bounds how many values of a kind one message can hold.
const maxFound = 10

// find looks for the surest kinds first and blanks what it found, so that no digit is read twice. A kind whose signs are
// not in the text at all is not looked for: most messages hold no fact, and should cost nothing. rest is the normalized
// text with a word such as "zzaddress" for each kind of particular in it and without the particulars: they are facts, and
// would be strange words to the classifier.
func (f *slotFinder) find(text string, h Hints) (s Slots, rest string) {
	work := plain(text)
	if strings.Contains(work, "@") {
		s.Emails, work = take(work, findEmails(work))
	}
	digits := countDigits(work)
	if digits > 0 || f.orderByUser {
		s.Orders, work = take(work, f.findOrders(work))
	}
	if digits > 0 {
		addresses := findAddresses(work, h)
		s.Addresses, work = takeOf(work, addresses, moved(work, addresses))
	}
	if digits > 6 {
		s.Phones, work = take(work, findPhones(work, h))
	}
	rest = s.particulars(Normalize(work))
	folded := foldKeepBlanks(work)
	s.Product, s.Reason = findProduct(work), findReason(strings.Join(words(folded), " "))
	s.Money, folded = take(folded, findMoney(folded, h))
	s.Dates, folded = take(folded, findDates(folded, h))
	s.Quantity = findQuantity(folded)
	return s, rest
}

// particulars adds a word for each kind of particular to the text they were taken from. An order number with nothing
// beside it says nothing of what is wanted, so it adds none; nor does a postcode, which more often proves who is writing.
func (s *Slots) particulars(rest string) string {
	for _, p := range []struct {
		has  bool
		word string
	}{
		{len(s.Orders) > 0 && len(rest) > 2, " zzorder"}, {len(s.Addresses) > 0 && s.Addresses[0].Line1 != "", " zzaddress"},
		{len(s.Emails) > 0, " zzemail"}, {len(s.Phones) > 0, " zzphone"},
	} {
		if p.has {
			rest += p.word
		}
	}
	return rest
}

// reads is the text as the classifier reads it: normalized, particulars replaced. Most examples hold none and cost nothing.
func (f *slotFinder) reads(text, lang string) string {
	if !f.orderByUser && countDigits(text) == 0 && !strings.Contains(text, "@") {
		return Normalize(text)
	}
	_, rest := f.find(text, Hints{Lang: lang})
	return rest
}

func countDigits(s string) (n int) {
	for i := 0; i < len(s); i++ {
		if '0' <= s[i] && s[i] <= '9' {
			n++
		}
	}
	return n
}

// blank stands where something was found: it is in no pattern and ends every word.
const blank = '\x01'

// take returns the values that were not taken back, and the text with all of them blanked.
func take[T any](text string, all []found[T]) ([]T, string) {
	return takeOf(text, all, corrected(text, all))
}

// takeOf is take when it is already known which values stand.
func takeOf[T any](text string, all, standing []found[T]) ([]T, string) {
	if len(all) == 0 {
		return nil, text
	}
	var values []T
	for _, v := range standing {
		if len(values) < maxFound {
			values = append(values, v.value)
		}
	}
	b := []byte(text)
	for _, v := range all {
		for i := v.start; i < v.end; i++ {
			b[i] = blank
		}
	}
	return values, string(b)
}

var (
	takesBack = regexp.MustCompile(`(?i)\b(?:maar|bedoel|correctie|of nee|nee|sorry|oeps|moet zijn|i mean|actually|rather|no|oops|should be|make that)\b`)
	insteadOf = regexp.MustCompile(`(?i)\b(?:in plaats van|ipv|i\.p\.v\.|niet|instead of|rather than|not)\b`)
	negates   = regexp.MustCompile(`(?i)\b(?:niet|geen|not|no)\b(?:\s+\S+){0,3}\s*$`)
)

// corrected drops what the customer takes back in the same breath: A in "niet A maar B" and "A, sorry, B"; B in "A in
// plaats van B".
func corrected[T any](text string, all []found[T]) []found[T] {
	if len(all) < 2 {
		return all
	}
	drop := make([]bool, len(all))
	for i := 1; i < len(all); i++ {
		from, to := all[i-1].end, all[i].start
		if from > to || to-from > 60 {
			continue
		}
		between := text[from:to]
		switch {
		case insteadOf.MatchString(between):
			drop[i] = true
		case takesBack.MatchString(between):
			lead := text[max(0, all[i-1].start-40):all[i-1].start]
			if !strings.Contains(between, "maar") || negates.MatchString(lead) {
				drop[i-1] = true
			}
		}
	}
	var kept []found[T]
	for i, v := range all {
		if !drop[i] {
			kept = append(kept, v)
		}
	}
	if len(kept) == 0 {
		return all
	}
	return kept
}

var (
	fromThere = regexp.MustCompile(`(?i)\b(?:van|from|oude?|old|was|woonde|lived|vorige?|previous|niet meer|verkeerde?|foute?|wrong|staat|staan|(?:sta|stond)(?: \S+)? op|wijzig|verander|change|niet|not|current|huidige?|currently|eerst|eerder|first|had|typte|typed|hebben|heb|per ongeluk|by (?:mistake|accident)|accidentally)\b:?(?:\s+\S+){0,4}\s*$`)
	toHere    = regexp.MustCompile(`(?i)\b(?:naar|to|wordt|nieuwe?|new|is nu|nu|now|moet|goede?|goed|juiste?|correct|right|should|in|maar|but|must|bedoel|bedoelde|meant|wonen|woon|opgegeven|ipv|instead|it'?s|het is|wel)\b`)
	becomes   = regexp.MustCompile(`(?i)(?:->|=>|→|\b(?:wordt|becomes|veranderen in|wijzigen (?:in|naar)|aanpassen naar|vervangen door|with|(?:is|was|klopt) (?:\S+ )?(?:fout|verkeerd|niet|oud|wrong|old|incorrect)|(?:hebben|have|had|opgegeven|ingevuld|staan)\b.{0,30}\b(?:wonen|woon|live|moet|is nu|should))\b)`)
)

// moved keeps the new address of "van A naar B", "A wordt B" and "mijn oude adres was A, het nieuwe is B". A postcode alone is not an old address: it
// proves who writes.
func moved(text string, all []found[Address]) []found[Address] {
	if len(all) == 2 && all[0].value.Line1 != "" && all[0].end <= all[1].start {
		between := text[all[0].end:all[1].start]
		if becomes.MatchString(between) || toHere.MatchString(between) && fromThere.MatchString(text[max(0, all[0].start-60):all[0].start]) {
			return all[1:]
		}
	}
	if len(all) == 2 && all[0].value.Line1 == "" && all[1].value.Line1 == "" && all[0].end <= all[1].start &&
		oldPostcode.MatchString(text[max(0, all[0].start-40):all[0].start]) && toHere.MatchString(text[all[0].end:all[1].start]) {
		return all[1:]
	}
	return corrected(text, all)
}

// oldPostcode is what stands before a postcode that is said to be left.
var oldPostcode = regexp.MustCompile(`(?i)\b(?:oude?|old|was|vorige?|previous|van|from)\b(?:\s+\S+){0,3}\s*$`)

// plain prepares a text for finding: composed letters, plain quotes and dashes, no control characters but the newline,
// cut at 4,000 characters. Case and diacritics stay.
func plain(text string) string {
	if len(text) > maxRunes*utf8.UTFMax {
		text = text[:maxRunes*utf8.UTFMax]
	}
	n := 0
	return strings.Map(func(r rune) rune {
		if n++; n > maxRunes {
			return -1
		}
		switch {
		case r == '\n' || r == '\r':
			return '\n'
		case r == '€', r == '£', r == '¢':
			return r
		case r < 0x80 && r >= ' ' && r != 0x7f:
			return r
		case r < 0x80:
			return ' '
		}
		folded := foldRune(r)
		if folded < 0x80 {
			return folded // plain quotes, dashes, spaces, and -1 for what is invisible
		}
		return r
	}, norm.NFC.String(text))
}

// foldKeepBlanks is Normalize for a text in which found values are blanked: the blanks stay.
func foldKeepBlanks(work string) string {
	parts := strings.Split(work, string(blank))
	for i, p := range parts {
		parts[i] = Normalize(p)
	}
	var b strings.Builder
	for i, p := range parts {
		if i > 0 && (p != "" || i == len(parts)-1) {
			b.WriteString(" " + string(blank) + " ")
		}
		b.WriteString(p)
	}
	return b.String()
}

var emailPattern = regexp.MustCompile(`[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,200}[A-Za-z0-9])?\.[A-Za-z]{2,24}\b`)

func findEmails(work string) []found[string] {
	var out []found[string]
	for _, m := range emailPattern.FindAllStringIndex(work, maxFound) {
		value := strings.ToLower(strings.TrimLeft(work[m[0]:m[1]], ".-"))
		if !strings.Contains(value, "..") && value[0] != '@' {
			out = append(out, found[string]{value, m[0], m[1]})
		}
	}
	return out
}

var orderWord = regexp.MustCompile(`(?i)(?:order|bestel|ordernr|bestelnr|factuur|invoice|zending|shipment|purchase|aankoop|reference|referentie|klantnummer)[a-z]*(?:\s*(?:nummers?|numbers?|nrs?|nos?|id|code|is|met|with|van|:|=|\.|#|en|and|,|\x01))*[\s.:#]*$`)

// findOrders finds order numbers. A bare run of digits needs a word beside it that says so, or to be the whole message.
func (f *slotFinder) findOrders(work string) []found[string] {
	var out []found[string]
	for _, m := range f.order.FindAllStringIndex(work, 4*maxFound) {
		value := work[m[0]:m[1]]
		if value == "" || len(out) == maxFound || !f.orderByUser && abroadPostcode.MatchString(value) {
			continue
		}
		if !f.orderByUser && value[0] == '#' && len(value) <= 6 && unitAhead.MatchString(work[max(0, m[0]-30):m[0]]) {
			continue
		}
		if !f.orderByUser && isDigits(strings.Replace(value, "-", "", 1)) {
			lead := work[max(0, m[0]-60):m[0]]
			if len(out) > 0 && out[len(out)-1].end > m[0]-12 {
				lead = work[max(0, out[len(out)-1].start-40):out[len(out)-1].start] + lead[len(lead)-(m[0]-out[len(out)-1].end):]
			}
			alone := strings.Trim(work, " \n.?!") == value && len(value) < 10 && isDigits(value)
			if !alone && !orderWord.MatchString(lead) && !takesLastBack(work, out, m[0], len(value)) {
				continue
			}
		}
		out = append(out, found[string]{strings.ToUpper(strings.ReplaceAll(value, " ", "")), m[0], m[1]})
	}
	return out
}

// takesLastBack reports whether a number of so many digits at start corrects the order number found last: "order 12345, sorry 12346".
func takesLastBack(work string, out []found[string], start, digits int) bool {
	if len(out) == 0 {
		return false
	}
	last := out[len(out)-1]
	return start-last.end < 25 && last.end-last.start == digits && takesBack.MatchString(work[last.end:start])
}

// unitAhead is the end of an American street, behind which "#210" is an apartment.
var unitAhead = regexp.MustCompile(`(?i)\b(?:st|street|ave|avenue|rd|road|dr|drive|ln|lane|blvd|boulevard|way|ct|court|pl|place|pkwy|parkway|hwy|terrace|circle)\.?,? $`)

// abroadPostcode is a postcode with the letter of its country.
var abroadPostcode = regexp.MustCompile(`^(?i:(?:be?|l|a|ch)-\d{4}|(?:de?|fr?)-\d{5})$`)

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
