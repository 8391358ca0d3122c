package bot

import "strings"

// Press is what a button does: a verb of verbs, and what it is about. It was put on the button by the bot and never left the server.
type Press struct{ Verb, Arg string }

// verbs are what buttons can do. Any other is no press at all.
var verbs = map[string]bool{
	"human":   true, // fetch a person
	"flow":    true, // flow:NAME starts a routine
	"drop":    true, // drop:NAME forgets a queued one
	"article": true, // article:LANG/ID quotes an article
	"slot":    true, // slot:NAME=VALUE answers a question of the open flow
	"confirm": true, // confirm:ACTION lets an act go ahead
	"change":  true, // change:ACTION goes back before it
	"undo":    true, // undo:ACTION takes it back
	"again":   true, // tries the step once more
	"resume":  true, // goes on with the open flow
	"stop":    true, // ends it
	"yes":     true,
	"no":      true,
	"none":    true, // none of the offered ones
	"say":     true, // say:TEXT is the same as typing it
}

// maxDo bounds what a button may carry.
const maxDo = 400

// ParsePress reads a button's Do; the zero Press when it means nothing.
func ParsePress(do string) Press {
	verb, arg, _ := strings.Cut(do, ":")
	if len(do) > maxDo || !verbs[verb] {
		return Press{}
	}
	return Press{Verb: verb, Arg: arg}
}
