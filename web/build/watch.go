package main

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// newest returns the time of the last change under ui, packages left out.
func newest(ui string) (time.Time, error) {
	var last time.Time
	err := filepath.WalkDir(ui, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "node_modules" {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.ModTime().After(last) {
			last = info.ModTime()
		}
		return nil
	})
	if err != nil {
		return last, fmt.Errorf("look for changes in %s: %w", ui, err)
	}
	return last, nil
}

// waitForChange returns nil once something under ui is newer than before, or ctx's error when it ends first.
func waitForChange(ctx context.Context, ui string, before time.Time) error {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if now, err := newest(ui); err == nil && now.After(before) {
				return nil
			}
		}
	}
}
