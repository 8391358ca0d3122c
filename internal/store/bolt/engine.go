// Package bolt is the default engine: one file in the data folder, nothing to install. It implements the two shapes of the
// house, conversations (relay.Store, relay.Tasks, relay.Lists) and documents (document.Engine), and is the only room that
// knows bbolt.
//
// See DESIGN.md for why commits are grouped without waiting, why tasks are claimed in memory, and why an error of a commit
// ends the process.
package bolt

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/plan"
)

// FileName is the engine's file in the data folder.
const FileName = "balie.db"

// format is the version of the layout on disk. A file with a higher one is refused: it was written by a newer program.
const format = "1"

var (
	bucketMeta = []byte("meta")
	bucketConv = []byte("conv") // id + position → event; id + lastPos → row
	bucketList = []byte("list") // list key 0 id → nothing
	bucketTask = []byte("task") // worker 0 conversation 0 name → task
	bucketDoc  = []byte("doc")  // collection 0 id → document
	bucketKey  = []byte("key")  // collection 0 index/value 0 id → nothing
	bucketHist = []byte("hist") // collection 0 id 0 revision → document
	bucketFeed = []byte("feed") // collection 0 cursor → id 0 revision
	buckets    = [][]byte{bucketMeta, bucketConv, bucketList, bucketTask, bucketDoc, bucketKey, bucketHist, bucketFeed}
)

// mmapSize is how much address space is set aside for the file (it costs no memory): growing beyond it waits for every reader, and a
// backup reads for long.
const mmapSize = 4 << 30

// Options set an engine up. The zero value works, but nobody is told what to do: give it a Route.
type Options struct {
	Route    relay.Route      // which workers must look after an append
	Now      func() time.Time // stamps events; nil: the clock
	LockWait time.Duration    // how long to wait for another process to let go of the file; zero: one second
	NoSync   bool             // never for real data: commits without fsync, for benchmarks' floors
}

// Engine is an open data file. Its methods may be called from many goroutines.
type Engine struct {
	db    *bbolt.DB
	opt   Options
	epoch string

	ops    committer
	failed chan error // one error, then nothing is acknowledged any more

	planner plan.Planner
	convs   *plan.Cache
	tasks   taskTable
}

// Open opens the data file in dir, which it creates if need be; Close lets go of it. An open file of another
// process gives a fault.Unavailable within LockWait; a file of a newer program a fault.Invalid; a damaged one says so.
func Open(dir string, opt Options) (*Engine, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.LockWait == 0 {
		opt.LockWait = time.Second
	}
	path := filepath.Join(dir, FileName)
	if err := create(dir, path); err != nil {
		return nil, err
	}
	db, err := openFile(path, opt)
	if err != nil {
		return nil, err
	}
	e := &Engine{db: db, opt: opt, failed: make(chan error, 1)}
	e.planner = plan.Planner{Route: opt.Route, Now: opt.Now, Read: e.Read}
	e.convs = plan.NewCache(4096)
	if err := e.load(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return e, nil
}

func openFile(path string, opt Options) (db *bbolt.DB, err error) {
	defer func() {
		if errors.Is(err, errDamaged) {
			err = fault.Wrap(fault.Invalid, "The data file "+path+" is damaged. Restore a backup: balie restore FILE.", err)
		}
	}()
	defer guard(&err)()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: opt.LockWait, FreelistType: bbolt.FreelistMapType,
		InitialMmapSize: mmapSize, NoSync: opt.NoSync})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, inUse(filepath.Dir(path))
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return nil, fault.Wrap(fault.Invalid, "The data file "+path+" is damaged. Restore a backup: balie restore FILE.", err)
	case err != nil:
		return nil, fmt.Errorf("open data file: %w", err)
	}
	return db, nil
}

func inUse(dir string) error {
	return fault.Newf(fault.Unavailable, "The data folder %s is in use by another balie. Stop that one first, or choose another folder with --data.", dir)
}

// create makes an empty data file under another name, complete and on disk, before it gets its own: a crash in between leaves
// nothing that could be taken for data.
func create(dir, path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	if err := SyncDir(filepath.Dir(filepath.Clean(dir))); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".new-*.db")
	if err != nil {
		return fmt.Errorf("make data file: %w", err)
	}
	defer os.Remove(tmp.Name())
	tmp.Close()
	db, err := bbolt.Open(tmp.Name(), 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return fmt.Errorf("make data file: %w", err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, b := range buckets {
			if _, err := tx.CreateBucketIfNotExists(b); err != nil {
				return err
			}
		}
		m := tx.Bucket(bucketMeta)
		return errors.Join(m.Put([]byte("format"), []byte(format)), m.Put([]byte("epoch"), []byte(newEpoch())))
	})
	if err := errors.Join(err, db.Sync(), db.Close()); err != nil {
		return fmt.Errorf("make data file: %w", err)
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, os.ErrExist) { // not Rename: a second process may have been quicker
		return fmt.Errorf("make data file: %w", err)
	}
	return SyncDir(dir)
}

// SyncDir makes a folder's entries durable, after files in it were created or renamed.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}

func newEpoch() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// load reads what must be in memory: the epoch and the open tasks.
func (e *Engine) load() error {
	return e.view(func(tx *bbolt.Tx) error {
		m := tx.Bucket(bucketMeta)
		if m == nil {
			return fault.New(fault.Invalid, "The data file is not one of balie's.")
		}
		if v := string(m.Get([]byte("format"))); v != format {
			return fault.Newf(fault.Invalid, "The data file has format %s and this program knows %s: it was written by a newer balie. Use that version, or restore a backup.", v, format)
		}
		if info, err := os.Stat(tx.DB().Path()); err != nil || info.Size() < tx.Size() {
			return fault.New(fault.Invalid, "The data file is damaged: its end is missing. Restore a backup: balie restore FILE.")
		}
		for _, b := range buckets {
			if tx.Bucket(b) == nil {
				return fault.Newf(fault.Invalid, "The data file is damaged: part %s is missing. Restore a backup: balie restore FILE.", b)
			}
		}
		e.epoch = string(m.Get([]byte("epoch")))
		return e.tasks.load(tx.Bucket(bucketTask))
	})
}

// Epoch names this log's life.
func (e *Engine) Epoch() string { return e.epoch }

// Failed returns a channel that gets the error after which nothing is acknowledged any more. Whoever serves must then exit
// and start again from disk: the outcome of the last commit is not known.
func (e *Engine) Failed() <-chan error { return e.failed }

// Close waits for what is queued, then closes the file. What comes later is refused as unavailable.
func (e *Engine) Close() error {
	e.ops.close()
	return e.db.Close()
}

// Ping reports whether the engine still takes writes.
func (e *Engine) Ping(context.Context) error {
	e.ops.mu.Lock()
	defer e.ops.mu.Unlock()
	if e.ops.closed {
		return errDown
	}
	return nil
}

var errDown = fault.New(fault.Unavailable, "We cannot store anything at the moment. Please try again in a minute.")

// Backup writes a consistent copy of the file to w while work goes on, and returns its size in bytes.
func (e *Engine) Backup(w io.Writer) (int64, error) {
	var n int64
	err := e.view(func(tx *bbolt.Tx) (err error) {
		n, err = tx.WriteTo(w)
		return err
	})
	if err != nil {
		return n, fmt.Errorf("write backup: %w", err)
	}
	return n, nil
}

// NewLife gives the data file at path a new epoch, after it was restored from a copy: positions that clients remember may
// never have happened here.
func NewLife(path string) error {
	db, err := openFile(path, Options{LockWait: time.Second})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		m := tx.Bucket(bucketMeta)
		if m == nil || string(m.Get([]byte("format"))) != format {
			return fault.New(fault.Invalid, "The file is not a backup of balie, or of another version.")
		}
		return m.Put([]byte("epoch"), []byte(newEpoch()))
	})
	return errors.Join(err, db.Close())
}
