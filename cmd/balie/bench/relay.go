package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// relayFigures: from a customer's socket, through the disk, to the agent's socket.
func relayFigures(ctx context.Context, o Options) ([]Figure, error) {
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	p, err := server(ctx, o, filepath.Join(dir, "data"), "BALIE_LOG_LEVEL=warn")
	if err != nil {
		return nil, err
	}
	defer p.stop()
	d, err := openDesk(p.addr)
	if err != nil {
		return nil, err
	}
	defer d.conn.Close()
	clients := make([]*client, 64)
	defer func() { closeAll(clients) }()
	for i := range clients {
		if clients[i], err = d.adopt(p.addr); err != nil {
			return nil, err
		}
		go clients[i].drain()
	}
	go d.listen()
	var rates, cpus, p99s []float64
	for round := range o.times() {
		r, cpu, err := d.flood(o, p, clients, round)
		if err != nil {
			return nil, err
		}
		lat, err := d.steady(o, clients, round)
		if err != nil {
			return nil, err
		}
		rates, cpus, p99s = append(rates, r), append(cpus, cpu), append(p99s, lat)
	}
	return []Figure{
		{Name: "customer → disk → agent's socket, saturated", Value: median(rates), Unit: "/s", Goal: "≥ 4600 /s", OK: median(rates) >= 4600},
		{Name: "CPU of the server for each of them", Value: median(cpus), Unit: "ms", Goal: "≤ 0.25 ms", OK: median(cpus) <= 0.25},
		{Name: "the same at 1,000/s, p99", Value: median(p99s), Unit: "ms", Goal: "≤ 25 ms", OK: median(p99s) <= 25},
	}, nil
}

// flood has every customer send as fast as the line takes, and returns messages a second and the server's CPU for each, in ms.
func (d *desk) flood(o Options, p *process, clients []*client, round int) (float64, float64, error) {
	each := 400
	if o.Quick {
		each = 50
	}
	before := d.count.Load()
	cpu0, err := p.cpu()
	if err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	err = many(len(clients), len(clients), func(i int) error {
		for n := range each {
			if err := clients[i].say(fmt.Sprintf("f%d-%d", round, n), "Kunt u even kijken waar mijn pakket blijft?"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	total := int64(each * len(clients))
	if err := d.reached(before + total); err != nil {
		return 0, 0, err
	}
	span := time.Since(begin)
	cpu1, err := p.cpu()
	return float64(total) / span.Seconds(), float64((cpu1 - cpu0).Microseconds()) / 1000 / float64(total), err
}

// steady sends 1,000 messages a second for some seconds and returns the 99th percentile until the agent has them, in ms.
func (d *desk) steady(o Options, clients []*client, round int) (float64, error) {
	n := 5000
	if o.Quick {
		n = 500
	}
	before := d.count.Load()
	d.mu.Lock()
	d.lat = nil
	d.mu.Unlock()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var sending [64]sync.Mutex
	for i := range n {
		<-tick.C
		key := fmt.Sprintf("s%d-%d", round, i)
		d.mu.Lock()
		d.sent[key] = time.Now()
		d.mu.Unlock()
		sending[i%len(clients)].Lock()
		err := clients[i%len(clients)].say(key, "En nog een vraag van mij.")
		sending[i%len(clients)].Unlock()
		if err != nil {
			return 0, err
		}
	}
	if err := d.reached(before + int64(n)); err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return float64(percentile(d.lat, 0.99).Microseconds()) / 1000, nil
}
