package main

import (
	"balie/bot/flow"
	"balie/web"
)

// deskActs are the acts that agents fill in by hand: what the flows of the house can propose. They need neither the bot nor its library.
func deskActs(h *house) web.Acts {
	set := flow.NewSet(flow.Builtin()...)
	return flow.New(func() *flow.Set { return set }, h.orders, nil, nil, flow.Options{})
}
