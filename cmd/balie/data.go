package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"

	"balie/handoff"
	"balie/internal/action"
	"balie/internal/config"
	"balie/internal/connector/demo"
	"balie/internal/fault"
	"balie/internal/mail"
	"balie/internal/relay"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
	"balie/kb"
	"balie/web"
)

// data is an open data folder: the engine, everything that is kept in it by the noun, and the library over its articles. Serving needs
// it, and so does every command that looks into the store.
type data struct {
	dir      string
	release  func() error // lets other processes into the folder
	engine   engine
	people   *document.Collection[handoff.Person]
	presence *document.Collection[handoff.Presence]
	desk     *document.Collection[handoff.Settings]
	logins   *document.Collection[web.Login]
	drafts   *document.Collection[web.Draft]
	articles *document.Collection[kb.Article]
	works    *document.Collection[kb.Work]
	votes    *document.Collection[kb.Votes]
	pictures *document.Collection[kb.Picture]
	gaps     *document.Collection[kb.Gap]
	misses   *document.Collection[kb.Miss]
	taught   *document.Collection[kb.Taught]
	proposed *document.Collection[kb.Proposal]
	canned   *document.Collection[handoff.Canned]
	orders   *document.Collection[demo.Record]
	mail     *document.Collection[mail.Sent]
	limits   *document.Collection[action.Limits]
	ledger   action.Shelves
	secrets  *document.Collection[secret]
	seeds    *document.Collection[seed]
	library  *kb.Library
}

// secret is a random value that the house made for itself.
type secret struct {
	Value []byte `json:"value"`
}

// openData opens the data folder, making it if need be. Route says which workers must look after an append; a command that
// appends nothing gives none.
func openData(cfg config.Config, log *slog.Logger, route relay.Route) (d *data, err error) {
	d = &data{dir: cfg.Data, release: func() error { return nil }}
	if cfg.Postgres != "" { // the file's engine would hold the folder; here only the index is in it
		release, err := bolt.Hold(cfg.Data)
		if err != nil {
			return nil, err
		}
		d.release = release
	}
	if d.engine, err = openEngine(cfg, log, route); err != nil {
		return nil, errors.Join(err, d.release())
	}
	d.people = document.In(d.engine, "people", document.Options[handoff.Person]{Keys: handoff.PersonKeys})
	d.presence = document.In(d.engine, "presence", document.Options[handoff.Presence]{})
	d.desk = document.In(d.engine, "desk", document.Options[handoff.Settings]{History: true})
	d.logins = document.In(d.engine, "logins", document.Options[web.Login]{})
	d.drafts = document.In(d.engine, "drafts", document.Options[web.Draft]{})
	d.articles = document.In(d.engine, "articles", document.Options[kb.Article]{History: true, Keys: kb.ArticleKeys})
	d.works = document.In(d.engine, "works", document.Options[kb.Work]{})
	d.votes = document.In(d.engine, "votes", document.Options[kb.Votes]{})
	d.pictures = document.In(d.engine, "pictures", document.Options[kb.Picture]{})
	d.gaps = document.In(d.engine, "gaps", document.Options[kb.Gap]{History: true})
	d.misses = document.In(d.engine, "misses", document.Options[kb.Miss]{})
	d.taught = document.In(d.engine, "taught", document.Options[kb.Taught]{History: true})
	d.proposed = document.In(d.engine, "proposals", document.Options[kb.Proposal]{History: true})
	d.canned = document.In(d.engine, "canned", document.Options[handoff.Canned]{History: true})
	d.orders = document.In(d.engine, "orders", document.Options[demo.Record]{})
	d.mail = document.In(d.engine, "mail", document.Options[mail.Sent]{})
	d.limits = document.In(d.engine, "limits", document.Options[action.Limits]{History: true})
	d.ledger = action.Shelves{
		Limits: d.limits,
		Spent:  document.In(d.engine, "spent", document.Options[action.Spent]{}),
		Links:  document.In(d.engine, "undo_links", document.Options[action.UndoLink]{}),
		Codes:  document.In(d.engine, "codes", document.Options[action.Code]{}),
	}
	d.secrets = document.In(d.engine, "secrets", document.Options[secret]{})
	d.seeds = document.In(d.engine, "seeds", document.Options[seed]{})
	if d.library, err = kb.Open(filepath.Join(cfg.Data, "index"), d.articles, kb.Options{Log: log, Life: d.engine.Epoch(), Pictures: d.pictures, Vectors: libraryVectors(cfg.Embed)}); err != nil {
		return nil, errors.Join(fmt.Errorf("open the library: %w", err), d.engine.Close(), d.release())
	}
	return d, nil
}

// engine is what a house asks of a store: the two shapes, and word of its health.
type engine interface {
	relay.Store
	relay.Tasks
	relay.Lists
	document.Engine
	Ping(ctx context.Context) error
	Failed() <-chan error // gets the error after which nothing more is acknowledged
	Close() error
}

// openEngine opens the store that the settings name.
func openEngine(cfg config.Config, log *slog.Logger, route relay.Route) (engine, error) {
	if cfg.Postgres != "" {
		return openPostgres(cfg, log, route)
	}
	return bolt.Open(cfg.Data, bolt.Options{Route: route})
}

// copier is an engine that can be copied while it works; one that has tools of its own for that is not.
type copier interface {
	Backup(w io.Writer) (int64, error)
}

// close lets go of the folder; what was acknowledged is in it.
func (d *data) close() error {
	return errors.Join(d.library.Close(), d.engine.Close(), d.release())
}

// secret returns the random value of that name, which is made at the first asking and then stays. Nodes that ask at the same time
// get the same one.
func (d *data) secret(ctx context.Context, name string) ([]byte, error) {
	for range 3 {
		s, _, err := d.secrets.Get(ctx, name)
		if err == nil {
			return s.Value, nil
		}
		if !fault.Is(err, fault.NotFound) {
			return nil, fmt.Errorf("read secret %s: %w", name, err)
		}
		fresh := make([]byte, 32)
		rand.Read(fresh)
		if _, err := d.secrets.Put(ctx, name, secret{fresh}, 0); err != nil && !fault.Is(err, fault.Conflict) {
			return nil, fmt.Errorf("keep secret %s: %w", name, err)
		}
	}
	return nil, fmt.Errorf("keep secret %s: it is there and it is not", name)
}
