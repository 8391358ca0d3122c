package kb

import (
	"strings"
)

// SynonymsID is the id of the article that holds a language's synonyms. It is edited, published, imported and kept like any
// other, but nobody is shown it: each line of its text names words that mean the same, parted by commas. A word of another
// language on the line lets a customer find the articles that exist only in that one.
const SynonymsID = "_synonyms"

const (
	maxSynonymLines = 5000
	maxSynonyms     = 20 // words on a line
)

// synonymLines keeps of a synonym article what search reads.
func synonymLines(c *Content) []byte {
	if c == nil {
		return []byte{}
	}
	var b strings.Builder
	n := 0
	for line := range strings.Lines(c.Body) {
		line = strings.TrimLeft(strings.TrimSpace(line), "-*+ ")
		if strings.HasPrefix(line, "#") || !strings.Contains(line, ",") || n >= maxSynonymLines {
			continue
		}
		b.WriteString(line + "\n")
		n++
	}
	return []byte(b.String())
}

// readSynonyms maps each word, by its stem, to the words on its line. A phrase gives its words but is not looked for.
func readSynonyms(lang *language, lines string) map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(lines) {
		groups := strings.Split(line, ",")
		groups = groups[:min(len(groups), maxSynonyms)]
		for i, g := range groups {
			from := tokenize(g)
			if len(from) != 1 {
				continue
			}
			key := lang.stem(from[0].word)
			for j, other := range groups {
				if j == i {
					continue
				}
				for _, t := range tokenize(other) {
					if !lang.stop[t.word] {
						out[key] = append(out[key], t.word)
					}
				}
			}
		}
	}
	return out
}

// loadSynonyms reads the synonyms of every language that has rules or articles.
func (v *view) loadSynonyms() error {
	v.synonyms = map[string]map[string][]string{}
	for code := range languages {
		lines, err := v.reader.GetInternal([]byte(synonymKey + code))
		if err != nil {
			return err
		}
		if len(lines) > 0 {
			v.synonyms[code] = readSynonyms(languageOf(code), string(lines))
		}
	}
	return nil
}
