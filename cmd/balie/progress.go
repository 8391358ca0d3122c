package main

import (
	"fmt"
	"io"
	"strings"
)

// bar shows how far long work is, on a terminal; elsewhere it shows nothing.
type bar struct {
	w     io.Writer // nil: nobody looks
	name  string
	drawn bool
}

// progress makes the bar of a command. It draws on the error stream, so that results can go into a file.
func (e *env) progress(name string) *bar {
	b := &bar{name: name}
	if onTerminal(e.err) {
		b.w = e.err
	}
	return b
}

// show draws where the work is; total 0 means that nobody knows how much there is.
func (b *bar) show(done, total int) {
	if b.w == nil {
		return
	}
	b.drawn = true
	if total <= 0 {
		fmt.Fprintf(b.w, "\r%s: %d", b.name, done)
		return
	}
	const width = 30
	full := min(done*width/total, width)
	fmt.Fprintf(b.w, "\r%s [%s%s] %d/%d", b.name, strings.Repeat("=", full), strings.Repeat(" ", width-full), done, total)
}

// done wipes the bar.
func (b *bar) done() {
	if b.drawn {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
