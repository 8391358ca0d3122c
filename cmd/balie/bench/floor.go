package bench

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/gorilla/websocket"
	bbolt "go.etcd.io/bbolt"
)

// The floors: the least a program could do. They know nothing of Balie.

// floorSocket is a bare WebSocket server: after the upgrade the handler returns, and one goroutine with a small pooled buffer
// reads frames and drops them. It prints where it listens.
func floorSocket(out io.Writer) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	up := websocket.Upgrader{ReadBufferSize: 512, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{}}
	pool := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for {
				_, r, err := conn.NextReader()
				if err != nil {
					return
				}
				b := pool.Get().(*bytes.Buffer)
				b.Reset()
				b.ReadFrom(r)
				pool.Put(b)
			}
		}()
	})
	fmt.Fprintf(out, "floor is ready on http://%s\n", ln.Addr())
	return http.Serve(ln, mux)
}

// Floor runs a floor program by name, until it is killed.
func Floor(name string, out io.Writer) error {
	if name == "socket" {
		return floorSocket(out)
	}
	return fmt.Errorf("there is no floor program %q", name)
}

// floorCommitter is a bare bbolt group committer without a delay timer: take what is queued, commit, acknowledge. One put a
// message, keyed by sender and number, as any log of conversations would have to.
type floorCommitter struct {
	db  *bbolt.DB
	ops chan floorOp
}

type floorOp struct {
	key, value []byte
	done       chan error
}

var floorBucket = []byte("log")

func newFloorCommitter(dir string) (*floorCommitter, error) {
	db, err := bbolt.Open(filepath.Join(dir, "floor.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, NoFreelistSync: true, InitialMmapSize: 64 << 20})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(floorBucket)
		return err
	})
	c := &floorCommitter{db: db, ops: make(chan floorOp, 4096)}
	go c.loop()
	return c, err
}

func (c *floorCommitter) loop() {
	for first := range c.ops {
		batch := []floorOp{first}
	more:
		for len(batch) < 2048 {
			select {
			case o, ok := <-c.ops:
				if !ok {
					break more
				}
				batch = append(batch, o)
			default:
				break more
			}
		}
		err := c.db.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket(floorBucket)
			for _, o := range batch {
				if err := b.Put(o.key, o.value); err != nil {
					return err
				}
			}
			return nil
		})
		for _, o := range batch {
			o.done <- err
		}
	}
}

func (c *floorCommitter) put(sender, n int, value []byte) error {
	k := make([]byte, 16)
	binary.BigEndian.PutUint64(k, uint64(sender)*0x9E3779B97F4A7C15) // spread, as ids of conversations are
	binary.BigEndian.PutUint64(k[8:], uint64(n))
	o := floorOp{k, value, make(chan error, 1)}
	c.ops <- o
	return <-o.done
}

// update is a single db.Update with one put: what anybody would write first.
func (c *floorCommitter) update(n int, value []byte) error {
	return c.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(floorBucket).Put(binary.BigEndian.AppendUint64([]byte("u"), uint64(n)), value)
	})
}

func (c *floorCommitter) close() error {
	close(c.ops)
	return c.db.Close()
}

// tempDir makes a folder beside the data of this machine's disk, not in memory: an fsync must be real.
func tempDir() (string, error) {
	if base := os.Getenv("BALIE_BENCH_DIR"); base != "" {
		return os.MkdirTemp(base, "balie-bench-*")
	}
	return os.MkdirTemp("", "balie-bench-*")
}
