package bot

import "regexp"

// aloud passes on an answer that is being worded, a sentence at a time: half a sentence cannot be judged, and what claims an act or a hand-over
// must not be seen even for a moment. From the first sentence that does, nothing more is passed on; the whole is judged again when it is there.
type aloud struct {
	pass func(piece string)
	all  string // every piece so far
	said int    // how much of it was passed on
	dumb bool   // something in it must not be said
}

var sentenceEnd = regexp.MustCompile(`[.!?…:;]["')\]]*\s+|\n+`)

// hear takes the next piece.
func (a *aloud) hear(piece string) {
	a.all += piece
	if a.dumb {
		return
	}
	whole := a.said
	if ends := sentenceEnd.FindAllStringIndex(a.all[a.said:], -1); len(ends) > 0 {
		whole += ends[len(ends)-1][1]
	}
	a.upTo(whole)
}

// end passes on the last sentence, which nothing follows.
func (a *aloud) end() { a.upTo(len(a.all)) }

func (a *aloud) upTo(end int) {
	a.dumb = a.dumb || pretends(a.all[:end])
	if a.dumb || end == a.said {
		return
	}
	a.pass(a.all[a.said:end])
	a.said = end
}
