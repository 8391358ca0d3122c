package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// serveCmd serves until it is told to stop.
type serveCmd struct{}

// Help is the long help.
func (serveCmd) Help() string {
	return "Serves the chat, the desk and the help centre until Ctrl+C or SIGTERM. --demo fills an empty data folder with a demo shop first." +
		example("balie serve --demo", "balie serve --addr 0.0.0.0:8080 --data /var/lib/balie --config /etc/balie.yaml")
}

func (*serveCmd) run(ctx context.Context, e *env) error {
	ln, err := net.Listen("tcp", e.cfg.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is taken by another program. Stop that one, or choose another address with --addr", e.cfg.Addr)
	}
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", e.cfg.Addr, err)
	}
	e.cfg.Addr = ln.Addr().String() // port 0 has become a real one
	h, err := open(ctx, e.cfg, e.log)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	err = h.run(ctx, ln, func() { e.announce(h) })
	return errors.Join(err, h.close())
}

// announce says that the server is ready and, in the demo, where to look.
func (e *env) announce(h *house) {
	url := ownURL(h.cfg)
	var b strings.Builder
	fmt.Fprintf(&b, "Balie is ready on %s\n", url)
	if len(h.demo.people) > 0 {
		fmt.Fprintf(&b, "\n  The shop with the chat   %s/\n  The desk                 %s/desk\n  The help centre          %s/help/nl\n\n  Who can sign in          %s\n",
			url, url, url, strings.Join(h.demo.people, ", "))
		switch {
		case h.demo.password != "":
			fmt.Fprint(&b, box("Their password, made up just now and not shown again:", h.demo.password))
		case h.demo.now:
			fmt.Fprint(&b, "  Their password           as set (BALIE_DEMO_PASSWORD)\n")
		default:
			fmt.Fprint(&b, "  Their password           as shown at the first start; set BALIE_DEMO_PASSWORD for another\n")
		}
	}
	fmt.Fprint(e.out, b.String())
}

// box draws lines so that they are seen between others.
func box(lines ...string) string {
	width := 0
	for _, l := range lines {
		width = max(width, len(l))
	}
	edge := "  +" + strings.Repeat("-", width+2) + "+\n"
	out := "\n" + edge
	for _, l := range lines {
		out += fmt.Sprintf("  | %-*s |\n", width, l)
	}
	return out + edge
}
