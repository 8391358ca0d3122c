package nlu

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
)

// AsksForPerson reports whether the customer asks to be helped by a person, in any wording and however misspelt, in
// Dutch or English. The bot asks it before anything else, so it is made to miss almost none. A mention of a person
// ("uw medewerker was onvriendelijk"), a refusal of one and the question whether this is a bot are not asking.
//
// Rules over fuzzily recognized words decide the plain cases both ways; a small model over the example sentences decides
// what the rules leave open.
func AsksForPerson(text string) bool {
	r := readPersonWords(Normalize(text))
	switch {
	case r.sentence == "":
		return false
	case r.refuses():
		return false
	case r.asks():
		return true
	case r.onlyMentions():
		return false
	}
	return personModel().probability(r.sentence) >= personSure
}

// personSure is how probable asking must be for the model alone to say so.
const personSure = 0.85

// maxPersonWords is how many words are looked at: nobody asks for a person only after three hundred.
const maxPersonWords = 300

// personWords is a sentence in which every word that matters is replaced by what it stands for, so that one pattern
// covers its spellings: PERSON, FOLK (people in general), SOMEONE, BOSS, DESK, BOT, TALK, CONNECT.
type personWords struct{ sentence, tagged string }

type personTag struct {
	tag   string
	nouns []string
}

var personTags = []personTag{
	{"PERSON", strings.Fields(`medewerker medewerkers medewerkster mens mensch persoon adviseur consultant
		vertegenwoordiger klantenservicemedewerker servicemedewerker helpdeskmedewerker baliemedewerker operator bediende
		agent agents human humans representative representatives rep employee employees advisor adviser
		staff clerk specialist expert deskundige csr`)},
	{"FOLK", strings.Fields(`person persons people mensen personen`)},
	{"SOMEONE", strings.Fields(`iemand someone somebody anyone anybody collega collegas colleague colleagues coworker coworkers`)},
	{"BOSS", strings.Fields(`manager leidinggevende baas supervisor chef boss teamleider teamlead`)},
	{"DESK", strings.Fields(`klantenservice helpdesk servicedesk klantendienst support callcenter`)},
	{"BOT", strings.Fields(`robot robots bot bots chatbot chatbots computer computers machine machines ai automaat`)},
	{"TALK", strings.Fields(`spreken praten chatten babbelen speak talk chat speaking talking chatting converse overleggen`)},
	{"CONNECT", strings.Fields(`doorverbinden doorverbonden doorverbind doorzetten doorgezet doorsturen doorgestuurd overdragen overgedragen
		escalate escalation escaleren`)},
}

// readPersonWords tags the words of a normalized sentence.
func readPersonWords(norm string) personWords {
	list := words(deskNames.ReplaceAllString(norm, "helpdesk"))
	if len(list) > maxPersonWords {
		list = list[:maxPersonWords]
	}
	tagged := make([]string, len(list))
	for i, w := range list {
		tagged[i] = tagOf(w)
	}
	return personWords{strings.Join(list, " "), strings.Join(tagged, " ")}
}

// deskNames are the names of the desk that take two words.
var deskNames = regexp.MustCompile(`\b(?:custo?mer (?:serv|care|supp)[a-z]*|service ?desk|help ?desk|klanten ?ser[a-z]*|support (?:staff|team))\b`)

// knownWords are common words a letter or two away from a key noun, which they are not.
var knownWords = set(`meneer menen menu mense wens wensen lens kans dans mensa merken werken medewerking bewerken talent
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

const (
	wish   = `(?:wil|willen|wilt|wou|mag|kan|kun|kunt|kunnen|graag|liever|moet|eis|sta erop|geef|geeft|stuur|haal|roep|zoek|breng|regel|zou|nodig|laat|aub|alsjeblieft|alstublieft|svp|pls|plz|please|want|wanna|need|needs|require|demand|insist|like|prefer|rather|can|could|may|might|must|let|lemme|get|give|gimme|bring|find|hoe|how|waar|where|wanneer|nu|now|is er|zijn er|is there|are there)`
	upTo3  = `(?: \S+){0,3}`
	upTo6  = `(?: \S+){0,6}`
	anyone = `(?:PERSON|FOLK|SOMEONE|BOSS|DESK)`
)

var (
	// refusing a person, or asking what this is.
	refusesPerson = []*regexp.Regexp{
		regexp.MustCompile(`\b(?:hoef|hoeft|nodig|hoeven)\b` + upTo3 + ` ?\b(?:geen|niet)\b` + upTo3 + ` ` + anyone),
		regexp.MustCompile(`\b(?:wil|wou) (?:(?:helemaal|echt|zeker) )?(?:geen|niet met een)(?: \S+){0,2} (?:PERSON|BOSS)`),
		regexp.MustCompile(`\bgeen(?: \S+){0,2} ` + anyone + ` (?:nodig|hoor|aub|graag)\b`),
		regexp.MustCompile(`\b(?:zonder|without)(?: \S+){0,3} ` + anyone),
		regexp.MustCompile(`\b(?:dont|do not|doesnt|not|no) (?:want|need|have)(?: to| a| an| any| TALK| with| the)* (?:real |live )?` + anyone),
		regexp.MustCompile(`^(?:no|geen) ` + anyone + `(?: \S+)?$`),
		regexp.MustCompile(`\b(?:no need|hoeft niet|niet nodig)\b` + upTo6 + ` ` + anyone),
		regexp.MustCompile(`\b(?:niet|not) (?:met een |met |to a |to an |with a )?(?:echte? |real )?PERSON (?:maar|but)\b`),
	}
	asksWhatThisIs = regexp.MustCompile(`^(?:hallo |hoi |hi |hey |hello |maar |so |dus |wait |ok |oke |en )?(?:(?:ben|bent|zijn|is|praat|spreek|chat|word|heb) (?:jij|je|u|jullie|dit|ik|het)|(?:are|r) (?:you|u|there humans)|am i|is (?:this|it)|do i have|zit (?:er|hier)|u bent|je bent|jij bent|youre|you are|leest|is a PERSON|did i|was (?:dit|this|that|dat))\b`)
	// A person in another role, or one who did something.
	otherRole = []*regexp.Regexp{
		regexp.MustCompile(`\b(?:mijn|m|onze|my|our|his|her|zijn|haar|een oud|ex|their|een andere?|delivery|post|travel|estate|cleaning|ticket|secret|insurance|leasing|booking) (?:PERSON|SOMEONE|BOSS)\b`),
		regexp.MustCompile(anyone + upTo3 + ` (?:zei|zegt|vertelde|vertelt|beloofde|beloofd|heeft|had|was|waren|gaf|deed|hielp|schreef|beweerde|adviseerde|adviseert|verzekerde|noemde|hing|said|says|told|promised|gave|was|were|has|had|did|helped|wrote|claimed|advised|assured|hung|mentioned|refused|weigerde|opened|stole|snauwde|stuurde|belde|called|sent|tekende|signed)\b`),
		regexp.MustCompile(`\b(?:gesproken|gepraat|sprak|gebeld|gechat|spoke|spoken|talked|chatted|geholpen door|helped by|contact gehad)\b`),
		regexp.MustCompile(`\b(?:vacatures?|sollicit\w*|personeel|jobs?|hiring|work for|werken bij|word ik|become)\b`),
		regexp.MustCompile(`\b(?:hoeveel|how many)\b` + upTo3 + ` PERSON`),
		regexp.MustCompile(`\b(?:ben|bent|im|i am|am) (?:een |a |an )?(?:PERSON|BOSS)\b`),
		regexp.MustCompile(`\bvoor (?:\d+|twee|drie|vier|vijf|zes|acht|tien) PERSON|\bfor (?:\d+|two|three|four|five|six|eight|ten) PERSON|\bper PERSON|\bPERSON (?:s )?maat`),
	}
	// asking outright.
	asksPerson = []*regexp.Regexp{
		regexp.MustCompile(wish + `(?: \S+){0,8} ` + anyone + upTo6 + ` (?:TALK|CONNECT|contact|aan de lijn|aan de telefoon|on the line|on the phone)\b`),
		regexp.MustCompile(`\b(?:TALK|CONNECT|contact|chat|praat|praten|in touch|hold|bereik|bereiken|reach|verbind|verbinden|connect|connected|transfer|transferred|forward|pass|hand|switch|put me through|doorgeschakeld|zet me|stuur me|door)` + upTo6 + ` (?:PERSON|FOLK|BOSS|DESK)\b`),
		regexp.MustCompile(`\b(?:wil|want|wanna have|need|geef me|geef mij|give me|gimme|get me|liever|rather|would like|prefer)(?: (?:een|a|an|echte?|real|live|gewoon|just|to have)){0,4} FOLK\b`),
		regexp.MustCompile(wish + ` (?:een|a|an|real|the|\S+ )? ?FOLK(?: (?:mij|me|us|ons|die|who|that|to|with|hier|mee))* (?:help|helpen|antwoord|antwoorden|answer|assist|meekijken|TALK)`),
		regexp.MustCompile(`\bgeholpen (?:worden )?door (?:een )?(?:echte? )?(?:PERSON|FOLK)|\b(?:helped|assisted|served) by (?:a |an )?(?:real )?(?:PERSON|FOLK)`),
		regexp.MustCompile(`\b(?:van je|van jullie|van uw|van de|of your|of the) (?:SOMEONE|PERSON)$`),
		regexp.MustCompile(`\bbe (?:transferred|connected)(?: to (?:a |an |the |your )?(?:PERSON|SOMEONE|FOLK|BOSS|DESK))?$|\b(?:be put through|doorgeschakeld worden|handed over|take over|overnemen)\b`),
		regexp.MustCompile(`\b(?:TALK|CONNECT|verbind|connect|transfer|forward|pass me|hand me|put me|speak|zet me|stuur me)(?: me| mij| door| through| over| on| to| met| with| naar| aan| een| a| van| of| your| jullie| je| uw| one| real| echt| echte| gewoon| just){0,6} SOMEONE\b`),
		regexp.MustCompile(wish + `(?: \S+){0,5} (?:PERSON|BOSS)\b`),
		regexp.MustCompile(`\bSOMEONE (?:TALK|aan de lijn|on the line)|\b(?:PERSON|FOLK|BOSS|DESK) (?:TALK|help|hulp|contact|graag|aub|alstublieft|alsjeblieft|svp|please|pls|plz|now|nu|nodig|needed|required|gewenst|gevraagd)\b`),
		regexp.MustCompile(`\b(?:echte?|real|actual|live|levend|human|menselijke?) (?:PERSON|FOLK|SOMEONE)\b`),
		regexp.MustCompile(`\bSOMEONE (?:echts?|real|actual|human|van vlees|of flesh|van jullie|van de DESK|from (?:your|the|DESK|customer))`),
		regexp.MustCompile(`\b(?:geen|niet met (?:een )?|niet tegen (?:een )?|stop met|weg met|genoeg van|rot op met|haat|no|not a|not to a|not with a|not TALK|niet TALK|dont TALK|skip|enough of|stop the|sick of|dont want (?:a|an|to TALK to a|to TALK to an|to TALK with a|this|your)|tired of|hate)(?: \S+){0,3} ?BOT\b`),
		regexp.MustCompile(`\b(?:CONNECT|verbind me door|put me through|transfer me|pass me on|hand me over|schakel me door|overzetten naar|zet me (?:door|over)|kunt u mij door|doorverbin\w*)\b`),
		regexp.MustCompile(`\b(?:menselijke?|human|persoonlijke?|personal) (?:hulp|contact|help|assistance|support|DESK|agent|PERSON|hand|ondersteuning|interaction|interactie)\b`),
		regexp.MustCompile(wish + `(?: \S+){0,5} SOMEONE TALK\b|` + wish + `(?: \S+){0,6} TALK(?: \S+){0,3} SOMEONE\b|\bmet SOMEONE (?:TALK|van)\b`),
		regexp.MustCompile(wish + `(?: \S+){0,6} DESK (?:TALK|bellen|call|agent|PERSON)`),
	}
	asksForHelp   = regexp.MustCompile(`\b(?:hulp van|help from|assistance from|geef me|geef mij|give me|get me)(?: een| a| an| de| the| jullie| your)* (?:PERSON|FOLK|BOSS|DESK)\b|\bFOLK (?:die|who) (?:antwoord|answer)`)
	asksToConnect = regexp.MustCompile(`^(?:please |can you |could you |just )*(?:transfer|connect|escalate|forward)(?: me| this| please| now| pls| to DESK)*$`)
	// nothing but the person: "medewerker!", "a human please", "agent agent agent".
	barePerson = regexp.MustCompile(`^(?:(?:een|a|an|the|de|echte?|real|live|human|gewoon|just|graag|aub|alstublieft|alsjeblieft|svp|please|pls|plz|nu|now|ik|i|ja|yes|nee|no|hallo|hi|hello|hoi|ok|help|naar|to|met|with|n|liever|only|alleen|customer|service|een van je) ?)*(?:PERSON|FOLK|BOSS|DESK)(?: (?:PERSON|graag|aub|alstublieft|alsjeblieft|svp|please|pls|plz|nu|now|nodig|needed|dan|then|hier|here|thanks|bedankt))*$`)
	stillWants = regexp.MustCompile(`\b(?:ik wil|wil ik|ik eis|mag ik|kan ik|i want|i need|can i|could i|may i|let me|laat me|laat mij|geef me|geef mij|give me|verbind|connect me|transfer me|ik wens|i demand|id like|i would like|ik zou)\b`)
	wantsRobot = regexp.MustCompile(`\bcleaning|vacuum|stofzuig|robotmaaier|lawn|speelgoed|toy|spel(?:let)?computer|gaming|laptop|machine\b`)
)

// refuses reports whether the customer wants no person, or only asks what this is.
func (p personWords) refuses() bool {
	for _, re := range refusesPerson {
		if re.MatchString(p.tagged) && !strings.Contains(p.tagged, "BOT") {
			return true
		}
	}
	return asksWhatThisIs.MatchString(p.sentence) && !stillWants.MatchString(p.sentence)
}

// asks reports whether a rule sees the question for a person in the sentence.
func (p personWords) asks() bool {
	if barePerson.MatchString(p.tagged) || asksToConnect.MatchString(p.tagged) || asksForHelp.MatchString(p.tagged) {
		return true
	}
	if p.onlyMentions() {
		return false
	}
	for _, re := range asksPerson {
		if re.MatchString(p.tagged) && !(strings.Contains(re.String(), "BOT") && wantsRobot.MatchString(p.sentence)) {
			return true
		}
	}
	return false
}

// onlyMentions reports whether the person in the sentence has another part than to help now.
func (p personWords) onlyMentions() bool {
	for i, re := range otherRole {
		if re.MatchString(p.tagged) {
			return i == 0 || !wantsAnyway(p)
		}
	}
	return false
}

var wantsAnyway = func() func(p personWords) bool {
	re := regexp.MustCompile(stillWants.String() + `(?: \S+){0,6} (?:PERSON|FOLK|SOMEONE|BOSS|DESK)\b`)
	return func(p personWords) bool { return re.MatchString(p.tagged) }
}()

// binaryModel tells one kind of sentence from all others.
type binaryModel struct {
	vocab   *vocabulary
	weights *matrix
}

// personModel learns asking for a person from the built-in sentences, the first time it is needed.
var personModel = sync.OnceValue(func() *binaryModel {
	s := builtin()
	var texts []string
	p := problem{classes: 2}
	for _, e := range append(s.examples[:len(s.examples):len(s.examples)], s.background...) {
		y := 0
		if e.Intent == "human" {
			y = 1
		}
		texts, p.y = append(texts, strings.Join(words(Normalize(e.Text)), " ")), append(p.y, y)
	}
	return trainBinary(texts, p)
})

func trainBinary(texts []string, p problem) *binaryModel {
	m := &binaryModel{vocab: newVocabulary(texts, 1)}
	var g grams
	for _, t := range texts {
		p.x = append(p.x, m.vocab.vector(&g, t, nil))
	}
	p.cols = len(m.vocab.idf)
	m.weights = trainSoftmax(p, softmaxCost, softmaxEpochs, rand.New(rand.NewPCG(0, 5)))
	return m
}

func (m *binaryModel) probability(sentence string) float64 {
	var g grams
	x := m.vocab.vector(&g, sentence, nil)
	if len(x) == 0 {
		return 0
	}
	s := make([]float32, m.weights.stride)
	m.weights.scores(x, s)
	softmax(s[:2])
	return float64(s[1])
}
