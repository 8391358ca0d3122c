package kb

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// view is the library as it stood after one batch: readers share it without locks, and it closes when the last lets go.
type view struct {
	shelf    *shelf
	reader   index.IndexReader
	mu       sync.Mutex
	users    int
	segments []*scorch.SegmentSnapshot
	starts   []int                 // the number of the first passage of each segment
	keys     []textKey             // by passage: what names its vector; nil until somebody needs it
	woven    atomic.Pointer[woven] // nil without vectors
	size     int                   // one more than the highest number of a passage
	hidden   []bool                // passages the bot must not quote; nil when there are none
	langs    map[string]*langView
	synonyms map[string]map[string][]string // by language and term: the words that mean the same
	lists    map[string]*list               // under mu
	kept     int                            // under mu: postings in lists
}

// langView is what a view knows of one language.
type langView struct {
	*language
	field string    // of the terms
	grams string    // of the four-letter pieces
	docs  int       // passages
	norms []float32 // by passage: BM25's k with its length in it
	in    []bool    // by passage: whether it is in this language
	words *vocabulary
}

// newView reads what every search needs once: lengths, which passages are internal, and the words of each language.
func newView(ctx context.Context, s *shelf) (v *view, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	err = guard(func() error {
		r, err := s.idx.Reader()
		if err != nil {
			return err
		}
		v = &view{shelf: s, reader: r, users: 1, langs: map[string]*langView{}}
		s.users.Add(1)
		if err := v.load(ctx); err != nil {
			v.release()
			return err
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	return v, nil
}

func (v *view) load(ctx context.Context) error {
	if err := v.mapSegments(); err != nil {
		return err
	}
	fields, err := v.reader.Fields()
	if err != nil {
		return err
	}
	for _, f := range fields {
		code, ok := strings.CutPrefix(f, fieldText)
		if !ok {
			continue
		}
		if err := v.loadLang(ctx, code); err != nil {
			return err
		}
	}
	if err := v.loadSynonyms(); err != nil {
		return err
	}
	return v.postings(ctx, fieldFlag, flagInternal, func(doc int, _ uint64, _ int) {
		if v.hidden == nil {
			v.hidden = make([]bool, v.size)
		}
		if doc < v.size {
			v.hidden[doc] = true
		}
	})
}

func (v *view) loadLang(ctx context.Context, code string) error {
	lv := &langView{language: languageOf(code), field: fieldText + code, grams: fieldGrams + code}
	total := 0
	err := v.postings(ctx, lv.field, termMark, func(doc int, _ uint64, length int) {
		for doc >= len(lv.norms) {
			lv.norms = append(lv.norms, make([]float32, max(64, doc+1-len(lv.norms), len(lv.norms)/2))...)
		}
		lv.norms[doc] = float32(length)
		v.size = max(v.size, doc+1)
		total += length
		lv.docs++
	})
	if err != nil || lv.docs == 0 {
		return err
	}
	mean := float32(total) / float32(lv.docs)
	lv.in = make([]bool, len(lv.norms))
	for doc, length := range lv.norms {
		lv.in[doc] = length > 0
		lv.norms[doc] = bm25K * (1 - bm25B + bm25B*length/mean)
	}
	if lv.words, err = readVocabulary(v.reader, fieldWords+code); err != nil {
		return err
	}
	v.langs[code] = lv
	return nil
}

// list is the passages that have a term, in order of their numbers, and what having it as often as it does is worth to each, beside the
// most that it could be.
type list struct {
	docs   []int32
	shares []float32
}

// list returns the passages that have a term. Lists are kept for the next search, because customers ask for the same few
// things; when there are too many, some are dropped, whichever.
func (v *view) list(ctx context.Context, field, term string) (*list, error) {
	key := field + "\x00" + term
	v.mu.Lock()
	l := v.lists[key]
	v.mu.Unlock()
	if l != nil {
		return l, nil
	}
	l = &list{}
	norms := v.langs[field[len(fieldText):]].norms // both prefixes are as long
	err := v.postings(ctx, field, term, func(doc int, freq uint64, _ int) {
		if doc < len(norms) {
			l.docs = append(l.docs, int32(doc))
			l.shares = append(l.shares, float32(freq)/(float32(freq)+norms[doc]))
		}
	})
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.lists == nil {
		v.lists = map[string]*list{}
	}
	for k, old := range v.lists {
		if v.kept <= maxLists {
			break
		}
		delete(v.lists, k)
		v.kept -= len(old.docs) + 16
	}
	if v.lists[key] == nil { // another search may have read it meanwhile
		v.lists[key] = l
		v.kept += len(l.docs) + 16
	}
	return l, nil
}

// postings calls each for every passage with the term, in order of their numbers, with how often it occurs and, for the
// mark, how long the passage's field is.
func (v *view) postings(ctx context.Context, field, term string, each func(doc int, freq uint64, length int)) error {
	withFreq := strings.HasPrefix(field, fieldText) || strings.HasPrefix(field, fieldGrams)
	tfr, err := v.reader.TermFieldReader(ctx, []byte(term), field, withFreq, term == termMark, false)
	if err != nil {
		return err
	}
	defer tfr.Close()
	var doc index.TermFieldDoc
	for {
		d, err := tfr.Next(&doc)
		if err != nil || d == nil {
			return err
		}
		length := 0
		if d.Norm > 0 {
			length = int(1/(d.Norm*d.Norm) + 0.5)
		}
		each(int(d.ID.Value()), d.Freq, length)
	}
}

// passages is how many there are in all languages.
func (v *view) passages() (n int) {
	for _, lv := range v.langs {
		n += lv.docs
	}
	return n
}

// passage returns a passage by number: its id, and itself. It reads the segment directly: asking the index by id would look
// the id up again.
func (v *view) passage(doc int) (id string, st stored, err error) {
	for i := len(v.segments) - 1; i >= 0; i-- {
		if doc < v.starts[i] {
			continue
		}
		found := false
		err = v.segments[i].VisitDocument(uint64(doc-v.starts[i]), func(field string, _ byte, value []byte, _ []uint64) bool {
			switch field {
			case "_id":
				id = string(value)
			case fieldStored:
				st, found = decodeStored(string(value))
			}
			return true
		})
		if err == nil && (!found || id == "") {
			err = errors.New("a passage has no text")
		}
		return id, st, err
	}
	return "", st, errors.New("there is no such passage")
}

// mapSegments notes at which number the passages of each segment start.
func (v *view) mapSegments() error {
	snap, ok := v.reader.(*scorch.IndexSnapshot)
	if !ok {
		return errors.New("the index reads in an unknown way")
	}
	at := 0
	for _, s := range snap.Segments() {
		v.segments, v.starts = append(v.segments, s), append(v.starts, at)
		at += int(s.FullSize())
	}
	return nil
}

func articleOf(passageID string) string {
	if i := strings.LastIndexByte(passageID, '#'); i >= 0 {
		return passageID[:i]
	}
	return passageID
}

// hold keeps the view open for one more user.
func (v *view) hold() *view {
	v.mu.Lock()
	v.users++
	v.mu.Unlock()
	return v
}

// release lets go of the view; the last user closes it. An error of closing a reader is of no use to anybody.
func (v *view) release() {
	v.mu.Lock()
	v.users--
	last := v.users == 0
	v.mu.Unlock()
	if last {
		_ = guard(v.reader.Close)
		v.shelf.users.Done()
	}
}
