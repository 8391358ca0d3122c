package nlu

import (
	_ "embed"
	"encoding/binary"
	"math"
	"sort"
)

// meanings are short vectors of common Dutch and English words: words that mean much the same lie together, in either language.
// They are what a large model for sentences makes of the words one by one, made small by meaning_test.go; DESIGN.md says how.
//
//go:embed words.bin
var meanings string

// A word's place in words.bin: the upper half of its hash, by which the words are sorted; how much it weighs in a sentence; and its vector, two
// numbers a byte.
const (
	meaningSize = 96 // numbers in a vector
	wordSize    = 4 + 1 + meaningSize/2
	nibbleZero  = 7.5 // what a number of zero would be stored as
)

// meaningShare is the squared length that the meaning of its words gets of a sentence's vector.
const meaningShare = 0.2

// find is where a word stands in words.bin, by its hash; false for a word without a vector.
func find(h uint64) (entry string, ok bool) {
	key, n := uint32(h>>32), len(meanings)/wordSize
	i := sort.Search(n, func(i int) bool { return binary.LittleEndian.Uint32([]byte(meanings[i*wordSize:i*wordSize+4])) >= key })
	if i == n {
		return "", false
	}
	entry = meanings[i*wordSize : (i+1)*wordSize]
	return entry, binary.LittleEndian.Uint32([]byte(entry[:4])) == key
}

// meaning appends to x what the words of a normalized text mean together, in columns from from on, and brings both to their shares. The
// more of the words are strange, the shorter it is; with only strange words it is nothing.
func (g *grams) meaning(text string, from int, x []feature) []feature {
	for i := range x {
		x[i].w *= float32(math.Sqrt(1 - meaningShare))
	}
	var sum [meaningSize]float32
	var known, all float64
	g.word = eachWord(text, g.word, func(w []byte) {
		entry, ok := find(hashBytes(fnvOffset^1, w))
		if !ok {
			all++
			return
		}
		k := float32(entry[4]) / math.MaxUint8
		known += float64(k * k)
		for i := range meaningSize / 2 {
			b := entry[5+i]
			sum[2*i] += k * (float32(b&15) - nibbleZero)
			sum[2*i+1] += k * (float32(b>>4) - nibbleZero)
		}
	})
	if known == 0 {
		return x
	}
	start := len(x)
	for i, n := range sum {
		x = append(x, feature{uint32(from + i), n})
	}
	scaleTo(x[start:], meaningShare*known/(known+all))
	return x
}
