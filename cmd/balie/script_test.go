package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"balie/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"balie": main})
}

// TestScripts runs the scripts in testdata against the real program. Besides testscript's own commands they have:
//
//	exits N balie …      run it and compare the exit code, with stdin's file if one was set by from
//	from FILE            the next exits reads FILE
//	house [args…]        start balie serve and wait until it is ready; $URL is where
//	house cramped [args…] the same on a disk that is full: no file may be written beyond its first 32 KB
//	halt [TERM|KILL]     end it; TERM must end with exit code 0
//	ended N              wait until it ends by itself, and compare the exit code
//	log                  what it said so far is stdout
//	visit STATUS METHOD PATH [BODY]   ask it over HTTP and compare the status; the answer is stdout
//
// The condition [postgres] says that the script stands on a database.
func TestScripts(t *testing.T) {
	p := scripts(t, nil)
	p.Dir = "testdata"
	testscript.Run(t, p)
}

// TestScriptsOnPostgres runs those that have to do with what is stored, and not with its file, against a database each.
func TestScriptsOnPostgres(t *testing.T) {
	p := scripts(t, func() string { return pgtest.Database(t) })
	for _, name := range []string{"bot", "chat", "kb", "serve", "user"} {
		p.Files = append(p.Files, "testdata/"+name+".txtar")
	}
	testscript.Run(t, p)
}

// scripts is how scripts are run; database makes one for each, if they are to stand on any.
func scripts(t *testing.T, database func() string) testscript.Params {
	ear := filepath.Join(t.TempDir(), "ear") // what one house has learned, all know
	return testscript.Params{
		RequireExplicitExec: true,
		Condition: func(cond string) (bool, error) {
			if cond != "postgres" {
				return false, fmt.Errorf("nothing is known of %s", cond)
			}
			return database != nil, nil
		},
		Setup: func(env *testscript.Env) error {
			if database != nil {
				env.Setenv("BALIE_POSTGRES", database())
			}
			env.Setenv("BALIE_DATA", env.WorkDir+"/data")
			env.Setenv("BALIE_ADDR", "127.0.0.1:0")
			env.Setenv("BALIE_DEMO_PASSWORD", "scripted-password")
			r := &running{ear: ear}
			env.Values[houseKey{}] = r
			env.Defer(func() {
				r.kill()
				r.giveBack(env.WorkDir)
			})
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": cmdExits, "from": cmdFrom, "house": cmdHouse, "halt": cmdHalt, "ended": cmdEnded, "log": cmdLog, "visit": cmdVisit,
		},
	}
}

type houseKey struct{}

// limit bounds every wait of a script.
const limit = 90 * time.Second

// running is a script's server, and what its next command reads.
type running struct {
	cmd    *exec.Cmd
	ear    string // see lend
	ended  chan error
	log    lockedBuffer
	input  string
	cookie string
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds p.
func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (r *running) kill() {
	if r.cmd != nil {
		r.cmd.Process.Kill()
		<-r.ended
		r.cmd = nil
	}
}

// environ is the script's environment, for a process that the script's own exec does not start.
func environ(ts *testscript.TestScript) (env []string) {
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "BALIE_DATA", "BALIE_ADDR", "BALIE_DEMO_PASSWORD", "BALIE_SITE_SECRET", "BALIE_ORDERS", "BALIE_CONFIG",
		"BALIE_LLM_KEY", "BALIE_LANG", "BALIE_POSTGRES", "GOCOVERDIR"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}

func program(ts *testscript.TestScript, ctx context.Context, args []string) *exec.Cmd {
	path := ""
	for _, dir := range strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator)) {
		if info, err := os.Stat(dir + "/" + args[0]); err == nil && info.Mode()&0o111 != 0 {
			path = dir + "/" + args[0]
			break
		}
	}
	if path == "" {
		ts.Fatalf("there is no %s", args[0])
	}
	cmd := exec.CommandContext(ctx, path, args[1:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), environ(ts)
	return cmd
}

func cmdFrom(ts *testscript.TestScript, _ bool, args []string) {
	ts.Value(houseKey{}).(*running).input = ts.MkAbs(args[0])
}

func cmdExits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := program(ts, ctx, args[1:])
	r := ts.Value(houseKey{}).(*running)
	if r.input != "" {
		in, err := os.Open(r.input)
		ts.Check(err)
		defer in.Close()
		cmd.Stdin, r.input = in, ""
	}
	cmd.Stdout, cmd.Stderr = ts.Stdout(), ts.Stderr()
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Check(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// lend gives a house what another one has learned, and giveBack keeps it for the next.
func (r *running) lend(data string) error {
	raw, err := os.ReadFile(r.ear)
	if _, own := os.Stat(filepath.Join(data, "ear")); own == nil || err != nil {
		return nil // it has one, or is the first
	}
	return errors.Join(os.MkdirAll(data, 0o700), os.WriteFile(filepath.Join(data, "ear"), raw, 0o600))
}

func (r *running) giveBack(dir string) {
	if raw, err := os.ReadFile(filepath.Join(dir, "data", "ear")); err == nil && os.WriteFile(filepath.Join(dir, "ear"), raw, 0o600) == nil {
		os.Rename(filepath.Join(dir, "ear"), r.ear) // if not, the next house learns for itself
	}
}

func cmdHouse(ts *testscript.TestScript, _ bool, args []string) {
	r := ts.Value(houseKey{}).(*running)
	r.kill()
	line := []string{"balie", "serve"}
	if len(args) > 0 && args[0] == "cramped" {
		line, args = []string{"sh", "-c", `ulimit -f 64 && exec balie serve "$@"`, "sh"}, args[1:]
	}
	ts.Check(r.lend(ts.Getenv("BALIE_DATA")))
	r.cmd = program(ts, context.Background(), append(line, args...))
	out, err := r.cmd.StdoutPipe()
	ts.Check(err)
	r.cmd.Stderr = &r.log
	ts.Check(r.cmd.Start())
	r.ended = make(chan error, 1)
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			fmt.Fprintln(&r.log, lines.Text())
			if _, url, ok := strings.Cut(lines.Text(), "Balie is ready on "); ok {
				ready <- url
			}
		}
		r.ended <- r.cmd.Wait()
	}()
	select {
	case url := <-ready:
		ts.Setenv("URL", url)
	case err := <-r.ended:
		r.cmd = nil
		ts.Fatalf("the house ended: %v\n%s", err, r.log.String())
	case <-time.After(limit):
		ts.Fatalf("the house is not ready:\n%s", r.log.String())
	}
}

func cmdHalt(ts *testscript.TestScript, _ bool, args []string) {
	r := ts.Value(houseKey{}).(*running)
	if len(args) > 0 && args[0] == "KILL" {
		r.kill()
		return
	}
	ts.Check(r.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-r.ended:
		r.cmd = nil
		if err != nil {
			ts.Fatalf("the house ended with %v\n%s", err, r.log.String())
		}
	case <-time.After(limit):
		ts.Fatalf("the house does not end:\n%s", r.log.String())
	}
}

func cmdEnded(ts *testscript.TestScript, _ bool, args []string) {
	r := ts.Value(houseKey{}).(*running)
	select {
	case <-r.ended:
		if got := strconv.Itoa(r.cmd.ProcessState.ExitCode()); got != args[0] {
			ts.Fatalf("the house ended with %s, want %s\n%s", got, args[0], r.log.String())
		}
		r.cmd = nil
	case <-time.After(limit):
		ts.Fatalf("the house does not end:\n%s", r.log.String())
	}
}

func cmdLog(ts *testscript.TestScript, _ bool, _ []string) {
	io.WriteString(ts.Stdout(), ts.Value(houseKey{}).(*running).log.String())
}

func cmdVisit(ts *testscript.TestScript, _ bool, args []string) {
	r := ts.Value(houseKey{}).(*running)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var body io.Reader
	if len(args) > 3 {
		body = strings.NewReader(args[3])
	}
	req, err := http.NewRequestWithContext(ctx, args[1], ts.Getenv("URL")+args[2], body)
	ts.Check(err)
	if r.cookie != "" {
		req.Header.Set("Cookie", r.cookie)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	_, err = io.Copy(ts.Stdout(), res.Body)
	ts.Check(err)
	for _, c := range res.Cookies() {
		r.cookie = c.Name + "=" + c.Value
	}
	if strconv.Itoa(res.StatusCode) != args[0] {
		ts.Fatalf("%s %s: %d, want %s", args[1], args[2], res.StatusCode, args[0])
	}
}
