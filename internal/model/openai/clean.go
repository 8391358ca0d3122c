package openai

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"balie/bot"
)

// Bounds on what is looked at as one thing. Longer is not a tag, a link text or an address, and is taken apart.
const (
	maxTag   = 1024
	maxLabel = 512
	maxURL   = 2048
)

// Clean makes a model's text fit for a customer: no control or invisible characters, no HTML, no images, and no link or
// address that is not in allowedURLs, character for character. Of a forbidden link the words stay, of a forbidden
// image its description; a forbidden bare address goes. What is left is Markdown.
func Clean(text string, allowedURLs []string) string {
	allowed := make(map[string]bool, len(allowedURLs))
	for _, u := range allowedURLs {
		allowed[u] = true
	}
	s := newScrubber(allowed)
	return strings.TrimSpace(s.write(text) + s.close())
}

// scrubber is Clean for a text that is still growing. Three passes follow each other, each working on what the one
// before lets through, so that taking something out can never put something forbidden together.
type scrubber struct{ tags, links, addresses pass }

func newScrubber(allowed map[string]bool) *scrubber {
	return &scrubber{
		tags:      pass{next: func(p string, last bool) step { return nextTag(p, last, allowed) }},
		links:     pass{next: func(p string, last bool) step { return nextLink(p, last, allowed) }},
		addresses: pass{next: func(p string, last bool) step { return nextWord(p, last, allowed) }},
	}
}

// write returns what is certain after piece; close returns the rest. However a text is cut into pieces, the result is
// the same.
func (s *scrubber) write(piece string) string { return s.run(piece, false) }
func (s *scrubber) close() string             { return s.run("", true) }

func (s *scrubber) run(piece string, last bool) string {
	piece = strings.Map(visible, piece)
	return s.addresses.run(s.links.run(s.tags.run(piece, last), last), last)
}

// visible drops characters that a reader does not see, and those that make text read other than it is.
func visible(r rune) rune {
	switch {
	case r == '\n', r == '\u200d', r == '\ufe0f': // a new line; what joins and colours emoji
		return r
	case r == '\t':
		return ' '
	case r == utf8.RuneError, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
		return -1
	}
	return r
}

// step is what a pass does with the beginning of the text: take n bytes away, let put through, and look at back again
// before what follows. A step of zero bytes waits for more text.
type step struct {
	n    int
	put  string
	back string
}

var wait = step{}

func keep(p string, n int) step { return step{n: n, put: p[:n]} }

// pass reads text with next until next waits. Every step takes more away than it gives back, so a pass ends.
type pass struct {
	pending string
	next    func(pending string, last bool) step
}

func (p *pass) run(text string, last bool) string {
	p.pending += text
	var out strings.Builder
	for p.pending != "" {
		s := p.next(p.pending, last)
		if s.n == 0 {
			break
		}
		out.WriteString(s.put)
		p.pending = s.back + p.pending[s.n:]
	}
	return out.String()
}

// upTo keeps everything before the first of stops, or all of it.
func upTo(p, stops string) step {
	if i := strings.IndexAny(p, stops); i >= 0 {
		return keep(p, i)
	}
	return keep(p, len(p))
}

// nextTag takes out HTML. An angle bracket is text only before something that neither begins a tag nor can be taken
// away by a later pass.
func nextTag(p string, last bool, allowed map[string]bool) step {
	switch {
	case p[0] != '<':
		return upTo(p, "<")
	case len(p) == 1 && !last:
		return wait
	case len(p) == 1, p[1] == '<', p[1] == '[':
		return step{n: 1}
	case !opensTag(p[1]):
		return keep(p, 1)
	}
	end := strings.IndexByte(p[:min(len(p), maxTag)], '>')
	switch {
	case end < 0 && len(p) < maxTag && !last:
		return wait
	case end < 0:
		return step{n: 1}
	case allowed[p[1:end]]:
		return step{n: end + 1, back: p[1:end]}
	case strings.HasPrefix(strings.ToLower(p[:end]), "<br"):
		return step{n: end + 1, back: "\n"}
	}
	return step{n: end + 1}
}

func opensTag(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '/' || c == '!' || c == '?'
}

// nextLink takes Markdown links and images apart, unless they lead where a passage leads.
func nextLink(p string, last bool, allowed map[string]bool) step {
	bang := 0
	switch {
	case p == "!" && !last:
		return wait
	case strings.HasPrefix(p, "!["):
		bang = 1
	case p[0] == '!':
		return keep(p, 1)
	case p[0] != '[':
		return upTo(p, "![")
	}
	label, unsure := bracketed(p[bang:], '[', ']', maxLabel)
	if unsure && !last {
		return wait
	}
	if label < 0 {
		return keep(p, bang+1)
	}
	label += bang
	if label+1 == len(p) && !last {
		return wait
	}
	return nextTarget(p, bang, label, last, allowed)
}

// nextTarget decides on a link whose words end at p[label]: what follows is its target, a reference, or other text.
func nextTarget(p string, bang, label int, last bool, allowed map[string]bool) step {
	words, rest := p[bang+1:label], p[label+1:]
	var end int
	var unsure bool
	switch {
	case strings.HasPrefix(rest, "("):
		end, unsure = bracketed(rest, '(', ')', maxURL)
	case strings.HasPrefix(rest, "["):
		end, unsure = bracketed(rest, '[', ']', maxLabel)
	default:
		return keep(p, bang+1)
	}
	switch {
	case unsure && !last:
		return wait
	case end < 0 && rest[0] == '(':
		return step{n: label + 1, back: words} // an open target: the words stay, the rest is looked at as text
	case end < 0:
		return keep(p, bang+1)
	case rest[0] == '(' && !strings.ContainsAny(words, "[]") && allowed[target(rest[1:end])]:
		return keep(p, label+1+end+1)
	}
	return step{n: label + 1 + end + 1, back: words}
}

// target returns the address in a link's parentheses, without angle brackets or title.
func target(inside string) string {
	fields := strings.Fields(inside)
	if len(fields) == 0 {
		return ""
	}
	return strings.Trim(fields[0], "<>")
}

// bracketed returns where the bracket that opens p closes, or -1. Unsure means that more text may close it. Brackets do
// not reach over an empty line.
func bracketed(p string, open, shut byte, limit int) (end int, unsure bool) {
	depth := 0
	for i := 0; i < len(p) && i < limit; i++ {
		switch {
		case p[i] == open:
			depth++
		case p[i] == shut:
			if depth--; depth == 0 {
				return i, false
			}
		case p[i] == '\n' && i+1 < len(p) && p[i+1] == '\n':
			return -1, false
		}
	}
	return -1, len(p) < limit
}

const stops = " \n<>[]()\"\u00a0"

var (
	address = regexp.MustCompile(`(?i)(?:https?|ftp|javascript|vbscript|data|file|mailto):[^\s]|//[^\s]|www\.[^\s]`)
	linked  = regexp.MustCompile(`(?i)(?:(?:https?|mailto):|www\.)[^\s<>()\[\]"]+|\]\([^\s()]+`)
)

// nextWord takes addresses out that no passage holds. It works on runs without space or bracket, and waits for the end
// of each.
func nextWord(p string, last bool, allowed map[string]bool) step {
	end := strings.IndexAny(p[:min(len(p), maxURL)], stops)
	switch {
	case end == 0:
		_, size := utf8.DecodeRuneInString(p)
		return keep(p, size)
	case end < 0 && len(p) >= maxURL:
		return step{n: maxURL} // no word and no address: a run this long is noise
	case end < 0 && !last:
		return wait
	case end < 0:
		end = len(p)
	}
	return step{n: end, put: withoutAddresses(p[:end], allowed)}
}

// withoutAddresses looks again after every address it takes out, until none is left.
func withoutAddresses(run string, allowed map[string]bool) string {
	var kept string
	for {
		at := address.FindStringIndex(run)
		if at == nil {
			return kept + run
		}
		url := strings.TrimRight(run[at[0]:], trailing)
		if allowed[url] {
			end := at[0] + len(url)
			kept, run = kept+run[:end], run[end:]
			continue
		}
		run = run[:at[0]] + run[at[0]+max(len(url), 1):]
	}
}

// trailing is punctuation that ends a sentence or an emphasis, not an address.
const trailing = ".,;:!?*_'`"

// allowedURLs collects the addresses that the passages hold, bare or in links.
func allowedURLs(passages []bot.Passage) map[string]bool {
	allowed := map[string]bool{}
	for _, p := range passages {
		for _, u := range linked.FindAllString(p.Text, -1) {
			allowed[strings.TrimRight(strings.TrimPrefix(u, "]("), trailing)] = true
		}
	}
	return allowed
}
