package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"time"

	"balie/web/visitor"
)

// chatCmd talks to the bot in a terminal.
type chatCmd struct {
	URL      string        `help:"The server. Without it, the one that --addr names." placeholder:"URL"`
	Site     string        `help:"The site whose chat it is." default:"demo"`
	Lang     string        `help:"Language." default:"nl" enum:"nl,en"`
	Identity string        `help:"A token by which the website says who you are." placeholder:"JWT"`
	Session  string        `help:"Go on with an earlier conversation; /session shows its name." placeholder:"TOKEN"`
	Wait     time.Duration `help:"From a script: the longest wait for an answer." default:"20s"`
}

// Help is the long help.
func (chatCmd) Help() string {
	return "Type to talk; a number presses the button of that number. /human asks for a person, /end closes the conversation, /lang en changes the language, /help shows the rest. " +
		"From a file or pipe, each line is sent when the one before was answered, and the command ends after the last answer; the exit code is 1 if the server refused one." +
		example("balie chat", "balie chat --url https://balie.winkel.example --lang en", "printf 'Waar is mijn pakket?\\n/human\\n' | balie chat --json")
}

// calm is how long it must be quiet after an answer before a script's next line: an answer may have a second part.
const calm = 250 * time.Millisecond

func (c *chatCmd) run(ctx context.Context, e *env) error {
	url := c.URL
	if url == "" {
		url = ownURL(e.cfg)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	t := &talk{out: e.out, raw: e.json, en: c.Lang == "en",
		v: visitor.New(visitor.Options{URL: url, Site: c.Site, Lang: c.Lang, Identity: c.Identity, Session: c.Session})}
	frames := make(chan visitor.Frame, 64)
	gone := make(chan error, 1)
	go func() {
		gone <- t.v.Run(ctx, func(f visitor.Frame) {
			select {
			case frames <- f:
			case <-ctx.Done():
			}
		})
	}()
	script := !onTerminal(e.in)
	err := t.loop(ctx, readLines(ctx, e.in), frames, gone, pace{script, c.Wait})
	stop()
	<-gone
	if err == nil && script && t.refusal {
		return errTold
	}
	return err
}

// readLines gives the lines of r one by one, and closes when there are no more.
func readLines(ctx context.Context, r io.Reader) <-chan string {
	out := make(chan string)
	go func() { // at a terminal where nobody types it ends with the process
		defer close(out)
		in := bufio.NewScanner(r)
		in.Buffer(nil, 64<<10)
		for in.Scan() {
			select {
			case out <- in.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// pace is how fast lines are sent: a person's at once, a script's when the one before was answered, or the wait is over.
type pace struct {
	script bool
	wait   time.Duration
}

// loop shows what comes and sends what is typed, until there is no more to send, the conversation is closed, or ctx ends.
func (t *talk) loop(ctx context.Context, lines <-chan string, frames <-chan visitor.Frame, gone chan error, p pace) error {
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	waiting := true // first for the welcome
	for {
		next := lines
		if waiting {
			next = nil
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-gone:
			gone <- nil
			if err == nil {
				err = errors.New("the server hung up")
			}
			return err
		case f := <-frames:
			t.take(f)
			switch {
			case waiting && !p.script:
				waiting = !t.greeted
			case waiting && t.answered():
				timer.Reset(calm)
			}
		case <-timer.C:
			if !t.greeted {
				return errors.New("the server does not answer. Look whether it runs: balie doctor")
			}
			waiting = false
		case line, more := <-next:
			if !more || t.over && p.script {
				return nil
			}
			asked, err := t.typed(line)
			if err != nil || t.left {
				return err
			}
			if asked && p.script {
				waiting = true
				timer.Reset(p.wait)
			}
		}
	}
}
