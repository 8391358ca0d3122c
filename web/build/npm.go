package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// install runs `npm ci` when the packages are missing or older than the lock file, and does nothing otherwise. npm
// leaves its own lock inside node_modules; its time is the time of the last install.
func install(ctx context.Context, ui string) error {
	lock, err := os.Stat(filepath.Join(ui, "package-lock.json"))
	if err != nil {
		return fmt.Errorf("find lock file: %w", err)
	}
	done, err := os.Stat(filepath.Join(ui, "node_modules", ".package-lock.json"))
	if err == nil && !done.ModTime().Before(lock.ModTime()) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("find installed packages: %w", err)
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return fmt.Errorf("npm is needed to fetch the packages of web/ui; install Node.js 20 or newer: %w", err)
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = ui
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run npm ci in web/ui: %w", err)
	}
	return nil
}
