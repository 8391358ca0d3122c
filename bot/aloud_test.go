package bot

import (
	"slices"
	"strings"
	"testing"
)

func TestAnswersAreSaidBySentence(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []string
		want   []string
	}{
		{"whole sentences only", []string{"Terug", "sturen kost € 2,95. Dat ", "is alles", "."}, []string{"Terugsturen kost € 2,95. ", "Dat is alles."}},
		{"a list", []string{"U kan:\n- bellen", "\n- mailen"}, []string{"U kan:\n", "- bellen\n", "- mailen"}},
		{"several at once", []string{"Een. Twee. Dr", "ie"}, []string{"Een. Twee. ", "Drie"}},
		{"a claim and all behind it are held back", []string{"Dat kan. Ik heb uw bestelling ", "geannuleerd. Fijne ", "dag. Tot ziens."}, []string{"Dat kan. "}},
		{"a claim over two pieces", []string{"I have can", "celled your order"}, nil},
		{"nothing", nil, nil},
	} {
		var said []string
		a := aloud{pass: func(piece string) { said = append(said, piece) }}
		for _, p := range c.pieces {
			a.hear(p)
		}
		a.end()
		if !slices.Equal(said, c.want) {
			t.Errorf("%s: said %q, want %q", c.name, said, c.want)
		}
		if !a.dumb && strings.Join(said, "") != strings.Join(c.pieces, "") {
			t.Errorf("%s: what was said is not what was worded: %q", c.name, said)
		}
	}
}
