package kb

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// indexVersion is part of the folder's name: raise it when what is written into the index changes, and every node
// rebuilds its index at the next start.
const indexVersion = 1

// The fields of a passage in the index. A text field carries the language's code behind its prefix, so a search in one
// language reads nothing of another.
const (
	fieldText    = "t:" // terms, with how often and how long; every passage also carries termMark
	fieldWords   = "w:" // words as written, for spelling and compounds
	fieldGrams   = "g:" // four-letter pieces of words
	fieldKey     = "k"  // the key of the article
	fieldFlag    = "f"  // flagInternal
	fieldStored  = "p"  // the passage itself, stored and not searched
	termMark     = "\x00"
	flagInternal = "internal"
	cursorKey    = "cursor"
	synonymKey   = "synonyms:" // and a language's code: the lines of its synonyms
)

// shelf is one index on disk. Damage shows in many ways, so everything that touches it goes through guard.
type shelf struct {
	idx    index.Index
	queue  *index.AnalysisQueue
	dir    string
	failed atomic.Bool // a background task of the index died; it can still be read, not written
	users  sync.WaitGroup
}

// shelves are the open shelves by folder: the index reports the death of a background task by folder only.
var shelves sync.Map

// The index calls this in its own goroutines; registering it is only allowed before the first index is opened.
var _ = func() bool {
	scorch.RegistryAsyncErrorCallbacks["kb"] = func(_ error, path string) {
		if s, ok := shelves.Load(path); ok {
			s.(*shelf).failed.Store(true)
		}
	}
	return true
}()

// openShelf opens the index in dir, or makes an empty one. A second process that has it open makes this fail after a second.
func openShelf(dir string) (s *shelf, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make index folder: %w", err)
	}
	queue := index.NewAnalysisQueue(2)
	idx, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path": dir, "bolt_timeout": "1s", "asyncErrorCallbackName": "kb", "numSnapshotsToKeep": 1,
	}, queue)
	if err != nil {
		queue.Close()
		return nil, fmt.Errorf("make index: %w", err)
	}
	s = &shelf{idx: idx, queue: queue, dir: dir}
	shelves.Store(dir, s)
	if err := faultless(idx.Open); err != nil {
		shelves.Delete(dir)
		queue.Close()
		return nil, fmt.Errorf("open index %s: %w", dir, err)
	}
	return s, nil
}

// close waits for the readers and closes the index. Closing a damaged index may hang; it is then left behind.
func (s *shelf) close() error {
	s.users.Wait()
	done := make(chan error, 1)
	go func() { done <- guard(s.idx.Close) }()
	select {
	case err := <-done:
		s.queue.Close()
		shelves.Delete(s.dir)
		return err
	case <-time.After(10 * time.Second):
		return errors.New("close index: it does not answer")
	}
}

// guard turns the panics of a damaged index into errors.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("index panics: %v", r)
		}
	}()
	return f()
}

// cursor is the place in the store's changes up to which the shelf is true; it was written with the articles themselves.
func (s *shelf) cursor() (n uint64, err error) {
	err = guard(func() error {
		r, err := s.idx.Reader()
		if err != nil {
			return err
		}
		defer r.Close()
		b, err := r.GetInternal([]byte(cursorKey))
		if err != nil || len(b) == 0 {
			return err
		}
		if len(b) != 8 {
			return errors.New("cursor has a wrong size")
		}
		n = binary.BigEndian.Uint64(b)
		return nil
	})
	return n, err
}

// change is what became of one article: its public text, or nil when customers no longer read it.
type change struct {
	key     string
	lang    string
	id      string
	content *Content
}

// apply puts the changes and the cursor behind them into the index, in one batch: after a crash both are there or neither.
func (s *shelf) apply(ctx context.Context, changes []change, cursor uint64) error {
	if s.failed.Load() {
		return errors.New("index has failed")
	}
	if err := checkRoot(filepath.Join(s.dir, rootFile)); err != nil {
		return err
	}
	batch := index.NewBatch()
	done := make(chan error, 1)
	go func() {
		done <- guard(func() error {
			if err := s.fill(ctx, batch, changes); err != nil {
				return err
			}
			batch.SetInternal([]byte(cursorKey), binary.BigEndian.AppendUint64(nil, cursor))
			return s.idx.Batch(batch)
		})
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(2 * time.Minute):
		s.failed.Store(true)
		return errors.New("index does not take a batch")
	}
}

func (s *shelf) fill(ctx context.Context, batch *index.Batch, changes []change) error {
	r, err := s.idx.Reader()
	if err != nil {
		return err
	}
	defer r.Close()
	for _, c := range changes {
		old, err := passageIDs(ctx, r, c.key)
		if err != nil {
			return fmt.Errorf("find passages of %s: %w", c.key, err)
		}
		for _, id := range old {
			batch.Delete(id)
		}
		if c.id == SynonymsID {
			batch.SetInternal([]byte(synonymKey+c.lang), synonymLines(c.content))
			continue
		}
		if c.content != nil {
			for _, doc := range documents(c) {
				batch.Update(doc)
			}
		}
	}
	return ctx.Err()
}

func passageIDs(ctx context.Context, r index.IndexReader, key string) ([]string, error) {
	tfr, err := r.TermFieldReader(ctx, []byte(key), fieldKey, false, false, false)
	if err != nil {
		return nil, err
	}
	defer tfr.Close()
	var out []string
	for {
		doc, err := tfr.Next(nil)
		if err != nil || doc == nil {
			return out, err
		}
		id, err := r.ExternalID(doc.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
}

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
	for i, p := range passages {
		if p.Section == c.content.Title {
			p.Section = ""
		}
		st := stored{
			Title: c.content.Title, Section: p.Section, Text: Plain(p.Markdown), HTML: Render(p.Markdown),
			Updated: c.content.Updated, Internal: c.content.Internal,
		}
		out = append(out, passageDocument(c, i, st))
	}
	return out
}

func passageDocument(c change, i int, st stored) *document.Document {
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
	if i == 0 && st.Title == "" {
		for _, term := range lang.terms(firstWords(st.Text, leadWords)) {
			text.add(term, leadWeight)
		}
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
