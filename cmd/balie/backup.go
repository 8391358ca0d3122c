package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"balie/internal/fault"
	"balie/internal/store/bolt"
)

// backupCmd copies the data into one file.
type backupCmd struct {
	File  string `arg:"" help:"Where to; it must not be there yet." placeholder:"FILE"`
	Force bool   `help:"Replace the file if it is there."`
}

// Help is the long help.
func (backupCmd) Help() string {
	return "The copy is of one moment, also while the server runs, and holds everything: the search index is made again from it. It appears under its name only when it is whole and on disk. Keep it as you keep the data: it holds what customers wrote." +
		example("balie backup balie-$(date +%F).db", "balie restore balie-2026-11-21.db --data /var/lib/balie")
}

// backedUp is what backup made.
type backedUp struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

func (c *backupCmd) run(ctx context.Context, e *env) error {
	if _, err := os.Stat(c.File); err == nil && !c.Force {
		return misuse("%s is there already; choose another name, or add --force to replace it", c.File)
	}
	out := backedUp{File: c.File}
	bar := e.progress("backup, MB")
	err := writeWhole(c.File, func(w io.Writer) (err error) {
		out.Bytes, err = copyData(ctx, e, &counter{w: w, tell: func(n int64) { bar.show(int(n>>20), 0) }})
		return err
	})
	bar.done()
	if err != nil {
		return fmt.Errorf("back up %s: %w", e.cfg.Data, err)
	}
	return e.print(out, fmt.Sprintf("%s: %d bytes\n", out.File, out.Bytes))
}

// counter passes bytes on and tells how many there were.
type counter struct {
	w    io.Writer
	n    int64
	tell func(int64)
}

// Write passes p on.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	before := c.n
	if c.n += int64(n); c.n>>23 != before>>23 {
		c.tell(c.n)
	}
	return n, err
}

// copyData writes the data file's present state to w: asked of the server, or read from the folder.
func copyData(ctx context.Context, e *env, w io.Writer) (n int64, err error) {
	if e.cfg.Postgres != "" {
		return 0, errDatabase
	}
	client, err := dialControl(e.cfg.Data)
	if errors.Is(err, errNoServer) {
		if err := hasData(e.cfg); err != nil {
			return 0, err
		}
		engine, err := bolt.Open(e.cfg.Data, bolt.Options{})
		if err != nil {
			return 0, err
		}
		n, err = engine.Backup(w)
		return n, errors.Join(err, engine.Close())
	}
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://control/backup", nil)
	if err != nil {
		return 0, fmt.Errorf("make request: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask the server: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotImplemented {
		return 0, errDatabase
	}
	n, err = io.Copy(w, res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || res.Trailer.Get(sizeTrailer) != strconv.FormatInt(n, 10)) {
		err = errors.New("the server stopped in the middle of the copy; try again")
	}
	return n, err
}

// errDatabase says who copies data that is in no file of ours.
var errDatabase = fault.New(fault.Invalid, "The data is in a database. Copy it with the database's own tools, such as pg_dump, or with balie export.")

// writeWhole writes a file that appears under its name only when it is complete and on disk.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".balie-*.tmp")
	if err != nil {
		return fmt.Errorf("make file: %w", err)
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	if err := errors.Join(write(tmp), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("name file: %w", err)
	}
	return bolt.SyncDir(dir)
}

// restoreCmd fills a data folder from a backup.
type restoreCmd struct {
	File  string `arg:"" help:"The backup." placeholder:"FILE"`
	Force bool   `help:"Replace the data that is in the folder."`
}

// Help is the long help.
func (restoreCmd) Help() string {
	return "The backup is checked from its first page to its last before anything is touched, and a folder that holds data is refused without --force. The server must not run. Customers' browsers notice that the log has a new life and read it again from the start." +
		example("balie restore balie-2026-11-21.db", "balie restore balie-2026-11-21.db --data /var/lib/balie --force")
}

// restored is what restore did.
type restored struct {
	Data  string `json:"data"`
	Bytes int64  `json:"bytes"`
}

func (c *restoreCmd) run(ctx context.Context, e *env) error {
	if e.cfg.Postgres != "" {
		return errDatabase
	}
	dir := e.cfg.Data
	if _, err := os.Stat(c.File); err != nil {
		return misuse("there is no file %s to restore", c.File)
	}
	target := filepath.Join(dir, bolt.FileName)
	if _, err := os.Stat(target); err == nil && !c.Force {
		return fault.Newf(fault.Conflict, "The folder %s holds data already. Choose an empty one with --data, or replace what is there with --force.", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	release, err := holdFolder(dir, target)
	if err != nil {
		return err
	}
	defer release()
	out := restored{Data: dir}
	tmp := filepath.Join(dir, ".restore.db")
	defer os.Remove(tmp)
	if out.Bytes, err = copyFile(c.File, tmp); err != nil {
		return fmt.Errorf("copy %s: %w", c.File, err)
	}
	if err := checkInChild(ctx, e, tmp); err != nil {
		return fmt.Errorf("restore %s: %w", c.File, err)
	}
	if err := bolt.NewLife(tmp); err != nil {
		return fmt.Errorf("restore %s: %w", c.File, err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "index")); err != nil { // a cache, of the data that was there
		return fmt.Errorf("remove the old index: %w", err)
	}
	if err := os.Rename(tmp, target); err != nil {
		return fmt.Errorf("put the data in its place: %w", err)
	}
	if err := bolt.SyncDir(dir); err != nil {
		return err
	}
	return e.print(out, fmt.Sprintf("%s holds the data of %s now. Look it over: balie verify --data %s\n", dir, c.File, dir))
}

// holdFolder keeps a server from starting on the data that is about to be replaced, or says that one runs.
func holdFolder(dir, target string) (release func(), err error) {
	if _, err := dialControl(dir); err == nil {
		return nil, fault.Newf(fault.Unavailable, "The data folder %s is in use by another balie. Stop that one first.", dir)
	}
	if _, err := os.Stat(target); errors.Is(err, fs.ErrNotExist) {
		return func() {}, nil
	}
	engine, err := bolt.Open(dir, bolt.Options{})
	if fault.Is(err, fault.Unavailable) {
		return nil, err
	}
	if err != nil {
		return func() {}, nil // damaged: that is why it is being replaced
	}
	return func() { engine.Close() }, nil
}

func copyFile(from, to string) (n int64, err error) {
	in, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	n, err = io.Copy(out, in)
	return n, errors.Join(err, out.Sync(), out.Close())
}
