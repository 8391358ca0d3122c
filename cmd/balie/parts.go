package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"balie/bot"
	"balie/bot/review"
	"balie/handoff"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/config"
	"balie/internal/fault"
	"balie/internal/mail"
	"balie/internal/metrics"
	"balie/internal/relay"
	"balie/web"
)

// house is everything that runs while Balie serves. Open makes it, run makes it live, close puts it away.
type house struct {
	cfg     config.Config
	log     *slog.Logger
	data    *data
	orders  action.System
	ear     *ear
	relay   *relay.Relay
	ledger  *action.Ledger
	outbox  *mail.Outbox // nil where mail is really sent
	desk    *handoff.Desk
	work    []hand
	editors *web.Editors
	figures *metrics.Metrics
	web     *web.Server
	demo    seeded
}

// hand is a worker of the mail room, and how it works.
type hand struct {
	relay.Worker
	set relay.Settings
}

// open joins the rooms. It is the one list of everything pluggable, from the ground floor up; what is added to the house is added here.
func open(ctx context.Context, cfg config.Config, log *slog.Logger) (h *house, err error) {
	h = &house{cfg: cfg, log: log}
	// A start makes much that it does not keep: looked for twice as often, it leaves what stays less scattered.
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	h.ear = newEar(filepath.Join(cfg.Data, "ear"), openVectors(cfg.Embed), log) // meanwhile, the rest is opened

	// The store, all collections in it, and the library over its articles.
	if h.data, err = openData(cfg, log, route(cfg.Desk.IdleClose)); err != nil {
		return nil, err
	}
	opened := h.data // h is nil by the time that a mistake below is returned
	defer func() {
		if err != nil {
			err = errors.Join(err, opened.close())
		}
	}()
	if cfg.Demo {
		if h.demo, err = seedDemo(ctx, h.data, cfg, log); err != nil {
			return nil, err
		}
	}

	if err := catchUp(ctx, h.data); err != nil {
		log.Warn("the library is not ready yet; it goes on trying", "err", err)
	}

	// The company's order system: its own over HTTP, or the embedded one.
	if h.orders, err = openOrders(ctx, cfg, h.data.orders); err != nil {
		return nil, err
	}

	// The mail room, with the figures counted around it.
	h.figures = metrics.New()
	h.relay = relay.New(h.figures.Store(h.data.engine), h.figures.Tasks(h.data.engine), log)
	h.joinNodes()

	// What the desk decided, the time zone of all its customers among it.
	settings, err := deskSettings(ctx, h.data, cfg)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(cmp.Or(settings.Hours.Zone, "Europe/Amsterdam"))
	if err != nil {
		return nil, fmt.Errorf("the desk's time zone: %w", err)
	}

	// The ledger: acts on the order system, and the mail that goes with them.
	h.ledger = action.New(h.relay, h.orders, h.data.ledger, action.Settings{Log: log, Zone: zone}, nil)
	if err := h.openMail(); err != nil {
		return nil, err
	}
	h.work = append(h.work, hand{h.ledger.Worker(), relay.Settings{}})

	// The people.
	if err := handoff.FirstCanned(ctx, h.data.canned, settings.Canned); err != nil {
		return nil, err
	}
	h.desk = handoff.New(h.relay, h.data.engine, h.data.people, h.data.presence, settings, nil)
	h.work = append(h.work, hand{h.desk, relay.Settings{}})

	// The voice, and the model that words its answers, if there is one.
	h.work = append(h.work, openBot(h, zone))

	// The doors.
	opt, err := doors(ctx, h)
	if err != nil {
		return nil, err
	}
	if h.web, err = web.New(opt); err != nil {
		return nil, fmt.Errorf("make the web server: %w", err)
	}
	h.gauges()
	return h, nil
}

// indexWait is how long a start waits for the index: opening one takes no time, but after a restore it is made from the articles.
const indexWait = 20 * time.Second

// catchUp brings the index up to what the store holds.
func catchUp(ctx context.Context, d *data) error {
	ctx, cancel := context.WithTimeout(ctx, indexWait)
	defer cancel()
	return d.library.Sync(ctx)
}

// route says which workers must look after an append: each room speaks for its own. idle is after how long of silence a conversation is
// closed.
func route(idle time.Duration) relay.Route {
	return func(c *chat.Conversation, added []chat.Event) []relay.Leave {
		return slices.Concat(bot.Wants(c, added), handoff.Wants(c, added), handoff.WantsClose(c, added, idle), action.Wants(c, added), review.Wants(c, added))
	}
}

// close puts the house away. Run must have ended.
func (h *house) close() error { return h.data.close() }

// run serves on ln until ctx ends, then stops everything in order: the doors first, so that nothing new comes in. The engine's
// failure ends it with an error: what its last commit became is not known, so the process must start again from disk.
func (h *house) run(ctx context.Context, ln net.Listener, ready func()) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	inside, closeInside := context.WithCancel(context.WithoutCancel(ctx)) // outlives the doors
	defer closeInside()
	var wg sync.WaitGroup
	for _, w := range h.work {
		wg.Go(func() {
			if err := h.relay.Run(inside, h.figures.Worker(w.Worker), w.set); err != nil {
				stop(fmt.Errorf("worker %s: %w", w.Name(), err))
			}
		})
	}
	wg.Go(func() {
		if err := h.data.library.Run(inside); err != nil && inside.Err() == nil {
			stop(fmt.Errorf("library: %w", err))
		}
	})
	wg.Go(func() {
		select {
		case err := <-h.data.engine.Failed():
			stop(fmt.Errorf("the store failed, so nothing more is accepted; start again, what was acknowledged is on disk: %w", err))
		case <-inside.Done():
		}
	})
	control, err := listenControl(h.cfg.Data, h.data, h.log)
	if err != nil {
		return err
	}
	wg.Go(func() { control.serve(inside) })
	h.runNodes(inside, &wg)
	wg.Go(func() { h.ear.follow(inside, schoolOf(h.data), h.log) })
	wg.Go(func() { keepEditing(inside, h.editors.Workshop, h.log) })
	wg.Go(func() { giveBack(inside) })
	ready()
	err = h.web.Serve(ctx, ln)
	if cause := context.Cause(ctx); err == nil && cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	closeInside()
	wg.Wait()
	return err
}

// deskID is the one document of the desk's settings.
const deskID = "desk"

// deskSettings reads what the company said about its desk, with the promises of the settings on top.
func deskSettings(ctx context.Context, d *data, cfg config.Config) (handoff.Settings, error) {
	s, _, err := d.desk.Get(ctx, deskID)
	if fault.Is(err, fault.NotFound) {
		s, err = handoff.DefaultSettings(), nil
	}
	if err != nil {
		return s, fmt.Errorf("read the desk's settings: %w", err)
	}
	s.SLA = int(cfg.Desk.FirstAnswer / time.Second)
	s.Reply, s.Lease, s.Offer, s.Idle = cfg.Desk.Reply, cfg.Desk.Lease, cfg.Desk.AnswerOffer, cfg.Desk.IdleClose
	return s, nil
}

// doors are the web server's options.
func doors(ctx context.Context, h *house) (web.Options, error) {
	cfg := h.cfg
	key, err := h.data.secret(ctx, "session")
	if err != nil {
		return web.Options{}, err
	}
	sites, err := openSites(ctx, cfg, h.data)
	if err != nil {
		return web.Options{}, err
	}
	return web.Options{
		Log: h.relay, Lists: h.data.engine, Desk: h.desk, People: h.data.people, Logins: h.data.logins, Drafts: h.data.drafts,
		Sites: sites, Secret: key, Assets: web.Built(), Render: renderMarkdown, Library: h.data.library, Articles: h.data.articles, Editors: h.editors,
		Canned: h.data.canned, Limits: h.data.limits,
		Ready: []web.Check{
			{Name: "store", Ping: h.data.engine.Ping},
			{Name: "library", Ping: func(context.Context) error { return h.data.library.Ready() }},
		},
		Profiles: profiles{h.orders}, Ledger: h.ledger, Acts: deskActs(h), Demo: routes(h, sites), Metrics: h.figures.Handler(), Failed: h.figures.Failed,
		PublicURL: cfg.PublicURL, SessionLife: time.Duration(cfg.Sessions.CustomerDays) * 24 * time.Hour,
		DeskSession:    cfg.Sessions.Desk,
		MaxConnections: cfg.MaxConnections, NoRateLimit: !cfg.RateLimit, BehindProxy: behindProxy(cfg), Slog: h.log,
	}, nil
}
