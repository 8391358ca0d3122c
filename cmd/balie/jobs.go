package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"balie/internal/config"
	"balie/internal/fault"
	"balie/internal/store/bolt"
)

// jobs is what a command can ask of whoever holds the data folder.
var jobs = map[string]job{
	"kb.import":     jobOf(importArticles),
	"kb.export":     jobOf(exportArticles),
	"kb.search":     jobOf(searchArticles),
	"kb.test":       jobOf(testArticles),
	"replay":        jobOf(replayConversations),
	"user.add":      jobOf(addUser),
	"user.list":     jobOf(listUsers),
	"user.disable":  jobOf(disableUser),
	"user.password": jobOf(setPassword),
	"verify":        jobOf(verifyData),
	"health":        jobOf(health),
}

// hasData says what to do when a folder holds no data. A database is there or not; opening it tells.
func hasData(cfg config.Config) error {
	if cfg.Postgres != "" {
		return nil
	}
	_, err := os.Stat(filepath.Join(cfg.Data, bolt.FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Newf(fault.NotFound, "There is no data in the folder %s. Name the right one with --data, or fill it: balie serve --demo.", cfg.Data)
	}
	return err
}

// state is how the parts of an open data folder are.
type state struct {
	Store   string `json:"store"`
	Library string `json:"library"`
}

// health asks the parts whether they work; "ok", or what is wrong.
func health(ctx context.Context, d *data, _ struct{}, _ progress) (state, error) {
	s := state{"ok", "ok"}
	if err := d.engine.Ping(ctx); err != nil {
		s.Store = err.Error()
	}
	if err := d.library.Sync(ctx); err != nil {
		s.Library = err.Error()
	} else if err := d.library.Ready(); err != nil {
		s.Library = err.Error()
	}
	return s, nil
}
