package nlu

import (
	"regexp"
	"slices"
	"strings"
)

// AsksForPerson reports whether the customer asks to be helped by a person, in any wording and however misspelt, in
// Dutch or English. The bot asks it before anything else, so it is made to miss almost none. A mention of a person
// ("uw medewerker was onvriendelijk"), a refusal of one and the question whether this is a bot are not asking.
//
// A message asks when it does so as a whole or in one of its sentences. A small model decides, over the words, what the
// words stand for, what the small words between them do, and what some ninety rules say.
func AsksForPerson(text string) bool { return askingProbability(text) >= personSure }

// Warm trains now what AsksForPerson would otherwise train at the first sentence: call it when the program starts. Again
// it does nothing.
func Warm() { asking() }

// personSure is how probable asking must be. It is below a half, since missing a request is worse than offering a person.
const personSure = 0.35

// maxPersonWords is how many words of a message are looked at as a whole, maxPersonParts how many of its first and of its last sentences.
const (
	maxPersonWords = 150
	maxPersonParts = 20
)

// personWords is a sentence in which every word that matters is replaced by what it stands for, so that one pattern
// covers its spellings: PERSON, FOLK (people in general), SOMEONE, BOSS, DESK, BOT, TALK, CONNECT.
type personWords struct{ sentence, tagged string }

type personTag struct {
	tag   string
	nouns []string
}

var personTags = []personTag{
	{"PERSON", strings.Fields(`medewerker medewerkers medewerkster mens mensch menske persoon adviseur adviseuse klantadviseur consultant
		vertegenwoordiger klantenservicemedewerker servicemedewerker helpdeskmedewerker baliemedewerker operator bediende verkoper verkoopster
		verkoopmedewerker telefonist telefoniste agent agents human humans humen hooman hunam humna hmuan representative representatives rep employee
		employees reps minsch mins mdwrkr vakman advisor adviser associate executive staff clerk specialist expert deskundige csr echteling`)},
	{"FOLK", strings.Fields(`ppl person persons people mensen personen peron mister gozer`)},
	{"SOMEONE", strings.Fields(`iemand someone somebody anyone anybody collega collegas colleague colleagues coworker coworkers workmate smeone`)},
	{"NOBODY", strings.Fields(`niemand nobody noone`)},
	{"BOSS", strings.Fields(`manager leidinggevende baas supervisor chef boss teamleider teamlead directeur director directie eigenaar owner
		bedrijfsleider filiaalmanager storemanager verantwoordelijke bazin superior management`)},
	{"DESK", strings.Fields(`klantenservice helpdesk servicedesk klantendienst support callcenter frontoffice receptie reception receptionist receptioniste servicebalie balie frontdesk hoofdkantoor headquarters`)},
	{"DEPT", strings.Fields(`afdeling department dept`)},
	{"BOT", strings.Fields(`robot robots bot bots chatbot chatbots computer computers machine machines ai automaat computerprogramma`)},
	{"TALK", strings.Fields(`spreken praten chatten babbelen klappen speak talk chat speaking talking chatting converse overleggen spreek spek
		tlk tawk`)},
	{"CONNECT", strings.Fields(`doorverbinden doorverbonden doorverbind doorzetten doorgezet doorsturen doorgestuurd overdragen overgedragen
		escalate escalation escaleren escalated transfer transferred doorschakelen doorgeschakeld`)},
	{"MENSELIJK", strings.Fields(`menselijk menselijke`)},
	{"KLANT", strings.Fields(`customer costumer`)},
}

// singleNouns are the tags of the longer nouns, their double letters made single.
var singleNouns = func() map[string]string {
	m := map[string]string{}
	for _, t := range personTags {
		for _, n := range t.nouns {
			if len(n) >= 5 {
				m[string(slices.Compact([]byte(n)))] = t.tag
			}
		}
	}
	return m
}()

// readPersonWords tags the words of a normalized sentence with tag, which is tagOf or remembers what tagOf said.
func readPersonWords(norm string, tag func(word string) string) personWords {
	list := words(phrases.Replace(deskNames.ReplaceAllString(norm, "helpdesk")))
	if len(list) > maxPersonWords {
		list = list[:maxPersonWords]
	}
	tagged := make([]string, len(list))
	for i, w := range list {
		tagged[i] = tag(w)
	}
	return personWords{strings.Join(list, " "), strings.Join(tagged, " ")}
}

// deskNames are the names of the desk that take two words.
var deskNames = regexp.MustCompile(`\b(?:custo?mer (?:serv|care|supp)[a-z]*|service ?desk|help ?desk|klanten ?ser[a-z]*|support (?:staff|team)|front desk|head office)\b`)

// phrases are groups of words that mean one of the tagged words.
var phrases = strings.NewReplacer("door verbinden", "doorverbinden", "livechat", "live chat", "sum1", "someone", "some1", "someone", "any1", "anyone",
	"ne1", "anyone", "no, ", "nope ", "no one", "nobody", " 2 ", " to ", "in charge", "responsible boss", "vlees en bloed", "echt mens", "flesh and blood", "real human",
	"te woord", "spreken", "one of you ", "someone ", "een van jullie ", "iemand ", "een van u ", "iemand ",
	"real human being", "real human", "human being", "human", "menselijk wezen", "mens")

// knownWords are common words a letter or two away from a key noun, which they are not.
var knownWords = set(`overleden overladen meneer menen menu mense wens wensen lens kans dans mensa merken werken medewerking bewerken talent
	urgent argent accent aging event people purple percent reason season poison prison pension version passion patroon personeel persoonlijk
	personal persoonlijke spreekt spraken sprak spreek gesproken gesprek spoken breken streken speaker speakers broken bank tank task
	tall tale take talks praat praatte platen prater spelen laten haten gaten chart charm cheat hat that what chats chapter boot
	both bit but box boy lot not got hot bots bout boat about bol commuter compute competer iemands niemand managen manage managed
	management managing staff stuff stiff shaft draft clerk clear hummus human humane boast bass baan baal haas kaas
	cheffing chief expect export except experts special especially specialty opera operate operating operation open agenda
	ages again against area rev red ref rap real reply repair report represent presentation present support supply sport
	airport import report rapport robuust roboter remote employer employment employ machinist meerwerk doorgeven doorgegeven doorgaan advise advice advies advisory talk`)

// tagOf names what a word stands for; a word of no interest stands for itself. A misspelling counts when it is one letter
// off a noun of five letters and more, two off one of eight and more, and begins alike.
func tagOf(w string) string {
	w = unstretch(w)
	for _, t := range personTags {
		for _, n := range t.nouns {
			if w == n {
				return t.tag
			}
		}
	}
	if len(w) < 4 || len(w) > 26 || knownWords[w] {
		return w
	}
	if single := slices.Compact([]byte(w)); len(single) < len(w) { // "hummann", "medewerrker"
		if tag, ok := singleNouns[string(single)]; ok {
			return tag
		}
	}
	for _, t := range personTags {
		for _, n := range t.nouns {
			allowed := 0
			switch {
			case len(n) >= 9:
				allowed = 2
			case len(n) >= 5:
				allowed = 1
			}
			if allowed > 0 && w[0] == n[0] && near(w, n, allowed) {
				return t.tag
			}
		}
	}
	return w
}

// unstretch makes three and more of the same letter one: "agentttt", "medeeewerker".
func unstretch(w string) string {
	b := make([]byte, 0, len(w))
	for i := 0; i < len(w); {
		j := i + 1
		for j < len(w) && w[j] == w[i] {
			j++
		}
		b = append(b, w[i])
		if j-i == 2 {
			b = append(b, w[i])
		}
		i = j
	}
	return string(b)
}

// near reports whether a and b differ by at most limit edits; two neighbours swapped are one edit.
func near(a, b string, limit int) bool {
	if len(a)-len(b) > limit || len(b)-len(a) > limit || len(a) > 32 || len(b) > 32 {
		return false
	}
	var rows [3][33]int
	for j := range b {
		rows[0][j+1] = j + 1
	}
	prev2, prev, cur := &rows[2], &rows[0], &rows[1]
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, prev2[j-2]+1)
			}
			cur[j] = d
			best = min(best, d)
		}
		if best > limit {
			return false
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)] <= limit
}

// speaksOfPeople is a cheap look at whether any rule could apply: a tag, the only capitals there are, or a word of
// passing on.
func (p personWords) speaksOfPeople() bool {
	for i := 0; i < len(p.tagged); i++ {
		if 'A' <= p.tagged[i] && p.tagged[i] <= 'Z' {
			return true
		}
	}
	for _, w := range []string{"transfer", "connect", "verb", "door", "escal", "forward", "hand", "over", "persoon", "person", "mens", "contact", "live", "wie ", "who ", "automat", "automated",
		"real ", "echt", "stem", "voice", "bel", "bediend", "canned", "script", "standaard", "mondeling", "hogerop", "higher", "jullie", "through", "team", "gesprek"} {
		if strings.Contains(p.tagged, w) {
			return true
		}
	}
	return false
}

// refuses reports whether the customer wants no person, or only asks what this is.
func (p personWords) refuses() bool {
	for _, re := range refusesPerson {
		if re.MatchString(p.tagged) && !strings.Contains(p.tagged, "BOT") {
			return true
		}
	}
	if matchesAny(refusesHelp, p.tagged) && !contrast.MatchString(p.tagged) {
		return true
	}
	return asksWhatThisIs.MatchString(p.sentence) && !stillWants.MatchString(p.sentence)
}

func matchesAny(list []rule, s string) bool {
	return slices.ContainsFunc(list, func(re rule) bool { return re.MatchString(s) })
}
