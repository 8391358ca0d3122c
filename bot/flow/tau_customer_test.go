package flow_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"balie/bot/bottest"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/connector/demo"
	"balie/internal/connector/tautest"
)

// phrasings say one wish, several ways each; %[1]s is the order, %[2]s what is wanted.
var phrasings = map[string][]string{
	"modify_pending_order_address": {
		"I want to change the shipping address of order %[1]s to %[2]s",
		"hi, order %[1]s needs to go to a different address. please send it to %[2]s",
		"Could you modify the delivery address for my order %[1]s? It should be %[2]s instead",
		"wrong address on order %[1]s!! must be %[2]s",
	},
	"modify_user_address": {
		"I want to change my default address to %[2]s",
		"please update the address in my account, I moved to %[2]s",
		"Can you change my user address? The new one is %[2]s",
		"i moved. my new address is %[2]s",
	},
	"return_delivered_order_items": {
		"I want to return the %[2]s from order %[1]s",
		"Hello, I received order %[1]s and would like to return the %[2]s",
		"i need to send back the %[2]s (order %[1]s)",
		"order %[1]s: please return the %[2]s, I don't want it anymore",
	},
	"cancel_pending_order": {
		"please cancel order %[1]s, %[2]s",
		"I want to cancel my order %[1]s because %[2]s",
		"cancel %[1]s please. reason: %[2]s",
		"Can you cancel the order %[1]s? %[2]s",
	},
	"exchange_delivered_order_items": {
		"I want to exchange the %[2]s from order %[1]s",
		"I received order %[1]s, can I swap the %[2]s?",
		"order %[1]s: i'd like to exchange the %[2]s please",
		"For order %[1]s, exchange the %[2]s",
	},
	"modify_pending_order_items": {
		"I want to modify my pending order %[1]s: change the %[2]s",
		"can you change the item in order %[1]s? the %[2]s",
		"please modify the items in order %[1]s, the %[2]s",
		"order %[1]s has not shipped yet, I would like to change the %[2]s",
	},
}

var reasonWords = map[string]string{"no longer needed": "I no longer need it", "ordered by mistake": "it was ordered by mistake"}

// flowsOf are the routines that serve a wish; people say "exchange" of what has not left yet, too.
var flowsOf = map[string][]string{
	"modify_pending_order_address": {"change_order_address"}, "modify_user_address": {"change_address"}, "return_delivered_order_items": {"return"},
	"cancel_pending_order": {"cancel"}, "exchange_delivered_order_items": {"exchange"}, "modify_pending_order_items": {"modify_items", "exchange"},
}

// wish is one thing that the customer wants done.
type wish struct {
	tautest.Act
	said int
	done bool
}

// customer plays one task.
type customer struct {
	t      *testing.T
	k      *bottest.Talk
	shop   *demo.Shop
	way    int
	zip    string
	order  action.OrderID // at hand, to prove who they are
	wishes []*wish
	trace  []string
}

func (c *customer) say(text string) {
	c.trace = append(c.trace, "> "+text)
	c.k.Say(text)
	c.heard()
}

func (c *customer) press(b chat.Button) {
	c.trace = append(c.trace, "> ["+b.Label+"]")
	c.k.PressButton(b)
	c.heard()
}

func (c *customer) submit(values map[string]string) {
	c.trace = append(c.trace, fmt.Sprintf("> %v", values))
	if err := c.k.Submit(values); err != nil {
		c.t.Error(err)
	}
	c.heard()
}

func (c *customer) heard() {
	for _, e := range c.k.New() {
		switch b := e.Body.(type) {
		case *chat.Message:
			if e.By.Role == chat.RoleBot {
				c.trace = append(c.trace, fmt.Sprintf("< %s %v", strings.ReplaceAll(b.Text, "\n", " "), b.Card))
				c.already(b.Text)
			}
		case *chat.OwnerChanged:
			c.trace = append(c.trace, fmt.Sprintf("= %s %s %s", b.To, b.Reason, b.Note))
		case *chat.ActionMoved:
			c.trace = append(c.trace, fmt.Sprintf("= %s %s %s", b.Name, b.State, b.Reason))
		}
	}
}

// already: told that an address is what it should be, the customer wants nothing more of that. The order system is compared all the same.
func (c *customer) already(text string) {
	rest, same := strings.CutPrefix(text, "This is the address already: ")
	for _, w := range c.wishes {
		if same && w.Args.Address1 != "" && strings.HasPrefix(squash(rest), squash(addressOf(w.Act))) {
			w.done = true
		}
	}
}

var persons = []struct {
	is   *regexp.Regexp
	then string
}{
	{regexp.MustCompile(`(?i)\byou're\b|\byou are\b`), "I am"}, {regexp.MustCompile(`(?i)\byou've\b`), "I have"}, {regexp.MustCompile(`(?i)\byou'd\b`), "I'd"},
	{regexp.MustCompile(`(?i)\byourself\b`), "myself"}, {regexp.MustCompile(`(?i)\byour\b`), "my"}, {regexp.MustCompile(`(?i)\byou\b`), "I"},
	{regexp.MustCompile(`(?i)\bthe (?:customer service )?agent\b`), "you"},
}

// firstPerson makes the customer's own words of what they are told to want.
func firstPerson(reason string) string {
	for _, p := range persons {
		reason = p.is.ReplaceAllString(reason, p.then)
	}
	return strings.Join(strings.Fields(reason), " ")
}

// run says one wish after the other and answers what the bot asks, until nothing is left, or a person has it.
func (c *customer) run() {
	for range 60 {
		conv := c.k.Conversation()
		if conv.Owner.Role != chat.RoleBot {
			return
		}
		if conv.Flow == nil {
			if !c.next() {
				return
			}
			continue
		}
		w := c.meant(conv)
		if w == nil {
			c.say("never mind")
			continue
		}
		c.answer(w, conv)
	}
}

// next says the next wish; one that was said twice is given up. False: there is none.
func (c *customer) next() bool {
	for _, w := range c.wishes {
		if !w.done && w.said < 2 {
			w.said++
			c.say(c.phrase(w))
			return true
		}
	}
	return false
}

// meant is the wish that the open routine is about.
func (c *customer) meant(conv chat.Conversation) *wish {
	var order string
	known := conv.Slot("order", &order)
	for _, exact := range []bool{true, false} {
		for _, w := range c.wishes {
			if w.done || !slices.Contains(flowsOf[w.Name], conv.Flow.Name) {
				continue
			}
			if !exact || known && strings.Trim(order, "#W") == strings.Trim(string(w.Args.Order), "#W") {
				return w
			}
		}
	}
	return nil
}

// answer deals with what the bot asks now.
func (c *customer) answer(w *wish, conv chat.Conversation) {
	a, m := w.Act, c.k.Last()
	step, wait, _ := strings.Cut(conv.Flow.Wait, ":")
	var order string
	told := conv.Slot("order", &order)
	switch {
	case m.Card != nil && step == "confirm":
		c.decide(w, m)
	case step == "identify" && told && strings.Trim(order, "#W") == strings.Trim(string(c.orderOf(a)), "#W"):
		c.say(c.zip)
	case step == "identify":
		c.say(fmt.Sprintf("%s, %s", c.orderOf(a), c.zip))
	case wait == "new_address" && conv.Form != nil && conv.Flow.Tries > 0:
		c.submit(map[string]string{"line1": a.Args.Address1, "line2": a.Args.Address2, "city": a.Args.City, "region": a.Args.State, "postcode": a.Args.Zip})
	case wait == "new_address":
		c.say(addressOf(a))
	case wait == "items" && conv.Flow.Tries > 0:
		c.submit(map[string]string{"items": c.places(a)})
	case wait == "items":
		c.say(c.items(a, true))
	case wait == "swaps":
		c.swap(a, conv)
	case wait == "method":
		c.pay(a, conv)
	case wait == "order":
		c.say(string(a.Args.Order))
	case wait == "reason":
		c.say(reasonWords[a.Args.Reason])
	default:
		c.say("never mind")
	}
}

func (c *customer) orderOf(a tautest.Act) action.OrderID {
	if a.Args.Order != "" {
		return a.Args.Order
	}
	return c.order
}

// decide looks at the card: it is sent, mended, or refused.
func (c *customer) decide(w *wish, m *chat.Message) {
	right, method := c.agrees(w.Act, m.Card)
	switch {
	case right && method:
		for _, b := range m.Buttons {
			if strings.HasPrefix(b.Do, "confirm:") {
				c.press(b)
				conv := c.k.Conversation()
				a := conv.Action(m.Card.Action)
				w.done = a != nil && a.State == chat.ActionDone
			}
		}
	case right && w.said < 3:
		w.said = 3
		c.say("I want to use " + c.method(w.Act) + " instead")
	case w.said < 2:
		w.said = 2
		c.say("no, that is wrong. " + c.corrected(w.Act))
	default:
		w.said = 9
		c.say("never mind")
	}
}

// corrected says what should have been on the card.
func (c *customer) corrected(a tautest.Act) string {
	switch a.Kind() {
	case action.ChangeCustomerAddress, action.ChangeOrderAddress:
		return "it should be " + addressOf(a)
	case action.CancelOrder:
		return "order " + string(a.Args.Order)
	}
	return "I mean the " + c.items(a, true)
}

func (c *customer) phrase(w *wish) string {
	a := w.Act
	var what string
	switch a.Kind() {
	case action.ReturnItems:
		what = c.items(a, w.said > 1)
	case action.CancelOrder:
		what = reasonWords[a.Args.Reason]
	case action.ExchangeItems, action.ModifyItems:
		what = c.exchange(a, w.said > 1)
	default:
		what = addressOf(a)
	}
	forms := phrasings[a.Name]
	return fmt.Sprintf(forms[(c.way+w.said-1)%len(forms)], strings.TrimPrefix(string(a.Args.Order), []string{"", "#"}[c.way%2]), what)
}

func (c *customer) orderNow(id action.OrderID) action.Order {
	o, err := c.shop.Order(c.t.Context(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return o
}

func (c *customer) profile(id action.CustomerID) action.Customer {
	p, err := c.shop.Customer(c.t.Context(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// items names the articles as a customer would: by name, and with what tells them apart when asked again.
func (c *customer) items(a tautest.Act, detailed bool) string {
	o := c.orderNow(a.Args.Order)
	var names []string
	for _, at := range c.at(a, o) {
		names = append(names, itemName(o.Items[at], detailed))
	}
	if len(names) == len(o.Items) && len(names) > 1 && len(a.Args.NewItems) == 0 {
		return "whole order"
	}
	return strings.Join(names, " and the ")
}

func itemName(it action.Item, detailed bool) string {
	if detailed {
		return values(it.Options, nil, " ") + " " + strings.ToLower(it.Name)
	}
	return strings.ToLower(it.Name)
}

// values writes options, or only those that differ from others.
func values(options, others map[string]string, between string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(options)) {
		switch v := options[k]; {
		case others != nil && v == others[k]:
		case v == "yes":
			out = append(out, k)
		case v == "no":
			out = append(out, "not "+k)
		default:
			out = append(out, v)
		}
	}
	return strings.Join(out, between)
}

// at are the places of the wish's items in the order, each place once.
func (c *customer) at(a tautest.Act, o action.Order) []int {
	var out []int
	for _, id := range a.Args.Items {
		for i, it := range o.Items {
			if it.ID == id && !slices.Contains(out, i) { // the same article twice is two places
				out = append(out, i)
				break
			}
		}
	}
	return out
}

func (c *customer) places(a tautest.Act) string {
	var out []string
	for _, i := range c.at(a, c.orderNow(a.Args.Order)) {
		out = append(out, strconv.Itoa(i))
	}
	return strings.Join(out, ",")
}

// change is one item of the wish and what the customer wants in its place.
type change struct {
	it action.Item
	to action.Variant
}

func (c *customer) changes(a tautest.Act, o action.Order) (out []change) {
	at := c.at(a, o)
	for i := range a.Args.NewItems {
		it := o.Items[at[i]]
		p, err := c.shop.Product(c.t.Context(), it.Product)
		if err != nil {
			c.t.Fatal(err)
		}
		v, _ := p.Variant(a.Args.NewItems[i])
		out = append(out, change{it, v})
	}
	return out
}

// exchange says what is to become of each item: "the lamp for the black, battery one".
func (c *customer) exchange(a tautest.Act, detailed bool) string {
	var out []string
	for _, w := range c.changes(a, c.orderNow(a.Args.Order)) {
		out = append(out, itemName(w.it, detailed)+[]string{" for the ", " to "}[c.way%2]+values(w.to.Options, w.it.Options, ", ")+[]string{" one", ""}[c.way%2])
	}
	return strings.Join(out, " and the ")
}

// swap chooses the other variants: in words, or when that did not help, in the form.
func (c *customer) swap(a tautest.Act, conv chat.Conversation) {
	wanted := c.changes(a, c.orderNow(a.Args.Order))
	if conv.Form == nil || conv.Flow.Tries == 0 && c.way%3 == 0 {
		var out []string
		for _, w := range wanted {
			out = append(out, strings.ToLower(w.it.Name)+" "+values(w.to.Options, w.it.Options, ", "))
		}
		c.say(strings.Join(out, " and the "))
		return
	}
	filled := map[string]string{}
	for _, f := range conv.Form.Fields {
		at := slices.IndexFunc(wanted, func(w change) bool {
			return strings.Contains(f.Label, shown(w.it.Name, w.it.Options)) && slices.ContainsFunc(f.Options, func(o chat.Option) bool { return o.Value == string(w.to.ID) })
		})
		if at >= 0 {
			filled[f.Name] = string(wanted[at].to.ID)
			wanted = slices.Delete(wanted, at, at+1)
		}
	}
	if len(filled) < len(conv.Form.Fields) { // other items than the customer means
		c.say("never mind")
		return
	}
	c.submit(filled)
}

// pay chooses the way to pay by its button, as people who see it do, or in words.
func (c *customer) pay(a tautest.Act, conv chat.Conversation) {
	if c.way%2 == 0 && conv.Flow.Tries == 0 {
		c.say(c.method(a))
		return
	}
	for _, b := range conv.Buttons {
		if b.Do == "slot:method="+string(a.Args.Method) {
			c.press(b)
			return
		}
	}
	c.say("never mind")
}

func (c *customer) method(a tautest.Act) string {
	switch {
	case strings.HasPrefix(string(a.Args.Method), "gift"):
		return "my gift card"
	case strings.HasPrefix(string(a.Args.Method), "paypal"):
		return "paypal"
	}
	return "my credit card"
}

func squash(s string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }), " "))
}

// agrees looks at the card as the customer does: the order, the address or the articles; and where the money goes, or comes from.
func (c *customer) agrees(a tautest.Act, card *chat.Card) (right, method bool) {
	rows := map[string]string{}
	var swaps []string
	for _, r := range card.Rows {
		rows[r.Label] = r.After
		if r.Label == "Exchange" {
			swaps = append(swaps, r.Before+" > "+r.After)
		}
	}
	if a.Name == "modify_user_address" {
		return squash(rows["Address"]) == squash(addressOf(a)), true
	}
	if rows["Order"] != string(a.Args.Order) {
		return false, false
	}
	o := c.orderNow(a.Args.Order)
	switch a.Kind() {
	case action.ChangeOrderAddress:
		return squash(rows["Delivery address"]) == squash(addressOf(a)), true
	case action.CancelOrder:
		return rows["Reason"] != "" && strings.Contains(strings.ToLower(rows["Reason"]), strings.Fields(a.Args.Reason)[len(strings.Fields(a.Args.Reason))-1][:4]), true
	case action.ReturnItems:
		var sum action.Money
		for _, at := range c.at(a, o) {
			sum += o.Items[at].Price
		}
		return rows["Amount"] == "$"+sum.String(), c.pays(a, rows["Money back to"])
	}
	var want []string
	for _, w := range c.changes(a, o) {
		want = append(want, shown(w.it.Name, w.it.Options)+" > "+shown(w.it.Name, w.to.Options))
	}
	slices.Sort(want)
	slices.Sort(swaps)
	return slices.Equal(want, swaps), c.pays(a, rows["Difference through"])
}

func shown(name string, options map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(options)) {
		v := options[k]
		if v == "yes" || v == "no" {
			v = k + ": " + v
		}
		out = append(out, v)
	}
	return name + " (" + strings.Join(out, ", ") + ")"
}

// pays reports that a card names the customer's way to pay.
func (c *customer) pays(a tautest.Act, label string) bool {
	kind := strings.Split(strings.ReplaceAll(strings.ToLower(label), " ", "_"), "_ending")[0]
	if kind == "" || !strings.HasPrefix(string(a.Args.Method), kind) {
		return false
	}
	four, named := strings.CutPrefix(label, "Credit card ending in ")
	m, ok := c.profile(c.orderNow(a.Args.Order).Customer).Method(a.Args.Method)
	return !named || ok && m.LastFour == four
}
