package bot

import (
	"strings"
	"unicode"

	"balie/internal/chat"
)

// tongue is a language that the house does not speak, as far as it must be known to say so in it.
type tongue struct {
	lang, text, person string
	words              map[string]bool
}

func wordSet(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

// tongues are known by words that neither Dutch nor English has.
var tongues = []tongue{
	{"fr", "Je suis le chatbot et je parle néerlandais et anglais. Écrivez-moi dans l'une de ces langues, ou parlez à un collaborateur.", "Parler à un collaborateur",
		wordSet("j'ai ne parler comprends mon mes où ou est c'est suis avec pour pas vous votre commande colis bonjour bonsoir merci une quand comment voudrais veux peux puis-je retourner livraison que qui du livré reçu s'il plaît parlez français")},
	{"de", "Ich bin der Chatbot und spreche Niederländisch und Englisch. Schreiben Sie mir bitte in einer dieser Sprachen, oder sprechen Sie mit einem Mitarbeiter.", "Mit einem Mitarbeiter sprechen",
		wordSet("ich wo ist mein meine meinen nicht und bitte habe wann guten danke sie eine einen für auf mit paket bestellung rücksendung zurück möchte würde sprechen deutsch wurde ihnen können heute geliefert")},
}

// foreign is the language of a text in which at least two words, and two in five, are of that language and few of the house's. Nil: none.
func foreign(text string) *tongue {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '-' })
	var best *tongue
	most := 1
	for i := range tongues {
		n := 0
		for _, w := range words[:min(len(words), 60)] {
			if tongues[i].words[w] {
				n++
			}
		}
		if n > most && 5*n >= 2*min(len(words), 60) {
			best, most = &tongues[i], n
		}
	}
	return best
}

// inTheirs says in the customer's language which ones are spoken here, with the way to a person.
func (g *tongue) inTheirs(t *Turn) *Decision {
	d := reply(t, chat.ActRefusal, g.text, chat.Button{Label: g.person, Do: "human"})
	d.message().Lang, d.message().Missed = g.lang, true
	return d
}
