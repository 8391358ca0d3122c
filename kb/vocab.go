package kb

import (
	"sort"
	"strings"

	index "github.com/blevesearch/bleve_index_api"
)

// vocabulary is the words of the library in one language as they are written, sorted, each with how many passages have
// it. Spelling is repaired and compounds are parted against these words and no others, so a repair always finds something.
type vocabulary struct {
	words []string
	count []uint32
	at    map[string]int32   // the place of each word
	back  []int32            // the words sorted by their ends
	grams map[uint32][]int32 // words by the three-letter pieces in them, for spelling
}

// maxVocabulary bounds what is kept in memory; a library has some 20 to 60 thousand words.
const maxVocabulary = 400_000

func readVocabulary(r index.IndexReader, field string) (*vocabulary, error) {
	dict, err := r.FieldDict(field)
	if err != nil {
		return nil, err
	}
	defer dict.Close()
	v := &vocabulary{}
	for len(v.words) < maxVocabulary {
		e, err := dict.Next()
		if err != nil {
			return nil, err
		}
		if e == nil {
			break
		}
		v.words = append(v.words, e.Term)
		v.count = append(v.count, uint32(e.Count))
	}
	v.index()
	return v, nil
}

func (v *vocabulary) index() {
	v.back = make([]int32, len(v.words))
	v.grams = make(map[uint32][]int32, 4096)
	v.at = make(map[string]int32, len(v.words))
	for i, w := range v.words {
		v.at[w] = int32(i)
		v.back[i] = int32(i)
		for _, g := range gramsOf(w) {
			if l := v.grams[g]; len(l) == 0 || l[len(l)-1] != int32(i) {
				v.grams[g] = append(l, int32(i))
			}
		}
	}
	sort.Slice(v.back, func(a, b int) bool { return lessBack(v.words[v.back[a]], v.words[v.back[b]]) })
}

func lessBack(a, b string) bool {
	for i, j := len(a)-1, len(b)-1; i >= 0 && j >= 0; i, j = i-1, j-1 {
		if a[i] != b[j] {
			return a[i] < b[j]
		}
	}
	return len(a) < len(b)
}

// gramsOf returns the three-byte pieces of a word, with its edges.
func gramsOf(w string) []uint32 {
	if len(w) < 2 {
		return nil
	}
	out := make([]uint32, 0, len(w))
	a, b := byte('^'), w[0]
	for i := 1; i <= len(w); i++ {
		c := byte('$')
		if i < len(w) {
			c = w[i]
		}
		out = append(out, uint32(a)<<16|uint32(b)<<8|uint32(c))
		a, b = b, c
	}
	return out
}

// find returns a word's number, or -1.
func (v *vocabulary) find(w string) int {
	if i, ok := v.at[w]; ok {
		return int(i)
	}
	return -1
}

func (v *vocabulary) has(w string) bool { return v.find(w) >= 0 }

// near returns the word that was most likely meant by w, which the library does not know: one letter away, or two for a
// longer word, the nearest and then the commonest first. It returns "" when nothing is near.
func (v *vocabulary) near(w string) (best string, distance int) {
	limit := 1
	switch n := len([]rune(w)); {
	case n < 4 || strings.ContainsAny(w, "0123456789"):
		return "", 0
	case n >= 8:
		limit = 2
	}
	grams := gramsOf(w)
	shared := make([]uint8, len(v.words))
	var touched []int32
	for _, g := range grams {
		for _, i := range v.grams[g] {
			if shared[i]++; shared[i] == 1 {
				touched = append(touched, i)
			}
		}
	}
	need := max(1, len(grams)-3*limit-1)
	bestCount := uint32(0)
	distance = limit + 1
	for _, i := range touched {
		c := v.words[i]
		if int(shared[i]) < need || len(c) > len(w)+limit || len(c) < len(w)-limit {
			continue
		}
		d := editDistance(w, c, limit)
		if d < distance || d == distance && d <= limit && (v.count[i] > bestCount || v.count[i] == bestCount && c < best) {
			best, distance, bestCount = c, d, v.count[i]
		}
	}
	return best, distance
}

// editDistance counts the letters to add, drop, change or swap to get from a to b; more than limit is limit+1.
func editDistance(a, b string, limit int) int {
	var rows [3][maxToken*4 + 2]int
	if len(a) > maxToken*4 || len(b) > maxToken*4 {
		return limit + 1
	}
	prev2, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
			least = min(least, cur[j])
		}
		if least > limit {
			return limit + 1
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return min(prev[len(b)], limit+1)
}

// split parts a word that is written together into two words of the library, with the s or en that joins them left out:
// bezorgadres → bezorg, adres. The parting with the commonest parts wins. It returns nothing when there is none.
func (v *vocabulary) split(w string, known func(string) bool) (left, right string) {
	best := uint32(0)
	for i := 3; i+3 <= len(w); i++ {
		j := v.find(w[i:])
		if j < 0 || len(w)-i < 4 {
			continue
		}
		for _, join := range []string{"", "s", "en", "e", "n"} {
			l, ok := strings.CutSuffix(w[:i], join)
			if !ok || len(l) < 3 || !known(l) {
				continue
			}
			if n := v.count[j]; n > best {
				best, left, right = n, l, w[i:]
			}
			break
		}
	}
	return left, right
}

// compounds returns up to limit words that are w written together with another word, the commonest first.
func (v *vocabulary) compounds(w string, limit int, known func(string) bool) []string {
	if len(w) < 4 {
		return nil
	}
	var found []int32
	at := sort.Search(len(v.back), func(i int) bool { return !lessBack(v.words[v.back[i]], w) })
	for ; at < len(v.back) && strings.HasSuffix(v.words[v.back[at]], w); at++ {
		c := v.words[v.back[at]]
		if rest := c[:len(c)-len(w)]; len(rest) >= 3 && (known(rest) || known(strings.TrimSuffix(rest, "s"))) {
			found = append(found, v.back[at])
		}
	}
	for i := sort.SearchStrings(v.words, w); i < len(v.words) && strings.HasPrefix(v.words[i], w); i++ {
		rest := v.words[i][len(w):]
		if len(rest) >= 4 && (known(rest) || known(strings.TrimPrefix(rest, "s"))) {
			found = append(found, int32(i))
		}
	}
	sort.Slice(found, func(a, b int) bool {
		if v.count[found[a]] != v.count[found[b]] {
			return v.count[found[a]] > v.count[found[b]]
		}
		return found[a] < found[b]
	})
	out := make([]string, 0, min(limit, len(found)))
	for _, i := range found[:min(limit, len(found))] {
		out = append(out, v.words[i])
	}
	return out
}
