// Package web is the outer wall: HTTP and WebSocket, sessions, access checks, pages. It decides nothing about what is said or who
// helps; it carries bytes between people and the rooms inside, and it lets nobody in who should not be.
package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"balie/handoff"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/kb"
)

// Options are what a server is made of. Fields without a remark must be set.
type Options struct {
	Log      Log
	Lists    relay.Lists
	Desk     *handoff.Desk
	People   handoff.People
	Logins   Docs[Login]
	Drafts   Docs[Draft]
	Sites    []Site
	Secret   []byte // signs customers' sessions; the same on all nodes
	Assets   fs.FS  // web/dist; nil or empty: pages say "run make"
	Render   func(markdown string) string
	Library  Library
	Articles kb.Store // where editors write; nil: there are no calls for them
	Editors  *Editors // what editors have beyond that; nil: articles are published without a gate
	Ready    []Check

	Limits   LimitDocs               // nil: supervisors cannot change them
	Canned   handoff.CannedDocs      // prepared replies; nil: there are none
	Profiles handoff.Profiles        // may be nil
	Ledger   Ledger                  // may be nil: agents then cannot act
	Acts     Acts                    // what agents can do; nil: they can only undo
	Demo     map[string]http.Handler // further routes of the demo; may be nil
	Metrics  http.Handler            // may be nil
	Failed   func(fault.Kind)        // hears of everything that is refused or goes wrong; may be nil

	PublicURL      string // our own origin as browsers see it; "" = whatever they call us
	SessionLife    time.Duration
	DeskSession    time.Duration // people at the desk sign in again after this; 0: twelve hours
	MaxConnections int
	NoRateLimit    bool
	BehindProxy    bool             // a proxy of ours stands in front: the last address in X-Forwarded-For is the customer's
	Now            func() time.Time // nil: the clock
	Slog           *slog.Logger
}

// Check is a part that must work for the server to be ready.
type Check struct {
	Name string
	Ping func(context.Context) error
}

// Docs is a typed collection of documents.
type Docs[T any] interface {
	Get(ctx context.Context, id string) (T, uint64, error)
	Put(ctx context.Context, id string, v T, rev uint64) (uint64, error)
	Set(ctx context.Context, id string, v T) error
	Delete(ctx context.Context, id string, rev uint64) error
}

// Server answers on all the doors.
type Server struct {
	opt      Options
	log      Log
	lists    relay.Lists
	desk     *handoff.Desk
	slog     *slog.Logger
	now      func() time.Time
	sites    map[string]*Site
	sessions sessions
	upgrader websocket.Upgrader
	doors    doors
	pace     pacer
	logins   throttle
	staffed  staffed
	render   func(string) string
	pages    *pages

	lines sync.Map // *line → *deskLine, or nil for a customer's: all open sockets
	wg    sync.WaitGroup
	over  chan struct{} // closed when the server goes away: polls and streams end
}

// New makes a server; it listens to nothing until Serve or Handler is used.
func New(opt Options) (*Server, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.SessionLife <= 0 {
		opt.SessionLife = 30 * 24 * time.Hour
	}
	if opt.DeskSession <= 0 {
		opt.DeskSession = 12 * time.Hour
	}
	if opt.MaxConnections <= 0 {
		opt.MaxConnections = 15000
	}
	if opt.Failed == nil {
		opt.Failed = func(fault.Kind) {}
	}
	s := &Server{opt: opt, log: opt.Log, lists: opt.Lists, desk: opt.Desk, slog: opt.Slog, now: opt.Now, sites: map[string]*Site{},
		sessions: sessions{secret: opt.Secret, life: opt.SessionLife, now: opt.Now},
		upgrader: newUpgrader(&sync.Pool{}),
		doors:    doors{max: opt.MaxConnections, byIP: map[string]int{}},
		pace:     pacer{off: opt.NoRateLimit, burst: 20, rate: 2},
		render:   newRenderCache(opt.Render).render,
	}
	s.over = make(chan struct{})
	s.logins = throttle{off: opt.NoRateLimit, now: opt.Now, m: map[string]*failures{}}
	s.staffed = staffed{desk: opt.Desk, now: opt.Now}
	for i := range opt.Sites {
		s.sites[opt.Sites[i].Name] = &opt.Sites[i]
	}
	var err error
	if s.pages, err = newPages(opt.Assets); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) site(name string) *Site {
	if name == "" && len(s.sites) == 1 {
		for _, only := range s.sites {
			return only
		}
	}
	return s.sites[name]
}

// isOwn reports whether an origin is ours.
func (s *Server) isOwn(origin string) bool { return s.opt.PublicURL != "" && origin == s.opt.PublicURL }

// router is a mux that remembers what it was given.
type router struct {
	*http.ServeMux
	names *[]string
}

// Handle gives a route to a handler.
func (m router) Handle(pattern string, h http.Handler) {
	*m.names = append(*m.names, pattern)
	m.ServeMux.Handle(pattern, h)
}

// HandleFunc gives a route to a function.
func (m router) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(h))
}

// Routes are the patterns that the server answers, sorted: what the description in openapi.json is held against.
func (s *Server) Routes() []string { return slices.Sorted(slices.Values(*s.mux().names)) }

// mux joins all doors.
func (s *Server) mux() router {
	mux := router{http.NewServeMux(), &[]string{}}
	s.customerRoutes(mux)
	s.deskRoutes(mux)
	s.pageRoutes(mux)
	s.articleRoutes(mux)
	s.cannedRoutes(mux)
	s.limitRoutes(mux)
	s.healthRoutes(mux)
	for pattern, h := range s.opt.Demo {
		mux.Handle(pattern, h)
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, http.StatusNotFound, "not_found", "There is no such call, or not with this method; see /api/v1/openapi.json.")
	})
	return mux
}

// Handler is everything the server answers.
func (s *Server) Handler() http.Handler {
	guard := http.NewCrossOriginProtection()
	if s.opt.PublicURL != "" {
		if err := guard.AddTrustedOrigin(s.opt.PublicURL); err != nil {
			s.slog.Error("public_url is no origin", "err", err)
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, http.StatusForbidden, "forbidden", "This request came from another website.")
	}))
	return s.harden(guard.Handler(s.mux()))
}

// answerWait is how long a body may take to come in, and an answer to be taken.
const answerWait = 2 * time.Minute

// harden bounds bodies, sets the headers every answer has, and turns a panic into a 500.
func (s *Server) harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				s.slog.Error("handler panicked", "path", r.URL.Path, "err", fmt.Sprint(p))
				writeProblem(w, http.StatusInternalServerError, "internal", "Something went wrong on our side. Please try again.")
			}
		}()
		rc := http.NewResponseController(w)
		rc.SetWriteDeadline(time.Now().Add(answerWait)) // who does not take an answer does not keep a goroutine; not every writer can
		if r.Body != nil && r.ContentLength != 0 {
			rc.SetReadDeadline(time.Now().Add(answerWait))
			r.Body = http.MaxBytesReader(w, r.Body, maxBody(r))
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// Serve answers on ln until ctx ends; then it tells open lines to come back, waits for what is in hand, and returns.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(s.slog.Handler(), slog.LevelDebug)}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	stopPings := make(chan struct{})
	s.wg.Go(func() { s.pingAll(stopPings) })
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		s.lines.Range(func(k, _ any) bool {
			k.(*line).hangUp(websocket.CloseGoingAway, "going away: come back")
			return true
		})
		close(s.over)
		wait, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if errors.Is(srv.Shutdown(wait), context.DeadlineExceeded) {
			srv.Close()
		}
	}
	close(stopPings)
	s.wg.Wait()
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// maxPings is how many pings may be under way at once: a line that is stuck holds up no other.
const maxPings = 64

// pingAll keeps all lines alive, spread over the interval so that ten thousand pings are no burst.
func (s *Server) pingAll(stop <-chan struct{}) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	var under sync.WaitGroup
	defer under.Wait()
	hands := make(chan struct{}, maxPings)
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		n := 0
		s.lines.Range(func(k, _ any) bool {
			hands <- struct{}{}
			under.Go(func() {
				k.(*line).ping()
				<-hands
			})
			if n++; n%500 == 0 {
				time.Sleep(20 * time.Millisecond)
			}
			return true
		})
	}
}

// staffed remembers for a few seconds whether anybody is at the desk: every welcome says so.
type staffed struct {
	desk *handoff.Desk
	now  func() time.Time
	mu   sync.Mutex
	at   time.Time
	is   bool
}

func (s *staffed) get(ctx context.Context) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); now.Sub(s.at) > 2*time.Second {
		if is, err := s.desk.Staffed(ctx); err == nil {
			s.is, s.at = is, now
		}
	}
	return s.is
}

// renderCache remembers the HTML of what the bot said last: the same answer goes to many lines.
type renderCache struct {
	make func(string) string
	mu   sync.Mutex
	m    map[string]string
}

const maxRendered = 512

func newRenderCache(make func(string) string) *renderCache {
	return &renderCache{make: make, m: map[string]string{}}
}

func (c *renderCache) render(md string) string {
	c.mu.Lock()
	html, ok := c.m[md]
	c.mu.Unlock()
	if ok {
		return html
	}
	html = c.make(md)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.m) >= maxRendered {
		clear(c.m)
	}
	c.m[md] = html
	return html
}
