package main

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"balie/internal/chat"
)

// metrics serves the house's figures to Prometheus. They are read when asked for, so they cost nothing in between.
func metrics(h *house) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, read func() float64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
	}
	gauge("balie_connections", "Open sockets and polls.", func() float64 { return float64(h.web.Connections()) })
	gauge("balie_queue", "Conversations that wait for a person.", func() float64 { return h.count("queue/") })
	gauge("balie_store_up", "1 while the store takes writes.", func() float64 { return up(h.data.engine.Ping(context.Background())) })
	gauge("balie_library_up", "1 while searches are answered.", func() float64 { return up(h.data.library.Ready()) })
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

// maxCounted bounds what a look at the figures may cost.
const maxCounted = 10_000

// count is how many conversations stand in a list.
func (h *house) count(prefix string) (n float64) {
	err := h.data.engine.List(context.Background(), prefix, "", false, func(string, chat.Conversation) bool {
		n++
		return n < maxCounted
	})
	if err != nil {
		return -1
	}
	return n
}

func up(err error) float64 {
	if err != nil {
		return 0
	}
	return 1
}
