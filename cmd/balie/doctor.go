package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"balie/internal/config"
	"balie/internal/connector/demo"
	"balie/internal/fault"
	"balie/internal/store/bolt"
	"balie/web"
)

// doctorCmd looks whether everything that is needed is there.
type doctorCmd struct{}

// Help is the long help.
func (doctorCmd) Help() string {
	return "Changes nothing. Each line is ok, warn or fail, and says what to do. The exit code is 1 when something fails. Works beside a running server and without one." +
		example("balie doctor", "balie doctor --config /etc/balie.yaml --json")
}

// verdict is how a part is.
type verdict string

const (
	fine verdict = "ok"
	warn verdict = "warn"
	bad  verdict = "fail"
)

// finding is what the doctor says of one part. Do is the remedy, empty when there is nothing to do.
type finding struct {
	Part    string  `json:"part"`
	Verdict verdict `json:"verdict"`
	Found   string  `json:"found"`
	Do      string  `json:"do,omitempty"`
}

// examinations are what the doctor looks at, in the order in which parts need one another.
var examinations = []struct {
	part string
	look func(ctx context.Context, e *env) (v verdict, found, do string)
}{
	{"data folder", lookFolder}, {"free disk", lookDisk}, {"open files", lookFiles}, {"address", lookAddress}, {"clock", lookClock},
	{"store and library", lookStore}, {"order system", lookOrders}, {"language model", lookModel}, {"vectors", lookVectors}, {"pages", lookPages},
}

func (doctorCmd) run(ctx context.Context, e *env) error {
	var all []finding
	var b strings.Builder
	failed := false
	for _, x := range examinations {
		v, found, do := x.look(ctx, e)
		all = append(all, finding{x.part, v, found, do})
		failed = failed || v == bad
		fmt.Fprintf(&b, "%-5s %-18s %s\n", v, x.part, found)
		if do != "" {
			fmt.Fprintf(&b, "%25s→ %s\n", "", do)
		}
	}
	if err := e.print(all, b.String()); err != nil {
		return err
	}
	if failed {
		return errTold
	}
	return nil
}

func lookFolder(_ context.Context, e *env) (verdict, string, string) {
	dir := e.cfg.Data
	_, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return warn, dir + " is not there yet", "balie serve makes it"
	}
	if err != nil {
		return bad, err.Error(), "make the folder readable for this user, or choose another with --data"
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return bad, "cannot write in " + dir + ": " + err.Error(), "give this user the right to write there, or choose another with --data"
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return bad, err.Error(), "look at the disk's health"
	}
	return fine, dir + " can be written", ""
}

// How much free disk is little, and how much too little.
const (
	diskLittle    = 1 << 30
	diskTooLittle = 100 << 20
)

func lookDisk(_ context.Context, e *env) (verdict, string, string) {
	dir := e.cfg.Data
	if _, err := os.Stat(dir); err != nil {
		dir = filepath.Dir(dir)
	}
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return warn, "cannot be measured: " + err.Error(), ""
	}
	free := uint64(s.Bavail) * uint64(s.Bsize)
	found := fmt.Sprintf("%.1f GB free", float64(free)/1e9)
	switch {
	case free < diskTooLittle:
		return bad, found, "make room: when the disk is full, no message is accepted any more"
	case free < diskLittle:
		return warn, found, "make room soon"
	}
	return fine, found, ""
}

func lookFiles(_ context.Context, e *env) (verdict, string, string) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return warn, "cannot be read: " + err.Error(), ""
	}
	need := uint64(e.cfg.MaxConnections) + 500
	found := fmt.Sprintf("%d allowed, %d wanted for %d connections", l.Max, need, e.cfg.MaxConnections)
	if l.Max < need {
		return warn, found, "raise it (ulimit -n, or LimitNOFILE= in systemd), or lower max_connections"
	}
	return fine, found, ""
}

func lookAddress(ctx context.Context, e *env) (verdict, string, string) {
	ln, err := net.Listen("tcp", e.cfg.Addr)
	if err == nil {
		return fine, e.cfg.Addr + " is free", closeText(ln.Close())
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return bad, err.Error(), "choose another address with --addr"
	}
	res, err := get(ctx, "http://"+e.cfg.Addr+"/readyz", "")
	if err != nil || res != http.StatusOK && res != http.StatusServiceUnavailable {
		return bad, e.cfg.Addr + " is taken by another program", "stop that one, or choose another address with --addr"
	}
	if client, err := dialControl(e.cfg.Data); err == nil {
		client.CloseIdleConnections()
		return fine, "balie serves on " + e.cfg.Addr, ""
	}
	return warn, "a balie serves on " + e.cfg.Addr + ", but not with this data folder", "name its folder with --data, or choose another address"
}

func closeText(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

// written is when this line was: a clock before it is wrong.
var written = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func lookClock(_ context.Context, e *env) (verdict, string, string) {
	now := time.Now()
	if now.Before(written) {
		return bad, "the clock says " + now.Format(time.DateOnly), "set it; sessions and waiting times depend on it (timedatectl set-ntp true)"
	}
	if info, err := os.Stat(filepath.Join(e.cfg.Data, bolt.FileName)); err == nil && info.ModTime().Sub(now) > time.Minute {
		return bad, "the data was last written in the future, at " + info.ModTime().Format(time.RFC3339), "set the clock; it has gone back"
	}
	return fine, now.Format(time.RFC3339), ""
}

func lookStore(ctx context.Context, e *env) (verdict, string, string) {
	if hasData(e.cfg) != nil {
		return warn, "no data yet", "balie serve --demo makes a demo shop; balie user add and balie kb import start your own"
	}
	s, err := ask[state](ctx, e, "health", struct{}{}, false)
	switch {
	case err != nil:
		return bad, err.Error(), "if the file is damaged: balie restore FILE"
	case s.Store != "ok":
		return bad, s.Store, "start the server again; its log says why"
	case s.Library != "ok":
		return bad, s.Library, "start the server again: it makes a new index from the articles"
	}
	return fine, "data can be read, searches are answered", ""
}

func lookOrders(ctx context.Context, e *env) (verdict, string, string) {
	orders, err := openOrders(ctx, e.cfg, emptyShop{})
	if err != nil {
		return bad, err.Error(), "BALIE_ORDERS is a JSON file, or the base URL of an order system; docs/order-system.yaml says what that serves"
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := orders.Customer(ctx, "balie-doctor"); err != nil && !fault.Is(err, fault.NotFound) {
		return bad, err.Error(), "look whether it runs and whether BALIE_ORDERS_KEY is right; until then, flows that need it hand over to a person"
	}
	if e.cfg.Orders == "" {
		return fine, "the embedded one, with the demo's orders", ""
	}
	return fine, e.cfg.Orders + " answers", ""
}

// emptyShop is a collection without changes, for a look at an order file without the store.
type emptyShop struct{}

// Get finds nothing.
func (emptyShop) Get(context.Context, string) (demo.Record, uint64, error) {
	return demo.Record{}, 0, fault.New(fault.NotFound, "There is nothing.")
}

// Put keeps nothing.
func (emptyShop) Put(context.Context, string, demo.Record, uint64) (uint64, error) { return 1, nil }

func lookModel(ctx context.Context, e *env) (verdict, string, string) {
	return lookAPI(ctx, e.cfg.LLM.URL, e.cfg.LLM.Key, "answers are quoted from the articles", "llm")
}

func lookVectors(ctx context.Context, e *env) (verdict, string, string) {
	return lookAPI(ctx, e.cfg.Embed.URL, e.cfg.Embed.Key, "the embedded ear and search work alone", "embed")
}

// lookAPI asks an OpenAI-compatible server for its list of models: any answer but a refusal will do.
func lookAPI(ctx context.Context, url string, key config.Secret, without, name string) (verdict, string, string) {
	if url == "" {
		return fine, "none is set: " + without, ""
	}
	status, err := get(ctx, strings.TrimRight(url, "/")+"/models", string(key))
	switch {
	case err != nil:
		return bad, err.Error(), "look whether it runs and whether " + name + "_url is right; until then " + without
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return bad, fmt.Sprintf("%s refuses the key (%d)", url, status), "set BALIE_" + strings.ToUpper(name) + "_KEY"
	case status >= http.StatusInternalServerError:
		return warn, fmt.Sprintf("%s answers with %d", url, status), "look at its log; until then " + without
	}
	return fine, url + " answers", ""
}

func lookPages(context.Context, *env) (verdict, string, string) {
	if _, err := fs.Stat(web.Built(), "manifest.json"); err != nil {
		return bad, "the pages are not in this program", "build it with make build"
	}
	return fine, "built in", ""
}

// get returns the status of a GET, within five seconds.
func get(ctx context.Context, url, bearer string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fmt.Errorf("make request: %w", err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
