package nlu

import (
	"math/rand/v2"
	"regexp"
	"slices"
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
	r := readPersonWords(Normalize(text), tagOf)
	switch {
	case r.sentence == "":
		return false
	case !r.speaksOfPeople(): // the rules have nothing to say
	case r.refuses():
		return false
	case r.asks():
		return true
	case r.onlyMentions():
		return false
	}
	return personModel().probability(r.both()) >= personSure
}

// Warm trains now what AsksForPerson would otherwise train at the first sentence that needs it: call it when the program
// starts. Again it does nothing.
func Warm() { personModel() }

// personSure is how probable asking must be for the model alone to say so.
const personSure = 0.55

// maxPersonWords is how many words are looked at: nobody asks for a person only after a hundred and fifty.
const maxPersonWords = 150

// personWords is a sentence in which every word that matters is replaced by what it stands for, so that one pattern
// covers its spellings: PERSON, FOLK (people in general), SOMEONE, BOSS, DESK, BOT, TALK, CONNECT.
type personWords struct{ sentence, tagged string }

// both is what the model reads: the words, and then what they stand for, so that it learns from either.
func (p personWords) both() string { return p.sentence + " " + p.tagged }

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
var deskNames = regexp.MustCompile(`\b(?:custo?mer (?:serv|care|supp)[a-z]*|service ?desk|help ?desk|klanten ?ser[a-z]*|support (?:staff|team))\b`)

// phrases are groups of words that mean one of the tagged words.
var phrases = strings.NewReplacer("te woord", "spreken", "one of you ", "someone ", "een van jullie ", "iemand ", "een van u ", "iemand ",
	"real human being", "real human", "human being", "human", "menselijk wezen", "mens")

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

// speaksOfPeople is a cheap look at whether any rule could apply: a tag, the only capitals there are, or a word of
// passing on.
func (p personWords) speaksOfPeople() bool {
	for i := 0; i < len(p.tagged); i++ {
		if 'A' <= p.tagged[i] && p.tagged[i] <= 'Z' {
			return true
		}
	}
	for _, w := range []string{"transfer", "connect", "verb", "door", "escal", "forward", "hand", "over", "persoon", "person", "mens", "contact"} {
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
	return asksWhatThisIs.MatchString(p.sentence) && !stillWants.MatchString(p.sentence)
}

// asks reports whether a rule sees the question for a person in the sentence.
func (p personWords) asks() bool {
	if barePerson.MatchString(p.tagged) || asksToConnect.MatchString(p.tagged) {
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
	if matchesAny(otherPerson, p.tagged) {
		return true
	}
	return matchesAny(otherRole, p.tagged) && !wantsAnyway.MatchString(p.tagged)
}

func matchesAny(list []*regexp.Regexp, s string) bool {
	return slices.ContainsFunc(list, func(re *regexp.Regexp) bool { return re.MatchString(s) })
}

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
	seen := map[string]string{}
	tag := func(w string) string {
		t, ok := seen[w]
		if !ok {
			t = tagOf(w)
			seen[w] = t
		}
		return t
	}
	for _, e := range slices.Concat(s.examples, s.background, s.mentions) {
		y := 0
		if e.Intent == "human" {
			y = 1
		}
		texts, p.y = append(texts, readPersonWords(Normalize(e.Text), tag).both()), append(p.y, y)
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
