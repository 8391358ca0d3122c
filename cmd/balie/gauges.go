package main

import (
	"context"
	"time"
)

// gauges adds what Prometheus is told of the house as it is at the moment; what passes is counted around the engine and the workers.
func (h *house) gauges() {
	h.figures.Gauge("balie_connections", "Open sockets and polls.", func() float64 { return float64(h.web.Connections()) })
	h.figures.Gauge("balie_store_up", "1 while the store takes writes.", func() float64 { return up(h.data.engine.Ping(context.Background())) })
	h.figures.Gauge("balie_library_up", "1 while searches are answered.", func() float64 { return up(h.data.library.Ready()) })
	h.figures.Queue(h.data.engine, time.Now)
}

func up(err error) float64 {
	if err != nil {
		return 0
	}
	return 1
}
