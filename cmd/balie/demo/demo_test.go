package demo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the desk's time zone must load on a machine without one

	"github.com/goccy/go-yaml"

	"balie/cmd/balie/demo"
)

type address struct {
	Line1, Line2, City, Region, Postcode, Country string
	Street, Number, Addition                      string
}

type variant struct {
	ID         string
	Options    map[string]string
	Available  bool
	PriceCents int `json:"price_cents"`
}

type payment struct {
	Kind        string
	AmountCents int `json:"amount_cents"`
	Method      string
}

type order struct {
	ID, Customer, Status string
	Address              address
	Items                []struct {
		ID, Product, Name string
		PriceCents        int `json:"price_cents"`
		Options           map[string]string
	}
	Shipments []struct {
		Carrier         string
		Tracking, Items []string
	}
	Payments []payment

	PlacedDaysAgo    *int `json:"placed_days_ago"`
	DeliveredDaysAgo *int `json:"delivered_days_ago"`
}

type customer struct {
	ID             string
	FirstName      string `json:"first_name"`
	LastName       string `json:"last_name"`
	Email, Phone   string
	Address        address
	PaymentMethods []struct {
		ID, Kind, Brand string
		LastFour        string `json:"last_four"`
		BalanceCents    int    `json:"balance_cents"`
	} `json:"payment_methods"`
}

type shop struct {
	Currency, Shop string
	ReturnDays     int `json:"return_days"`
	Customers      []customer
	Orders         []order
	Products       []struct {
		ID, Name string
		Variants []variant
	}
}

// open reads the order system, and fails on a key that the layout does not have.
func open(t *testing.T) shop {
	t.Helper()
	var s shop
	d := json.NewDecoder(bytes.NewReader(demo.Orders))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Fatalf("read orders.json: %v", err)
	}
	return s
}

// byID indexes rows and fails on an id that is used twice.
func byID[T any](t *testing.T, rows []T, id func(T) string) map[string]T {
	t.Helper()
	m := map[string]T{}
	for _, r := range rows {
		if _, twice := m[id(r)]; twice {
			t.Errorf("%s is there twice", id(r))
		}
		m[id(r)] = r
	}
	return m
}

func TestOrdersAreEnough(t *testing.T) {
	s := open(t)
	if c, o, p := len(s.Customers), len(s.Orders), len(s.Products); c < 25 || o < 60 || p < 30 {
		t.Errorf("%d customers, %d orders, %d products; want 25, 60, 30", c, o, p)
	}
	if s.Currency != "EUR" {
		t.Errorf("currency %q", s.Currency)
	}
	if said := fmt.Sprintf("tot %d dagen na ontvangst", s.ReturnDays); !strings.Contains(library(t)["nl"]["retour"].body, said) {
		t.Errorf("the article retour does not say %q", said)
	}
	statuses := map[string]int{}
	for _, o := range s.Orders {
		statuses[o.Status]++
	}
	want := []string{"cancelled", "delivered", "pending", "processed"}
	if got := slices.Sorted(maps.Keys(statuses)); !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}

func TestOrdersResolve(t *testing.T) {
	s := open(t)
	customers := byID(t, s.Customers, func(c customer) string { return c.ID })
	byID(t, s.Customers, func(c customer) string { return c.Email })
	byID(t, s.Customers, func(c customer) string { return c.Phone })
	byID(t, s.Orders, func(o order) string { return o.ID })
	names, variants := map[string]string{}, map[string]map[string]variant{}
	for _, p := range s.Products {
		names[p.ID] = p.Name
		variants[p.ID] = byID(t, p.Variants, func(v variant) string { return v.ID })
	}
	for _, o := range s.Orders {
		c, ok := customers[o.Customer]
		if !ok {
			t.Errorf("%s: no customer %s", o.ID, o.Customer)
		}
		total := 0
		for _, it := range o.Items {
			v, ok := variants[it.Product][it.ID]
			if !ok || names[it.Product] != it.Name || v.PriceCents != it.PriceCents || !reflect.DeepEqual(v.Options, it.Options) {
				t.Errorf("%s: item %s is not variant %s of product %s", o.ID, it.Name, it.ID, it.Product)
			}
			total += it.PriceCents
		}
		checkPayments(t, o, c, total)
	}
}

// checkPayments: an order is paid once in full by a method of its customer, and a cancelled one is paid back the same way.
func checkPayments(t *testing.T, o order, c customer, total int) {
	t.Helper()
	want := []payment{{"payment", total, o.Payments[0].Method}}
	if o.Status == "cancelled" {
		want = append(want, payment{"refund", total, o.Payments[0].Method})
	}
	if total == 0 || !slices.Equal(o.Payments, want) {
		t.Errorf("%s: payments %v, want %v", o.ID, o.Payments, want)
	}
	for _, m := range c.PaymentMethods {
		if m.ID == o.Payments[0].Method {
			return
		}
	}
	t.Errorf("%s: %s has no payment method %s", o.ID, c.ID, o.Payments[0].Method)
}

var (
	orderID  = regexp.MustCompile(`^#P\d{5}$`)
	tracking = regexp.MustCompile(`^3SPMPL\d{9}$`)
	postcode = map[string]*regexp.Regexp{
		"NL": regexp.MustCompile(`^[1-9]\d{3} [A-Z]{2}$`),
		"BE": regexp.MustCompile(`^[1-9]\d{3}$`),
		"DE": regexp.MustCompile(`^\d{5}$`),
	}
)

func TestOrdersTellOneStory(t *testing.T) {
	codes := map[string]bool{}
	for _, o := range open(t).Orders {
		if !orderID.MatchString(o.ID) || o.PlacedDaysAgo == nil {
			t.Errorf("%s: id or placed_days_ago", o.ID)
			continue
		}
		sent := o.Status == "processed" || o.Status == "delivered"
		if sent != (len(o.Shipments) > 0) {
			t.Errorf("%s is %s with %d shipments", o.ID, o.Status, len(o.Shipments))
		}
		if arrived := o.DeliveredDaysAgo != nil; arrived != (o.Status == "delivered") || arrived && *o.DeliveredDaysAgo > *o.PlacedDaysAgo {
			t.Errorf("%s is %s, placed and delivered in the wrong order", o.ID, o.Status)
		}
		var shipped, ordered []string
		for _, sh := range o.Shipments {
			shipped = append(shipped, sh.Items...)
			if want := map[string]string{"NL": "PostNL", "BE": "PostNL", "DE": "DHL"}[o.Address.Country]; sh.Carrier != want {
				t.Errorf("%s goes to %s with %q, and the library says %s", o.ID, o.Address.Country, sh.Carrier, want)
			}
			for _, code := range sh.Tracking {
				if !tracking.MatchString(code) || codes[code] {
					t.Errorf("%s: tracking code %s", o.ID, code)
				}
				codes[code] = true
			}
		}
		for _, it := range o.Items {
			ordered = append(ordered, it.ID)
		}
		if sent && !slices.Equal(shipped, ordered) {
			t.Errorf("%s: ordered %v, shipped %v", o.ID, ordered, shipped)
		}
		checkAddress(t, o.ID, o.Address)
	}
	for _, c := range open(t).Customers {
		checkAddress(t, c.ID, c.Address)
	}
}

// checkAddress: a Dutch address also has its parts, and they are those of its first line.
func checkAddress(t *testing.T, whose string, a address) {
	t.Helper()
	if p := postcode[a.Country]; p == nil || !p.MatchString(a.Postcode) || a.City == "" {
		t.Errorf("%s: postcode %q, city %q, country %q", whose, a.Postcode, a.City, a.Country)
	}
	if a.Country != "NL" {
		return
	}
	rest, ok := strings.CutPrefix(a.Line1, a.Street+" "+a.Number)
	if !ok || a.Street == "" || strings.TrimLeft(rest, " -") != a.Addition {
		t.Errorf("%s: %q is not street %q number %q addition %q", whose, a.Line1, a.Street, a.Number, a.Addition)
	}
}

// TestWellKnownCustomer keeps what the README, transcripts and other tests count on.
func TestWellKnownCustomer(t *testing.T) {
	s := open(t)
	jan := byID(t, s.Customers, func(c customer) string { return c.ID })["jan_de_vries_1001"]
	if jan.Email != "jan@demo.test" || jan.Address.Postcode != "1015 CX" || jan.Address.Number != "12" {
		t.Errorf("jan is %+v", jan)
	}
	orders := byID(t, s.Orders, func(o order) string { return o.ID })
	for id, status := range map[string]string{"#P10001": "pending", "#P10002": "delivered", "#P10003": "processed"} {
		if o := orders[id]; o.Customer != jan.ID || o.Status != status {
			t.Errorf("%s is %s of %q, want %s of jan", id, o.Status, o.Customer, status)
		}
	}
	if d := orders["#P10002"].DeliveredDaysAgo; d == nil || *d != 4 {
		t.Errorf("#P10002 was not delivered four days ago")
	}
}

type desk struct {
	People []struct {
		Email, Name, Team string
		Roles, Languages  []string
	}
	Teams []struct {
		ID    string
		Names map[string]string
	}
	Timezone string
	Hours    map[string][]string
	Holidays []string
}

func readDesk(t *testing.T) desk {
	t.Helper()
	var d desk
	if err := yaml.UnmarshalWithOptions(demo.People, &d, yaml.Strict()); err != nil {
		t.Fatalf("read people.yaml: %v", err)
	}
	return d
}

func TestPeople(t *testing.T) {
	d := readDesk(t)
	want := map[string]string{
		"agent@demo.test": "Sanne agent", "agent2@demo.test": "Daan agent", "editor@demo.test": "Fatima editor",
		"supervisor@demo.test": "Marijke supervisor", "admin@demo.test": "Admin admin",
	}
	got, teams := map[string]string{}, map[string]bool{}
	for _, team := range d.Teams {
		teams[team.ID] = team.Names["nl"] != "" && team.Names["en"] != ""
	}
	for _, p := range d.People {
		got[p.Email] = p.Name + " " + strings.Join(p.Roles, ",")
		if !teams[p.Team] || len(p.Languages) == 0 {
			t.Errorf("%s: team %q, languages %v", p.Email, p.Team, p.Languages)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("people %v, want %v", got, want)
	}
}

func TestHours(t *testing.T) {
	d := readDesk(t)
	if _, err := time.LoadLocation(d.Timezone); err != nil {
		t.Error(err)
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		hours, ok := d.Hours[strings.ToLower(day.String())]
		if !ok || len(hours) != 0 && len(hours) != 2 {
			t.Errorf("%s: %v", day, hours)
			continue
		}
		if len(hours) == 0 {
			continue
		}
		from, err1 := time.Parse("15:04", hours[0])
		to, err2 := time.Parse("15:04", hours[1])
		if err1 != nil || err2 != nil || !to.After(from) {
			t.Errorf("%s: %v", day, hours)
		}
		// The library tells customers the same hours.
		said := "van " + from.Format("3.04") + " tot " + to.Format("15.04")
		if !strings.Contains(library(t)["nl"]["contact"].body, said) {
			t.Errorf("the article contact does not say %q", said)
		}
	}
	for _, h := range d.Holidays {
		if _, err := time.Parse(time.DateOnly, h); err != nil {
			t.Error(err)
		}
	}
	if !slices.IsSorted(d.Holidays) || len(d.Holidays) == 0 {
		t.Errorf("holidays %v", d.Holidays)
	}
}
