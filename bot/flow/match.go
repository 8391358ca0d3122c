package flow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"balie/internal/action"
	"balie/internal/chat"
)

// words splits a text into folded words of letters and digits.
func words(s string) []string {
	return strings.FieldsFunc(fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

var folder = strings.NewReplacer("á", "a", "à", "a", "â", "a", "ä", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "í", "i", "ï", "i", "ó", "o",
	"ô", "o", "ö", "o", "ú", "u", "û", "u", "ü", "u", "ç", "c", "ñ", "n", "’", "'")

func fold(s string) string { return folder.Replace(strings.ToLower(s)) }

// small are words that name nothing.
var small = map[string]bool{"de": true, "het": true, "een": true, "set": true, "van": true, "the": true, "and": true, "for": true, "with": true, "met": true,
	"paar": true, "mijn": true, "you": true, "van3": true, "delen": true, "pack": true, "basis": true, "return": true, "order": true, "item": true}

// alike tells whether a word of the customer names a word of an article: the same but for an ending, or the last part of a
// Dutch compound ("lamp" for "tafellamp").
func alike(said, name string) bool {
	if len(said) < 3 || len(name) < 3 {
		return said == name && len(said) > 1
	}
	if said == name {
		return true
	}
	a, b := stem(said), stem(name)
	if a == b {
		return true
	}
	return len(a) >= 4 && (strings.HasSuffix(b, a) || strings.HasPrefix(b, a) && len(b)-len(a) <= 3) ||
		len(b) >= 4 && strings.HasPrefix(a, b) && len(a)-len(b) <= 3
}

func stem(w string) string {
	for _, end := range []string{"jes", "tjes", "je", "en", "es", "s", "e"} {
		if rest, ok := strings.CutSuffix(w, end); ok && len(rest) >= 3 {
			return undouble(rest)
		}
	}
	return undouble(w)
}

// undouble makes "lampp" and "lamp", "spiegell" and "spiegel", "boot" and "bot" one: endings double and halve letters.
func undouble(w string) string {
	var b strings.Builder
	var last rune
	for _, r := range w {
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

var (
	wantsAll    = regexp.MustCompile(`\b(alles|allemaal|alle (?:artikelen|spullen|producten)|hele (?:bestelling|pakket|order)|beide|allebei|everything|all (?:of|the|items|things)|all|whole order|entire order|both)\b`)
	exceptFor   = regexp.MustCompile(`\b(behalve|uitgezonderd|op .{1,30} na|maar niet|niet de|except(?: for)?|excluding|but not|all but|apart from|other than|keep(?:ing)?|wil ik houden|houd ik|not the|rather than)\b`)
	dearest     = regexp.MustCompile(`\b(duurste|duurdere|(?:more|most) expensive|priciest|pricier)\b`)
	cheapest    = regexp.MustCompile(`\b(goedkoopste|goedkopere|cheaper|cheapest|less expensive|least expensive)\b`)
	manyOfThese = regexp.MustCompile(`\b(beide|allebei|alle|both|all|two|twee|drie|three)\b`)
)

// mentions finds which items of an order a text names. sure is false when a word fits several and nothing tells them apart, or
// when nothing is named.
func mentions(text string, items []action.Item) (found []int, sure bool) {
	folded := fold(text)
	if at := exceptFor.FindStringIndex(folded); at != nil {
		keep, ok := named(folded[at[1]:], items)
		if len(keep) > 0 {
			if !ok {
				return nil, false
			}
			if pre, ok := named(folded[:at[0]], items); ok && len(pre) > 0 && !wantsAll.MatchString(folded[:at[0]]) {
				return slices.DeleteFunc(pre, func(i int) bool { return slices.Contains(keep, i) }), true
			}
			return others(keep, len(items)), true
		}
	}
	found, sure = named(folded, items)
	if len(found) == 0 && wantsAll.MatchString(folded) {
		return others(nil, len(items)), true
	}
	return found, sure
}

func others(not []int, n int) []int {
	var out []int
	for i := range n {
		if !slices.Contains(not, i) {
			out = append(out, i)
		}
	}
	return out
}

var andThen = regexp.MustCompile(`[,;+&\n]|\b(?:en|and|plus|also|ook|as well as)\b`)

// named finds the items whose names' words are in a text, one thing after the other. A word that fits several leaves those of which most
// else is said beside it; a tie counts as all of them only where as many are spoken of.
func named(text string, items []action.Item) (found []int, sure bool) {
	sure = true
	ties := map[string]int{}
	for _, part := range andThen.Split(text, 40) {
		said := words(part)
		tied := map[string]bool{}
		for _, w := range said {
			fits := fitting(w, items)
			if len(fits) > 1 && !(strings.HasSuffix(w, "s") && manyOfThese.MatchString(text)) {
				fits = narrow(text, said, items, fits)
				if len(fits) > 1 && !sameArticle(items, fits) && !manyOfThese.MatchString(text) {
					tied[fmt.Sprint(fits)] = true
				}
			}
			for _, i := range fits {
				if !slices.Contains(found, i) {
					found = append(found, i)
				}
			}
		}
		for t := range tied {
			ties[t]++
		}
	}
	for t, n := range ties {
		sure = sure && n == len(strings.Fields(t))
	}
	slices.Sort(found)
	return found, sure && len(found) > 0
}

// fitting are the items that a word can name.
func fitting(w string, items []action.Item) []int {
	var fits []int
	if small[w] || len(w) < 3 {
		return nil
	}
	for i, it := range items {
		if slices.ContainsFunc(words(it.Name), func(n string) bool { return !small[n] && alike(w, n) }) {
			fits = append(fits, i)
		}
	}
	return fits
}

// narrow keeps the items of which the most words, or the price, are said.
func narrow(text string, said []string, items []action.Item, fits []int) []int {
	best, top := []int(nil), -1
	for _, i := range fits {
		n := 0
		its := words(items[i].Name)
		for _, v := range items[i].Options {
			its = append(its, words(v)...)
		}
		for _, w := range said {
			if !small[w] && slices.ContainsFunc(its, func(x string) bool { return w == x || len(w) > 3 && alike(w, x) }) {
				n++
			}
		}
		if n > top {
			best, top = nil, n
		}
		if n == top {
			best = append(best, i)
		}
	}
	if len(best) < 2 {
		return best
	}
	byPrice := func(a, b int) int { return int(items[a].Price - items[b].Price) }
	switch {
	case dearest.MatchString(text):
		return []int{slices.MaxFunc(best, byPrice)}
	case cheapest.MatchString(text):
		return []int{slices.MinFunc(best, byPrice)}
	}
	return best
}

func sameArticle(items []action.Item, at []int) bool {
	for _, i := range at {
		if items[i].ID != items[at[0]].ID {
			return false
		}
	}
	return true
}

var (
	orderForm    = regexp.MustCompile(`(?i)#?\b[a-z]{0,3}-?\d{4,12}\b`)
	postcodeNL   = regexp.MustCompile(`(?i)\b[1-9]\d{3}\s?(?:[a-z]{2})\b`)
	postcodeUK   = regexp.MustCompile(`(?i)\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b`)
	postcodeNum  = regexp.MustCompile(`\b\d{4,5}(?:-\d{4})?\b`)
	postcodeWord = regexp.MustCompile(`(?i)\b(?:postcode|zip\s?-?code|zip|postal code|post code|plz)\b[^\d]{0,20}(\d{4,5})\b`)
)

// findOrder finds an order number where one was asked for: the surest first, so that "W2378156, 19122" is not a postcode.
func findOrder(text string) string {
	text = postcodeNL.ReplaceAllStringFunc(text, func(s string) string {
		if strings.HasSuffix(s, " ") || len(strings.TrimSpace(s)) > 7 {
			return s
		}
		return " "
	})
	text = postcodeWord.ReplaceAllString(text, " ")
	best := ""
	for _, m := range orderForm.FindAllString(text, 10) {
		if best == "" || hasLetter(m) && !hasLetter(best) || hasLetter(m) == hasLetter(best) && len(m) > len(best) {
			best = m
		}
	}
	digits := strings.Trim(best, "#")
	if !hasLetter(best) && len(digits) < 5 && !strings.HasPrefix(best, "#") {
		return ""
	}
	return strings.ToUpper(best)
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

// findPostcode finds a postcode where one was asked for; order is the number that is not one.
func findPostcode(text, order string) string {
	if list := findPostcodes(text, order); len(list) > 0 {
		return list[0]
	}
	return ""
}

// findPostcodes finds every postcode of the form that is said first, each once.
func findPostcodes(text, order string) []string {
	if m := postcodeWord.FindStringSubmatch(text); m != nil && !postcodeNL.MatchString(text) {
		return m[1:2]
	}
	for _, form := range []*regexp.Regexp{postcodeNL, postcodeUK, postcodeNum} {
		var out []string
		for _, m := range form.FindAllString(text, 10) {
			m = strings.ToUpper(m)
			if !strings.Contains(strings.ToUpper(order), m) && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// samePostcode compares without blanks and case; a nine-digit zip is its first five. Where the true one is digits only, two letters behind
// those that were said are the next word.
func samePostcode(a, b string) bool {
	tidy := func(s string) string {
		s = strings.ToUpper(strings.Join(strings.Fields(s), ""))
		if i := strings.IndexByte(s, '-'); i == 5 {
			s = s[:i]
		}
		return s
	}
	x, y := tidy(a), tidy(b)
	return x != "" && (x == y || isNumber(x) && len(y) == len(x)+2 && strings.HasPrefix(y, x))
}

// Chooses reports that a text names an option of the choice that the open flow asks for, so that "niet meer nodig" is a reason there and not
// the end of it.
func (e *Engine) Chooses(c chat.Conversation, text string) bool {
	if c.Flow == nil {
		return false
	}
	f := e.Flows().Get(c.Flow.Name)
	name, asked := strings.CutPrefix(c.Flow.Wait, "slot:")
	if f == nil || !asked {
		return false
	}
	sl := f.Slot(name)
	if sl == nil || sl.Type != TypeChoice {
		return false
	}
	_, ok := pick(sl.Options, text)
	return ok
}

// pick finds the option of a choice that a text means; false when none or several.
func pick(options []Option, text string) (Option, bool) {
	folded := " " + strings.Join(words(text), " ") + " "
	var hit []Option
	for _, o := range options {
		means := append([]string{o.Value}, o.Match...)
		for _, l := range o.Label {
			means = append(means, l)
		}
		if slices.ContainsFunc(means, func(m string) bool {
			m = strings.Join(words(m), " ") + " "
			return strings.Contains(folded, " "+m) || len(m) > 5 && strings.Contains(folded, m) // "morgenochtend" is in the morning
		}) {
			hit = append(hit, o)
		}
	}
	if len(hit) != 1 {
		return Option{}, false
	}
	return hit[0], true
}
