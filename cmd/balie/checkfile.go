package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"balie/internal/fault"
	"balie/internal/store/bolt"
)

// checkFileCmd checks a data file. It is hidden: restore runs it in a process of its own, because a damaged file can send the check
// round in circles or down with a bus error.
type checkFileCmd struct {
	File string `arg:"" help:"The data file."`
}

func (c *checkFileCmd) run(_ context.Context, e *env) error {
	if err := bolt.Check(c.File); err != nil {
		return err
	}
	return e.print(true, "ok\n")
}

// How long a check may take: a floor, and so much more for every byte of the file.
const (
	checkFloor   = 30 * time.Second
	checkPerByte = 200 * time.Nanosecond
)

// checkInChild runs checkFileCmd on path and waits for its verdict, but not for ever.
func checkInChild(ctx context.Context, e *env, path string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("check %s: %w", path, err)
	}
	ctx, cancel := context.WithTimeout(ctx, checkFloor+time.Duration(info.Size())*checkPerByte)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "check-file", path)
	cmd.Args[0] = "balie"
	cmd.Env = append(os.Environ(), "BALIE_CONFIG=") // the settings have no say in it
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	bar := e.progress("check")
	defer bar.done()
	bar.show(0, 1)
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fault.New(fault.Invalid, "The check of the file does not come to an end: it is damaged. Try an older backup.")
	case errors.As(err, &exit) && exit.ExitCode() == exitFailed:
		return fault.New(fault.Invalid, strings.TrimSpace(strings.TrimPrefix(said.String(), "balie: "))+" Try an older backup.")
	case err != nil:
		return fault.Wrap(fault.Invalid, "The file is damaged so badly that the check of it fails. Try an older backup.", err)
	}
	return nil
}
