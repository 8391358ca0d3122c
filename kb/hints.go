package kb

import (
	"context"
	"regexp"
	"strings"
	"time"

	"balie/internal/fault"
)

// What a hint is about. The words for the writer are the page's.
const (
	HintLong      = "long"      // a sentence with more words than most people follow at once
	HintHard      = "hard"      // a word of offices; Other is a plainer one
	HintPassive   = "passive"   // nobody does anything: say who does
	HintLink      = "link"      // a link to an article that customers cannot read
	HintAlt       = "alt"       // a picture without words for who does not see it
	HintReview    = "review"    // no date on which somebody looks whether it is still true, or one that has passed
	HintQuestions = "questions" // no test
	HintHeading   = "heading"   // a long text without headings: answers are quoted by heading
)

// Hint is advice for a writer. It never stops anything.
type Hint struct {
	Kind  string `json:"kind"`
	Line  int    `json:"line,omitempty"` // of the text; 0: the article as a whole
	Text  string `json:"text,omitempty"` // the words it is about
	Other string `json:"other,omitempty"`
}

// Bounds of the hints.
const (
	maxHints     = 60
	longSentence = 20 // words; level B1 asks for about 15
	noHeading    = 250
)

// hardWords are words of offices with the plain one, by language.
var hardWords = map[string]map[string]string{
	"nl": {
		"middels": "met", "teneinde": "om", "dienen": "moeten", "dient": "moet", "gaarne": "graag", "alsmede": "en", "betreffende": "over", "inzake": "over",
		"desbetreffende": "deze", "derhalve": "daarom", "omtrent": "over", "conform": "volgens", "reeds": "al", "indien": "als", "welke": "die", "tevens": "ook",
		"echter": "maar", "aangaande": "over", "verstrekken": "geven", "retourneren": "terugsturen", "geretourneerd": "teruggestuurd", "annuleren": "stoppen",
		"woonachtig": "wonen", "ontvangst": "krijgen", "additioneel": "extra", "additionele": "extra", "verkrijgen": "krijgen", "eveneens": "ook", "nochtans": "toch",
		"jaarlijks": "elk jaar", "wederom": "opnieuw", "ingevolge": "door", "krachtens": "volgens", "mits": "als", "tenzij": "behalve als", "aanvangen": "beginnen",
		"geschieden": "gebeuren", "te allen tijde": "altijd", "ten behoeve van": "voor", "met betrekking tot": "over", "in verband met": "door", "op basis van": "door",
		"crediteren": "terugbetalen", "gecrediteerd": "terugbetaald", "uiterlijk binnen": "binnen", "voornoemde": "deze", "bovengenoemde": "deze",
	},
	"en": {
		"utilise": "use", "utilize": "use", "commence": "start", "terminate": "end", "prior to": "before", "subsequent to": "after", "in order to": "to", "regarding": "about",
		"pursuant to": "under", "herein": "here", "thereof": "of it", "endeavour": "try", "ascertain": "find out", "facilitate": "help", "in the event that": "if",
		"at this point in time": "now", "with regard to": "about", "remit": "pay", "render": "give", "furnish": "give", "notwithstanding": "despite", "hereby": "",
	},
}

var passive = map[string]*regexp.Regexp{
	"nl": regexp.MustCompile(`(?i)\b(?:word(?:t|en)|werd(?:en)?)\b[^.!?\n]{0,60}?\b(?:ge|be|ver|ont)\p{L}{2,}(?:d|t|en)\b`),
	"en": regexp.MustCompile(`(?i)\b(?:is|are|was|were|be|been|being)\s+(?:\w+ly\s+)?\w{3,}ed\b(?:\s+by\b)?`),
}

var (
	mdImage = regexp.MustCompile(`!\[([^\]]*)\]\(`)
	mdLink  = regexp.MustCompile(`\]\(([^)\s]+)`)
	helpRef = regexp.MustCompile(`^/help/([a-z-]{2,8})/([A-Za-z0-9._-]+)`)
)

// Hints reads an article as its customer would and says what could be plainer.
func (w *Workshop) Hints(ctx context.Context, a Article) ([]Hint, error) {
	var out []Hint
	fenced := false
	for i, line := range strings.Split(a.Body, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		if fenced || len(out) >= maxHints {
			continue
		}
		out = append(out, lineHints(a.Lang, i+1, line)...)
		links, err := w.deadLinks(ctx, i+1, line)
		if err != nil {
			return nil, err
		}
		out = append(out, links...)
	}
	if len(strings.Fields(a.Body)) > noHeading && !strings.Contains("\n"+a.Body, "\n#") {
		out = append(out, Hint{Kind: HintHeading})
	}
	if due, err := time.Parse(time.DateOnly, a.ReviewBy); err != nil || due.Before(w.now()) {
		out = append(out, Hint{Kind: HintReview, Text: a.ReviewBy})
	}
	if len(a.Questions) == 0 && !a.Internal {
		out = append(out, Hint{Kind: HintQuestions})
	}
	return out[:min(len(out), maxHints)], nil
}

// lineHints reads one line of Markdown.
func lineHints(lang string, n int, line string) (out []Hint) {
	for _, m := range mdImage.FindAllStringSubmatch(line, 5) {
		if strings.Trim(m[1], " …") == "" {
			out = append(out, Hint{Kind: HintAlt, Line: n})
		}
	}
	plain := Plain(line)
	for _, s := range sentences.Split(plain, 50) {
		if len(strings.Fields(s)) > longSentence {
			out = append(out, Hint{Kind: HintLong, Line: n, Text: firstWords(s, 8) + " …"})
		}
		if re := passive[lang]; re != nil {
			if found := re.FindString(s); found != "" {
				out = append(out, Hint{Kind: HintPassive, Line: n, Text: found})
			}
		}
	}
	low := " " + strings.ToLower(strings.Join(strings.FieldsFunc(plain, func(r rune) bool { return strings.ContainsRune(" \t.,;:!?()\"'’", r) }), " ")) + " "
	for hard, other := range hardWords[lang] {
		if strings.Contains(low, " "+hard+" ") {
			out = append(out, Hint{Kind: HintHard, Line: n, Text: hard, Other: other})
		}
	}
	return out
}

// deadLinks finds links to articles that customers cannot read.
func (w *Workshop) deadLinks(ctx context.Context, n int, line string) (out []Hint, err error) {
	for _, m := range mdLink.FindAllStringSubmatch(line, 20) {
		ref := helpRef.FindStringSubmatch(m[1])
		if ref == nil {
			continue
		}
		_, err := w.Library.Article(ctx, ref[1], ref[2])
		if fault.Is(err, fault.NotFound) {
			out = append(out, Hint{Kind: HintLink, Line: n, Text: m[1]})
		} else if err != nil {
			return nil, err
		}
	}
	return out, nil
}
