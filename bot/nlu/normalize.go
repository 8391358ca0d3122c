package nlu

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxRunes is where a text is cut before anything looks at it: the widget's own limit for a message.
const maxRunes = 4000

// Normalize makes a text comparable: lower case, diacritics folded (één → een), typographic quotes and dashes made plain,
// control and invisible characters dropped, runs of white space made one space. A text over 4,000 characters is cut there.
// Bytes that are not UTF-8 count as white space. Normalize of its own result changes nothing.
func Normalize(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	gap := false
	n := 0
	for _, r := range foldMarks(text) {
		if n++; n > maxRunes {
			break
		}
		if r < 0x80 {
			switch {
			case 'A' <= r && r <= 'Z':
				r += 'a' - 'A'
			case r <= ' ' || r == 0x7f:
				gap = true
				continue
			}
		} else if r = foldRune(r); r == ' ' {
			gap = true
			continue
		} else if r < 0 {
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		writeFolded(&b, r)
	}
	return b.String()
}

// foldMarks decomposes text, so that a letter and its mark are two runes and the mark can be dropped. ASCII is returned
// as it is, which is what nearly every message is.
func foldMarks(text string) string {
	if len(text) > maxRunes*utf8.UTFMax {
		text = text[:maxRunes*utf8.UTFMax]
	}
	for i := 0; i < len(text); i++ {
		if text[i] >= 0x80 {
			return norm.NFKD.String(text)
		}
	}
	return text
}

// foldRune lower-cases one rune outside ASCII. It returns ' ' for white space and for what is not text, and -1 for what
// is to be dropped without a gap: marks and invisible characters.
func foldRune(r rune) rune {
	switch r {
	case '‘', '’', '‚', '‛', '´', '`', 'ʼ', '′':
		return '\''
	case '“', '”', '„', '«', '»', '″':
		return '"'
	case '–', '—', '−', '‐', '‑', '‒':
		return '-'
	case utf8.RuneError, '\u200b': // a space of no width still parts words
		return ' '
	}
	if 0x1f3fb <= r && r <= 0x1f3ff { // the colour of a hand
		return -1
	}
	switch {
	case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r), unicode.Is(unicode.Cf, r):
		return -1
	case unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Co, r):
		return ' '
	}
	return unicode.ToLower(r)
}

// writeFolded writes r, spelling out the letters that decomposition leaves whole.
func writeFolded(b *strings.Builder, r rune) {
	switch r {
	case 'ß':
		b.WriteString("ss")
	case 'æ':
		b.WriteString("ae")
	case 'œ':
		b.WriteString("oe")
	case 'ø':
		b.WriteByte('o')
	case 'ł':
		b.WriteByte('l')
	case 'đ', 'ð':
		b.WriteByte('d')
	default:
		b.WriteRune(r)
	}
}

// isWordByte reports whether c belongs to a word: ASCII letters and digits, and every byte of a rune outside ASCII.
func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c >= 0x80 || 'A' <= c && c <= 'Z'
}

// eachWord calls f with every word of a normalized text, in order: runs of letters and digits. An apostrophe inside a
// word is skipped over, so that "don't" is one word, dont, however it was typed.
func eachWord(s string, buf []byte, f func(word []byte)) []byte {
	buf = buf[:0]
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isWordByte(c):
			buf = append(buf, c)
		case c == '\'' && len(buf) > 0 && i+1 < len(s) && isWordByte(s[i+1]):
		default:
			if len(buf) > 0 {
				f(buf)
				buf = buf[:0]
			}
		}
	}
	if len(buf) > 0 {
		f(buf)
		buf = buf[:0]
	}
	return buf
}

// words returns the words of a normalized text.
func words(s string) []string {
	var out []string
	eachWord(s, nil, func(w []byte) { out = append(out, string(w)) })
	return out
}
