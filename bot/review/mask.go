package review

import (
	"regexp"
	"strings"

	"balie/bot/nlu"
)

// gone stands where something personal was. It has no letter in it, so that nothing finds it as a word.
const gone = "[…]"

var (
	links   = regexp.MustCompile(`(?i)\b(?:https?://|www\.)\S+`)
	mails   = regexp.MustCompile(`[^\s@<>()\[\],;:]+@[\p{L}\d.-]+\.\p{L}{2,}`)
	bank    = regexp.MustCompile(`(?i)\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b`)
	postal  = regexp.MustCompile(`(?i)\b[1-9]\d{3} ?[A-Z]{2}\b(?: ?,? ?\d{1,5} ?[A-Z]{0,2}\b)?`)
	numbers = regexp.MustCompile(`#? ?\b[A-Za-z]{0,4}-?\d[\d .()/-]{3,}\d\b|#\w*\d\w*|\+\d[\d ()-]{6,}`)
	names   = regexp.MustCompile(`((?i:mijn naam is|ik heet|met vriendelijke groeten?,?|groet(?:en|jes)?,|mvg,?|my name is|i am called|kind regards,?|regards,|mevrouw|meneer|dhr\.?|mevr\.?|mr\.?|mrs\.?|ms\.?)\s+)((?:\p{Lu}[\p{L}.'’-]*|van|de|der|den|ter|ten|el|al)(?:[ \t]+(?:\p{Lu}[\p{L}.'’-]*|van|de|der|den|ter|ten|el|al)){0,4})`)
	streets = regexp.MustCompile(`\b\p{Lu}[\p{L}'’.-]*(?:straat|laan|weg|plein|gracht|kade|dijk|hof|steeg|singel|pad|markt|dreef|park|plantsoen|Street|Road|Avenue|Lane|Drive)\b(?: ?\d{1,5} ?[A-Za-z]{0,2}\b)?`)
	blanks  = regexp.MustCompile(`(?:\Q` + gone + `\E[ ,]*){2,}`)
)

// maxKept bounds what is kept of a question, in runes.
const maxKept = 400

// Mask takes personal data out of what a customer typed: addresses of any kind, telephone, order and bank numbers, names where people
// say that it is theirs. It rather takes too much. What stays is what the question is about.
func Mask(text, lang string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 4*maxKept {
		text = string(r[:4*maxKept])
	}
	text = links.ReplaceAllString(text, gone)
	text = mails.ReplaceAllString(text, gone)
	if slots, err := nlu.FindSlots(text, nlu.Hints{Lang: lang}, ""); err == nil {
		for _, a := range slots.Addresses {
			for _, part := range []string{a.Line1, a.Line2, a.Street, a.Postcode, a.City} {
				text = cutOut(text, part)
			}
		}
		for _, o := range slots.Orders {
			text = cutOut(text, o)
		}
	}
	text = bank.ReplaceAllString(text, gone)
	text = postal.ReplaceAllString(text, gone)
	text = numbers.ReplaceAllString(text, gone)
	text = streets.ReplaceAllString(text, gone)
	text = names.ReplaceAllString(text, "${1}"+gone)
	text = strings.TrimSpace(blanks.ReplaceAllString(text, gone+" "))
	if r := []rune(text); len(r) > maxKept {
		text = string(r[:maxKept]) + "…"
	}
	return text
}

// cutOut takes a part out wherever it stands, in any case.
func cutOut(text, part string) string {
	if len(strings.TrimSpace(part)) < 2 {
		return text
	}
	return regexp.MustCompile(`(?i)`+regexp.QuoteMeta(part)).ReplaceAllString(text, gone)
}
