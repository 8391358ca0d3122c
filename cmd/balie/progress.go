package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// How often word of long work is given: a bar moves, a line in somebody's log says something new.
const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 5 * time.Second
)

// bar shows how far long work is: as a bar on a terminal, elsewhere as a line now and then, so that short work says nothing.
type bar struct {
	w        io.Writer
	name     string
	terminal bool
	told     time.Time
	drawn    bool
}

// progress makes the bar of a command. It draws on the error stream, so that results can go into a file.
func (e *env) progress(name string) *bar {
	b := &bar{w: e.err, name: name, terminal: onTerminal(e.err)}
	if !b.terminal {
		b.told = time.Now()
	}
	return b
}

// show draws where the work is; total 0 means that nobody knows how much there is.
func (b *bar) show(done, total int) {
	every := lineEvery
	if b.terminal {
		every = barEvery
	}
	if time.Since(b.told) < every {
		return
	}
	b.told = time.Now()
	const width = 30
	switch {
	case !b.terminal && total <= 0:
		fmt.Fprintf(b.w, "%s: %d\n", b.name, done)
	case !b.terminal:
		fmt.Fprintf(b.w, "%s: %d of %d\n", b.name, done, total)
	case total <= 0:
		fmt.Fprintf(b.w, "\r%s: %d", b.name, done)
	default:
		full := min(done*width/total, width)
		fmt.Fprintf(b.w, "\r%s [%s%s] %d/%d", b.name, strings.Repeat("=", full), strings.Repeat(" ", width-full), done, total)
	}
	b.drawn = b.terminal
}

// done wipes the bar.
func (b *bar) done() {
	if b.drawn {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
