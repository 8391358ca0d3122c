package nlu

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed data
var dataFS embed.FS

// Builtin returns the sentences Balie comes with, Dutch and English: examples of every service intent, small talk, asking
// for a person and questions for the library, and background sentences no shop is about. The slices are the caller's.
func Builtin() (examples, background []Example) {
	b := builtin()
	return b.examples, b.background
}

// sentences are all built-in ones; words are single common words, which only teach to tell languages apart; asks are
// requests for a person in more voices than an intent needs, mentions speak of a person without asking for one.
type sentences struct{ examples, background, words, asks, mentions []Example }

func (s *sentences) addWords(raw, lang string) {
	for line := range strings.Lines(raw) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, w := range strings.Fields(line) {
			s.words = append(s.words, Example{Text: w, Lang: lang})
		}
	}
}

// builtin reads the sentences anew each time, in a millisecond or two: they are only needed where something is learned, and kept
// they would weigh more than a model.
func builtin() (s sentences) {
	err := fs.WalkDir(dataFS, "data", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".txt" {
			return err
		}
		raw, err := dataFS.ReadFile(name)
		if err != nil {
			return err
		}
		if path.Dir(name) == "data/lang" {
			s.addWords(string(raw), strings.TrimSuffix(path.Base(name), ".txt"))
			return nil
		}
		parts := strings.Split(path.Base(name), ".") // intent, language, txt
		if len(parts) != 3 {
			return fmt.Errorf("name of %s: want intent.language.txt", name)
		}
		background := path.Dir(name) == "data"
		person := path.Dir(name) == "data/person"
		for line := range strings.Lines(string(raw)) {
			line = strings.TrimSpace(line)
			switch {
			case line == "" || line[0] == '#':
			case person && parts[0] == "asks":
				s.asks = append(s.asks, Example{Text: line, Lang: parts[1]})
			case person:
				s.mentions = append(s.mentions, Example{Text: line, Lang: parts[1]})
			case background:
				s.background = append(s.background, Example{Text: line, Lang: parts[1]})
			default:
				s.examples = append(s.examples, Example{Text: line, Intent: parts[0], Lang: parts[1]})
			}
		}
		return nil
	})
	if err != nil {
		panic("nlu: the embedded sentences: " + err.Error()) // only a broken build can do this
	}
	return s
}
