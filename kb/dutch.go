package kb

import (
	"strings"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/dutch"
)

// dutchStop keeps niet, geen, zonder, voor, na, terug, uit and af: in a help desk they turn the meaning round.
var dutchStop = setOf(`de het een en of van in op te aan met dat die dit deze der den des er hier daar ik je jij jou jouw u uw
	uzelf we wij ons onze hij zij ze hem haar hun mij me mijn zich zichzelf is ben bent zijn was waren wordt worden werd geworden
	heb hebt heeft hebben had hadden als dan ook maar bij om door over tot tegen dus nog wel al zo toch want omdat
	zal zult zullen zou zouden iets niets alles iemand niemand moet moeten moest mag mogen doe doet doen gaat gaan
	naar t s m d alle elk elke ieder iedere beide eens zulke zo'n waarbij waarop waarvan waaraan hiervoor daarvoor`)

var dutchAsk = setOf(`hoe wat wanneer waar welke welk wie wiens waarom waarheen waarmee kan kun kunt kunnen kon wil wilt
	willen graag even nodig weten vraag vragen vind vinden krijg mogelijk bedoel hallo hoi goedemorgen goedemiddag dag
	alstublieft alsjeblieft dank bedankt help hulp laten laat kom komt komen neem neemt nemen nadat voordat zodat terwijl
	voor na uit af sinds tijdens volgens via per erg heel veel waarvoor waardoor precies eigenlijk gewoon`)

// stemDutch takes the ends off Dutch words so that the forms of one word meet. Before Snowball's rules, which leave them
// apart, it undoes what a help desk is full of: participles (geretourneerd, besteld, opgezegd), diminutives (pakje,
// kaartje) and irregular verbs (kocht, verloren).
func stemDutch(word string) string {
	if len(word) < 4 {
		return word
	}
	if base, ok := irregularDutch(word); ok {
		word = base
	} else if base, ok := participle(word); ok {
		word = base
	} else if base, ok := diminutive(word); ok {
		word = base
	} else if base, ok := inflected(word); ok {
		word = base
	}
	env := snowballstem.NewEnv(word)
	dutch.Stem(env)
	return undouble(devoice(env.Current()))
}

// devoice lets stems that differ only in how their last letter is spoken meet: verhuiz(en) and verhuis, geloov(en) and geloof.
func devoice(stem string) string {
	if n := len(stem); n > 3 {
		switch stem[n-1] {
		case 'z':
			return stem[:n-1] + "s"
		case 'v':
			return stem[:n-1] + "f"
		}
	}
	return stem
}

// separable are the first parts of verbs that let ge or te in between: op-ge-zegd.
var separable = []string{"terug", "achter", "samen", "binnen", "buiten", "tegen", "over", "door", "weg", "aan", "toe", "uit",
	"mee", "bij", "vast", "voor", "klaar", "los", "dicht", "open", "af", "op", "in", "na", "om", "neer", "goed", "rond"}

var separableSet = setOf(strings.Join(separable, " "))

// participle undoes a weak past participle: geretourneerd → retourneer, besteld → bestel, afgeleverd → aflever.
func participle(w string) (string, bool) {
	n := len(w)
	if n < 6 || notParticiple[w] {
		return "", false
	}
	if strings.HasSuffix(w, "de") || strings.HasSuffix(w, "te") {
		w = w[:n-1]
		if n--; n < 6 || notParticiple[w] {
			return "", false
		}
	}
	if w[n-1] != 'd' && w[n-1] != 't' {
		return "", false
	}
	front := ""
	for _, p := range separable {
		if strings.HasPrefix(w, p+"ge") {
			front, w = p, w[len(p):]
			break
		}
	}
	base, ok := unparticiple(w)
	return front + base, ok && len(base) >= 3
}

func unparticiple(w string) (string, bool) {
	n := len(w)
	for _, p := range []string{"be", "ver", "ont", "her"} {
		if strings.HasPrefix(w, p) && n-len(p) >= 4 && !endsIn(w, nounEnds) {
			return undouble(w[:n-1]), true
		}
	}
	if strings.HasPrefix(w, "ge") && n >= 6 && !endsIn(w, nounEnds) && !startsWith(w, nounStarts) {
		if startsWith(w, ownGe) {
			return w[:n-1], true
		}
		return undouble(w[2 : n-1]), true
	}
	return "", false
}

// undouble leaves one of a doubled last letter, which Dutch never ends on.
func undouble(w string) string {
	if n := len(w); n > 2 && w[n-1] == w[n-2] && !strings.ContainsRune("aeou", rune(w[n-1])) {
		return w[:n-1]
	}
	return w
}

// nounStarts and nounEnds show a word in ge…d or ge…t that is no participle: gemeenteraad, geldigheid, gebruikstijd.
var (
	nounStarts = []string{"gemeent", "geld", "gezond", "gebied", "gezin", "geest", "gezag", "gebouw", "geboort", "geluid", "gelijk", "geheim"}
	nounEnds   = []string{"heid", "raad", "tijd", "land", "aard", "kaart", "recht", "licht", "geld", "dienst", "kracht", "punt", "markt", "lijst"}
)

func startsWith(w string, starts []string) bool {
	for _, p := range starts {
		if strings.HasPrefix(w, p) {
			return true
		}
	}
	return false
}

// ownGe are verbs whose ge belongs to them: gebruikt comes from gebruiken.
var ownGe = []string{"gebruik", "gebeur", "geloof", "genees", "geniet", "gelukt", "getuig", "gehoorza", "gewen"}

var notParticiple = setOf(`gezond gebied gebieden gewicht gezicht gerecht gerechte geluid gedrag geduld geheid gehuwd gebrand
	geschikt geschikte gemeente beleid bericht besluit bestand bezit bescheid verband verbod verdriet verhaal vermogen verzet
	overzicht bekend bekende beperkt herfst hervat betekent gebit gelaat gemoed geweld gewoonte begint behalt verstand
	beroemd geboorte gedeelte gemiddeld gemiddelde gebeurt gehandicapt gemengd besef beurt bewind`)

// diminutive undoes -je and its kin: pakje → pak, kaartje → kaart, tasjes → tas, balletje → bal, boompje → boom.
func diminutive(w string) (string, bool) {
	w = strings.TrimSuffix(w, "s")
	n := len(w)
	if n < 5 || !strings.HasSuffix(w, "je") || strings.HasSuffix(w, "nje") {
		return "", false
	}
	switch b := w[:n-2]; {
	case endsIn(b, ownT):
		return b, true // kaart-je
	case strings.HasSuffix(b, "et") && len(b) > 5 && b[len(b)-3] == b[len(b)-4]:
		return b[:len(b)-3], true // ball-et-je
	case strings.HasSuffix(b, "kin") || strings.HasSuffix(b, "ink"):
		return b[:len(b)-1] + "g", true // konink-je
	case strings.HasSuffix(b, "mp"):
		return b[:len(b)-1], true
	case strings.HasSuffix(b, "aat") || strings.HasSuffix(b, "oot") || strings.HasSuffix(b, "uut"):
		return b, true
	case strings.HasSuffix(b, "t") && len(b) > 3 && strings.ContainsRune("lrwj", rune(b[len(b)-2])),
		strings.HasSuffix(b, "nt") && len(b) > 4 && strings.ContainsRune("aeiou", rune(b[len(b)-4])):
		return b[:len(b)-1], true // stoel-tje, schoen-tje
	default:
		return b, len(b) >= 3
	}
}

// ownT are ends of words whose diminutive is -je after a t of their own.
var ownT = []string{"kaart", "taart", "staart", "hart", "poort", "soort", "sport", "start", "buurt", "part", "pakket", "biljet", "boeket"}

func endsIn(w string, ends []string) bool {
	for _, e := range ends {
		if strings.HasSuffix(w, e) {
			return true
		}
	}
	return false
}

// pastEnds are the weak pasts that cannot be the end of a noun.
var pastEnds = []string{"eerde", "eerden", "aalde", "aalden", "erde"}

// inflected undoes the t and te of the verb's other forms where what is left is long enough to be safe: levert, betaalt,
// leverde, betaalde.
func inflected(w string) (string, bool) {
	n := len(w)
	if n < 6 || notParticiple[w] {
		return "", false
	}
	switch {
	case n > 6 && endsIn(w, pastEnds):
		return strings.TrimSuffix(strings.TrimSuffix(w, "n"), "de"), true
	case w[n-1] == 't' && strings.ContainsRune("lrmkpgbd", rune(w[n-2])):
		return w[:n-1], true
	}
	return "", false
}

// irregularDutch returns the plain form of a strong verb's past, also behind a separable part.
func irregularDutch(w string) (string, bool) {
	if base, ok := strongVerbs[w]; ok {
		return base, true
	}
	for _, p := range separable {
		if strings.HasPrefix(w, p) && len(w) > len(p)+3 {
			if base, ok := strongVerbs[w[len(p):]]; ok {
				return p + base, true
			}
		}
	}
	return "", false
}

var strongVerbs = func() map[string]string {
	m := map[string]string{}
	for line := range strings.SplitSeq(strongForms, "\n") {
		if f := strings.Fields(line); len(f) > 1 {
			for _, form := range f[1:] {
				m[form] = f[0]
			}
		}
	}
	return m
}()

// strongForms: the plain form, then the forms that no rule leads back to it.
const strongForms = `
kopen kocht kochten gekocht
verkopen verkocht verkochten
brengen bracht brachten gebracht
denken dacht dachten gedacht
zoeken zocht zochten gezocht
krijgen kreeg kregen gekregen
geven gaf gaven gegeven geeft
vinden vond vonden gevonden
zenden zond zonden gezonden
verzenden verzond verzonden
nemen nam namen genomen neemt
komen kwam kwamen gekomen
sluiten sloot sloten gesloten
kiezen koos kozen gekozen
verliezen verloor verloren
breken brak braken gebroken
spreken sprak spraken gesproken
schrijven schreef schreven geschreven schrijft
blijven bleef bleven gebleven blijft
lezen las gelezen
zeggen zei zeiden gezegd
liggen lag lagen gelegen
staan stond stonden gestaan
doen deed deden gedaan
gaan ging gingen gegaan
zien zag zagen gezien
weten wist wisten geweten
laten liet lieten gelaten
houden hield hielden gehouden
vallen viel vielen gevallen
lopen liep liepen gelopen
helpen hielp hielpen geholpen
vergeten vergat vergaten
ontvangen ontving ontvingen ontvangt
bieden bood boden geboden
wijzen wees gewezen
sturen stuurt stuurde stuurden gestuurd
overlijden overleed overleden
beginnen begon begonnen begint
stelen stal stalen gestolen
rijden reed reden gereden
trekken trok trokken getrokken
treden trad traden getreden
lenen leende leent geleend
gelden gold golden gegolden geldt
verdwijnen verdween verdwenen verdwijnt
bezwijken bezweek bezweken
winnen won wonnen gewonnen
worden geworden
hebben gehad
zijn geweest
verhuizen verhuisd verhuist verhuisde
reizen gereisd reist reisde
`
