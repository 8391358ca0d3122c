package bolt

import (
	"errors"
	"fmt"
	"os"
	"time"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/fault"
)

// Check reads the data file at path from its first page to its last and returns what is wrong with it, as a fault.Invalid. The file
// is not changed. On a badly damaged file it may never come back: run it in a process of its own, with a limit.
func Check(path string) (err error) {
	defer guard(&err)()
	if info, err := os.Stat(path); err != nil {
		return fmt.Errorf("check data file: %w", err)
	} else if !info.Mode().IsRegular() || info.Size() == 0 {
		return fault.New(fault.Invalid, "The file is not a backup of balie: it is empty, or no file.")
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return fault.Wrap(fault.Invalid, "The file is not a backup of balie, or it is damaged.", err)
	}
	err = db.View(func(tx *bbolt.Tx) error {
		if m := tx.Bucket(bucketMeta); m == nil || string(m.Get([]byte("format"))) != format {
			return fault.New(fault.Invalid, "The file is not a backup of balie, or of another version.")
		}
		if info, err := os.Stat(path); err != nil || info.Size() < tx.Size() {
			return fault.New(fault.Invalid, "The file is damaged: its end is missing.")
		}
		for problem := range tx.Check() {
			if err == nil {
				err = fault.Wrap(fault.Invalid, "The file is damaged.", problem)
			}
		}
		return err
	})
	return errors.Join(err, db.Close())
}
