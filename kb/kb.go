// Package kb is the library: the articles the bot quotes, agents send and customers read, and the search that finds the
// right passage in them.
//
// An Article is a row with a revision, kept by a Store. What customers read and what an editor is working on stand side
// by side in that one row, so publishing is one write and nothing can be half published. The index on disk is only a
// cache of the published rows: it follows the store's changes, keeps its place inside itself, and is rebuilt beside
// itself when it turns out to be damaged.
//
// The library decides nothing about a conversation. It says what fits a question, how well, and whether that is good
// enough to quote (Answer), only good enough to ask back (Choose), or not good enough at all (None).
package kb

import (
	"context"
	"time"
)

// Store keeps articles under the id that Key makes, each with a revision that grows with every write. Articles are
// values: what a Store returns belongs to the caller.
type Store interface {
	// Get returns the article and its revision, or fault.NotFound.
	Get(ctx context.Context, id string) (Article, uint64, error)
	// Put stores a when the row is still at rev, and returns the new revision. With rev 0 the row must not exist. At any
	// other revision it changes nothing and returns fault.Conflict: somebody else saved first.
	Put(ctx context.Context, id string, a Article, rev uint64) (uint64, error)
	// Delete removes the row when it is still at rev; the history stays.
	Delete(ctx context.Context, id string, rev uint64) error
	// List calls each for every row whose key in index starts with prefix; index "" lists by id. It stops at the first
	// error that each returns, and returns it.
	List(ctx context.Context, index, prefix string, each func(id string, rev uint64, a Article) error) error
	// History calls each for every revision of the row, newest first.
	History(ctx context.Context, id string, each func(rev uint64, at time.Time, a Article) error) error
	// Changes calls each, in order, for what was written or deleted after the cursor, and returns the last cursor. It
	// stops at the first error that each returns, and returns it.
	Changes(ctx context.Context, after uint64, each func(cursor uint64, id string, rev uint64, a Article, deleted bool) error) (uint64, error)
}

// State says how far the newest text of an article is on its way to customers.
type State string

// The states of an article's newest text. An article whose newest text is a draft can still have an older text that
// customers read; see Article.Live.
const (
	Draft     State = "draft"
	Review    State = "review"
	Published State = "published"
	Archived  State = "archived"
)

// Article is one subject in one language.
//
// Content is the newest text, the one an editor works on; State says whether it is published. Live is set only when
// customers read an older text than that: a published article that was edited again. So publishing is
// State = Published, Live = nil, and dropping the edit is Content = *Live.
type Article struct {
	ID    string `json:"id"`
	Lang  string `json:"lang"`
	State State  `json:"state"`
	Content
	Live *Content `json:"live,omitempty"`

	Owner     string     `json:"owner,omitempty"`      // who keeps it true
	By        string     `json:"by,omitempty"`         // who made this revision
	Why       string     `json:"why,omitempty"`        // and for what reason, in their words
	PublishAt *time.Time `json:"publish_at,omitempty"` // when the newest text is to be published, if that is planned
	Source    uint64     `json:"source,omitempty"`     // for a translation: the revision of the article it was made from
	SourceOf  string     `json:"source_of,omitempty"`  // and the language that article is in
	SourceSum string     `json:"source_sum,omitempty"` // and the sum of its text then: another sum means that it was changed since
	Path      string     `json:"path,omitempty"`       // where it stood in the imported folder, so that export puts it back
}

// Content is the text of an article with what its front matter says about it.
type Content struct {
	Title     string   `json:"title"`
	Questions []string `json:"questions,omitempty"` // how customers ask for it; found like the text, and the article's tests
	Tags      []string `json:"tags,omitempty"`
	Synonyms  []string `json:"synonyms,omitempty"`  // words a customer uses instead, in any language
	Updated   string   `json:"updated,omitempty"`   // a date as its writer wrote it, normally 2026-11-21
	ReviewBy  string   `json:"review_by,omitempty"` // when somebody must look whether it is still true
	Internal  bool     `json:"internal,omitempty"`  // for agents; the bot never quotes it

	// Front and Body are the bytes of the file, split behind the front matter: Front + Body is what was imported. Front
	// may disagree with the fields above after an edit; Markdown mends it.
	Front string `json:"front,omitempty"`
	Body  string `json:"body"`
}

// Key is the id of an article's row: one subject has one row a language.
func Key(lang, id string) string { return lang + "/" + id }

// Public returns the text that customers (or, for an internal article, agents) read now, and false when there is none.
func (a Article) Public() (Content, bool) {
	switch {
	case a.State == Published:
		return a.Content, true
	case a.Live != nil:
		return *a.Live, true
	}
	return Content{}, false
}
