package kb

import (
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// A token is one word of a text: its letters made small and plain, and where it stands, for marking it.
type token struct {
	word       string
	start, end int
}

// Limits on what is looked at of one text, so that a pasted log file cannot make a search slow.
const (
	maxToken = 40 // letters of a word; longer ones are keys and hashes, and are cut
)

// tokenize cuts text into words of letters and digits, small and without accents. "e-mail" is one word and "foto's" is
// "foto"; other hyphens part words.
func tokenize(text string) []token {
	out := make([]token, 0, len(text)/6+1)
	var buf []byte
	start, n, skip := -1, 0, 0
	flush := func(end int) {
		if len(buf) > 0 {
			out = append(out, token{string(buf), start, end})
		}
		buf, start, n = buf[:0], -1, 0
	}
	for i, r := range text {
		if i < skip {
			continue
		}
		_, width := utf8.DecodeRuneInString(text[i:]) // a byte that is no letter of any alphabet is one wide, not as wide as r
		rest := text[i+width:]
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if start < 0 {
				start = i
			}
			if n++; n <= maxToken {
				buf = appendFolded(buf, r)
			}
		case r == '-' && n == 1 && letters(rest): // e-mail, e-bike: a single letter is no word
		case (r == '\'' || r == '’') && n > 0 && ending(rest):
			flush(i)
			skip = len(text) - len(rest) + 1
		default:
			flush(i)
		}
	}
	flush(len(text))
	return out
}

// letters reports whether at least three letters follow at once.
func letters(rest string) bool {
	n := 0
	for _, r := range rest {
		if !unicode.IsLetter(r) {
			break
		}
		if n++; n == 3 {
			return true
		}
	}
	return false
}

// ending reports whether an apostrophe is followed by a lone s or t: foto's, customer's, don't.
func ending(rest string) bool {
	if rest == "" || (rest[0] != 's' && rest[0] != 't') {
		return false
	}
	r, _ := utf8.DecodeRuneInString(rest[1:])
	return len(rest) == 1 || !(unicode.IsLetter(r) || unicode.IsDigit(r))
}

// plainLetters are the letters with accents that Dutch and English texts meet, and what is left without them.
var plainLetters = func() map[rune]string {
	m := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ĳ': "ij", 'ð': "d", 'þ': "th", 'ł': "l"}
	for plain, accented := range map[string]string{
		"a": "àáâãäåāăą", "c": "çćĉċč", "d": "ďđ", "e": "èéêëēĕėęě", "g": "ĝğġģ", "h": "ĥħ", "i": "ìíîïĩīĭįı", "j": "ĵ",
		"k": "ķ", "l": "ĺļľ", "n": "ñńņň", "o": "òóôõöōŏő", "r": "ŕŗř", "s": "śŝşš", "t": "ţťŧ", "u": "ùúûüũūŭůűų",
		"w": "ŵ", "y": "ýÿŷ", "z": "źżž",
	} {
		for _, r := range accented {
			m[r] = plain
		}
	}
	return m
}()

func appendFolded(buf []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(buf, byte(r))
	}
	r = unicode.ToLower(r)
	if s, ok := plainLetters[r]; ok {
		return append(buf, s...)
	}
	if unicode.IsMark(r) {
		return buf
	}
	return utf8.AppendRune(buf, r)
}

// language is what search knows of one language.
type language struct {
	code string
	stem func(word string) string // "" for a word that carries no meaning of its own
	stop map[string]bool          // words that help no search
	ask  map[string]bool          // words of asking: they count in an article, not in a question
	part bool                     // whether words are written together, as in Dutch
}

// maxStems is how many stems of a language are kept: all of a library's words, some 4 MB.
const maxStems = 30_000

// remembered keeps what a stemmer says of the words it meets first. A library's texts and its customers use the same words over and over.
func remembered(stem func(string) string) func(string) string {
	var known sync.Map
	var n atomic.Int64
	return func(word string) string {
		if s, ok := known.Load(word); ok {
			return s.(string)
		}
		s := stem(word)
		if len(word) <= 4*maxToken && n.Load() < maxStems {
			n.Add(1)
			known.Store(strings.Clone(word), s)
		}
		return s
	}
}

var languages = map[string]*language{
	"nl": {code: "nl", stem: remembered(stemDutch), stop: dutchStop, ask: dutchAsk, part: true},
	"en": {code: "en", stem: remembered(stemEnglish), stop: englishStop, ask: englishAsk},
}

// languageOf returns the rules for a language code. A language without rules of its own is cut into words and no more.
func languageOf(code string) *language {
	if l := languages[code]; l != nil {
		return l
	}
	return &language{code: code, stem: func(w string) string { return w }}
}

// terms returns the index terms of text, one a word, stop words left out.
func (l *language) terms(text string) []string {
	toks := tokenize(text)
	out := make([]string, 0, len(toks))
	for _, t := range toks {
		if !l.stop[t.word] {
			out = append(out, l.stem(t.word))
		}
	}
	return out
}

func setOf(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
