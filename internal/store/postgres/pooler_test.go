package postgres_test

import (
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"balie/internal/store/postgres"
	"balie/internal/store/postgres/pgtest"
	"balie/internal/store/storetest"
)

// pooler stands between an engine and its database as poolers in transaction mode do: each transaction goes over another connection, so nothing
// that a session keeps is there the next time. It knows nothing of prepared statements.
type pooler struct {
	t       *testing.T
	to      string
	servers chan *pgproto3.Frontend
}

// poolerLines is how many connections the pooler has; whoever finds them taken waits.
const poolerLines = 4

// newPooler returns the address that leads through it.
func newPooler(t *testing.T, address string) string {
	t.Helper()
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "balie-pool-") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	p := &pooler{t: t, to: filepath.Join(cfg.Host, ".s.PGSQL.5432"), servers: make(chan *pgproto3.Frontend, poolerLines)}
	var lines []net.Conn
	for range poolerLines {
		line, server := p.login(cfg.Database)
		lines = append(lines, line)
		p.servers <- server
	}
	var clients sync.WaitGroup
	t.Cleanup(func() {
		ln.Close()
		for _, l := range lines {
			l.Close()
		}
		clients.Wait()
		os.RemoveAll(dir)
	})
	go func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			clients.Go(func() { p.serve(in) })
		}
	}()
	return "postgres://balie@/" + cfg.Database + "?host=" + dir
}

func (p *pooler) login(database string) (net.Conn, *pgproto3.Frontend) {
	p.t.Helper()
	line, err := net.Dial("unix", p.to)
	if err != nil {
		p.t.Fatal(err)
	}
	server := pgproto3.NewFrontend(line, line)
	server.Send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "balie", "database": database}})
	if err := server.Flush(); err != nil {
		p.t.Fatal(err)
	}
	for {
		m, err := server.Receive()
		if err != nil {
			p.t.Fatal(err)
		}
		if _, ready := m.(*pgproto3.ReadyForQuery); ready {
			return line, server
		}
	}
}

func (p *pooler) serve(in net.Conn) {
	defer in.Close()
	client := pgproto3.NewBackend(in, in)
	if m, err := client.ReceiveStartupMessage(); err != nil {
		return
	} else if _, ok := m.(*pgproto3.StartupMessage); !ok {
		return // a wish to cancel, which a pooler may pass over
	}
	client.Send(&pgproto3.AuthenticationOk{})
	client.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	client.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	client.Send(&pgproto3.BackendKeyData{SecretKey: []byte{0, 0, 0, 0}})
	client.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if client.Flush() != nil {
		return
	}
	for p.transaction(client) {
	}
}

// transaction passes on what a client asks and what it is answered, over one connection, until no transaction is open.
func (p *pooler) transaction(client *pgproto3.Backend) bool {
	m, err := client.Receive()
	if err != nil {
		return false
	}
	server := <-p.servers
	defer func() { p.servers <- server }()
	for {
		if _, gone := m.(*pgproto3.Terminate); gone {
			return false
		}
		server.Send(m)
		switch m.(type) {
		case *pgproto3.Sync, *pgproto3.Query:
			status, ok := answer(server, client)
			if !ok || status == 'I' {
				return ok
			}
		}
		if m, err = client.Receive(); err != nil {
			server.Send(&pgproto3.Query{String: "ROLLBACK"})
			answer(server, pgproto3.NewBackend(nil, discard{}))
			return false
		}
	}
}

// discard is a client that has gone.
type discard struct{}

// Write drops it.
func (discard) Write(b []byte) (int, error) { return len(b), nil }

func answer(server *pgproto3.Frontend, client *pgproto3.Backend) (status byte, ok bool) {
	if server.Flush() != nil {
		return 0, false
	}
	for {
		m, err := server.Receive()
		if err != nil {
			return 0, false
		}
		client.Send(m)
		if r, ready := m.(*pgproto3.ReadyForQuery); ready {
			return r.TxStatus, client.Flush() == nil
		}
	}
}

// TestSpecificationThroughAPooler holds the engine to the whole specification where no connection remembers anything.
func TestSpecificationThroughAPooler(t *testing.T) {
	pooled := engineFor(t)
	var mu sync.Mutex
	through := map[string]string{} // address → through the pooler
	pooled.Open = func(c storetest.T, data string, opt storetest.Options) storetest.Store {
		direct := pgtest.At(t, data)
		mu.Lock()
		if through[direct] == "" {
			through[direct] = newPooler(t, direct) + "&default_query_exec_mode=exec"
		}
		address := through[direct]
		mu.Unlock()
		e, err := postgres.Open(t.Context(), postgres.Options{URL: address, Direct: direct, Route: opt.Route, Now: opt.Now})
		if err != nil {
			c.Fatalf("open: %v", err)
		}
		return e
	}
	storetest.Run(t, pooled)
}
