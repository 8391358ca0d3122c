package bolt_test

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/bolt"
)

// The benchmarks of this file stand in pairs: the engine, which writes an event, a row and a task, and beside it the floor: what a bare
// group committer without a delay timer over bbolt does that puts one value of the same size. Compare them in the same run:
//
//	go test -run - -bench Durable -benchtime 2s ./internal/store/bolt

var senders = []int{1, 64, 1024}

// spread runs b.N calls of do from n goroutines.
func spread(b *testing.B, n int, do func(sender, i int) error) {
	b.ReportAllocs()
	var next atomic.Int64
	var wg sync.WaitGroup
	before := cpu(b)
	b.ResetTimer()
	for s := range n {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= b.N; i = int(next.Add(1)) {
				if err := do(s, i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1000/float64(b.N), "cpu-us/msg")
}

// cpu is what this process has used; on a shared machine it says more than the clock.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const benchText = "Goedemiddag, ik wil graag weten waar mijn bestelling blijft, want die zou gisteren komen."

// BenchmarkDurable is a customer's message, durable: each sender has a conversation of its own.
func BenchmarkDurable(b *testing.B) {
	for _, n := range senders {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := open(b, b.TempDir())
			ids := make([]chat.ConversationID, n)
			for i := range ids {
				ids[i] = chat.NewConversationID(time.Now())
			}
			spread(b, n, func(s, i int) error {
				_, err := e.Commit(b.Context(), relay.Append{Conv: ids[s], At: chat.Any, Drafts: []chat.Draft{
					{By: chat.Customer, Key: chat.Key(fmt.Sprint(i)), Body: &chat.Message{Text: benchText, Lang: "nl"}}}})
				return err
			})
		})
	}
}

// BenchmarkDurableFloor is the bare group committer.
func BenchmarkDurableFloor(b *testing.B) {
	for _, n := range senders {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db := bare(b)
			type req struct {
				k, v []byte
				done chan error
			}
			reqs := make(chan req, 4096)
			go func() {
				for first := range reqs {
					batch := []req{first}
					for more := true; more && len(batch) < 2048; {
						select {
						case r := <-reqs:
							batch = append(batch, r)
						default:
							more = false
						}
					}
					err := db.Update(func(tx *bbolt.Tx) error {
						for _, r := range batch {
							if err := tx.Bucket([]byte("b")).Put(r.k, r.v); err != nil {
								return err
							}
						}
						return nil
					})
					for _, r := range batch {
						r.done <- err
					}
				}
			}()
			value := make([]byte, 200)
			spread(b, n, func(s, i int) error {
				k := binary.BigEndian.AppendUint64([]byte(fmt.Sprintf("%026d", s)), uint64(i))
				r := req{k, value, make(chan error, 1)}
				reqs <- r
				return <-r.done
			})
			close(reqs)
		})
	}
}

// BenchmarkUpdateFloor is db.Update, one value at a time: the floor for a single sender's wait.
func BenchmarkUpdateFloor(b *testing.B) {
	db := bare(b)
	value := make([]byte, 200)
	spread(b, 1, func(s, i int) error {
		return db.Update(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("b")).Put(binary.BigEndian.AppendUint64(nil, uint64(i)), value)
		})
	})
}

func bare(b *testing.B) *bbolt.DB {
	b.Helper()
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "floor.db"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 30})
	if err == nil {
		err = db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("b")); return err })
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}

// BenchmarkOpen opens a file with 100,000 messages in 20,000 conversations.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	e := open(b, dir)
	ids := make([]chat.ConversationID, 20_000)
	for i := range ids {
		ids[i] = chat.NewConversationID(time.Now())
	}
	var wg sync.WaitGroup
	for s := range 512 {
		wg.Go(func() {
			for i := s; i < 100_000; i += 512 {
				a := relay.Append{Conv: ids[i%len(ids)], At: chat.Any, Drafts: []chat.Draft{{By: chat.Customer, Key: chat.Key(fmt.Sprint(i)), Body: &chat.Message{Text: benchText}}}}
				if _, err := e.Commit(b.Context(), a); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	b.ResetTimer()
	for b.Loop() {
		e, err := bolt.Open(dir, bolt.Options{Route: routeBot})
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
