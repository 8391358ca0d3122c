package kb

import (
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"
)

// stored is a passage as the index keeps it, ready to be shown.
type stored struct {
	Title, Section, Text, HTML, Updated string
	Internal                            bool
}

// encode writes a passage as its parts with NULs between, which no article holds.
func (st stored) encode() []byte {
	flag := ""
	if st.Internal {
		flag = flagInternal
	}
	return []byte(strings.Join([]string{st.Title, st.Section, st.Text, st.HTML, st.Updated, flag}, "\x00"))
}

func decodeStored(s string) (stored, bool) {
	p := strings.Split(s, "\x00")
	if len(p) != 6 {
		return stored{}, false
	}
	return stored{Title: p[0], Section: p[1], Text: p[2], HTML: p[3], Updated: p[4], Internal: p[5] != ""}, true
}

// documents cuts an article into the documents of its passages. An article without text still has one, so that its title
// and questions are found.
func documents(c change) []*document.Document {
	passages := Passages(c.content.Body)
	if len(passages) == 0 {
		passages = []Passage{{}}
	}
	out := make([]*document.Document, 0, len(passages))
	opening := ""
	if c.content.Title == "" {
		opening = firstWords(Plain(passages[0].Markdown), leadWords)
	}
	for i, p := range passages {
		if p.Section == c.content.Title {
			p.Section = ""
		}
		st := stored{
			Title: c.content.Title, Section: p.Section, Text: Plain(p.Markdown), HTML: Render(p.Markdown),
			Updated: c.content.Updated, Internal: c.content.Internal,
		}
		out = append(out, passageDocument(c, i, st, opening))
	}
	return out
}

// passageDocument makes the document of a passage. What an article without a title opens with says what all of it is about.
func passageDocument(c change, i int, st stored, opening string) *document.Document {
	doc := document.NewDocument(c.key + "#" + strconv.Itoa(i))
	lang := languageOf(c.lang)
	text := newTermField(fieldText + c.lang)
	seen := newTermField(fieldWords + c.lang)
	grams := newTermField(fieldGrams + c.lang)
	add := func(s string, times int) {
		for _, t := range tokenize(s) {
			if lang.stop[t.word] {
				continue
			}
			text.add(lang.stem(t.word), times)
			seen.add(t.word, 1)
			for _, g := range fourGrams(t.word) {
				grams.add(g, times)
			}
		}
	}
	add(st.Title, titleWeight)
	add(st.Section, sectionWeight)
	add(st.Text, 1)
	add(strings.Join(c.content.Questions, "\n"), questionWeight)
	add(strings.Join(c.content.Tags, "\n"), tagWeight)
	add(strings.Join(c.content.Synonyms, "\n"), tagWeight)
	lead := leadWeight
	if i > 0 {
		lead = laterLeadWeight
	}
	for _, term := range lang.terms(opening) {
		text.add(term, lead)
	}
	text.mark()
	doc.AddField(text)
	seen.options |= index.SkipFreqNorm
	doc.AddField(seen)
	doc.AddField(grams)
	doc.AddField(keyword(fieldKey, c.key))
	if st.Internal {
		doc.AddField(keyword(fieldFlag, flagInternal))
	}
	doc.AddField(document.NewTextFieldCustom(fieldStored, nil, st.encode(), index.StoreField, nil))
	return doc
}

// firstWords returns the first n words of s.
func firstWords(s string, n int) string {
	f := strings.Fields(s[:min(len(s), n*maxToken)])
	return strings.Join(f[:min(len(f), n)], " ")
}

// termField is a field whose terms are already counted.
type termField struct {
	name    string
	terms   index.TokenFrequencies
	length  int
	options index.FieldIndexingOptions
}

func newTermField(name string) *termField {
	return &termField{name: name, terms: index.TokenFrequencies{}, options: index.IndexField}
}

func keyword(name, value string) *termField {
	f := newTermField(name)
	f.options |= index.SkipFreqNorm
	f.add(value, 1)
	return f
}

func (f *termField) add(term string, times int) {
	if term == "" || times == 0 {
		return
	}
	tf := f.terms[term]
	if tf == nil {
		tf = &index.TokenFreq{Term: []byte(term)}
		f.terms[term] = tf
	}
	tf.SetFrequency(tf.Frequency() + times)
	f.length += times
}

// mark adds the term that every passage has, without counting it: its postings say which passages a language has, and
// how long each is.
func (f *termField) mark() {
	if f.length == 0 {
		f.length = 1
	}
	tf := &index.TokenFreq{Term: []byte(termMark)}
	tf.SetFrequency(1)
	f.terms[termMark] = tf
}

func (f *termField) Name() string                                     { return f.name }
func (f *termField) Value() []byte                                    { return nil }
func (f *termField) ArrayPositions() []uint64                         { return nil }
func (f *termField) EncodedFieldType() byte                           { return 't' }
func (f *termField) Analyze()                                         {}
func (f *termField) Options() index.FieldIndexingOptions              { return f.options }
func (f *termField) AnalyzedLength() int                              { return f.length }
func (f *termField) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.terms }
func (f *termField) NumPlainTextBytes() uint64                        { return uint64(f.length) * 6 }
func (f *termField) Size() int                                        { return 64 + 48*len(f.terms) }
