package flow

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"balie/internal/action"
)

// readSwaps finds, for each item that is to be exchanged, the one variant whose properties are said. It takes all or none: what is not certain
// is asked for with a form.
func (r *run) readSwaps(_ *Slot, text string) (any, bool) {
	var ids []action.ItemID
	if r.order == nil || !r.c.Slot(r.flow.first(TypeItems).Name, &ids) || len(ids) == 0 || len(ids) > 10 {
		return nil, false
	}
	var items []action.Item
	for _, id := range ids {
		at := slices.IndexFunc(r.order.Items, func(it action.Item) bool { return it.ID == id })
		if at < 0 {
			return nil, false
		}
		items = append(items, r.order.Items[at])
	}
	said := partOf(text, items)
	var out []action.Swap
	for i, it := range items {
		to, ok := r.otherVariant(it, said[i])
		if !ok {
			return nil, false
		}
		out = append(out, action.Swap{From: it.ID, To: to})
	}
	return out, true
}

var partEnd = regexp.MustCompile(`[.;!?\n]\s|\b(?:and|plus|also|as well as|en|ook)\b`)

// partOf gives each item what is said of it: from where it is named until another is. One item has it all.
func partOf(text string, items []action.Item) []string {
	out := make([]string, len(items))
	if len(items) == 1 {
		out[0] = text
		return out
	}
	now := -1
	for _, part := range cutAt(text, partEnd) {
		if found, sure := named(fold(part), items); sure && len(found) == 1 {
			now = found[0]
		}
		if now >= 0 {
			out[now] += " " + part
		}
	}
	return out
}

// cutAt cuts a text before each place where sep is, at most fifty times.
func cutAt(text string, sep *regexp.Regexp) []string {
	var out []string
	from := 0
	for _, at := range sep.FindAllStringIndex(text, 50) {
		out = append(out, text[from:at[0]])
		from = at[0]
	}
	return append(out, text[from:])
}

var newBehind = regexp.MustCompile(`(?i)\b(?:for|to|into|with|instead|voor|naar|door|tegen|liever|rather|prefer)\b`)

// otherVariant finds the variant that a text speaks of: what is said behind "for" or "to" counts first, because before it may
// stand what the customer has now.
func (r *run) otherVariant(it action.Item, text string) (action.ItemID, bool) {
	variants, err := r.variants(it)
	if err != nil {
		return "", false
	}
	for _, at := range newBehind.FindAllStringIndex(text, 10) {
		if to, ok := bestVariant(it, variants, text[at[1]:]); ok {
			return to, true
		}
	}
	return bestVariant(it, variants, text)
}

// bestVariant is the one that has most of what is said, and is like the present one in all else. Two as good are none.
func bestVariant(it action.Item, variants []action.Variant, text string) (action.ItemID, bool) {
	said := " " + strings.Join(words(text), " ") + " "
	var hit []action.Variant
	top := 0
	for _, v := range variants {
		n, wrong := 0, 0
		for _, k := range slices.Sorted(maps.Keys(v.Options)) {
			switch {
			case saysOption(said, k, v.Options[k]):
				n++
			case v.Options[k] != it.Options[k]:
				wrong++ // differs in something nobody asked to change
			}
		}
		switch {
		case n == 0 || wrong > 0:
		case n > top:
			hit, top = []action.Variant{v}, n
		case n == top:
			hit = append(hit, v)
		}
	}
	if len(hit) != 1 {
		return "", false
	}
	return hit[0].ID, true
}

var negated = regexp.MustCompile(`\b(?:no|not|non|without|geen|zonder|niet)\s*$`)

// saysOption reports that a text names a property: "1000 ml" and "1000ml" are one; a yes or a no is said by the property's own name.
func saysOption(said, name, value string) bool {
	v := strings.Join(words(value), " ")
	if yes := v == "yes" || v == "ja"; yes || v == "no" || v == "nee" {
		before, _, there := strings.Cut(said, " "+strings.Join(words(name), " "))
		return there && negated.MatchString(before) != yes
	}
	if v == "" {
		return false
	}
	if strings.Contains(said, " "+v+" ") || bends(said, v) {
		return true
	}
	squashed := strings.ReplaceAll(v, " ", "")
	return len(squashed) >= 4 && strings.ContainsAny(squashed, "0123456789") && strings.Contains(strings.ReplaceAll(said, " ", ""), squashed)
}

// colours are the same in the languages of the house, and with their endings.
var colours = func() map[string]string {
	out := map[string]string{}
	for _, line := range []string{"black zwart zwarte", "white wit witte", "grey gray grijs grijze", "red rood rode", "blue blauw blauwe", "green groen groene",
		"yellow geel gele", "brown bruin bruine", "pink roze", "purple paars paarse", "orange oranje", "silver zilver zilveren", "gold goud gouden",
		"light licht lichte", "dark donker donkere", "wood hout houten", "oak eiken", "brass messing", "linen linnen", "large groot grote", "small klein kleine"} {
		names := strings.Fields(line)
		for _, n := range names {
			out[n] = names[0]
		}
	}
	return out
}()

// bends reports that a text has the words of a value one after the other, with other endings or in the other language: "de zwarte", "the black one".
func bends(said, value string) bool {
	v, s := strings.Fields(value), strings.Fields(said)
	for i := 0; i+len(v) <= len(s) && len(v) > 0; i++ {
		same := true
		for k := range v {
			same = same && sameWord(s[i+k], v[k])
		}
		if same {
			return true
		}
	}
	return false
}

func sameWord(a, b string) bool {
	return a == b || colours[a] != "" && colours[a] == colours[b] || len(a) > 4 && len(b) > 4 && stem(a) == stem(b)
}
