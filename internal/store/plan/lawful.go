package plan

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/document"
)

// Bounds on what one change may be; the doors of the house are narrower.
const (
	maxDrafts = 256
	maxEvent  = 1 << 20
	maxName   = 256
)

// Bounds on documents.
const (
	maxPuts = 1024
	maxID   = 512
	maxKey  = 1024
	maxBody = 16 << 20
)

// Lawful refuses what no engine could write: a commit must never find that out, for it carries the changes of others too.
func Lawful(a relay.Append) error {
	if !a.Conv.Valid() {
		return fault.New(fault.NotFound, "There is no such conversation.")
	}
	if len(a.Drafts) > maxDrafts {
		return fault.Newf(fault.Invalid, "At most %d entries at once.", maxDrafts)
	}
	for _, d := range a.Drafts {
		switch {
		case d.Body == nil:
			return fault.New(fault.Invalid, "There is nothing to store.")
		case !named(string(d.Key)):
			return fault.New(fault.Invalid, "This cannot be a key.")
		case !utf8.ValidString(string(d.By.Role) + d.By.ID + d.By.Name):
			return fault.New(fault.Invalid, "This cannot be a name.")
		}
	}
	for _, s := range a.Settle {
		if s.Task.Conv != a.Conv {
			return fault.New(fault.Invalid, "A task is settled with its own conversation.")
		}
	}
	return lawfulTasks(a.Leave)
}

func lawfulTasks(leave []relay.Leave) error {
	for _, l := range leave {
		if l.Worker == "" || !named(l.Worker) || !named(l.Name) {
			return fault.Newf(fault.Invalid, "%q %q cannot be the name of a task.", l.Worker, l.Name)
		}
	}
	return nil
}

// named reports whether s can be part of a key on disk.
func named(s string) bool { return len(s) <= maxName && kept(s) }

// kept reports whether an engine can keep s as text and give it back as it was.
func kept(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// LawfulPuts is Lawful for documents. The same document twice in one call is a mistake.
func LawfulPuts(puts []document.Put) error {
	if len(puts) > maxPuts {
		return fault.Newf(fault.Invalid, "At most %d documents at once.", maxPuts)
	}
	seen := make(map[[2]string]bool, len(puts))
	for _, p := range puts {
		name := [2]string{p.Collection, p.ID}
		switch {
		case p.Collection == "" || !named(p.Collection), p.ID == "" || len(p.ID) > maxID || !kept(p.ID):
			return fault.Newf(fault.Invalid, "%q cannot be the name of a document.", p.ID)
		case seen[name]:
			return fault.Newf(fault.Invalid, "%s is named twice.", p.ID)
		case len(p.Body) > maxBody:
			return fault.Newf(fault.TooLong, "%s is too long to store.", p.ID)
		case !p.Delete && (!json.Valid(p.Body) || !utf8.Valid(p.Body)):
			return fault.Newf(fault.Invalid, "%s is not well formed.", p.ID)
		}
		seen[name] = true
		for _, k := range p.Keys {
			if len(k) > maxKey || !kept(k) {
				return fault.Newf(fault.Invalid, "%q cannot be a key of a document.", k)
			}
		}
	}
	return nil
}

// Revise compares a put with the revision that is stored: 0 when there is none, and gone when it is a tombstone. It returns the revision that
// the put makes.
func Revise(p document.Put, stored uint64, gone bool) (uint64, error) {
	have := stored
	if gone {
		have = 0
	}
	if !p.Anyway && p.Rev != have {
		return 0, fault.Newf(fault.Conflict, "%s was changed meanwhile: it is at revision %d, not %d.", p.ID, have, p.Rev)
	}
	if p.Delete && have == 0 {
		return 0, fault.Newf(fault.NotFound, "There is no %s.", p.ID)
	}
	return stored + 1, nil
}
