package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"balie/internal/action"
	"balie/internal/fault"
)

// get reads one path.
func (c *client) get(ctx context.Context, path string) (reply, error) {
	r, err := c.send(ctx, call{method: "GET", path: path})
	switch {
	case err != nil:
		return r, unavailable(err)
	case refused(r.status):
		return r, r.refusal()
	case r.status < 200 || r.status > 299:
		return r, unavailable(fmt.Errorf("order system answered %d", r.status))
	}
	return r, nil
}

// parse decodes an answer and makes it safe.
func parse[T any](r reply, tidy func(*T) error) (T, error) {
	var v, none T
	err := json.Unmarshal(r.body, &v)
	if err == nil {
		err = tidy(&v)
	}
	if err != nil {
		return none, unavailable(fmt.Errorf("read order system's answer: %w", err))
	}
	return v, nil
}

func one[T any, ID ~string](ctx context.Context, c *client, dir string, id ID, tidy func(*T) error) (T, error) {
	var none T
	step, err := escape(id)
	if err != nil {
		return none, err
	}
	r, err := c.get(ctx, dir+step)
	if err != nil {
		return none, err
	}
	return parse(r, tidy)
}

// Customer is action.Reader's.
func (c *client) Customer(ctx context.Context, id action.CustomerID) (action.Customer, error) {
	return one(ctx, c, "/customers/", id, (*action.Customer).Tidy)
}

// Order is action.Reader's.
func (c *client) Order(ctx context.Context, id action.OrderID) (action.Order, error) {
	return one(ctx, c, "/orders/", id, (*action.Order).Tidy)
}

// Product is action.Reader's.
func (c *client) Product(ctx context.Context, id action.ProductID) (action.Product, error) {
	return one(ctx, c, "/products/", id, (*action.Product).Tidy)
}

// CustomerByEmail is action.Reader's. A system that answers with a list of at most one is understood too.
func (c *client) CustomerByEmail(ctx context.Context, email string) (action.Customer, error) {
	none := fault.New(fault.NotFound, "We don't know this e-mail address.")
	if email == "" || len(email) > action.MaxText {
		return action.Customer{}, none
	}
	r, err := c.get(ctx, "/customers?email="+url.QueryEscape(email))
	if err != nil {
		return action.Customer{}, err
	}
	list, isList := elements(r.body, "customers")
	switch {
	case isList && len(list) == 0:
		return action.Customer{}, none
	case isList && len(list) > 1:
		return action.Customer{}, action.WrongReply(fmt.Errorf("asked for one e-mail address, got %d customers", len(list)))
	case isList:
		r.body = list[0]
	}
	return parse(r, (*action.Customer).Tidy)
}

// CustomerOrders is action.Reader's. A bare list is understood too.
func (c *client) CustomerOrders(ctx context.Context, id action.CustomerID) ([]action.Order, error) {
	step, err := escape(id)
	if err != nil {
		return nil, err
	}
	r, err := c.get(ctx, "/customers/"+step+"/orders")
	if err != nil {
		return nil, err
	}
	list, isList := elements(r.body, "orders")
	if !isList || len(list) > action.MaxList {
		return nil, unavailable(fmt.Errorf("read order system's answer: no list of at most %d orders", action.MaxList))
	}
	orders := make([]action.Order, 0, len(list))
	for _, b := range list {
		o, err := parse(reply{body: b}, (*action.Order).Tidy)
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	return orders, nil
}

// elements takes a list apart, bare or as the named field of an object; false if it is neither.
func elements(b []byte, field string) ([]json.RawMessage, bool) {
	if !bytes.HasPrefix(bytes.TrimSpace(b), []byte("[")) {
		var object map[string]json.RawMessage
		if json.Unmarshal(b, &object) != nil || object[field] == nil {
			return nil, false
		}
		b = object[field]
	}
	var list []json.RawMessage
	return list, json.Unmarshal(b, &list) == nil
}
