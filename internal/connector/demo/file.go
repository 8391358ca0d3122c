package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"balie/internal/action"
)

// maxFile is the largest order file that is read.
const maxFile = 64 << 20

// Source gives the order file's bytes. It is asked once, at first use, and again only if that failed.
type Source func() ([]byte, error)

// Bytes is a Source for a file that is already in memory.
func Bytes(b []byte) Source { return func() ([]byte, error) { return b, nil } }

// File is a Source for a file on disk.
func File(path string) Source {
	return func() ([]byte, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open order file: %w", err)
		}
		b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("read order file: %w", err)
		}
		if len(b) > maxFile {
			return nil, fmt.Errorf("read order file %s: larger than %d MB", path, maxFile>>20)
		}
		return b, nil
	}
}

// file is the layout of an order file. Days ago are counted back from the first time it was loaded, so that a demo shop
// always has fresh orders; return_days gives delivered orders their ReturnUntil.
type file struct {
	Currency   string            `json:"currency"`
	ReturnDays int               `json:"return_days"`
	Customers  []action.Customer `json:"customers"`
	Orders     []fileOrder       `json:"orders"`
	Products   []action.Product  `json:"products"`
}

type fileOrder struct {
	action.Order
	PlacedDaysAgo    *int `json:"placed_days_ago"`
	DeliveredDaysAgo *int `json:"delivered_days_ago"`
}

// catalogue is the order file as loaded: what was true before the first write. It never changes.
type catalogue struct {
	customers map[action.CustomerID]action.Customer
	emails    map[string]action.CustomerID
	orders    map[action.OrderID]action.Order
	ordersOf  map[action.CustomerID][]action.OrderID
	products  map[action.ProductID]action.Product
}

// parse reads an order file; loaded is the moment that days ago are counted from. A file with two records of one id, or
// with an order of a customer that is not in it, is refused: it would answer differently each time.
func parse(b []byte, loaded time.Time) (*catalogue, error) {
	var f file
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("parse order file: %w", err)
	}
	c := &catalogue{
		customers: map[action.CustomerID]action.Customer{}, emails: map[string]action.CustomerID{},
		orders: map[action.OrderID]action.Order{}, ordersOf: map[action.CustomerID][]action.OrderID{},
		products: map[action.ProductID]action.Product{},
	}
	for i := range f.Customers {
		if err := c.addCustomer(&f.Customers[i]); err != nil {
			return nil, fmt.Errorf("parse order file: %w", err)
		}
	}
	for i := range f.Products {
		p := &f.Products[i]
		if err := p.Tidy(); err != nil {
			return nil, fmt.Errorf("parse order file: %w", err)
		}
		if _, twice := c.products[p.ID]; twice {
			return nil, fmt.Errorf("parse order file: product %s is there twice", p.ID)
		}
		c.products[p.ID] = *p
	}
	for i := range f.Orders {
		o, err := f.Orders[i].dated(loaded, f.ReturnDays)
		if err == nil {
			err = c.addOrder(o, f.Currency)
		}
		if err != nil {
			return nil, fmt.Errorf("parse order file: %w", err)
		}
	}
	return c, nil
}

func (c *catalogue) addCustomer(cust *action.Customer) error {
	if err := cust.Tidy(); err != nil {
		return err
	}
	email := emailKey(cust.Email)
	if _, twice := c.customers[cust.ID]; twice {
		return fmt.Errorf("customer %s is there twice", cust.ID)
	}
	if other, taken := c.emails[email]; taken && email != "" {
		return fmt.Errorf("customers %s and %s share an e-mail address", other, cust.ID)
	}
	c.customers[cust.ID], c.emails[email] = *cust, cust.ID
	return nil
}

func (c *catalogue) addOrder(o action.Order, currency string) error {
	if err := o.Tidy(); err != nil {
		return err
	}
	if _, twice := c.orders[o.ID]; twice {
		return fmt.Errorf("order %s is there twice", o.ID)
	}
	if _, ok := c.customers[o.Customer]; !ok {
		return fmt.Errorf("order %s: customer %s is not in the file", o.ID, o.Customer)
	}
	if o.Currency == "" {
		o.Currency = currency
	}
	c.orders[o.ID] = o
	c.ordersOf[o.Customer] = append(c.ordersOf[o.Customer], o.ID)
	if len(c.ordersOf[o.Customer]) > action.MaxList {
		return fmt.Errorf("customer %s: more than %d orders", o.Customer, action.MaxList)
	}
	return nil
}

// dated is the order with its days ago turned into moments. Days beyond a century are a mistake in the file.
func (f fileOrder) dated(loaded time.Time, returnDays int) (action.Order, error) {
	const century = 36_525
	o := f.Order
	for _, d := range []struct {
		ago *int
		at  *time.Time
	}{{f.PlacedDaysAgo, &o.PlacedAt}, {f.DeliveredDaysAgo, &o.DeliveredAt}} {
		if d.ago == nil {
			continue
		}
		if *d.ago < -century || *d.ago > century {
			return o, fmt.Errorf("order %.40q: %d days ago", o.ID, *d.ago)
		}
		*d.at = loaded.AddDate(0, 0, -*d.ago)
	}
	if returnDays < 0 || returnDays > century {
		return o, fmt.Errorf("return_days is %d", returnDays)
	}
	if returnDays > 0 && o.ReturnUntil.IsZero() && !o.DeliveredAt.IsZero() {
		o.ReturnUntil = o.DeliveredAt.AddDate(0, 0, returnDays)
	}
	return o, nil
}

func emailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// newestFirst sorts by the day of the order; orders without one keep their place.
func newestFirst(orders []action.Order) {
	slices.SortStableFunc(orders, func(a, b action.Order) int { return b.PlacedAt.Compare(a.PlacedAt) })
}
