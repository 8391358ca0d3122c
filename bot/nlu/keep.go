package nlu

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"fmt"
	"io"

	"balie/internal/fault"
)

// keptModel is a Model in a file, and beside it what AsksForPerson learned: neither needs to be learned again by a program that starts.
// Sentence vectors are not in it; they are joined anew.
type keptModel struct {
	Note              []byte
	Intents           []string
	Known, Sure       float64
	Person            bool
	Words             keptWords
	Weights           keptWeights
	Langs             []string
	LangWords         keptWords
	LangWeights       keptWeights
	AskWords, AskTags keptWords
	AskShapes         keptWords
	AskWeights        keptWeights
	Conflicts         []Conflict
}

type keptWords struct {
	Table, Check []uint32
	IDF          []float32
	Unseen       float32
}

type keptWeights struct {
	Classes int
	Unit    float32
	W       []int16
}

func keepWords(v *vocabulary) keptWords {
	if v == nil {
		return keptWords{}
	}
	return keptWords{v.table, v.check, v.idf, v.unseen}
}

func (k keptWords) words() *vocabulary {
	if k.Table == nil {
		return nil
	}
	return &vocabulary{k.Table, k.Check, k.IDF, k.Unseen}
}

func keepWeights(p *packed) keptWeights {
	if p == nil {
		return keptWeights{}
	}
	return keptWeights{p.classes, p.unit, p.w}
}

func (k keptWeights) weights() *packed {
	if k.W == nil {
		return nil
	}
	return &packed{k.Classes, k.Unit, k.W}
}

// maxKept bounds a kept model in a file.
const maxKept = 256 << 20

// Save writes the model for Load, with a note of the caller's own. Key says for whom: the format is that of this very build, so it should
// name the program.
func (m *Model) Save(w io.Writer, key, note []byte) error {
	ask := asking()
	var b bytes.Buffer
	whose := sha256.Sum256(key)
	b.Write(whose[:])
	err := gob.NewEncoder(&b).Encode(keptModel{
		Note: note, Intents: m.intents, Known: m.known, Sure: m.sure, Person: m.person, Conflicts: m.conflicts,
		Words: keepWords(m.vocab), Weights: keepWeights(m.weights),
		Langs: m.lang.langs, LangWords: keepWords(m.lang.vocab), LangWeights: keepWeights(m.lang.weights),
		AskWords: keepWords(ask.words), AskTags: keepWords(ask.tags), AskShapes: keepWords(ask.shapes), AskWeights: keepWeights(ask.weights),
	})
	if err != nil {
		return fmt.Errorf("encode the model: %w", err)
	}
	sum := sha256.Sum256(b.Bytes())
	if _, err := w.Write(sum[:]); err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	return nil
}

// Load reads what Save wrote under the same key, to the end of r, with the note, and spares AsksForPerson its own learning. Of the options
// only the pattern of order numbers counts. A file that is cut short or changed in any byte is fault.Invalid, one with another key
// fault.Gone; nothing of either is used.
func Load(r io.Reader, opt Options, key []byte) (*Model, []byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxKept))
	if err != nil {
		return nil, nil, fmt.Errorf("read the model: %w", err)
	}
	const sum = sha256.Size
	if len(raw) < 2*sum || sha256.Sum256(raw[sum:]) != [sum]byte(raw) {
		return nil, nil, fault.New(fault.Invalid, "The kept model is damaged.")
	}
	if sha256.Sum256(key) != [sum]byte(raw[sum:]) {
		return nil, nil, fault.New(fault.Gone, "The kept model is of another program.")
	}
	var k keptModel
	if err := gob.NewDecoder(bytes.NewReader(raw[2*sum:])).Decode(&k); err != nil {
		return nil, nil, fault.Wrap(fault.Invalid, "The kept model cannot be read.", err)
	}
	finder, err := newSlotFinder(opt.OrderPattern)
	if err != nil {
		return nil, nil, err
	}
	m := &Model{slots: finder, intents: k.Intents, known: k.Known, sure: k.Sure, person: k.Person, conflicts: k.Conflicts,
		vocab: k.Words.words(), weights: k.Weights.weights(),
		lang: &langModel{langs: k.Langs, vocab: k.LangWords.words(), weights: k.LangWeights.weights()}}
	m.spare()
	asked.CompareAndSwap(nil, &askingModel{words: k.AskWords.words(), tags: k.AskTags.words(), shapes: k.AskShapes.words(), weights: k.AskWeights.weights()})
	return m, k.Note, nil
}
