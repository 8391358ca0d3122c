package kb

import (
	"regexp"
	"strings"
)

// A passage is what one answer quotes: long enough to stand alone, short enough to read in a chat.
const (
	passageWords = 180 // a section up to this long stays whole
	maxWords     = 240 // a block longer than this is cut at a sentence, however it ends
	maxPassages  = 400 // of one article; the rest of a longer one is in its last passage
)

// Passage is a stretch of an article under one heading.
type Passage struct {
	Section  string // the heading it stands under, "" before the first
	Markdown string
}

var (
	heading   = regexp.MustCompile(`^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$`)
	linkDef   = regexp.MustCompile(`^ {0,3}\[[^\]]+\]:[ \t]*\S`)
	listItem  = regexp.MustCompile(`^ {0,3}(?:[-+*]|\d{1,9}[.)])[ \t]`)
	sentences = regexp.MustCompile(`[.!?]["')\]]*[ \t\r\n]+`)
)

// Passages cuts an article's Markdown at its headings, and long sections at their blocks, into passages of some 150 to
// 200 words. Code and tables are not cut. Link definitions go with every passage, because any may need them.
func Passages(body string) []Passage {
	var out []Passage
	for _, s := range sections(body) {
		out = append(out, s.cut()...)
	}
	if len(out) > maxPassages {
		rest := out[maxPassages-1:]
		var b strings.Builder
		for _, p := range rest {
			b.WriteString(p.Markdown + "\n\n")
		}
		out = append(out[:maxPassages-1], Passage{Section: rest[0].Section, Markdown: b.String()})
	}
	if defs := linkDefs(body); defs != "" {
		for i := range out {
			out[i].Markdown += "\n\n" + defs
		}
	}
	return out
}

func linkDefs(body string) string {
	var b strings.Builder
	for line := range strings.Lines(body) {
		if linkDef.MatchString(line) && b.Len() < 8<<10 {
			b.WriteString(line)
		}
	}
	return b.String()
}

// section is a heading with the blocks under it, each block being lines up to an empty one.
type section struct {
	title  string
	blocks []string
}

func sections(body string) []section {
	out := []section{{}}
	var block strings.Builder
	flush := func() {
		if strings.TrimSpace(block.String()) != "" {
			last := &out[len(out)-1]
			last.blocks = append(last.blocks, strings.TrimRight(block.String(), "\r\n"))
		}
		block.Reset()
	}
	fence := ""
	for line := range strings.Lines(body) {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence != "":
			block.WriteString(line)
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
		case strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~"):
			fence = trimmed[:3]
			block.WriteString(line)
		case trimmed == "":
			flush()
		case linkDef.MatchString(line):
		default:
			if m := heading.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
				flush()
				out = append(out, section{title: Plain(m[2])})
				continue
			}
			if listItem.MatchString(line) && words(block.String()) > passageWords {
				flush()
			}
			block.WriteString(line)
		}
	}
	flush()
	return out
}

// cut packs the blocks of a section into passages, keeping a short last block with the one before it.
func (s section) cut() []Passage {
	var out []Passage
	var parts []string
	n := 0
	emit := func() {
		if len(parts) > 0 {
			out = append(out, Passage{Section: s.title, Markdown: strings.Join(parts, "\n\n")})
		}
		parts, n = nil, 0
	}
	for _, b := range s.pieces() {
		w := words(b)
		if n > 0 && n+w > passageWords+w/4 {
			emit()
		}
		parts = append(parts, b)
		n += w
	}
	emit()
	return out
}

// pieces returns the section's blocks, long paragraphs cut at sentences.
func (s section) pieces() []string {
	var out []string
	for _, b := range s.blocks {
		t := strings.TrimSpace(b)
		if words(b) <= maxWords || strings.HasPrefix(t, "|") || strings.HasPrefix(t, "```") || strings.HasPrefix(t, "~~~") {
			out = append(out, b)
			continue
		}
		out = append(out, cutSentences(b)...)
	}
	return out
}

func cutSentences(b string) []string {
	var out []string
	start, last := 0, 0
	for _, m := range sentences.FindAllStringIndex(b, -1) {
		if words(b[start:m[1]]) > passageWords && last > start {
			out = append(out, strings.TrimSpace(b[start:last]))
			start = last
		}
		last = m[1]
	}
	if last > start && words(b[start:]) > passageWords {
		out = append(out, strings.TrimSpace(b[start:last]))
		start = last
	}
	return append(out, hardCut(strings.TrimSpace(b[start:]))...)
}

// hardCut cuts text without sentence ends, such as a pasted list of words, every maxWords words.
func hardCut(s string) []string {
	if words(s) <= maxWords {
		return []string{s}
	}
	var out []string
	f := strings.Fields(s)
	for len(f) > 0 {
		n := min(len(f), maxWords)
		out = append(out, strings.Join(f[:n], " "))
		f = f[n:]
	}
	return out
}

// words counts the words in s without making them.
func words(s string) int {
	n, in := 0, false
	for i := range len(s) {
		space := s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r'
		if !space && !in {
			n++
		}
		in = !space
	}
	return n
}
