package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"balie/internal/config"
	"balie/internal/fault"
)

// One process holds the data folder. A command that needs the store asks the server that holds it, over a socket in the folder; when
// no server runs, the command opens the folder and does the same job itself. What there is to ask for is the table of jobs.

// controlName is the socket's name in the data folder. Who may open the folder's files may use it, and nobody else.
const controlName = "control.sock"

// job does one thing on an open data folder: a request comes in as JSON, what it returns goes out as JSON.
type job func(ctx context.Context, d *data, req json.RawMessage, progress progress) (any, error)

// progress is told how far long work is. It may be called often.
type progress func(done, total int)

// jobOf makes a job of a function with types of its own.
func jobOf[Q, R any](f func(ctx context.Context, d *data, q Q, p progress) (R, error)) job {
	return func(ctx context.Context, d *data, req json.RawMessage, p progress) (any, error) {
		var q Q
		if err := json.Unmarshal(req, &q); err != nil {
			return nil, fault.Wrap(fault.Invalid, "The server and this command are not of the same version. Restart the server.", err)
		}
		return f(ctx, d, q, p)
	}
}

// reply is a line of a job's answer: how far it is, what went wrong, or (last) what came out.
type reply struct {
	Progress *[2]int         `json:"progress,omitempty"`
	Fault    *fault.Error    `json:"fault,omitempty"`
	Problem  string          `json:"problem,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`
}

// control is the server's end of the socket.
type control struct {
	ln   net.Listener
	srv  *http.Server
	data *data
	path string
}

// listenControl opens the socket. The folder's lock is held, so a socket that is there is one of a process that is gone.
func listenControl(dir string, d *data, log *slog.Logger) (*control, error) {
	path, done, err := shortPath(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	before := syscall.Umask(0o177)
	ln, err := net.Listen("unix", path)
	syscall.Umask(before)
	if err != nil {
		return nil, fmt.Errorf("open control socket: %w", err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false) // by then the path may be another's
	c := &control{ln: ln, data: d, path: filepath.Join(dir, controlName)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /jobs/{name}", c.job)
	mux.HandleFunc("GET /backup", c.backup)
	c.srv = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	return c, nil
}

// serve answers until ctx ends; jobs in hand are cut off, since the data folder is about to close.
func (c *control) serve(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		wait, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if c.srv.Shutdown(wait) != nil {
			c.srv.Close()
		}
	})
	defer stop()
	c.srv.BaseContext = func(net.Listener) context.Context { return ctx }
	c.srv.Serve(c.ln) // ends by Shutdown
	os.Remove(c.path) // ours as long as the folder is; if it stays, the next start takes it away
}

// maxRequest bounds a request on the control socket.
const maxRequest = 8 << 20

func (c *control) job(w http.ResponseWriter, r *http.Request) {
	work, ok := jobs[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	req, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "the request is too long", http.StatusRequestEntityTooLarge)
		return
	}
	enc := json.NewEncoder(w)
	var told time.Time
	out, err := work(r.Context(), c.data, req, func(done, total int) {
		if now := time.Now(); now.Sub(told) > 100*time.Millisecond {
			told = now
			enc.Encode(reply{Progress: &[2]int{done, total}})
			http.NewResponseController(w).Flush()
		}
	})
	if err != nil {
		line := reply{Problem: err.Error()}
		errors.As(err, &line.Fault)
		enc.Encode(line)
		return
	}
	b, err := json.Marshal(out)
	if err != nil {
		enc.Encode(reply{Problem: err.Error()})
		return
	}
	enc.Encode(reply{Result: b})
}

// sizeTrailer comes after a backup's last byte and holds how many there were; a copy without it was cut off.
const sizeTrailer = "Balie-Size"

func (c *control) backup(w http.ResponseWriter, r *http.Request) {
	from, ok := c.data.engine.(copier)
	if !ok {
		http.Error(w, "the data is in a database, which has its own tools for copies", http.StatusNotImplemented)
		return
	}
	w.Header().Set("Trailer", sizeTrailer)
	n, err := from.Backup(w)
	if err != nil {
		panic(http.ErrAbortHandler) // the client sees the cut
	}
	w.Header().Set(sizeTrailer, strconv.FormatInt(n, 10))
}

// shortPath returns a path of the control socket that fits into a socket's address, which long folder names do not. Done lets go of it.
func shortPath(dir string) (path string, done func(), err error) {
	path = filepath.Join(dir, controlName)
	if len(path) < 100 {
		return path, func() {}, nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return "", nil, fmt.Errorf("open data folder: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", folder.Fd(), controlName), func() { folder.Close() }, nil
}

// errNoServer says that nobody serves the data folder.
var errNoServer = errors.New("no server runs on this data folder")

// dialControl connects to the server that holds the folder; errNoServer if there is none.
func dialControl(dir string) (*http.Client, error) {
	path, done, err := shortPath(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoServer
	}
	if err != nil {
		return nil, err
	}
	defer done()
	conn, err := net.DialTimeout("unix", path, 2*time.Second)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, errNoServer
	}
	if err != nil {
		return nil, fmt.Errorf("reach the server on %s: %w", dir, err)
	}
	first := make(chan net.Conn, 1)
	first <- conn
	return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		select {
		case c := <-first:
			return c, nil
		default:
			return nil, errors.New("the server hung up")
		}
	}}}, nil
}

// ask has a job done, by the server that holds the data folder or, when none runs, right here. Make allows it to make a data folder
// that is not there yet.
func ask[R any](ctx context.Context, e *env, name string, req any, make bool) (out R, err error) {
	bar := e.progress(name)
	defer bar.done()
	raw, err := json.Marshal(req)
	if err != nil {
		return out, fmt.Errorf("encode request: %w", err)
	}
	var result json.RawMessage
	for start := time.Now(); ; {
		result, err = askServer(ctx, e.cfg, name, raw, bar.show)
		if errors.Is(err, errNoServer) {
			result, err = doHere(ctx, e, name, raw, bar.show, make)
		}
		// In use and yet nobody answers: a server that starts or stops just now.
		if !fault.Is(err, fault.Unavailable) || time.Since(start) > 2*time.Second || ctx.Err() != nil {
			break
		}
	}
	if err == nil {
		err = json.Unmarshal(result, &out)
	}
	return out, err
}

func askServer(ctx context.Context, cfg config.Config, name string, req []byte, p progress) (json.RawMessage, error) {
	client, err := dialControl(cfg.Data)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/jobs/"+name, bytes.NewReader(req))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	res, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask the server: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server that holds %s does not know this command: it is of another version. Restart it", cfg.Data)
	}
	lines := bufio.NewReader(res.Body)
	for dec := json.NewDecoder(lines); ; {
		var line reply
		if err := dec.Decode(&line); err != nil {
			return nil, fmt.Errorf("the server stopped before it was done: %w", err)
		}
		switch {
		case line.Progress != nil:
			p(line.Progress[0], line.Progress[1])
		case line.Fault != nil:
			return nil, fault.New(line.Fault.Kind, line.Problem)
		case line.Problem != "":
			return nil, errors.New(line.Problem)
		default:
			return line.Result, nil
		}
	}
}

// doHere opens the data folder for one job.
func doHere(ctx context.Context, e *env, name string, req []byte, p progress, make bool) (_ json.RawMessage, err error) {
	if !make {
		if err := hasData(e.cfg); err != nil {
			return nil, err
		}
	}
	d, err := openData(e.cfg, e.log, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	out, err := jobs[name](ctx, d, req, p)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}
