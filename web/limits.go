package web

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// bucket is a token bucket of 24 bytes: so many at once, so many a second after that. The zero bucket is always full.
type bucket struct {
	last  time.Duration // since start
	left  float32
	burst float32
	rate  float32 // a second; 0: no limit
}

var start = time.Now()

func (b *bucket) take(n float32) bool {
	if b.rate == 0 {
		return true
	}
	now := time.Since(start)
	b.left = min(b.burst, b.left+b.rate*float32((now-b.last).Seconds()))
	b.last = now
	if b.left < n {
		return false
	}
	b.left -= n
	return true
}

func newBucket(burst, rate float32) bucket { return bucket{left: burst, burst: burst, rate: rate} }

// frameBucket bounds frames and pings of a line: an honest client never comes near.
func (s *Server) frameBucket() bucket {
	if s.opt.NoRateLimit {
		return bucket{}
	}
	return newBucket(200, 40)
}

// pacer bounds how fast somebody may make the house work: by name, with names forgotten when they have been quiet.
type pacer struct {
	mu    sync.Mutex
	off   bool
	burst float32
	rate  float32
	m     map[string]*bucket
	swept time.Duration
}

// allow takes one from every name's bucket; false if one of them is empty.
func (p *pacer) allow(names ...string) bool {
	if p.off {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	for i, n := range slices.Backward(names) { // the address first: who is refused by it leaves no name behind
		b := p.m[n]
		if b == nil {
			x := newBucket(p.burst, p.rate)
			if i > 0 { // the second name is an address that many people may share
				x = newBucket(p.burst*50, p.rate*50)
			}
			b = &x
			p.m[n] = b
		}
		if !b.take(1) {
			return false
		}
	}
	return true
}

// sweep forgets full buckets once a minute.
func (p *pacer) sweep() {
	now := time.Since(start)
	if p.m == nil {
		p.m = map[string]*bucket{}
	}
	if now-p.swept < time.Minute && len(p.m) < 100_000 {
		return
	}
	p.swept = now
	for n, b := range p.m {
		if b.left+b.rate*float32((now-b.last).Seconds()) >= b.burst {
			delete(p.m, n)
		}
	}
	if len(p.m) >= 100_000 { // a storm: better to begin anew than to look through them all at every word
		clear(p.m)
	}
}

// doors counts open lines. A tenth is kept for the desk: when customers storm in, the people who help them must not be locked out.
type doors struct {
	mu    sync.Mutex
	max   int
	perIP int
	open  int
	byIP  map[string]int
}

func (d *doors) enter(ip string, desk bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	limit := d.max
	if !desk {
		limit = d.max * 9 / 10
		if d.perIP > 0 && d.byIP[ip] >= d.perIP {
			return false
		}
	}
	if d.open >= limit {
		return false
	}
	d.open++
	if !desk && d.perIP > 0 {
		d.byIP[ip]++
	}
	return true
}

func (d *doors) leave(ip string, desk bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
	if !desk && d.perIP > 0 {
		if d.byIP[ip]--; d.byIP[ip] <= 0 {
			delete(d.byIP, ip)
		}
	}
}

func (d *doors) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

// clientIP is the address of the other end. Behind a proxy that nobody told us of all share one; the limits that count by it are wide for
// that reason. What a client says of itself in X-Forwarded-For is not believed: only the entry that our own proxy added.
func (s *Server) clientIP(r *http.Request) string {
	if s.opt.BehindProxy {
		all := r.Header.Values("X-Forwarded-For")
		last := strings.Join(all, ",")
		last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
		if net.ParseIP(last) != nil {
			return last
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
