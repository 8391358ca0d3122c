package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Hold keeps other processes out of a data folder whose engine lies elsewhere: the index in it is one process's. It makes the folder if need be. A
// folder of another process is the same fault.Unavailable that Open gives. The end of the process lets go too.
func Hold(dir string) (release func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	db, err := bbolt.Open(filepath.Join(dir, "held"), 0o600, &bbolt.Options{Timeout: time.Second, NoSync: true})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, inUse(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("hold data folder: %w", err)
	}
	return db.Close, nil
}
