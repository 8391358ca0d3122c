// Package pgtest starts real PostgreSQL servers for tests: from the programs of the machine's own package, in folders of their own, on Unix
// sockets only. Nothing outlives the test process, however that ends: a small child on a pipe ends the servers and removes the folders.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// T is what is asked of a *testing.T.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(func())
}

// role is the owner of everything in a test's cluster.
const role = "balie"

// base is what the clusters of one test process share: a folder, and a template that initdb made once.
type base struct {
	dir    string
	bin    string
	user   *syscall.Credential // nil: as who we are
	reaper io.Closer           // open as long as we live
	n      int
}

var (
	mu     sync.Mutex
	shared *base
	main   *Cluster // the one that Database uses
	count  int
)

// errMissing says that the machine has no PostgreSQL.
var errMissing = errors.New("there is no PostgreSQL on this machine: apt-get install postgresql")

// binaries finds the newest installed server.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	at, err := exec.LookPath("postgres")
	if err != nil {
		return "", errMissing
	}
	if at, err = filepath.EvalSymlinks(at); err != nil {
		return "", fmt.Errorf("find PostgreSQL: %w", err)
	}
	return filepath.Dir(at), nil
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// credential is who servers run as: PostgreSQL refuses to be root.
func credential() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("find the user postgres: %w", err)
	}
	uid, errU := strconv.ParseUint(u.Uid, 10, 32)
	gid, errG := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(errU, errG)
}

// get makes the base at the first asking; the caller holds mu.
func get() (*base, error) {
	if shared != nil {
		return shared, nil
	}
	b := &base{}
	var err error
	if b.bin, err = binaries(); err != nil {
		return nil, err
	}
	if b.user, err = credential(); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("/tmp", "balie-pg-"); err != nil { // a socket's path must be short
		return nil, fmt.Errorf("make folder: %w", err)
	}
	if b.user != nil {
		if err := os.Chown(b.dir, int(b.user.Uid), int(b.user.Gid)); err != nil {
			return nil, fmt.Errorf("give folder away: %w", err)
		}
	}
	if b.reaper, err = reap(b.dir); err != nil {
		return nil, err
	}
	out, err := b.command("initdb", "-D", filepath.Join(b.dir, "template"), "-U", role, "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	shared = b
	return b, nil
}

// reap starts the child that cleans up when the returned pipe closes, which the end of this process does too.
func reap(dir string) (io.Closer, error) {
	const script = `cat >/dev/null; for f in "$0"/*/postmaster.pid; do [ -f "$f" ] && kill -QUIT "$(head -n1 "$f")" 2>/dev/null; done; sleep 0.3; rm -rf "$0"`
	cmd := exec.Command("sh", "-c", script, dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start reaper: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start reaper: %w", err)
	}
	return in, nil
}

func (b *base) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(b.bin, name), args...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: b.user, Setsid: true}
	return cmd
}

// Cluster is one server.
type Cluster struct {
	base    *base
	dir     string
	durable bool
	cmd     *exec.Cmd
	done    chan struct{}
}

// New starts a server of the test's own, for tests that stop it; durable ones write to disk as in earnest. The test is skipped, saying so, where
// there is no PostgreSQL.
func New(t T, durable bool) *Cluster {
	t.Helper()
	mu.Lock()
	c, err := newCluster(durable)
	mu.Unlock()
	if errors.Is(err, errMissing) {
		t.Skipf("%v", err)
	}
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		c.Crash()
		os.RemoveAll(c.dir)
	})
	return c
}

func newCluster(durable bool) (*Cluster, error) {
	b, err := get()
	if err != nil {
		return nil, err
	}
	b.n++
	c := &Cluster{base: b, dir: filepath.Join(b.dir, "c"+strconv.Itoa(b.n)), durable: durable}
	if out, err := exec.Command("cp", "-a", filepath.Join(b.dir, "template"), c.dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copy template: %w: %s", err, out)
	}
	return c, c.Start()
}

// Start starts the server, again after a crash, and returns when it answers.
func (c *Cluster) Start() error {
	args := []string{"-D", c.dir, "-k", c.dir, "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "logging_collector=off",
		"-c", "log_min_messages=error", "-c", "shared_buffers=64MB"}
	if !c.durable {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	c.cmd = c.base.command("postgres", args...)
	if err := c.cmd.Start(); err != nil {
		return fmt.Errorf("start server: %w", err)
	}
	c.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) { cmd.Wait(); close(done) }(c.cmd, c.done)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.url("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.done:
			return fmt.Errorf("the server ended at once: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Crash ends the server at once, as pg_ctl stop -m immediate does. It may be started again.
func (c *Cluster) Crash() {
	c.cmd.Process.Signal(syscall.SIGQUIT)
	<-c.done
}

// Promote stops the server and starts it again as a standby that is promoted at once: its history of writes branches off.
func (c *Cluster) Promote() error {
	c.Crash()
	signal := filepath.Join(c.dir, "standby.signal")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		return fmt.Errorf("make standby: %w", err)
	}
	if c.base.user != nil {
		if err := os.Chown(signal, int(c.base.user.Uid), int(c.base.user.Gid)); err != nil {
			return fmt.Errorf("make standby: %w", err)
		}
	}
	if err := c.Start(); err != nil {
		return err
	}
	return c.exec("SELECT pg_promote()")
}

func (c *Cluster) url(database string) string {
	return "postgres://" + role + "@/" + database + "?host=" + url.QueryEscape(c.dir)
}

// Database makes an empty database and returns its address.
func (c *Cluster) Database() (string, error) {
	mu.Lock()
	count++
	name := "t" + strconv.Itoa(count)
	mu.Unlock()
	// In a language's order, as databases for people are: what forgets COLLATE "C" is noticed.
	return c.url(name), c.exec("CREATE DATABASE " + name + " TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'")
}

// Copy makes another database with what is in the one at address, as a restored backup would be. Whoever is connected there is cut off.
func (c *Cluster) Copy(address string) (string, error) {
	from, err := pgx.ParseConfig(address)
	if err != nil {
		return "", fmt.Errorf("read address: %w", err)
	}
	mu.Lock()
	count++
	name := "t" + strconv.Itoa(count)
	mu.Unlock()
	if err := c.exec("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '" + from.Database + "'"); err != nil {
		return "", err
	}
	return c.url(name), c.exec("CREATE DATABASE " + name + " TEMPLATE " + from.Database)
}

func (c *Cluster) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// Shared is a server that all tests of this process use; none may stop it. It is skipped where there is no PostgreSQL.
func Shared(t T) *Cluster {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	if main != nil {
		return main
	}
	c, err := newCluster(false)
	if errors.Is(err, errMissing) {
		t.Skipf("%v", err)
	}
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	main = c
	return c
}

// Database makes an empty database on the shared server and returns its address.
func Database(t T) string {
	t.Helper()
	address, err := Shared(t).Database()
	if err != nil {
		t.Fatalf("make database: %v", err)
	}
	return address
}
