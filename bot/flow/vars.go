package flow

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"balie/bot/texts"
	"balie/internal/action"
	"balie/internal/chat"
)

// variables are the {names} a flow's texts may use besides its slots.
var variables = []string{"order", "status", "contents", "tracking", "carrier", "placed", "delivered", "return_until", "order_address", "customer_address",
	"customer_email", "customer_phone", "receipt", "reason", "title", "amount", "pay_method"}

// signs are how currencies are written; of any other its code is.
var signs = map[string]string{"": "€", "EUR": "€", "USD": "$", "GBP": "£"}

// money writes an amount in the currency of an order; an order that names none is in euros.
func money(lang, currency string, m action.Money) string {
	minus := ""
	if m < 0 {
		minus, m = "-", -m
	}
	sign, known := signs[currency]
	if !known {
		sign = currency + "\u00a0"
	}
	return minus + texts.Say(lang, "money", "sign", sign, "whole", strconv.FormatInt(int64(m/100), 10), "cents", fmt.Sprintf("%02d", m%100))
}

// date writes a day in words.
func date(lang string, t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(loc)
	return texts.Say(lang, "order.date", "day", strconv.Itoa(t.Day()), "month", texts.Say(lang, "month."+strconv.Itoa(int(t.Month()))), "year", strconv.Itoa(t.Year()))
}

// moment writes a day, or today's time.
func moment(lang string, t, now time.Time, loc *time.Location) string {
	t = t.In(loc)
	if y, m, d := now.In(loc).Date(); y == t.Year() && m == t.Month() && d == t.Day() {
		return t.Format("15:04")
	}
	return date(lang, t, loc) + ", " + t.Format("15:04")
}

// oneLine writes an address as people do.
func oneLine(a action.Address) string {
	line := a.Line1
	if a.Line2 != "" {
		line += ", " + a.Line2
	}
	place := strings.TrimSpace(a.Postcode + " " + a.City)
	if a.Country != "NL" && a.Country != "BE" && a.Country != "DE" {
		place = strings.TrimSpace(a.City + ", " + strings.TrimSpace(a.Region+" "+a.Postcode))
	}
	if place == "" || place == "," {
		return line
	}
	return line + ", " + place
}

// list joins names with commas and "en".
func list(lang string, names []string) string {
	switch len(names) {
	case 0:
		return texts.Say(lang, "none")
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + texts.Say(lang, "and") + " " + names[len(names)-1]
}

func itemNames(items []action.Item) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = it.Name
	}
	return out
}

var yesOrNo = map[string]bool{"ja": true, "nee": true, "yes": true, "no": true}

// options writes what tells an item from others like it: "wit, E14". A yes or a no says nothing without what it is about: "dimbaar: ja".
func options(o map[string]string) string {
	var out []string
	for _, k := range sortedKeys(o) {
		if yesOrNo[fold(o[k])] {
			out = append(out, k+": "+o[k])
			continue
		}
		out = append(out, o[k])
	}
	return strings.Join(out, ", ")
}

func methodLabel(lang string, m action.PaymentMethod) string {
	key := "method." + string(m.Kind)
	switch {
	case m.Kind == action.CreditCard && m.LastFour != "":
		return texts.Say(lang, key+".four", "four", m.LastFour)
	case texts.Has(key):
		return texts.Say(lang, key)
	}
	return string(m.Kind)
}

func statusText(lang string, s action.Status) string {
	if key := "status." + string(s); texts.Has(key) {
		return texts.Say(lang, key)
	}
	return texts.Say(lang, "status.other", "status", string(s))
}

// orderLabel names an order on a button: its number and what is in it.
func orderLabel(lang string, o action.Order) string {
	if len(o.Items) == 0 {
		return string(o.ID)
	}
	what := o.Items[0].Name
	if n := len(o.Items) - 1; n > 0 {
		what = texts.Say(lang, "order.more", "item", what, "n", strconv.Itoa(n))
	}
	return string(o.ID) + ": " + what
}

// vars gathers what the flow's texts may fill in. Only an order that is the customer's own is ever in it.
func (r *run) vars() map[string]string {
	lang := r.c.Lang
	v := map[string]string{"title": r.flow.Title.In(lang, nil)}
	for _, s := range r.flow.Slots {
		if text, ok := r.slotText(s); ok {
			v[s.Name] = text
		} else {
			v[s.Name] = ""
		}
	}
	if r.cust != nil {
		v["customer_address"], v["customer_email"], v["customer_phone"] = oneLine(r.cust.Address), r.cust.Email, r.cust.Phone
	}
	if o := r.order; o != nil {
		v["order"], v["status"], v["contents"] = string(o.ID), statusText(lang, o.Status), list(lang, itemNames(o.Items))
		v["placed"], v["delivered"] = date(lang, o.PlacedAt, r.e.opt.Location), date(lang, o.DeliveredAt, r.e.opt.Location)
		v["return_until"], v["order_address"] = date(lang, o.ReturnUntil, r.e.opt.Location), oneLine(o.Address)
		var tracking, carriers []string
		for _, s := range o.Shipments {
			tracking = append(tracking, s.Tracking...)
			if s.Carrier != "" && !contains(carriers, s.Carrier) {
				carriers = append(carriers, s.Carrier)
			}
		}
		if len(carriers) == 0 {
			carriers = []string{texts.Say(lang, "carrier.unknown")}
		}
		v["tracking"], v["carrier"] = list(lang, tracking), list(lang, carriers)
	}
	if a := r.act; a != nil {
		v["receipt"] = a.Receipt
		v["reason"] = r.reasonText(action.Reason(a.Reason))
	}
	return v
}

// slotText writes a slot's value as people read it.
func (r *run) slotText(s *Slot) (string, bool) {
	switch s.Type {
	case TypeAddress:
		var a action.Address
		if !r.c.Slot(s.Name, &a) {
			return "", false
		}
		return oneLine(a), true
	case TypeItems:
		var ids []action.ItemID
		if !r.c.Slot(s.Name, &ids) || r.order == nil {
			return "", false
		}
		return list(r.c.Lang, r.namesOf(ids)), true
	case TypeSwaps:
		return "", false
	}
	var v string
	if !r.c.Slot(s.Name, &v) {
		return "", false
	}
	switch s.Type {
	case TypeDate:
		if day, err := time.Parse(time.DateOnly, v); err == nil {
			return date(r.c.Lang, day, time.UTC), true
		}
	case TypeChoice:
		for _, o := range s.Options {
			if o.Value == v {
				return o.Label.In(r.c.Lang, nil), true
			}
		}
	case TypeMethod:
		if r.cust != nil {
			if m, ok := r.cust.Method(action.MethodID(v)); ok {
				return methodLabel(r.c.Lang, m), true
			}
		}
	}
	return v, true
}

// namesOf writes the items with these ids, with what tells them apart where a name occurs twice.
func (r *run) namesOf(ids []action.ItemID) []string {
	var out []string
	for _, id := range ids {
		for _, it := range r.order.Items {
			if it.ID == id {
				out = append(out, r.itemLabel(it))
				break
			}
		}
	}
	return out
}

func (r *run) itemLabel(it action.Item) string {
	twins := 0
	for _, o := range r.order.Items {
		if o.Name == it.Name {
			twins++
		}
	}
	if twins > 1 && len(it.Options) > 0 {
		return it.Name + " (" + options(it.Options) + ")"
	}
	return it.Name
}

// reasonText explains a refusal of the order system, or "".
func (r *run) reasonText(reason action.Reason) string {
	if key := "reason." + string(reason); reason != "" && texts.Has(key) {
		return texts.Say(r.c.Lang, key)
	}
	return ""
}

// fact answers a condition's question; "" is not set.
func (r *run) fact(name string) (string, error) {
	if slot, ok := strings.CutPrefix(name, "slot."); ok {
		var s string
		if r.c.Slot(slot, &s) {
			return s, nil
		}
		if _, there := r.c.Slots[slot]; there {
			return "set", nil
		}
		return "", nil
	}
	switch name {
	case "customer.level":
		return string(r.c.Customer.Level), nil
	case "customer.orders":
		orders, err := r.orders()
		return strconv.Itoa(len(orders)), err
	}
	if err := r.load(); err != nil || r.order == nil {
		return "", err
	}
	return orderFact(name, *r.order, r.in.Now), nil
}

func orderFact(name string, o action.Order, now time.Time) string {
	switch name {
	case "order.status":
		return strings.ReplaceAll(string(o.Status), " ", "_")
	case "order.items":
		return strconv.Itoa(len(o.Items))
	case "order.shipped":
		for _, s := range o.Shipments {
			if len(s.Tracking) > 0 {
				return "yes"
			}
		}
	case "order.days":
		if !o.DeliveredAt.IsZero() {
			return strconv.Itoa(int(now.Sub(o.DeliveredAt).Hours() / 24))
		}
	case "order.returnable":
		if o.Status == action.Delivered && (o.ReturnUntil.IsZero() || !now.After(o.ReturnUntil)) {
			return "yes"
		}
	}
	return ""
}

// level is who the customer has proven to be.
func known(c chat.Conversation) bool {
	return c.Customer.ID != "" && c.Customer.Level.AtLeast(chat.LevelOrder)
}
