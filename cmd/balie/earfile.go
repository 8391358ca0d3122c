package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"balie/bot/nlu"
	"balie/internal/fault"
)

// earNote stands beside a kept model: what it was learned from.
type earNote struct {
	Knows  [2]uint64       `json:"knows"`
	Plain  bool            `json:"plain"`
	Mine   map[string]bool `json:"mine"`
	Person map[string]bool `json:"person"`
}

// thisProgram is the sum of this program's own file: another build learns anew.
var thisProgram = sync.OnceValues(func() ([]byte, error) {
	name, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
})

// recall takes back what was kept, and reports whether there was anything: a start then waits for no lessons, and holds no memory that
// learning has left scattered. Whatever is wrong with the file costs a lesson and nothing else.
func (e *ear) recall() bool {
	if e.file == "" {
		return false
	}
	f, err := os.Open(e.file)
	if err != nil {
		return false
	}
	defer f.Close()
	own, err := thisProgram()
	if err != nil {
		return false
	}
	m, raw, err := nlu.Load(f, nlu.Options{}, own)
	var n earNote
	if err == nil {
		err = json.Unmarshal(raw, &n)
	}
	if err != nil {
		if !fault.Is(err, fault.Gone) { // of an earlier build
			e.log.Warn("the kept ear cannot be used; it learns anew", "err", err)
		}
		return false
	}
	e.knows, e.plain, e.mine = n.Knows, n.Plain, n.Mine
	e.person.Store(&n.Person)
	e.hear(m)
	return true
}

// keep keeps the current model for the next start. Without room for it the house works on, and learns again then.
func (e *ear) keep() {
	if e.file == "" {
		return
	}
	if err := e.write(); err != nil {
		e.log.Warn("the ear is not kept; the next start learns anew", "err", err)
	}
}

func (e *ear) write() (err error) {
	own, err := thisProgram()
	if err != nil {
		return fmt.Errorf("read the program: %w", err)
	}
	n := earNote{Knows: e.knows, Plain: e.plain, Mine: e.mine}
	if said := e.person.Load(); said != nil {
		n.Person = *said
	}
	note, err := json.Marshal(n)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(e.file+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // it holds sentences of editors
	if err != nil {
		return err
	}
	if err := e.current.Load().Save(f, own, note); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(e.file+".new", e.file)
}
