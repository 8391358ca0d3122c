package main

import (
	"context"
	"strings"
)

// configPrintCmd shows the settings.
type configPrintCmd struct{}

// Help is the long help.
func (configPrintCmd) Help() string {
	return "Shows every setting, its value and where that came from: default, file, environment or flag. Secrets are hidden." +
		example("balie config print", "balie config print --config /etc/balie.yaml --json")
}

func (configPrintCmd) run(_ context.Context, e *env) error {
	var b strings.Builder
	if err := e.cfg.Print(&b); err != nil {
		return err
	}
	return e.print(e.cfg.Values(), b.String())
}
