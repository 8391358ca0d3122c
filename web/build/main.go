// Command build turns web/ui into web/dist: what a browser loads, with a fingerprint in every name.
//
// It installs the npm packages when they are missing or older than the lock file, bundles each face with esbuild's Go
// library, writes manifest.json, and refuses a face that weighs more than was agreed. Run it from anywhere inside the
// repository:
//
//	go run ./web/build            once
//	go run ./web/build --watch    again after every change, until interrupted
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	watch := flag.Bool("watch", false, "build again after every change, until interrupted")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *watch); err != nil {
		fmt.Fprintln(os.Stderr, "web/build:", err)
		os.Exit(1)
	}
}

// run builds once, or until ctx ends when watch is set. While watching, a failed build is printed and waited out:
// whoever is typing will mend it.
func run(ctx context.Context, watch bool) error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	ui, dist := filepath.Join(root, "web", "ui"), filepath.Join(root, "web", "dist")
	if err := install(ctx, ui); err != nil {
		return err
	}
	for {
		before, err := newest(ui)
		if err != nil {
			return err
		}
		err = build(ui, dist)
		if !watch {
			return err
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "web/build:", err)
		}
		if err := waitForChange(ctx, ui, before); err != nil {
			return nil // interrupted: that is how watching ends
		}
	}
}

// build makes one dist: bundles, pages, manifest, scales.
func build(ui, dist string) error {
	start := time.Now()
	files, err := bundle(ui)
	if err != nil {
		return err
	}
	m := manifestOf(files)
	if err := write(ui, dist, files, m); err != nil {
		return err
	}
	over := weigh(m, budgets)
	fmt.Print(m.table())
	fmt.Printf("built in %d ms\n", time.Since(start).Milliseconds())
	return over
}

// findRoot walks up from the working directory to the folder that holds go.mod.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find repository: no go.mod here or above")
		}
		dir = parent
	}
}
