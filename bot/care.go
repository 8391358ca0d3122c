package bot

import (
	"context"
	"regexp"
	"strings"

	"balie/bot/texts"
	"balie/internal/chat"
)

// Care fetches a person, with priority and calm words, for what no routine should answer: despair, threats, fraud, a death.
type Care struct{}

// Name is the policy's name.
func (Care) Name() string { return "care" }

// care are the subjects, gravest first, with how they are spoken of. Patterns are on lower-case text; they are wide on purpose: a person
// too many costs minutes.
var care = []struct {
	name     string
	priority int
	is, not  *regexp.Regexp
}{
	{"suicide", 9, regexp.MustCompile(`zelfmoord|zelfdoding|suicid|\b(?:wil|ga|moet) (?:ik )?(?:er )?(?:niet meer (?:leven|wakker worden|verder leven)|dood|mezelf (?:van kant|iets aandoen|ophangen))|ik wil dood|een eind(?:e)? (?:aan|maken aan) mijn leven|mezelf iets aan ?(?:te )?doen|leven (?:heeft|is) (?:voor mij )?(?:geen zin|niets waard)|wil niet meer leven|kill(?:ing)? myself|end(?:ing)? my life|want to die|take my own life|hurt(?:ing)? myself|don'?t want to (?:live|be alive)|no reason to live`), nil},
	{"threat", 8, regexp.MustCompile(`\bik (?:kom|ga|zal|maak|steek|sla|schiet)\b.{0,30}\b(?:jou|jullie|je|hem|haar|u|hen|iemand|de boel|de tent|het pand|iedereen)\b.{0,30}\b(?:kapot|vermoorden|dood|dood ?maken|in brand|neer|in elkaar|te pakken)\b|ik weet (?:je|jullie|hem|haar|u) te vinden|ik weet waar (?:je|jullie|u) (?:woont|wonen|werkt|werken)|ik vermoord|(?:bom|brand)(?:melding|dreiging)|word(?:t|en)? (?:bedreigd|gestalkt|mishandeld)|\b(?:bedreigt|stalkt|mishandelt) mij|i(?:'ll| will| am going to|'m going to|m gonna) (?:kill|hurt|burn|shoot|stab|find) (?:you|him|her|them|down|your)|bomb threat|threatening me|is (?:stalking|abusing) me|being (?:threatened|stalked|abused)`), nil},
	{"fraud", 6, regexp.MustCompile(`phishing|oplicht(?:er|ing|ers)|opgelicht|identiteits(?:fraude|diefstal)|identity theft|\bfraud|frauduleu|gehackt|hacked|nepmail|nep[- ]?(?:bericht|sms|site|winkel|webshop)|valse (?:mail|e-mail|sms|site)|scam(?:med|mer)?\b|(?:zonder|buiten) mijn (?:toestemming|medeweten).{0,40}(?:besteld|betaald|afgeschreven)|(?:iemand|onbekende) (?:anders )?(?:heeft|gebruikt|bestelt).{0,40}(?:mijn (?:account|naam|gegevens|pas|kaart|creditcard))|someone (?:else )?(?:has )?(?:used|is using|ordered|stole|has stolen).{0,40}my (?:account|name|card|identity|details)|stolen (?:card|credit ?card|identity)|ik heb (?:dit|dat|deze|niets|niks) (?:helemaal )?(?:nooit|niet) besteld.{0,60}(?:afgeschreven|betaald|factuur|rekening)`), regexp.MustCompile(`(?:jullie|u|je|jij) (?:zijn|bent|is|lijken)\b.{0,20}oplicht|stel(?:letje)? oplichters|bende oplichters|^\W*oplichters\W*$|you(?:'re| are)\b.{0,20}(?:scam|fraud)|bunch of (?:scam|fraud)|what a scam`)},
	{"bereavement", 5, regexp.MustCompile(`overleden|overlijden|gestorven|uitvaart|begrafenis|crematie|\bnalatenschap|weduwe|weduwnaar|passed away|has died|\bdied\b|deceased|\bfuneral|bereave|my late (?:husband|wife|father|mother|partner|son|daughter)|wijlen`), regexp.MustCompile(`batterij|accu|battery|laptop|telefoon|phone|plant|screen|scherm`)},
	{"distress", 5, regexp.MustCompile(`ik (?:kan|trek|hou) (?:het|dit) (?:allemaal )?(?:echt )?niet meer (?:aan|vol|uit)|ik zie het niet meer zitten|ik ben (?:helemaal )?(?:radeloos|wanhopig|ten einde raad)|ik weet me geen raad|(?:word|wordt) (?:thuis )?geslagen|huiselijk geweld|domestic (?:violence|abuse)|i(?:'m| am) (?:so )?(?:desperate|suicidal)|i can'?t (?:go on|cope|take (?:it|this) any ?more)|panic attack|paniekaanval`), nil},
}

// Decide fetches the person.
func (Care) Decide(_ context.Context, t *Turn) (*Decision, error) {
	if t.text == "" || t.press != (Press{}) {
		return nil, nil
	}
	subject, priority := careFor(t.text)
	if subject == "" {
		return nil, nil
	}
	return escalate(chat.ReasonSensitive, priority, subject, texts.Say(t.Conv.Lang, "care."+subject)), nil
}

// careFor names what in a text asks for care, or "".
func careFor(text string) (string, int) {
	s := strings.NewReplacer("’", "'", "\n", " ").Replace(strings.ToLower(text))
	for _, c := range care {
		if c.is.MatchString(s) && (c.not == nil || !c.not.MatchString(s)) {
			return c.name, c.priority
		}
	}
	return "", 0
}
