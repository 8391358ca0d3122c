package nlu

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// numberWords are the counts people write out, Dutch and English.
var numberWords = map[string]int{
	"een": 1, "twee": 2, "drie": 3, "vier": 4, "vijf": 5, "zes": 6, "zeven": 7, "acht": 8, "negen": 9, "tien": 10,
	"elf": 11, "twaalf": 12, "dertien": 13, "veertien": 14, "vijftien": 15, "twintig": 20, "dertig": 30,
	"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
	"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30,
	"beide": 2, "both": 2, "paar": 2, "couple": 2,
}

// number reads digits (at most four) or a written count.
func number(w string) (int, bool) {
	if n, ok := numberWords[w]; ok {
		return n, true
	}
	if len(w) == 0 || len(w) > 4 || !isDigits(w) {
		return 0, false
	}
	n, err := strconv.Atoi(w)
	return n, err == nil
}

// notCounted are nouns behind a number that do not say how many things the customer means.
var notCounted = set(`dag dagen week weken maand maanden jaar jaren uur uren minuten minuut keer maal
		day days week weeks month months year years hour hour hours minute minutes time times of am pm inch cm mm meter
		liter kg gram watt volt en and van from or procent percent persons personen ste e nd rd th st euro euros sterren
		stars voorjaar maten maat size sizes graden degrees gb tb piece-puzzle`)

var quantityPattern = regexp.MustCompile(`\b(\d{1,3})\s?(?:x|stuks?|st\.|pieces?|pcs|units?|items?|artikelen|exemplaren)\b|\b(?:x|aantal:?|quantity:?|qty:?)\s?(\d{1,3})\b`)

// countPattern is a count that no noun follows: "2 van de 4", "maak er 5 van", "3 in plaats van 2", "alle drie".
var countPattern = regexp.MustCompile(`\b(\d{1,2}|een|twee|drie|vier|vijf|one|two|three|four|five) (?:van|of) (?:de|mijn|onze|the|my|our|those|these) (?:\d{1,2}|twee|drie|vier|vijf|zes|two|three|four|five|six)\b|\b(?:maak er|maak het|doe er|neem er|make it|make that) (\d{1,2}|twee|drie|vier|vijf|zes|two|three|four|five|six)(?: van| please| graag|[.!]|$)|(?:^| )(\d{1,2}|twee|drie|vier|vijf|two|three|four|five) (?:in plaats van|ipv|instead of|rather than) (?:\d{1,2}|een|twee|drie|vier|vijf|one|two|three|four|five)\b|\b(?:alle|all) (twee|drie|vier|vijf|zes|two|three|four|five|six)\b`)

// findQuantity finds how many: "2x", "drie stuks", "aantal 4", or a count straight before a noun ("twee lampen"). The
// articles "een" and "a" are no count.
func findQuantity(folded string) int {
	if strings.ContainsAny(folded, "0123456789") {
		if m := quantityPattern.FindStringSubmatch(folded); m != nil {
			n, _ := number(m[1] + m[2])
			return n
		}
	}
	if m := countPattern.FindStringSubmatch(folded); m != nil {
		for _, w := range m[1:] {
			if n, ok := number(w); ok && n > 0 && n < 100 {
				return n
			}
		}
	}
	list := words(folded)
	for i, w := range list {
		if i+1 >= len(list) || w == "een" || w == "a" || w == "an" || w == "acht" {
			continue
		}
		next := list[i+1]
		if n, ok := number(w); ok && n > 0 && n < 100 && !notCounted[next] && !isDigits(next) && len(next) > 2 {
			if _, month := months[next]; !month && (len(w) > 2 || !isDigits(w) || plural(next)) {
				return n
			}
		}
	}
	return 0
}

// plural reports whether a word looks like several things, in Dutch or English.
func plural(w string) bool {
	return len(w) > 3 && (strings.HasSuffix(w, "s") || strings.HasSuffix(w, "en"))
}

// reasons are why customers send back or cancel, with the words that show it, folded; the first that is in the message
// is it.
var reasons = []struct {
	name    string
	phrases []string
}{
	{"damaged", phraseList("kapot|stuk gegaan|is stuk|was stuk|al stuk|defect|beschadigd|beschadigt|gebroken|gebarsten|kras|krassen|barst|deuk|lekt|broke|broken|damaged|defective|faulty|cracked|crack|scratch|scratched|scratches|dent|dented|leaks|leaking|doet het niet|werkt niet|doesnt work|does not work|not working|stopped working|doet niks|doet niets|does nothing|is dead|its dead|in stukken|ligt in stukken")},
	{"wrong_item", phraseList("verkeerde artikel|verkeerd artikel|verkeerde product|verkeerd product|verkeerde item|verkeerde kleur|niet wat ik besteld|niet wat ik heb besteld|wrong item|wrong product|wrong color|wrong colour|not what i ordered|iets anders gekregen|iets anders ontvangen|verkeerde gekregen|verkeerde ontvangen|verkeerde gestuurd|wrong one|sent the wrong|got the wrong")},
	{"too_late", phraseList("te laat|duurt te lang|te lang duurt|too late|takes too long|taking too long|takes forever|taking forever|taking ages|takes ages|too slow|te traag")},
	{"does_not_fit", phraseList("past niet|passen niet|te groot|te klein|te krap|te wijd|te strak|te lang|te kort|verkeerde maat|too big|too small|too tight|too large|too loose|too long|too short|doesnt fit|does not fit|dont fit|do not fit|wrong size")},
	{"ordered_by_mistake", phraseList("per ongeluk|vergist|verkeerd besteld|dubbel besteld|twee keer besteld|foutje|by mistake|by accident|accidentally|ordered twice|ordered wrong|wrongly ordered")},
	{"cheaper_elsewhere", phraseList("goedkoper|cheaper|te duur|too expensive|better price")},
	{"not_as_expected", phraseList("miskoop|niet leuk|wasnt liked|isnt nice|bevalt niet|bevalt me niet|bevalt mij niet|valt tegen|niet mooi|niet zoals verwacht|voldoet niet|vind hem niet|vind het niet|vind ze niet|dont like|do not like|not as expected|not as described|disappointed|disappointing|poor quality|slechte kwaliteit")},
	{"no_longer_needed", phraseList("niet meer nodig|hoef hem niet|hoef het niet|hoef ze niet|wil hem niet meer|wil het niet meer|wil ze niet meer|bedacht|van gedachten|no longer need|no longer needed|dont need it|dont want it|dont need them|dont want them|do not need it|do not want it|changed my mind")},
}

// phraseList turns "a|b c" into phrases with a space on either side, so that they match whole words only.
func phraseList(s string) []string {
	list := strings.Split(s, "|")
	for i, p := range list {
		list[i] = " " + p + " "
	}
	return list
}

// findReason looks through the words of a message, joined by spaces.
func findReason(joined string) string {
	spaced := " " + joined + " "
	for _, r := range reasons {
		for _, p := range r.phrases {
			if strings.Contains(spaced, p) {
				return r.name
			}
		}
	}
	return ""
}

// beforeProduct are the words a product's name stands behind.
var beforeProduct = set("de het mijn deze dit die dat een the my this that these those a an some")

// productStop end a product's name.
var productStop = set(`is was zijn waren die dat which that from van uit voor for met with and en of or die
		niet not terug back retour retourneren terugsturen annuleren omruilen ruilen return exchange cancel to naar in op
		on at it het wil want heb have has kan can past doet werkt werken does doesn't please graag aub nog still want
		because omdat maar but ik i u you je jullie bezorgd geleverd delivered arrived aangekomen komt comes blijft
		wijzigen veranderen aanpassen change beschadigd kapot defect broken damaged missing ontbreekt instead als if om
		too te zo so nu now vandaag today morgen tomorrow gisteren yesterday gekregen ontvangen received besteld ordered
		wordt worden mag may could would zou ook also here hier weer again alleen only overmorgen gisteren eergisteren bij by near next last volgende vorige
		kost kostte moest moet houden keep krijg kreeg krijgen geef had hadden gaat ging komen kwam blijkt lijkt`)

// notProduct are nouns of the trade: what every customer talks about, whatever was bought.
var notProduct = set(`order orders ordernummer bestelnummer bestelling bestellingen pakket pakje pakketje package parcel adres
		address account geld money factuur invoice klacht complaint medewerker agent mens human persoon person vraag
		question mail email e-mail telefoonnummer phone number nummer rit status levering delivery aankoop purchase koop
		overeenkomst contract gegevens data dag day week maand month keer time items item artikel artikelen product
		producten products iets something alles everything rest deel part label straat street zip zipcode postcode buren buurman buurvrouw neighbour neighbor bezorger courier datum date website site app winkel store webshop werk work kantoor office straat street weg zip zipcode postcode buren buurman buurvrouw neighbour bezorger courier eerste tweede overmorgen datum date website site app winkel store webshop retourlabel retour return huis house
		baas manager collega colleague robot bot chatbot service klantenservice customer support refund copy kopie
		mind first second one ones other others evening morning afternoon night avond ochtend middag colour color kleur kleuren verkeerde verkeerd discount korting
		euro euros dollar dollars pound pounds bucks quid cent cents hundred thousand honderd verzendkosten shipping bill couple paar beetje miskoop nieuwe oude new old nieuw oud bedrag amount price prijs`)

// findProduct returns the words that may name a product: at most five behind an article or "my". It only narrows down:
// the bot matches them with what the customer really ordered.
func findProduct(work string) string {
	fields := strings.FieldsFunc(work, func(r rune) bool {
		return r != '-' && r != '\'' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != blank
	})
	for i := 0; i+1 < len(fields) && i < 500; i++ {
		if !beforeProduct[strings.ToLower(fields[i])] {
			continue
		}
		var name []string
		for _, w := range fields[i+1 : min(i+6, len(fields))] {
			low := strings.ToLower(w)
			if productStop[low] || beforeProduct[low] || strings.ContainsAny(w, "0123456789\x01") {
				break
			}
			name = append(name, w)
		}
		for len(name) > 1 && (numberWords[strings.ToLower(name[0])] > 0 || isDigits(name[0]) || strings.EqualFold(name[0], "of")) { // "de twee stoelen", "een paar sokken"
			name = name[1:]
		}
		if len(name) > 0 && !notProduct[strings.ToLower(name[len(name)-1])] && !notProduct[strings.ToLower(name[0])] {
			return strings.Join(name, " ")
		}
	}
	return ""
}
