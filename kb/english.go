package kb

import (
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
)

// englishStop leaves out what Bleve's list drops but a help desk needs: no, not, without, before, after, off, out.
var englishStop = setOf(`a an the and or but if of at by for with about to from in on is are was were be been being am
	has have had having do does did doing it its this that these those i me my myself we our ours us you your yours he him his
	she her hers they them their theirs as so than too very there here s t will would shall should may might must let
	please just also then only own same such some any each both more most other`)

var englishAsk = setOf(`how what when where which who whom whose why can could want need like get know tell find
	possible question help hi hello thanks thank there someone somebody anybody`)

// stemEnglish is Snowball's second English stemmer.
func stemEnglish(word string) string {
	if len(word) < 3 {
		return word
	}
	env := snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current()
}
