package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"balie/internal/action"
	"balie/internal/mail"
	"balie/web"
)

// routes are those that web does not have of its own: the page behind an undo link and, in the demo, what a real shop's own server would
// do, and a look at the order system and the mail for tests.
func routes(h *house, sites []web.Site) map[string]http.Handler {
	undo := mail.UndoPage(h.ledger)
	all := map[string]http.Handler{"GET /undo": undo, "POST /undo": undo}
	if !h.cfg.Demo {
		return all
	}
	var site web.Site
	for _, s := range sites {
		if s.Name == demoSite {
			site = s
		}
	}
	all["GET /api/v1/demo/token"] = answer(func(r *http.Request) (any, error) {
		c, err := h.orders.Customer(r.Context(), action.CustomerID(r.URL.Query().Get("customer")))
		if err != nil {
			return nil, err
		}
		token, err := site.Token(string(c.ID), strings.TrimSpace(c.FirstName+" "+c.LastName), c.Email, time.Now())
		return map[string]string{"token": token}, err
	})
	all["GET /api/v1/demo/orders/{id}"] = answer(func(r *http.Request) (any, error) {
		return h.orders.Order(r.Context(), action.OrderID(r.PathValue("id")))
	})
	all["GET /api/v1/demo/customers/{id}"] = answer(func(r *http.Request) (any, error) {
		return h.orders.Customer(r.Context(), action.CustomerID(r.PathValue("id")))
	})
	if h.outbox != nil {
		all["GET /api/v1/demo/mail"] = h.outbox
	}
	return all
}

// profiles shows agents what the order system knows of a customer.
type profiles struct{ orders action.Reader }

// Profile returns the customer and their orders; what the order system refuses to tell is an error, never half an answer.
func (p profiles) Profile(ctx context.Context, customer string) (profile, orders any, err error) {
	id := action.CustomerID(customer)
	c, err := p.orders.Customer(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	o, err := p.orders.CustomerOrders(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	return c, o, nil
}
