package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// answerFigures: question → stored → searched → answer stored → on the customer's socket, at 50 a second with 1,000 articles.
func answerFigures(ctx context.Context, o Options) ([]Figure, error) {
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	if err := o.Seed(data, 1000, 0); err != nil {
		return nil, err
	}
	p, err := server(ctx, o, data, "BALIE_LOG_LEVEL=warn")
	if err != nil {
		return nil, err
	}
	defer p.stop()
	var p99s []float64
	for round := range o.times() {
		lat, err := askRound(o, p.addr, round)
		if err != nil {
			return nil, err
		}
		p99s = append(p99s, float64(percentile(lat, 0.99).Microseconds())/1000)
	}
	return []Figure{{Name: "question → answer on the socket at 50/s, p99", Value: median(p99s), Unit: "ms", Goal: "≤ 20 ms", OK: median(p99s) <= 20}}, nil
}

var questions = []string{"Wat kost de bezorging?", "Hoe lang heb ik bedenktijd?", "Kan ik met iDEAL betalen?", "Wanneer krijg ik mijn geld terug?",
	"Hoe werkt de garantie?", "Bezorgen jullie in België?", "Hoe maak ik een account?", "Wat zijn de openingstijden?"}

// askRound has so many customers ask one question each: one who asks on and on would be taken for stuck, and get a person.
func askRound(o Options, base string, round int) ([]time.Duration, error) {
	n := 500
	if o.Quick {
		n = 100
	}
	clients := make([]*client, n)
	defer func() { closeAll(clients) }()
	err := many(n, 32, func(i int) (err error) {
		clients[i], err = chatWith(base, "", 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := question(clients[0], "warm", "Hallo"); err != nil { // the ear has learned when the bot speaks
		return nil, err
	}
	lat := make([]time.Duration, n)
	errs := make(chan error, n)
	var wg sync.WaitGroup
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		wg.Go(func() {
			begin := time.Now()
			if err := question(clients[i], fmt.Sprintf("q%d-%d", round, i), questions[i%len(questions)]); err != nil {
				errs <- err
				return
			}
			lat[i] = time.Since(begin)
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return lat, err
	default:
		return lat, nil
	}
}
