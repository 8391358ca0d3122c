package nlu

import (
	"math"
	"slices"
	"unicode/utf8"
)

// The shape of the features. Words carry meaning; character n-grams inside words carry it through typos, inflection and
// Dutch compounds, which is why they get the larger part of the weight.
const (
	minGram, maxGram = 2, 4
	wordShare        = 0.4 // squared length of the word part of a sentence's vector; the rest is characters
	idfPower         = 0.7
	maxWordBytes     = 64   // a longer "word" (a pasted key, a URL) is cut here
	maxFeatures      = 6000 // of one sentence; what a 4,000 character message brings beyond it is left out
)

// feature is one coordinate of a sentence: a column and its weight. Until weighting, w is a count.
type feature struct {
	col uint32
	w   float32
}

// grams turns texts into hashed n-grams. It holds scratch space, so each goroutine has its own.
type grams struct {
	word, prev, pad []byte
	ends            []int
	wordHash        []uint64
	charHash        []uint64
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func hashBytes(h uint64, b []byte) uint64 {
	for _, c := range b {
		h = (h ^ uint64(c)) * fnvPrime
	}
	return h
}

// of collects the n-grams of a normalized text into g.wordHash and g.charHash, repeats included.
func (g *grams) of(s string) {
	g.wordHash, g.charHash, g.prev = g.wordHash[:0], g.charHash[:0], g.prev[:0]
	g.word = eachWord(s, g.word, func(w []byte) {
		if len(w) > maxWordBytes {
			w = w[:maxWordBytes]
		}
		if len(g.wordHash)+len(g.charHash) > maxFeatures {
			return
		}
		h := hashBytes(fnvOffset^1, w)
		g.wordHash = append(g.wordHash, h)
		if len(g.prev) > 0 {
			two := hashBytes(fnvOffset^2, g.prev)
			two = (two ^ ' ') * fnvPrime
			g.wordHash = append(g.wordHash, hashBytes(two, w))
		}
		g.prev = append(g.prev[:0], w...)
		g.chars(w)
	})
}

// chars adds the character n-grams of one word with a space on either side, so that beginnings and endings differ from
// middles. A word shorter than n gives itself once.
func (g *grams) chars(w []byte) {
	g.pad = append(append(append(g.pad[:0], ' '), w...), ' ')
	g.ends = g.ends[:0]
	for i := 0; i < len(g.pad); {
		_, n := utf8.DecodeRune(g.pad[i:])
		g.ends = append(g.ends, i)
		i += n
	}
	runes := len(g.ends)
	g.ends = append(g.ends, len(g.pad))
	for n := minGram; n <= maxGram; n++ {
		if runes <= n {
			g.charHash = append(g.charHash, hashBytes(fnvOffset^3, g.pad))
			return
		}
		for i := 0; i+n <= runes; i++ {
			g.charHash = append(g.charHash, hashBytes(fnvOffset^3, g.pad[g.ends[i]:g.ends[i+n]]))
		}
	}
}

// vocabulary maps the n-grams seen in training to columns, with the inverse document frequency of each. An n-gram never
// seen has no column. It is a flat open-addressing table: no pointers for the collector to follow, no strings kept. Of an n-gram
// only half of its hash is kept, to tell it from others with the same place: once in four thousand million it is mistaken.
type vocabulary struct {
	table  []uint32  // of columns, counted from one; 0 is an empty place
	check  []uint32  // by column, the upper half of the hash
	idf    []float32 // by column
	unseen float32   // rarity of an n-gram never seen
}

// column is that of an n-gram, if it has one; at is where it is in the table or would be.
func (v *vocabulary) column(h uint64) (col uint32, ok bool, at int) {
	mask := uint64(len(v.table) - 1)
	for i := (h ^ h>>29) & mask; ; i = (i + 1) & mask {
		switch c := v.table[i]; {
		case c == 0:
			return 0, false, int(i)
		case v.check[c-1] == uint32(h>>32):
			return c - 1, true, int(i)
		}
	}
}

// newVocabulary gives every n-gram that occurs in at least minDF of the texts a column, and all those of the texts that are to be kept
// whole; nil for none.
func newVocabulary(texts []string, minDF int, whole func(i int) bool) *vocabulary {
	return newVocabularyOf(texts, minDF, whole, (*grams).of)
}

// newVocabularyOf is newVocabulary with another way to take a text apart.
func newVocabularyOf(texts []string, minDF int, whole func(i int) bool, of func(*grams, string)) *vocabulary {
	var g grams
	df, kept := map[uint64]uint32{}, map[uint64]bool{}
	order := []uint64{} // columns in order of first sight, so that training does not depend on map order
	for i, t := range texts {
		of(&g, t)
		keep := whole != nil && whole(i)
		for _, part := range [][]uint64{g.wordHash, g.charHash} {
			slices.Sort(part)
			for _, h := range slices.Compact(part) {
				if df[h]++; df[h] == 1 {
					order = append(order, h)
				}
				if keep {
					kept[h] = true
				}
			}
		}
	}
	order = slices.DeleteFunc(order, func(h uint64) bool { return int(df[h]) < minDF && !kept[h] })
	// The most common first: what is read again and again then lies together, and learning takes half the time.
	slices.SortStableFunc(order, func(a, b uint64) int { return int(df[b]) - int(df[a]) })
	size := 16
	for 3*size < 4*len(order) {
		size *= 2
	}
	v := &vocabulary{table: make([]uint32, size), check: make([]uint32, 0, len(order)), idf: make([]float32, 0, len(order)), unseen: rarity(len(texts), 0)}
	for _, h := range order {
		if _, ok, at := v.column(h); !ok {
			v.check, v.idf = append(v.check, uint32(h>>32)), append(v.idf, rarity(len(texts), int(df[h])))
			v.table[at] = uint32(len(v.idf))
		}
	}
	return v
}

// rarity weighs an n-gram by the inverse of how many texts it occurs in, dampened: in short sentences the plain form
// trusts rare words too much.
func rarity(texts, df int) float32 {
	return float32(math.Pow(math.Log(float64(1+texts)/float64(1+df))+1, idfPower))
}

// vector appends the sentence's features to out: counts dampened, weighted by rarity, the word part and the character
// part each brought to their share of length one. n-grams without a column have no feature but count in the length, so
// that a sentence of mostly strange words is short and moves no score far; one of which nothing is known has no features.
// Sentences held out of training have just such lengths, which keeps the thresholds found on them true.
func (v *vocabulary) vector(g *grams, text string, out []feature) []feature {
	g.of(text)
	out = v.part(g.wordHash, wordShare, out)
	out = v.part(g.charHash, 1-wordShare, out)
	return out
}

func (v *vocabulary) part(hashes []uint64, share float64, out []feature) []feature {
	start := len(out)
	slices.Sort(hashes)
	var strange float64
	for i := 0; i < len(hashes); {
		j := i + 1
		for j < len(hashes) && hashes[j] == hashes[i] {
			j++
		}
		tf := float32(1)
		if j-i > 1 {
			tf += float32(math.Log(float64(j - i)))
		}
		if col, ok, _ := v.column(hashes[i]); ok {
			out = append(out, feature{col, tf * v.idf[col]})
		} else {
			strange += float64(tf*v.unseen) * float64(tf*v.unseen)
		}
		i = j
	}
	known := squaredLength(out[start:])
	if known > 0 {
		scaleTo(out[start:], share*known/(known+strange))
	}
	return out
}

func squaredLength(x []feature) (sum float64) {
	for _, f := range x {
		sum += float64(f.w) * float64(f.w)
	}
	return sum
}

// scaleTo brings the squared length of x to share; nothing stays nothing.
func scaleTo(x []feature, share float64) {
	sum := squaredLength(x)
	if sum == 0 {
		return
	}
	k := float32(math.Sqrt(share / sum))
	for i := range x {
		x[i].w *= k
	}
}
